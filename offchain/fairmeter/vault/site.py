"""Where a vault is, whose keys are used, and each party's side of it, opened."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fairmeter.chain.engine import Engine
from fairmeter.chain.opening import open_engine
from fairmeter.chain.wallet import Wallet, funder_key
from fairmeter.contracts.vaulting import DataVault
from fairmeter.errors import ChainError, InputError
from fairmeter.vault.access import Vault
from fairmeter.vault.customer import Customer
from fairmeter.vault.policies import Office
from fairmeter.vault.reader import Reader
from fairmeter.vault.store import open_store

SECRET: Final = 32
ADDRESS: Final = 20


@dataclass(frozen=True, slots=True)
class Site:
    """A vault on a chain, the store beside it, and a party's keys."""

    rpc_url: str
    vault: Path
    """What `fairmeter vault deploy` wrote."""
    store: str
    """A folder, or s3://bucket/prefix."""
    secret: Path
    """The party's secret, 64 hexadecimal digits; the chain's key is FAIRMETER_PRIVATE_KEY's."""

    @contextmanager
    def contract(self) -> Iterator[DataVault]:
        """The vault's contract. Raises InputError for a file that is no vault's, ChainError for another chain."""
        try:
            fields = json.loads(self.vault.read_bytes())
            chain_id, address, since = int(fields["chain_id"]), address_of(str(fields["vault"])), int(fields["block"])
        except OSError as error:
            raise InputError(f"{self.vault}: cannot be read: {error.strerror}") from error
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"{self.vault}: is not a file that `fairmeter vault deploy` writes") from error
        with open_engine("rpc", self.rpc_url) as engine:
            if engine.chain_id != chain_id or not engine.code(address):
                raise ChainError(f"{self.rpc_url} has no vault at 0x{address.hex()}, where {self.vault} says")
            yield DataVault(engine, address, since)

    @contextmanager
    def party(self) -> Iterator[tuple[Vault, Wallet]]:
        """The vault with its store, and the wallet of FAIRMETER_PRIVATE_KEY."""
        with self.contract() as contract:
            yield Vault(contract, open_store(self.store)), wallet_on(contract.engine)

    @contextmanager
    def customer(self) -> Iterator[Customer]:
        """A customer's side."""
        secret = self.read_secret()
        with self.party() as (vault, wallet):
            yield Customer(vault, wallet, secret)

    @contextmanager
    def reader(self) -> Iterator[Reader]:
        """A grantee's side."""
        secret = self.read_secret()
        with self.party() as (vault, wallet):
            yield Reader(vault, wallet, secret)

    @contextmanager
    def office(self) -> Iterator[Office]:
        """An authority's side."""
        secret = self.read_secret()
        with self.party() as (vault, wallet):
            yield Office(vault, wallet, secret)

    def read_secret(self) -> bytes:
        """Raises InputError, which never shows it, for a file that holds none."""
        try:
            return bytes_of(self.secret.read_text(encoding="ascii").strip(), SECRET, "a secret")
        except OSError as error:
            raise InputError(
                f"{self.secret}: cannot be read: {error.strerror}: `fairmeter vault keys` makes it"
            ) from error
        except (ValueError, InputError):
            raise InputError(f"{self.secret}: expected 64 hexadecimal digits") from None

    def make_secret(self) -> None:
        """A new one, readable by its owner alone; one that is there stays."""
        try:
            handle = os.open(self.secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return
        except OSError as error:
            raise InputError(f"{self.secret}: cannot be written: {error.strerror}") from error
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(SECRET) + "\n")


def wallet_on(engine: Engine) -> Wallet:
    """Of FAIRMETER_PRIVATE_KEY. Raises InputError without it."""
    return Wallet.on(engine, funder_key(engine))


def address_of(text: str) -> bytes:
    """Raises InputError for what is no address."""
    return bytes_of(text, ADDRESS, "an address")


def hash_of(text: str) -> bytes:
    """Raises InputError for what is no hash."""
    return bytes_of(text, SECRET, "a hash")


def bytes_of(text: str, count: int, what: str) -> bytes:
    """Hexadecimal text as so many bytes. Raises InputError for anything else."""
    try:
        found = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        found = b""
    if len(found) != count:
        raise InputError(f"{text!r} is not {what}: expected {2 * count} hexadecimal digits")
    return found
