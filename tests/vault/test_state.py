from __future__ import annotations

import contextlib
import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deployed_vault import Place
from fairmeter.chain.abi import Event
from fairmeter.chain.engine import Log
from fairmeter.chain.keccak import keccak256
from fairmeter.chain.wallet import Wallet
from fairmeter.contracts import vaulting
from fairmeter.contracts.session import Call
from fairmeter.contracts.vaulting import Grant, Request, signed_request
from fairmeter.errors import ChainError, RevertError
from fairmeter.vault.state import VaultState

ATTRIBUTES = (b"role=bank".ljust(32, b"\0"), b"region=Shandong".ljust(32, b"\0"))
PARAMETERS = bytes(31) + b"\x01"
MOST_RECORDS, MOST_GRANTS = 3, 3
numbers = st.integers(0, 3)
kinds = st.sampled_from(["put", "grant", "revoke", "rotate", "log", "proxy", "authority", "epoch", "issue", "take"])
steps = st.lists(st.tuples(kinds, numbers, numbers, numbers, st.integers(1, 500)), min_size=8, max_size=40)


class Walk:
    """Steps of everyone by numbers; many are refused, as at any public contract."""

    def __init__(self, place: Place) -> None:
        self.place, self.vault = place, place.vault
        self.customers = [place.customer, place.stranger]

    def step(self, name: str, a: int, b: int, c: int, seconds: int) -> None:
        wallet, call = getattr(self, f"_{name}")(a, b, c, seconds)
        with contextlib.suppress(RevertError):
            self.place.send(wallet, call, timestamp=self.place.engine.now() + seconds)

    def _put(self, a: int, b: int, c: int, _: int) -> tuple[Wallet, Call]:
        customer = self.customers[a % 2]
        number = self.vault.record_count(customer.address) + (c > 0)
        epoch = self.vault.epoch_of(customer.address)
        return customer, self.vault.put(number, epoch, b + 1, [bytes([a] * 32)] * (b + 1).bit_count())

    def _grant(self, a: int, b: int, c: int, seconds: int) -> tuple[Wallet, Call]:
        customer = self.customers[a % 2]
        until = self.place.engine.now() + 2 * seconds
        fragments = bytes([7 * (c > 0)]) * 32
        epoch = self.vault.epoch_of(customer.address)
        bank = self.place.bank.address
        return customer, self.vault.grant(Grant(b"", epoch, b + 1, c, bank, until, bytes(32), fragments))

    def _revoke(self, a: int, b: int, _: int, __: int) -> tuple[Wallet, Call]:
        return self.customers[b % 2], self.vault.revoke(a)

    def _rotate(self, a: int, _: int, __: int, ___: int) -> tuple[Wallet, Call]:
        return self.customers[a % 2], self.vault.rotate()

    def _log(self, a: int, b: int, c: int, seconds: int) -> tuple[Wallet, Call]:
        request = Request(1 + a % MOST_GRANTS, 1 + b % MOST_RECORDS, c, seconds % 2)
        signature = signed_request(self.place.bank, self.vault.request_digest(request))
        return [*self.place.proxies, self.place.customer][b], self.vault.log_reencryption(request, signature)

    def _proxy(self, a: int, b: int, _: int, __: int) -> tuple[Wallet, Call]:
        wallets = [*self.place.proxies, self.place.stranger]
        return self.place.governor, self.vault.set_proxy(wallets[a].address, active=b > 1)

    def _authority(self, a: int, b: int, _: int, __: int) -> tuple[Wallet, Call]:
        parameters = PARAMETERS if b else bytes(32)
        return self.place.governor, self.vault.set_authority(self._authorities[a % 2].address, parameters)

    def _epoch(self, a: int, _: int, __: int, ___: int) -> tuple[Wallet, Call]:
        return self._authorities[a % 2], self.vault.begin_epoch()

    def _issue(self, a: int, b: int, _: int, seconds: int) -> tuple[Wallet, Call]:
        until = self.place.engine.now() + 2 * seconds
        return self._authorities[a % 2], self.vault.issue(self.place.bank.address, ATTRIBUTES[b % 2], until)

    def _take(self, a: int, b: int, _: int, __: int) -> tuple[Wallet, Call]:
        return self._authorities[a % 2], self.vault.revoke_attribute(self.place.bank.address, ATTRIBUTES[b % 2])

    @property
    def _authorities(self) -> tuple[Wallet, Wallet]:
        return self.place.authority, self.place.stranger


