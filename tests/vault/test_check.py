from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import pytest

from fairmeter.chain.abi import Event
from fairmeter.errors import ChainError
from fairmeter.vault.check import Breach, breaches
from fairmeter.vault.fields import Field
from vault_parties import DATA, Parties

Change = Callable[[list[Event]], list[Event]]


def _events(parties: Parties) -> list[Event]:
    """Of a life: cards, a record, a grant, two re-encryptions, its revocation, an epoch, a record, an attribute."""
    place, contract = parties.place, parties.place.vault
    number = parties.customer.put(DATA)
    grant = parties.grant(Field.GRADE)
    parties.read(grant, number, Field.GRADE)
    parties.customer.revoke(grant)
    parties.customer.rotate()
    parties.customer.put(DATA)
    place.send(place.governor, contract.set_authority(place.authority.address, bytes(31) + b"\x01"))
    place.send(place.authority, contract.issue(place.bank.address, b"auditor".ljust(32, b"\0"), 2**40 - 1))
    return list(contract.events())


def _found(parties: Parties, events: Sequence[Event]) -> list[Breach]:
    return breaches(events, lambda block: parties.place.engine.block(block).timestamp)


def _earlier(name: str, before: str) -> Change:
    """The first event of a name put before the first of another."""

    def change(events: list[Event]) -> list[Event]:
        moved = next(one for one in events if one.name == name)
        rest = [one for one in events if one is not moved]
        at = next(place for place, one in enumerate(rest) if one.name == before)
        return [*rest[:at], moved, *rest[at:]]

    return change


def _without(name: str) -> Change:
    return lambda events: [one for one in events if one.name != name]


def _with(name: str, **arguments: object) -> Change:
    return lambda events: [
        dataclasses.replace(one, arguments={**one.arguments, **arguments}) if one.name == name else one
        for one in events
    ]


def _twice(name: str) -> Change:
    return lambda events: [copy for one in events for copy in [one] * (1 + (one.name == name))]


def test_breaches__what_the_contract_let_happen__none(parties: Parties) -> None:
    events = _events(parties)
    assert {"RecordPut", "Granted", "Revoked", "Reencrypted", "AttributeIssued"} <= {one.name for one in events}
    assert _found(parties, events) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (_earlier("Revoked", "Reencrypted"), "was revoked or over, or none, when a key was re-encrypted"),
        (_with("Granted", until=10**9), "was over when it was made"),
        (_without("ProxySet"), "takes more proxies than there were"),
        (_with("Granted", threshold=0), "was not to re-encrypt"),
        (_with("Granted", fields=2), "did not cover record 1"),
        (_twice("Granted"), "is not the next one"),
        (_earlier("Rotated", "RecordPut"), "is of epoch 0, not of the present one"),
        (_with("Granted", epoch=1), "is of an epoch that had not begun"),
        (_with("Reencrypted", nonce=1, by=bytes(20)), "was not to re-encrypt"),
        (_twice("Reencrypted"), "the same request was logged before"),
        (_twice("RecordPut"), "is not the next one"),
        (_with("RecordPut", hashes=[]), "has not a hash a field"),
        (_twice("Revoked"), "was revoked twice"),
        (_without("AuthoritySet"), "was no authority when it issued"),
        (_with("AttributeIssued", epoch=9), "of another epoch"),
    ],
)
def test_breaches__events_that_the_contract_would_not_make__found(
    parties: Parties, change: Change, problem: str
) -> None:
    found = _found(parties, change(_events(parties)))
    assert any(problem in breach.problem for breach in found), found


def test_breaches__event_of_what_there_is_not__refused(parties: Parties) -> None:
    with pytest.raises(ChainError, match="an event Revoked is of what no event before it has made"):
        _found(parties, _without("Granted")(_events(parties)))
