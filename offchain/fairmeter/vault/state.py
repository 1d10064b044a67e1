"""Who may open what, as a function of the chain at a block: the vault's events, folded, and the block's time.

Whoever has the events needs no view of the contract; a test holds both against each other.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from fairmeter.chain.abi import Event
from fairmeter.contracts.vaulting import DataVault, Grant, Request
from fairmeter.errors import ChainError


@dataclass(frozen=True, slots=True)
class Record:
    """What a customer put away at once."""

    epoch: int
    fields: int
    """A bit a field."""
    hashes: tuple[bytes, ...]
    """Of the objects, 32 bytes each, in the order of the fields' bits."""
    block: int

    def hash_of(self, bit: int) -> bytes | None:
        """The object's of a field by its bit's place; None where the record has none."""
        if not self.fields >> bit & 1:
            return None
        return self.hashes[(self.fields & (1 << bit) - 1).bit_count()]


@dataclass(frozen=True, slots=True)
class Reencryption:
    """An entry of the log."""

    request: Request
    by: bytes
    """The proxy, or the customer."""
    block: int


@dataclass(frozen=True, slots=True)
class Authority:
    """Whose word counts for attributes; `parameters` are zeros of one that was removed."""

    parameters: bytes
    epoch: int


@dataclass(frozen=True, slots=True)
class Issued:
    """An attribute as it was issued last."""

    epoch: int
    until: int
    """Unix seconds; 0 where it was taken back."""


@dataclass(slots=True)
class VaultState:
    """All that the events up to a block say; addresses and hashes are bytes."""

    cards: dict[bytes, bytes] = field(default_factory=dict)
    proxies: set[bytes] = field(default_factory=set)
    epochs: dict[bytes, int] = field(default_factory=dict)
    """Of customers that have rotated."""
    records: dict[tuple[bytes, int], Record] = field(default_factory=dict)
    """By customer and number."""
    grants: dict[int, Grant] = field(default_factory=dict)
    log: list[Reencryption] = field(default_factory=list)
    authorities: dict[bytes, Authority] = field(default_factory=dict)
    issued: dict[tuple[bytes, bytes, bytes], Issued] = field(default_factory=dict)
    """By authority, holder and attribute."""

    @classmethod
    def at(cls, vault: DataVault, block: int | None = None) -> Self:
        """The state after `block`, by default the newest. Raises ChainError if the chain cannot be read."""
        return cls().fold(vault.events(block))

    def fold(self, events: Iterable[Event]) -> Self:
        """Add events in their order. Raises ChainError for one that the vault does not have, or that speaks of what no
        event before it has made."""
        for event in events:
            step = STEPS.get(event.name)
            if step is None:
                raise ChainError(f"the vault has no event {event.name}")
            try:
                step(self, event.arguments, event.log.block_number)
            except KeyError as error:
                raise ChainError(f"an event {event.name} is of what no event before it has made") from error
        return self

    def is_valid(self, grant: int, time: int) -> bool:
        """Whether a grant is neither revoked nor over at a time, Unix seconds."""
        known = self.grants.get(grant)
        return known is not None and not known.revoked and time < known.until

    def may_open(self, request: Request, time: int) -> bool:
        """Whether its grant is valid at a time and covers what is asked for."""
        if not self.is_valid(request.grant, time):
            return False
        grant = self.grants[request.grant]
        record = self.records.get((grant.customer, request.number))
        if record is None or record.epoch != grant.epoch or request.fields == 0:
            return False
        return request.fields & ~(grant.fields & record.fields) == 0

    def holds(self, authority: bytes, holder: bytes, attribute: bytes, time: int) -> bool:
        """Whether someone has an attribute at a time."""
        known, issued = self.authorities.get(authority), self.issued.get((authority, holder, attribute))
        if known is None or issued is None or not any(known.parameters):
            return False
        return issued.epoch == known.epoch and time < issued.until


Arguments = Mapping[str, Any]


def _card_set(state: VaultState, event: Arguments, _: int) -> None:
    state.cards[event["party"]] = event["card"]


def _proxy_set(state: VaultState, event: Arguments, _: int) -> None:
    (state.proxies.add if event["active"] else state.proxies.discard)(event["proxy"])


def _rotated(state: VaultState, event: Arguments, _: int) -> None:
    state.epochs[event["customer"]] = event["epoch"]


def _record_put(state: VaultState, event: Arguments, block: int) -> None:
    record = Record(event["epoch"], event["fields"], tuple(event["hashes"]), block)
    state.records[event["customer"], event["number"]] = record


def _granted(state: VaultState, event: Arguments, _: int) -> None:
    terms = {name: value for name, value in event.items() if name != "grant"}
    state.grants[event["grant"]] = Grant(**terms)


def _revoked(state: VaultState, event: Arguments, _: int) -> None:
    state.grants[event["grant"]] = dataclasses.replace(state.grants[event["grant"]], revoked=True)


def _reencrypted(state: VaultState, event: Arguments, block: int) -> None:
    request = Request(event["grant"], event["number"], event["fields"], event["nonce"])
    state.log.append(Reencryption(request, event["by"], block))


def _authority_set(state: VaultState, event: Arguments, _: int) -> None:
    state.authorities[event["authority"]] = Authority(event["parameters"], event["epoch"])


def _epoch_begun(state: VaultState, event: Arguments, _: int) -> None:
    known = state.authorities[event["authority"]]
    state.authorities[event["authority"]] = Authority(known.parameters, event["epoch"])


def _attribute_issued(state: VaultState, event: Arguments, _: int) -> None:
    key = (event["authority"], event["holder"], event["attribute"])
    state.issued[key] = Issued(event["epoch"], event["until"])


def _attribute_revoked(state: VaultState, event: Arguments, _: int) -> None:
    key = (event["authority"], event["holder"], event["attribute"])
    state.issued[key] = Issued(state.issued[key].epoch, 0)


STEPS: Final = {
    "CardSet": _card_set,
    "ProxySet": _proxy_set,
    "Rotated": _rotated,
    "RecordPut": _record_put,
    "Granted": _granted,
    "Revoked": _revoked,
    "Reencrypted": _reencrypted,
    "AuthoritySet": _authority_set,
    "EpochBegun": _epoch_begun,
    "AttributeIssued": _attribute_issued,
    "AttributeRevoked": _attribute_revoked,
}
"""What each event does."""