def _assert_agree(walk: Walk, state: VaultState) -> None:
    """Every view of the newest block, and what the events say."""
    vault, now = walk.vault, walk.place.engine.now()
    for wallet in walk.customers:
        customer = wallet.address
        assert vault.epoch_of(customer) == state.epochs.get(customer, 0)
        mine = {number for owner, number in state.records if owner == customer}
        assert mine == set(range(1, vault.record_count(customer) + 1))
        for number in mine:
            found, record = vault.record_of(customer, number), state.records[customer, number]
            assert (found["epoch"], found["fields"]) == (record.epoch, record.fields)
            assert found["root"] == keccak256(b"".join(record.hashes))
    for wallet in [*walk.place.proxies, walk.place.stranger]:
        assert vault.read("isProxy", wallet.address) == (wallet.address in state.proxies)
    assert vault.read("proxyCount") == len(state.proxies)
    assert vault.grant_count() == len(state.grants)
    for number in range(vault.grant_count() + 2):
        assert vault.read("isValid", number) == state.is_valid(number, now)
        if number in state.grants:
            assert vault.grant_of(number) == state.grants[number]
    for grant, number, fields in itertools.product(range(MOST_GRANTS + 1), range(MOST_RECORDS + 1), (0, 1, 3)):
        asked = Request(grant, number, fields, 0)
        assert vault.may_open(asked) == state.may_open(asked, now)
    bank = walk.place.bank.address
    for authority, attribute in itertools.product(walk._authorities, ATTRIBUTES):
        assert vault.holds(authority.address, bank, attribute) == state.holds(authority.address, bank, attribute, now)


@pytest.mark.parametrize("end", [("revoke", 1, 0, 0, 5), ("proxy", 0, 0, 0, 500)])
def test_state__at_an_earlier_block__as_it_was_then(place: Place, end: tuple[str, int, int, int, int]) -> None:
    walk = Walk(place)
    told = []
    history = [("put", 0, 2, 1, 1), ("grant", 0, 2, 2, 100), ("log", 0, 0, 1, 5), ("rotate", 0, 0, 0, 1)]
    for step in (*history, ("put", 0, 2, 1, 1), end):
        walk.step(*step)
        told.append((place.engine.head(), place.engine.now(), VaultState.at(place.vault)))
        _assert_agree(walk, told[-1][2])
    assert [state.may_open(Request(1, 1, 1, 0), now) for _, now, state in told] == [
        False,
        *[True] * 4,
        False,
    ]
    assert not any(state.may_open(Request(1, 2, 1, 0), now) for _, now, state in told), "of the next epoch"
    assert [len(state.log) for _, _, state in told] == [0, 0, 1, 1, 1, 1]
    for head, _, state in told:
        assert VaultState.at(place.vault, head) == state


@pytest.mark.parametrize("end", [("rotate", 0, 0, 0, 500), ("epoch", 0, 0, 0, 1), ("authority", 0, 0, 0, 1)])
def test_state__attribute_that_is_over__held_by_nobody(place: Place, end: tuple[str, int, int, int, int]) -> None:
    walk, bank, authority = Walk(place), place.bank.address, place.authority.address
    told = []
    for step in (("authority", 0, 1, 0, 1), ("issue", 0, 0, 0, 100), end):
        walk.step(*step)
        state = VaultState.at(place.vault)
        _assert_agree(walk, state)
        told.append(state.holds(authority, bank, ATTRIBUTES[0], place.engine.now()))
    assert told == [False, True, False]


@pytest.mark.parametrize("span", [1, 2, 7])
def test_events__read_in_spans__each_once_and_in_order(
    place: Place, monkeypatch: pytest.MonkeyPatch, span: int
) -> None:
    walk, vault = Walk(place), place.vault
    for step in (("put", 0, 2, 1, 1), ("grant", 0, 2, 2, 100), ("log", 0, 0, 1, 5), ("rotate", 0, 0, 0, 1)):
        walk.step(*step)
    logs = [log for log in place.engine.logs(0) if log.address == vault.address]
    assert logs[0].block_number > vault.since > 0
    monkeypatch.setattr(vaulting, "SPAN", span)
    for block in range(vault.since, place.engine.head() + 1):
        assert [event.log for event in vault.events(block)] == [log for log in logs if log.block_number <= block]


def test_fold__event_of_another_contract__refused() -> None:
    log = Log(bytes(20), (), b"", 1, 0, 0)
    with pytest.raises(ChainError, match="no event Transfer"):
        VaultState().fold([Event("Transfer", {}, log)])


@given(walked=steps)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_state__any_history__as_the_views_have_it_at_every_block(place: Place, walked: list[Any]) -> None:
    walk = Walk(Place(place.system))
    for step in walked:
        walk.step(*step)
    _assert_agree(walk, VaultState.at(walk.vault))
