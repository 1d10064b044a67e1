from __future__ import annotations

import numpy as np
import pytest

from fairmeter.chain.compact import sign_compact
from fairmeter.chain.eth_tester import EthTesterEngine
from fairmeter.chain.merkle import merkle_root
from fairmeter.chain.wallet import Wallet
from fairmeter.contracts.attesting import verdict_commitment
from fairmeter.contracts.challenging import batch_readings_digest
from fairmeter.contracts.deploy import System
from fairmeter.contracts.packing import (
    BillColumns,
    evidence_leaves,
    evidence_prefix,
    pack_bills,
    pack_verdicts,
    unpack_readings,
)
from fairmeter.contracts.session import Session
from fairmeter.model import ClassPolicy, Decision, Policy, Presets, Utility
from fairmeter.oracle import Meters, Oracle
from fairmeter.testing import SUPPLIER_PRICE, Payer, Supplier
from fairmeter.units import METER_TIME, Ppm
from fairmeter.usage import ReadingMatrix
from fairmeter.usage.keys import meter_keys

DAILY = 10_000
"""Wh."""
DISCLOSING = {
    "capPerBill": 10**9,
    "capPerMonth": 10**9,
    "lastDay": 2**16 - 1,
    "discloseReadings": True,
    "signedOnly": False,
    "agent": bytes(20),
}
"""A mandate."""


def readings_until(day: int) -> ReadingMatrix:
    """Two years of a steady home."""
    meter = meter_keys(np.zeros(1, np.int32), np.array([Utility.ELECTRICITY], np.uint8))
    days = np.arange(day - 730, day, dtype=np.int32)
    readings = ReadingMatrix(meter, day - 730, 730)
    assert readings.fill(meter.repeat(730), days, np.full(730, DAILY)) is None
    return readings


def today(system: System) -> int:
    return system.engine.now() // 86_400


def oracle_of(system: System, payer: Payer) -> Oracle:
    meters = Meters(np.array([payer.account]), np.zeros(1, np.int32), np.full((1, 32), 1, np.uint8))
    return Oracle(system, readings_until(today(system)).reference, meters)


