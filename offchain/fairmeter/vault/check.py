"""An auditor's look at a vault: its events followed by plain rules, which the contract should have kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from fairmeter.chain.abi import Event
from fairmeter.contracts.vaulting import Request
from fairmeter.vault.state import VaultState

TimeOf = Callable[[int], int]
"""A block's time, Unix seconds."""


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that was not kept."""

    block: int
    event: str
    problem: str


def breaches(events: Iterable[Event], time_of: TimeOf) -> list[Breach]:
    """Every event of a vault, in their order, that should not have been possible after those before it."""
    state, found, seen = VaultState(), list[Breach](), set[tuple[bytes, Request]]()
    for event in events:
        rule, block = RULES.get(event.name), event.log.block_number
        if rule is not None:
            found += [Breach(block, event.name, problem) for problem in rule(state, event.arguments, time_of(block))]
        state.fold([event])
        if event.name == "Reencrypted":
            entry = (state.log[-1].by, state.log[-1].request)
            if entry in seen:
                found.append(Breach(block, event.name, f"grant {entry[1].grant}: the same request was logged before"))
            seen.add(entry)
    return found


def _put(state: VaultState, event: Mapping[str, Any], _: int) -> Iterator[str]:
    customer, number = event["customer"], event["number"]
    if (number > 1 and (customer, number - 1) not in state.records) or (customer, number) in state.records:
        yield f"record {number} of 0x{customer.hex()} is not the next one"
    if event["epoch"] != state.epochs.get(customer, 0):
        yield f"record {number} of 0x{customer.hex()} is of epoch {event['epoch']}, not of the present one"
    if event["fields"].bit_count() != len(event["hashes"]):
        yield f"record {number} of 0x{customer.hex()} has not a hash a field"


def _granted(state: VaultState, event: Mapping[str, Any], time: int) -> Iterator[str]:
    number = event["grant"]
    if number != len(state.grants) + 1:
        yield f"grant {number} is not the next one"
    if event["until"] <= time:
        yield f"grant {number} was over when it was made"
    if event["epoch"] > state.epochs.get(event["customer"], 0):
        yield f"grant {number} is of an epoch that had not begun"
    if event["threshold"] > len(state.proxies):
        yield f"grant {number} takes more proxies than there were"


def _revoked(state: VaultState, event: Mapping[str, Any], _: int) -> Iterator[str]:
    known = state.grants.get(event["grant"])
    if known is None or known.revoked:
        yield f"grant {event['grant']} was revoked twice, or was none"


def _reencrypted(state: VaultState, event: Mapping[str, Any], time: int) -> Iterator[str]:
    request = Request(event["grant"], event["number"], event["fields"], event["nonce"])
    grant = state.grants.get(request.grant)
    if grant is None or not state.is_valid(request.grant, time):
        yield f"grant {request.grant} was revoked or over, or none, when a key was re-encrypted"
        return
    if not state.may_open(request, time):
        yield f"grant {request.grant} did not cover record {request.number}"
    if event["by"] not in (state.proxies if grant.threshold else {grant.customer}):
        yield f"grant {request.grant}: 0x{event['by'].hex()} was not to re-encrypt"


def _issued(state: VaultState, event: Mapping[str, Any], time: int) -> Iterator[str]:
    known, who = state.authorities.get(event["authority"]), event["authority"].hex()
    if known is None or not any(known.parameters):
        yield f"0x{who} was no authority when it issued an attribute"
    elif event["epoch"] != known.epoch or event["until"] <= time:
        yield f"0x{who} issued an attribute of another epoch, or one that was over"


RULES: Final = {
    "RecordPut": _put,
    "Granted": _granted,
    "Revoked": _revoked,
    "Reencrypted": _reencrypted,
    "AttributeIssued": _issued,
}
"""What must hold before an event."""
