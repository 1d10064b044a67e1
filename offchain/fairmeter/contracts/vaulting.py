"""Typed client of the data vault, and its deployment beside a system."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fairmeter.chain.abi import Event
from fairmeter.chain.engine import Engine, Receipt
from fairmeter.chain.wallet import Wallet
from fairmeter.contracts.artifacts import interface
from fairmeter.contracts.deploy import System, creation_code
from fairmeter.contracts.governance import Role
from fairmeter.contracts.session import Call, Contract, Session
from fairmeter.errors import ChainError

RESTRICTED: Final = ("setProxy", "setAuthority")
"""Functions of the governor."""
NOBODY: Final = bytes(20)
SPAN: Final = 10_000
"""Blocks whose events are asked for at once: public nodes refuse more."""


@dataclass(frozen=True, slots=True)
class Grant:
    """Leave for someone to open fields of a customer's records of one epoch (types/Vault.sol)."""

    customer: bytes
    epoch: int
    """Of the customer's data key."""
    fields: int
    """A bit a field."""
    threshold: int
    """Proxies that it takes; 0 where the customer answers itself."""
    grantee: bytes
    until: int
    """It is over from here on, Unix seconds."""
    purpose: bytes
    """32 bytes: short text, zeros behind it."""
    fragments: bytes
    """32 bytes: what the proxies were given is committed to by it; zeros without proxies."""
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """What a grantee asks for: the keys of fields of a record."""

    grant: int
    number: int
    """Of the customer's record, from 1."""
    fields: int
    nonce: int
    """The grantee's own; no proxy answers a request twice."""


class DataVault(Contract):
    """What customers put away encrypted, whom they let open it, and each re-encryption of a key."""

    name = "DataVault"

    def __init__(self, engine: Engine, address: bytes, since: int = 0) -> None:
        super().__init__(engine, address)
        self.since = since
        """The block that it was made in, or an earlier one."""

    def events(self, block: int | None = None) -> Iterator[Event]:
        """All of them up to a block, by default the newest, in their order."""
        last = self.engine.head() if block is None else block
        for first in range(self.since, last + 1, SPAN):
            logs = self.engine.logs(first, min(first + SPAN - 1, last), [self.address])
            yield from map(self.interface.decode_log, logs)

    def set_card(self, card: bytes) -> Call:
        """Publishes the sender's public keys, 32 or 98 bytes."""
        return self.write("setCard", card)

    def set_proxy(self, proxy: bytes, *, active: bool) -> Call:
        """Governor only: names a proxy, or ends it."""
        return self.write("setProxy", proxy, active)

    def rotate(self) -> Call:
        """The customer's: begins its next epoch."""
        return self.write("rotate")

    def put(self, number: int, epoch: int, fields: int, hashes: Sequence[bytes]) -> Call:
        """The customer's next record, under its present epoch: a hash a field, in the order of their bits."""
        return self.write("put", number, epoch, fields, list(hashes))

    def grant(self, terms: Grant) -> Call:
        """The customer's: lets someone open fields; `customer` and `revoked` of the terms are not looked at."""
        fields = {name: getattr(terms, name) for name in Grant.__slots__}
        return self.write("grant", {**fields, "customer": NOBODY, "revoked": False})

    def revoke(self, grant: int) -> Call:
        """The customer's: ends a grant."""
        return self.write("revoke", grant)

    def log_reencryption(self, request: Request, signature: bytes) -> Call:
        """A proxy's, or the customer's of a grant without proxies: before anything is given out; `signature` is the
        grantee's over the request, 64 bytes r ‖ vs."""
        return self.write("logReencryption", request.grant, request.number, request.fields, request.nonce, signature)

    def set_authority(self, authority: bytes, parameters: bytes) -> Call:
        """Governor only: names an authority by the hash of its parameters, or removes it by zeros."""
        return self.write("setAuthority", authority, parameters)

    def begin_epoch(self) -> Call:
        """An authority's: what it issued before is void."""
        return self.write("beginEpoch")

    def issue(self, holder: bytes, attribute: bytes, until: int) -> Call:
        """An authority's: says that someone has an attribute (32 bytes of text) until then, Unix seconds."""
        return self.write("issue", holder, attribute, until)

    def revoke_attribute(self, holder: bytes, attribute: bytes) -> Call:
        """An authority's: takes it back."""
        return self.write("revokeAttribute", holder, attribute)

    def grant_of(self, grant: int) -> Grant:
        """One grant; zeros where there is none."""
        return Grant(**self.read("grantOf", grant))

    def grant_count(self) -> int:
        """The last grant's id."""
        return int(self.read("grantCount"))

    def record_of(self, customer: bytes, number: int) -> dict[str, Any]:
        """As types/Vault.sol has it, by field."""
        found: dict[str, Any] = self.read("recordOf", customer, number)
        return found

    def record_count(self, customer: bytes) -> int:
        """The number of the customer's last record."""
        return int(self.read("recordCountOf", customer))

    def epoch_of(self, customer: bytes) -> int:
        """The present epoch of the customer's data key."""
        return int(self.read("epochOf", customer))

    def card_hash_of(self, party: bytes) -> bytes:
        """keccak256 of a party's public keys; zeros for none."""
        return bytes(self.read("cardHashOf", party))

    def authority_of(self, authority: bytes) -> dict[str, Any]:
        """The hash of its parameters, zeros for none, and its epoch."""
        found: dict[str, Any] = self.read("authorityOf", authority)
        return found

    def granted(self, receipt: Receipt) -> int:
        """The id of the grant that a transaction made."""
        return int(self.interface.decode_log(receipt.logs[0]).arguments["grant"])

    def may_open(self, request: Request) -> bool:
        """Whether the request's grant is valid at the newest block, and covers what is asked for."""
        return bool(self.read("mayOpen", request.grant, request.number, request.fields))

    def holds(self, authority: bytes, holder: bytes, attribute: bytes) -> bool:
        """Whether someone has an attribute at the newest block."""
        return bool(self.read("holds", authority, holder, attribute))

    def request_digest(self, request: Request) -> bytes:
        """What the grantee signs."""
        return bytes(self.read("requestDigest", request.grant, request.number, request.fields, request.nonce))


def signed_request(wallet: Wallet, digest: bytes) -> bytes:
    """A grantee's signature over `DataVault.request_digest`: r ‖ vs (EIP-2098), 64 bytes."""
    signature = wallet.sign_digest(digest)
    high = signature[32] | (signature[64] - 27) << 7
    return signature[:32] + bytes([high]) + signature[33:64]


def deploy_vault(session: Session, system: System, administrator: Wallet) -> DataVault:
    """Deploy a vault beside `system`, and give the governor its functions. Raises ChainError if it was not created."""
    data = creation_code("DataVault") + interface("DataVault").encode_constructor(system.governance.address)
    (receipt,) = session.transact(administrator, Call("DataVault", "constructor", None, data))
    if receipt.contract_address is None:
        raise ChainError("DataVault was not created")
    vault = DataVault(system.engine, receipt.contract_address, receipt.block_number)
    selectors = [vault.interface.selector(one) for one in RESTRICTED]
    session.transact(administrator, system.governance.set_target_function_role(vault.address, selectors, Role.GOVERNOR))
    return vault
