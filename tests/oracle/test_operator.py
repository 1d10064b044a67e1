"""Several operators on one chain in the process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.oracle.quorum import DAILY, name_operators, open_homes, posting, today, usage_until

from fairmeter.chain.compact import sign_compact
from fairmeter.chain.wallet import Wallet
from fairmeter.contracts.attesting import AttestationDomain, verdict_commitment
from fairmeter.contracts.deploy import System
from fairmeter.contracts.packing import pack_verdicts
from fairmeter.contracts.session import Session
from fairmeter.model import BillState
from fairmeter.oracle import (
    Act,
    Attestation,
    ChainExchange,
    Done,
    Exchange,
    FolderExchange,
    Meters,
    OperatorService,
    Oracle,
)
from fairmeter.usage import ReadingMatrix

QUANTITIES = (5 * DAILY, 20 * DAILY, 5 * DAILY)
"""Of the bills: usual, four times as much, usual."""
OUTCOMES = [BillState.PENDING, BillState.HELD, BillState.PENDING]


class House:
    """A supplier, a customer, and operators 2 of 3."""

    def __init__(self, system: System, session: Session, governor: Wallet, folder: Path) -> None:
        self.system, self.session, self.folder = system, session, folder
        self.wallets = name_operators(system, session, governor, 3, 2)
        self.supplier, (self.account,) = open_homes(system, session, governor)
        self.usage = usage_until(today(system.engine))
        self.time = 0.0

    def post(self, count: int = 3) -> None:
        """The first of the bills, a batch each."""
        first = today(self.system.engine) - 60
        for place, quantity in enumerate(QUANTITIES[:count]):
            self.session.transact(self.supplier, posting(self.system, first + 5 * place, quantity))

    def oracle(self, daily: int = DAILY) -> Oracle:
        """With the true readings, or with others."""
        usage = self.usage if daily == DAILY else usage_until(today(self.system.engine), daily)
        meters = Meters(np.array([self.account]), np.zeros(1, np.int32), np.ones((1, 32), np.uint8))
        return Oracle(self.system, ReadingMatrix.of(usage).reference, meters)

    def exchange(self, number: int, over: str = "folder") -> Exchange:
        if over == "chain":
            return ChainExchange(self.system, self.wallets[number])
        return FolderExchange(self.folder)

    def service(self, number: int, over: str = "folder", *, daily: int = DAILY) -> OperatorService:
        return OperatorService(
            self.system,
            self.oracle(daily),
            self.wallets[number],
            self.exchange(number, over),
            patience=10.0,
            clock=lambda: self.time,
        )

    def state(self, batch: int) -> BillState:
        return self.system.ledger.state_of(batch << 16)

    def states(self) -> list[BillState]:
        return [self.state(batch) for batch in (1, 2, 3)]

    def said(self, number: int, batch: int, root: bytes, commitment: bytes) -> Attestation:
        """What operator `number` signs, true or not."""
        domain = AttestationDomain(self.system.engine.chain_id, self.system.gate.address)
        signature = sign_compact(self.wallets[number], domain.digest(batch, root, commitment))
        return Attestation(batch, number, root, commitment, signature)


@pytest.fixture
def house(fairmeter_system: System, fairmeter_session: Session, fairmeter_governor: Wallet, tmp_path: Path) -> House:
    return House(fairmeter_system, fairmeter_session, fairmeter_governor, tmp_path / "exchange")


def run_together(services: Sequence[OperatorService], rounds: int = 4) -> list[Done]:
    return [done for _ in range(rounds) for service in services for done in service.step()]


@pytest.mark.parametrize("over", ["folder", "chain"])
@pytest.mark.parametrize("live", [(0, 1, 2), (0, 1), (0, 2), (1, 2)])
def test_step__any_quorum_of_live_operators__judges_every_batch_once(
    house: House, over: str, live: tuple[int, ...]
) -> None:
    house.post()
    done = run_together([house.service(number, over) for number in live])
    house.time += 100
    done += run_together([house.service(number, over) for number in live])
    assert house.states() == OUTCOMES
    assert Counter(one.batch for one in done if one.act is Act.SUBMITTED) == Counter([1, 2, 3])


def test_step__fewer_than_a_quorum__judges_nothing_and_says_so_once(house: House) -> None:
    house.post()
    alone = house.service(1)
    done = run_together([alone])
    # later bills of the same account wait for the first
    assert [(one.batch, one.act) for one in done] == [(1, Act.ATTESTED), (1, Act.WAITING)]
    assert done[-1].note == "1 of 2 operators say the same"
    assert house.states() == [BillState.UNJUDGED] * 3


def test_step__turn_of_another__is_taken_over_after_a_patience(house: House) -> None:
    house.post()
    services = [house.service(number) for number in (0, 1)]
    services[0].step()
    # batch 1 is the turn of the second of the two, batch 2 the first's
    assert services[1].step() == [Done(1, Act.ATTESTED), Done(1, Act.SUBMITTED)]
    assert services[0].step() == [Done(1, Act.JUDGED)]
    assert [one.act for one in services[0].step()] == [Act.ATTESTED, Act.WAITING]
    assert services[1].step() == [Done(2, Act.ATTESTED)]
    assert services[1].step() == []
    house.time += 10
    assert services[1].step() == [Done(2, Act.SUBMITTED)]


def test_step__other_readings__agree_with_nobody_and_tell_it(house: House) -> None:
    house.post()
    liar = house.service(0, daily=DAILY // 4)
    done = run_together([liar])
    assert {one.act for one in done} == {Act.ATTESTED, Act.WAITING}
    run_together([house.service(1), house.service(2)])
    assert {one.act for one in liar.step()} == {Act.CONTRADICTED}
    assert house.states() == OUTCOMES


def test_step__restarted_with_other_readings__never_says_two_things_of_one_batch(house: House) -> None:
    house.post()
    house.service(1).step()
    restarted = house.service(1, daily=DAILY // 4)
    assert {(one.act, one.note) for one in restarted.step()} == {
        (Act.LEFT_OUT, "this operator has said otherwise of it before")
    }
    assert len(list(house.folder.iterdir())) == 1


def test_step__attestations_of_no_worth__do_not_count(house: House) -> None:
    house.post()
    (judged,) = [one for one in house.oracle().watch() if one.posted.batch == 1]
    root, commitment = judged.evidence_root, verdict_commitment(pack_verdicts(judged.verdicts))
    true = house.said(2, 1, root, commitment)
    exchange = FolderExchange(house.folder)
    worthless = [
        Attestation(1, 0, root, commitment, true.signature),  # a copy in another's name
        Attestation(1, 2, root, commitment, house.said(2, 2, root, commitment).signature),  # of another batch
        Attestation(1, 2, root, commitment, bytes(64)),
        Attestation(1, 9, root, commitment, true.signature),  # of no operator
        Attestation(1, 2, root, commitment, _high(true.signature)),
    ]
    for one in worthless:
        exchange.publish(one)
    service = house.service(1)
    service.step()
    house.time += 100
    assert service.step() == []
    assert house.state(1) is BillState.UNJUDGED
    exchange.publish(true)
    service.step()
    house.time += 10
    assert service.step() == [Done(1, Act.SUBMITTED)]


def _high(signature: bytes) -> bytes:
    """The same signature with the other s."""
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    s = int.from_bytes(bytes([signature[32] & 0x7F]) + signature[33:], "big")
    return signature[:32] + (order - s).to_bytes(32, "big")


class DiesError(Exception):
    """Stands for a kill."""


def dying_at(calls: int, thing: Any, names: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Raise `DiesError` instead of call number `calls` of any of the methods; returns how many calls there were."""
    made = [0]

    def guarded(honest: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            made[0] += 1
            if made[0] == calls:
                raise DiesError
            return honest(*arguments, **named)

        return call

    for name in names:
        monkeypatch.setattr(thing, name, guarded(getattr(thing, name)))
    return lambda: made[0]


CALLS = ("send", "call", "logs", "head", "calldata", "nonce")
"""Of a service to its chain."""


@pytest.mark.parametrize("over", ["folder", "chain"])
def test_step__died_before_any_call_to_the_chain__nothing_twice_and_nothing_lost(
    house: House, over: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.post(1)
    engine, died, point = house.system.engine, True, 0
    while died:
        point += 1
        before = engine.snapshot()
        house.folder = house.folder.with_name(f"{over}-{point}")
        with monkeypatch.context() as patch:
            dying_at(point, engine, CALLS, patch)
            died = _dies(house, over)
        house.time += 100
        run_together([house.service(0, over), house.service(1, over)], 2)
        assert house.state(1) is BillState.PENDING, point
        engine.revert(before)
    assert point > 30


def _dies(house: House, over: str) -> bool:
    try:
        run_together([house.service(0, over), house.service(1, over)], 2)
    except DiesError:
        return True
    return False


def test_step__chain_fails_once_anywhere__goes_on_with_the_next_step(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.post(1)
    engine, failed, point = house.system.engine, True, 0
    while failed:
        point += 1
        before = engine.snapshot()
        house.folder = house.folder.with_name(f"failing-{point}")
        services = [house.service(0), house.service(1)]
        with monkeypatch.context() as patch:
            dying_at(point, engine, CALLS, patch)
            failed = any([_fails(service) for _ in range(3) for service in services])  # noqa: C419 - all of them
        assert house.state(1) is BillState.PENDING, point
        engine.revert(before)
    assert point > 20


def _fails(service: OperatorService) -> bool:
    try:
        service.step()
    except DiesError:
        return True
    return False