def post(system: System, session: Session, supplier: Supplier, ago: int, quantity: int, *, number: int = 1) -> None:
    """A bill of ten days for an account of the supplier."""
    bill = BillColumns(
        number=np.array([number]),
        start=np.array([today(system) - ago], np.int32),
        days=np.array([10], np.int32),
        quantity=np.array([quantity]),
        amount=np.array([max(1, quantity * SUPPLIER_PRICE // 1000)]),
        replaces=np.array([0]),
    )
    session.transact(supplier.wallet, system.ledger.post_bills(supplier.id, int(Utility.ELECTRICITY), pack_bills(bill)))


def test_watch__restarted_at_any_point__judges_each_batch_once(
    fairmeter_system: System,
    fairmeter_session: Session,
    fairmeter_operator: Wallet,
    fairmeter_supplier: Supplier,
    fairmeter_payer: Payer,
) -> None:
    for ago, quantity in ((60, 10 * DAILY), (50, 20 * DAILY), (40, 10 * DAILY)):
        post(fairmeter_system, fairmeter_session, fairmeter_supplier, ago, quantity)
    first = oracle_of(fairmeter_system, fairmeter_payer).watch()
    fairmeter_session.transact(fairmeter_operator, first[0].call)

    # the service died after its first transaction; another begins with nothing but the chain and the readings
    restarted = oracle_of(fairmeter_system, fairmeter_payer)
    second = restarted.watch()
    assert [one.posted.batch for one in second] == [2, 3]
    assert [one.call.data for one in second] == [one.call.data for one in first[1:]]
    fairmeter_session.transact(fairmeter_operator, *(one.call for one in second))
    assert restarted.watch() == []
    assert [int(one.verdicts.decision[0]) for one in first] == [Decision.PAY, Decision.APPEAL, Decision.PAY]


def test_watch__judged_batch__has_its_evidence_on_chain(
    fairmeter_system: System,
    fairmeter_session: Session,
    fairmeter_operator: Wallet,
    fairmeter_supplier: Supplier,
    fairmeter_payer: Payer,
) -> None:
    post(fairmeter_system, fairmeter_session, fairmeter_supplier, 60, 10 * DAILY)
    judged = oracle_of(fairmeter_system, fairmeter_payer).watch()[0]
    fairmeter_session.transact(fairmeter_operator, judged.call)
    prefix = evidence_prefix(fairmeter_system.engine.chain_id, fairmeter_system.gate.address)
    leaves = evidence_leaves(prefix, np.array([1 << 16]), judged.posted.words, judged.evidence)
    assert fairmeter_system.gate.read("verdictRecordOf", 1)["evidenceRoot"] == merkle_root(leaves)
    assert unpack_readings(judged.evidence.readings).tolist() == [[DAILY] * int(judged.evidence.days[0])]


def test_watch__presets_change_after_posting__judges_by_the_version_of_the_posting(
    fairmeter_system: System,
    fairmeter_session: Session,
    fairmeter_governor: Wallet,
    fairmeter_supplier: Supplier,
    fairmeter_payer: Payer,
) -> None:
    post(fairmeter_system, fairmeter_session, fairmeter_supplier, 60, 11 * DAILY)
    strict = Presets(first=Ppm(50_000))
    gate = fairmeter_system.gate
    fairmeter_session.transact(
        fairmeter_governor, gate.set_presets(int(Utility.ELECTRICITY), 0, ClassPolicy(strict), 0)
    )
    post(fairmeter_system, fairmeter_session, fairmeter_supplier, 50, 11 * DAILY)
    judged = oracle_of(fairmeter_system, fairmeter_payer).watch()
    assert [int(one.verdicts.decision[0]) for one in judged] == [Decision.PAY, Decision.APPEAL]


def test_watch__class_with_its_own_presets__is_judged_by_them(
    fairmeter_system: System,
    fairmeter_session: Session,
    fairmeter_governor: Wallet,
    fairmeter_supplier: Supplier,
    fairmeter_payer: Payer,
) -> None:
    gate, ledger = fairmeter_system.gate, fairmeter_system.ledger
    strict = gate.set_presets(int(Utility.ELECTRICITY), 7, ClassPolicy(Presets(first=Ppm(50_000))), 0)
    fairmeter_session.transact(fairmeter_governor, strict, ledger.write("setClass", [fairmeter_payer.account], 7))
    post(fairmeter_system, fairmeter_session, fairmeter_supplier, 60, 11 * DAILY)
    judged = oracle_of(fairmeter_system, fairmeter_payer).watch()
    assert judged[0].verdicts.decision.tolist() == [Decision.APPEAL]


@pytest.mark.parametrize("discloses", [True, False])
def test_watch__class_whose_verdicts_the_gate_computes__shows_what_may_be_shown(
    fairmeter_system: System,
    fairmeter_session: Session,
    fairmeter_governor: Wallet,
    fairmeter_supplier: Supplier,
    fairmeter_payer: Payer,
    discloses: bool,
) -> None:
    gate, ledger, meters = fairmeter_system.gate, fairmeter_system.ledger, fairmeter_system.meters
    account, meter = fairmeter_payer.account, Wallet(b"\x05" * 32, fairmeter_system.engine.chain_id)
    mandate = DISCLOSING if discloses else {**DISCLOSING, "discloseReadings": False}
    fairmeter_session.transact(fairmeter_payer.wallet, ledger.write("grantMandate", account, mandate))
    fairmeter_session.transact(
        fairmeter_governor,
        gate.set_presets(int(Utility.ELECTRICITY), 7, ClassPolicy(Presets(), Policy.VERIFIED), 0),
        ledger.set_class(np.array([account]), 7),
        meters.set_meter(fairmeter_supplier.id, int(Utility.ELECTRICITY), meter.address),
    )
    post(fairmeter_system, fairmeter_session, fairmeter_supplier, 60, 10 * DAILY)
    unsigned = oracle_of(fairmeter_system, fairmeter_payer)
    assert unsigned.watch() == []
    assert "the meter operator signs" in unsigned.refused[1]

    domain = meters.domain(fairmeter_system.engine.chain_id)
    known = Meters(np.array([account]), np.zeros(1, np.int32), np.full((1, 32), 1, np.uint8))
    oracle = Oracle(
        fairmeter_system,
        readings_until(today(fairmeter_system)).reference,
        known,
        lambda _, batch, root: sign_compact(meter, batch_readings_digest(domain, batch, root)),
    )
    (judged,) = oracle.watch()
    assert judged.verdicts.decision.tolist() == [Decision.PAY if discloses else Decision.INSUFFICIENT]
    fairmeter_session.transact(fairmeter_governor, judged.call)
    record = gate.read("verdictRecordOf", 1)
    assert (record["evidenceRoot"], record["policy"]) == (judged.evidence_root, 1)
    assert record["verdictCommitment"] == verdict_commitment(pack_verdicts(judged.verdicts))


@pytest.mark.parametrize("signed", [None, True, False])
def test_watch__only_signed_readings_count__judged_by_these_or_not_before_the_meters_time(
    fairmeter_system: System,
    fairmeter_session: Session,
    fairmeter_supplier: Supplier,
    fairmeter_payer: Payer,
    signed: bool | None,
) -> None:
    ledger, account = fairmeter_system.ledger, fairmeter_payer.account
    mandate = {**DISCLOSING, "signedOnly": True}
    fairmeter_session.transact(fairmeter_payer.wallet, ledger.write("grantMandate", account, mandate))
    post(fairmeter_system, fairmeter_session, fairmeter_supplier, 60, 10 * DAILY)
    known = Meters(np.array([account]), np.zeros(1, np.int32), np.full((1, 32), 1, np.uint8))
    readings = readings_until(today(fairmeter_system)).reference
    covers = None if signed is None else lambda accounts, _first, _days: np.full(len(accounts), signed)
    oracle = Oracle(fairmeter_system, readings, known, signed=covers)
    judged = oracle.watch()
    if signed is None:
        assert judged == []
        assert "the meter operator signed" in oracle.refused[1]
        return
    posted_at = ledger.batch_of(1).posted_at
    assert judged[0].verdicts.decision.tolist() == [Decision.PAY if signed else Decision.INSUFFICIENT]
    assert judged[0].posted.not_before == (0 if signed else posted_at + METER_TIME)


def test_watch__class_of_a_model_that_is_not_here__left_out_and_named(
    fairmeter_system: System,
    fairmeter_session: Session,
    fairmeter_governor: Wallet,
    fairmeter_supplier: Supplier,
    fairmeter_payer: Payer,
) -> None:
    gate, model = fairmeter_system.gate, bytes(range(32))
    judged_by = ClassPolicy(Presets(first=Ppm(10_000)), Policy.MODEL, model)
    fairmeter_session.transact(fairmeter_governor, gate.set_presets(int(Utility.ELECTRICITY), 0, judged_by, 0))
    assert gate.policy_of(2, int(Utility.ELECTRICITY), 0) == judged_by
    post(fairmeter_system, fairmeter_session, fairmeter_supplier, 60, 10 * DAILY)
    oracle = oracle_of(fairmeter_system, fairmeter_payer)
    assert oracle.watch() == []
    assert model.hex() in oracle.refused[1]


def test_watch__unknown_account__is_left_out_and_stops_no_other(
    fairmeter_system: System,
    fairmeter_session: Session,
    fairmeter_governor: Wallet,
    fairmeter_supplier: Supplier,
    fairmeter_payer: Payer,
) -> None:
    ledger = fairmeter_system.ledger
    strangers = ledger.open_accounts(np.array([fairmeter_supplier.id]), np.array([1]), [b"\x07" * 20])
    fairmeter_session.transact(fairmeter_governor, strangers)
    post(fairmeter_system, fairmeter_session, fairmeter_supplier, 60, 10 * DAILY, number=2)
    post(fairmeter_system, fairmeter_session, fairmeter_supplier, 60, 10 * DAILY)
    oracle = oracle_of(fairmeter_system, fairmeter_payer)
    assert [one.posted.batch for one in oracle.watch()] == [2]
    assert oracle.refused == {1: f"account {fairmeter_payer.account + 1} is in no meter directory of this operator"}


def test_watch__node_that_shows_other_calldata__is_not_believed(
    fairmeter_system: System,
    fairmeter_session: Session,
    fairmeter_supplier: Supplier,
    fairmeter_payer: Payer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    post(fairmeter_system, fairmeter_session, fairmeter_supplier, 60, 10 * DAILY)
    honest = EthTesterEngine.calldata

    def lies(self: EthTesterEngine, block: int, tx_index: int) -> bytes:
        data = bytearray(honest(self, block, tx_index))
        data[-20] ^= 1
        return bytes(data)

    monkeypatch.setattr(EthTesterEngine, "calldata", lies)
    oracle = oracle_of(fairmeter_system, fairmeter_payer)
    assert oracle.watch() == []
    assert oracle.refused == {1: "batch 1: the bills in its calldata are not those of its commitment"}


@pytest.mark.parametrize("calldata", [b"", b"\x00" * 4, b"\xff" * 132, b"\x00" * 132])
def test_watch__posting_by_a_contract__is_left_out(
    fairmeter_system: System,
    fairmeter_session: Session,
    fairmeter_supplier: Supplier,
    fairmeter_payer: Payer,
    monkeypatch: pytest.MonkeyPatch,
    calldata: bytes,
) -> None:
    """Then the transaction's calldata are not postBills's."""
    post(fairmeter_system, fairmeter_session, fairmeter_supplier, 60, 10 * DAILY)
    monkeypatch.setattr(EthTesterEngine, "calldata", lambda *_: calldata)
    oracle = oracle_of(fairmeter_system, fairmeter_payer)
    assert oracle.watch() == []
    assert list(oracle.refused) == [1]
