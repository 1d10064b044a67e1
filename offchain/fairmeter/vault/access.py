"""A vault as its parties see it: the contract, the store beside it, and whose keys are whose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from fairmeter.chain.engine import Receipts
from fairmeter.chain.wallet import Wallet
from fairmeter.contracts.session import Call, Session
from fairmeter.contracts.vaulting import DataVault, Request
from fairmeter.errors import VaultError
from fairmeter.vault import envelope, proxies
from fairmeter.vault.cipher import Place, derived
from fairmeter.vault.fields import Field, fields_of
from fairmeter.vault.objects import SealedField
from fairmeter.vault.store import Objects, Store

HASH: Final = 32
NOTHING: Final = bytes(HASH)


@dataclass(frozen=True, slots=True)
class Card:
    """A party's public keys; those for proxies are empty where it has none."""

    envelope: bytes
    receiving: bytes
    verifying: bytes

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """As the contract's event and the store have it."""
        at = envelope.PUBLIC
        return cls(data[:at], data[at : at + proxies.POINT], data[at + proxies.POINT :])

    def to_bytes(self) -> bytes:
        """32 bytes, or 98."""
        return self.envelope + self.receiving + self.verifying


class Identity:
    """A party's secret keys, all from 32 secret bytes."""

    def __init__(self, secret: bytes) -> None:
        self.secret = secret
        self.envelope = derived(secret, "envelope key")
        self.receiving = derived(secret, "receiving key")
        self.signing = derived(secret, "signing key")

    def card(self, *, by_proxies: bool) -> Card:
        """The public keys; with those for proxies or without."""
        points = [proxies.public_key(one) if by_proxies else b"" for one in (self.receiving, self.signing)]
        return Card(envelope.public_key(self.envelope), *points)


class Vault:
    """The contract and its store."""

    def __init__(self, contract: DataVault, store: Store) -> None:
        self.contract, self.store, self.objects = contract, store, Objects(store)
        self.chain_id = contract.engine.chain_id
        self._session = Session(contract.engine)

    def send(self, wallet: Wallet, *calls: Call) -> Receipts:
        """Raises RevertError for what the contract refuses."""
        return self._session.transact(wallet, *calls)

    def publish(self, wallet: Wallet, card: Card) -> None:
        """Keeps a party's card, and commits to it on chain."""
        self.objects.put(card.to_bytes())
        self.send(wallet, self.contract.set_card(card.to_bytes()))

    def card_of(self, party: bytes) -> Card:
        """Raises VaultError for a party without one."""
        name = self.contract.card_hash_of(party)
        if name == NOTHING:
            raise VaultError(f"0x{party.hex()} has published no keys")
        return Card.from_bytes(self.objects.get(name))

    def place(self, customer: bytes, epoch: int, number: int, field: Field) -> Place:
        """Of a field of a record."""
        return Place(self.chain_id, self.contract.address, customer, epoch, number, field)

    def record(self, customer: bytes, number: int) -> tuple[int, dict[Field, bytes]]:
        """A record's epoch, and the hashes of its fields' objects. Raises VaultError where there is none."""
        record = self.contract.record_of(customer, number)
        if record["root"] == NOTHING:
            raise VaultError(f"0x{customer.hex()} has no record {number}")
        index = self.objects.get(record["root"])
        hashes = [index[at : at + HASH] for at in range(0, len(index), HASH)]
        return record["epoch"], dict(zip(fields_of(record["fields"]), hashes, strict=True))

    def sealed(self, customer: bytes, number: int, fields: tuple[Field, ...]) -> dict[Field, tuple[Place, SealedField]]:
        """Fields of a record as the store has them, each with its place. Raises VaultError where one is missing."""
        epoch, hashes = self.record(customer, number)
        absent = [field.name.lower() for field in fields if field not in hashes]
        if absent:
            raise VaultError(f"record {number} of 0x{customer.hex()} has no {', '.join(absent)}")
        return {
            field: (
                self.place(customer, epoch, number, field),
                SealedField.from_bytes(self.objects.get(hashes[field])),
            )
            for field in fields
        }

    def requested(self, request: Request) -> dict[Field, tuple[Place, SealedField]]:
        """`sealed` of what a request asks for."""
        return self.sealed(self.contract.grant_of(request.grant).customer, request.number, fields_of(request.fields))
