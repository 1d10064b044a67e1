from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairmeter.arrears.strategy import assign, decide, horizon, return_on_contacts
from fairmeter.chain.wallet import Wallet
from fairmeter.contracts.collecting import (
    ArrearsRegister,
    Curve,
    Scores,
    Stage,
    Step,
    commitment_of,
    deploy_arrears,
    pack_scores,
    unpack_told,
)
from fairmeter.contracts.deploy import System
from fairmeter.contracts.events import event_columns
from fairmeter.contracts.packing import BillColumns, pack_bills
from fairmeter.contracts.session import Session
from fairmeter.errors import OutOfBoundsError, RevertError
from fairmeter.model import Int64s, Utility
from fairmeter.testing import SUPPLIER_PRICE, Supplier
from fairmeter.units import PPM

DEBTS = 200
UNIT_COST, INCREMENTAL, CONTACTS = 50, 14, 6
MODEL, FEATURES = bytes(31) + b"\x01", bytes(31) + b"\x02"
DAY = 86_400
PAY = b"\x01" + bytes(11)


@pytest.fixture
def debts(
    fairmeter_system: System, fairmeter_session: Session, fairmeter_supplier: Supplier, fairmeter_operator: Wallet
) -> tuple[Int64s, Int64s]:
    """Bills in arrears, one an account, and what is owed of each, minor units: from next to nothing to much."""
    session, ledger, supplier = fairmeter_session, fairmeter_system.ledger, fairmeter_supplier
    electricity = np.full(DEBTS, int(Utility.ELECTRICITY))
    owner = supplier.wallet.address
    session.transact(supplier.wallet, ledger.open_accounts(np.full(DEBTS, supplier.id), electricity, [owner] * DEBTS))
    owed = np.unique(np.geomspace(1, 100_000, 3 * DEBTS).astype(np.int64))[:DEBTS] * SUPPLIER_PRICE
    day = session.engine.now() // DAY
    columns = BillColumns(
        number=np.arange(1, DEBTS + 1),
        start=np.full(DEBTS, day - 40, np.int32),
        days=np.full(DEBTS, 30, np.int32),
        quantity=owed // SUPPLIER_PRICE * 1_000,
        amount=owed,
        replaces=np.zeros(DEBTS, np.int64),
    )
    words = pack_bills(columns)
    session.transact(supplier.wallet, ledger.post_bills(supplier.id, int(Utility.ELECTRICITY), words))
    verdicts = np.frombuffer(PAY * DEBTS, np.uint8).reshape(DEBTS, 12)
    batch = int(ledger.read("batchCount"))
    session.transact(fairmeter_operator, fairmeter_system.gate.submit_verdicts(batch, MODEL, words, verdicts))
    assert ledger.totals().arrears == owed.sum()
    return (np.int64(batch) << 16) + np.arange(DEBTS), owed


def test_submit_scores__debts_of_any_size_and_age__decided_as_off_chain(
    debts: tuple[Int64s, Int64s],
    register: ArrearsRegister,
    fairmeter_system: System,
    fairmeter_session: Session,
    fairmeter_operator: Wallet,
) -> None:
    session, system, (bill, owed) = fairmeter_session, fairmeter_system, debts
    rng = np.random.default_rng(1)
    exact = -(-UNIT_COST * PPM // owed)
    scores = Scores(
        bill=bill,
        # A third just at the threshold, and a third just below.
        probability=np.minimum(np.choose(np.arange(DEBTS) % 3, [exact, exact - 1, rng.integers(0, PPM, DEBTS)]), PPM),
        natural=rng.integers(0, PPM, DEBTS),
        class_=np.repeat([7, 9], DEBTS // 2),
        strategy=rng.integers(0, 3, DEBTS),
    )
    curve = Curve(1_000, np.array([20, 30]), np.array([500_000, 300_000]), np.array([0, 299_999]), np.array([PPM, PPM]))
    session.transact(fairmeter_operator, register.submit_curve(7, curve))
    judged = session.engine.now()
    horizons = np.where(scores.class_ == 7, register.horizon_of(7) or 0, 2**16)
    expected = np.zeros(DEBTS, np.uint8)
    for days in (3, 30, 31, 100):
        call = register.submit_scores(MODEL, FEATURES, pack_scores(scores))
        receipts = session.transact(fairmeter_operator, call, timestamp=judged + days * DAY)
        columns = event_columns(receipts.logs, register.address, register.interface, "ArrearsScored")
        told = unpack_told(columns["scores"])
        cost, elapsed = np.full(DEBTS, UNIT_COST), np.full(DEBTS, days)
        expected = decide(scores.probability, cost, owed, elapsed, horizons, scores.strategy > 0)

        assert (told.step == expected).all()
        assert all((getattr(told.scores, name) == getattr(scores, name)).all() for name in Scores.__slots__)
        assert (told.owed == owed).all()
        assert system.ledger.totals().given_up == owed[expected == Step.GIVE_UP].sum()
    assert system.ledger.totals().given_up > 0
    given_up = int(np.flatnonzero(expected == Step.GIVE_UP)[0])
    found = register.debt_of(int(bill[given_up]))
    assert (found.stage, found.step, found.owed, found.age) == (Stage.STOCK, Step.GIVE_UP, owed[given_up], 100)


def test_record_contacts__committed_beforehand__counted_until_the_last(
    debts: tuple[Int64s, Int64s],
    register: ArrearsRegister,
    fairmeter_session: Session,
    fairmeter_governor: Wallet,
    fairmeter_operator: Wallet,
) -> None:
    session, (bill, _) = fairmeter_session, debts
    whole = np.full(DEBTS, PPM)
    scores = Scores(bill, whole, whole, np.full(DEBTS, 7), np.ones(DEBTS, np.int64))
    words, salt = pack_scores(scores), bytes(32)
    session.transact(fairmeter_operator, register.submit_scores(MODEL, FEATURES, words))
    with pytest.raises(RevertError, match="ArrearsRegister_NoTest"):
        session.transact(fairmeter_operator, register.record_contacts(words))
    commitment = commitment_of(7, register.test_of(7) + 1, 3, 42, salt)
    session.transact(fairmeter_operator, register.commit_test(7, 3, commitment))
    terms = register.set_terms(unit_cost=1, incremental_days=INCREMENTAL, max_contacts=2)
    session.transact(fairmeter_governor, terms)
    for _ in range(3):
        session.transact(fairmeter_operator, register.record_contacts(words))
    session.transact(fairmeter_governor, register.reveal_test(7, 42, salt))

    found = register.debt_of(int(bill[0]))
    assert (found.stage, found.step, found.contacts) == (Stage.STOCK, Step.WAIT, 2)


def test_arm_of__any_account__the_arm_assigned_off_chain(
    register: ArrearsRegister,
) -> None:
    accounts = np.random.default_rng(2).integers(0, 2**62, 40)
    for seed, arms in ((0, 2), (2**64 - 1, 16), (77, 3)):
        on_chain = [register.read("armOf", account, arms, seed) for account in accounts.tolist()]
        assert on_chain == assign(accounts, arms, seed).tolist()


@pytest.fixture
def register(fairmeter_system: System, fairmeter_session: Session, fairmeter_governor: Wallet) -> ArrearsRegister:
    return deploy_arrears(fairmeter_session, fairmeter_system, fairmeter_governor)


@given(data=st.data())
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_submit_curve__any_curve__the_horizon_computed_off_chain(
    data: st.DataObject,
    register: ArrearsRegister,
    fairmeter_session: Session,
    fairmeter_operator: Wallet,
) -> None:
    points = data.draw(st.integers(1, 12))
    share = st.lists(st.integers(0, PPM), min_size=points, max_size=points)
    days = data.draw(st.lists(st.integers(0, 2**16 - 1), min_size=points, max_size=points, unique=True).map(sorted))
    contacted, natural = (np.array(data.draw(share)) for _ in range(2))
    contacts = np.array(data.draw(st.lists(st.integers(0, 63 * PPM), min_size=points, max_size=points)))
    mean = data.draw(st.integers(1, 2**42 - 1))
    curve = Curve(mean, np.array(days), contacted, natural, contacts)
    expected = horizon(np.array(days), return_on_contacts(contacted, natural, mean, contacts, UNIT_COST))
    fairmeter_session.transact(fairmeter_operator, register.submit_curve(7, curve))

    assert register.horizon_of(7) == expected


@given(st.lists(st.tuples(*(st.integers(0, high) for high in (2**63 - 1, PPM, PPM, 255, 15, 3, 63, 2**48 - 1)))))
def test_unpack_told__any_words__what_was_packed(rows: list[tuple[int, ...]]) -> None:
    columns = np.array(rows, np.int64).reshape(-1, 8).T
    scores = Scores(*columns[:5])
    words = pack_scores(scores)
    for place, (step, contacts, owed) in enumerate(columns[5:].T.tolist()):
        word = int.from_bytes(words[place].tobytes(), "big") | step << 64 | contacts << 66 | owed << 124
        words[place] = np.frombuffer(word.to_bytes(32, "big"), np.uint8)
    told = unpack_told(words)

    assert all((getattr(told.scores, name) == getattr(scores, name)).all() for name in Scores.__slots__)
    assert (np.stack([told.step, told.contacts, told.owed]) == columns[5:]).all()


@pytest.mark.parametrize("name", ["probability", "natural", "class_", "strategy"])
def test_pack_scores__value_that_does_not_fit__refused_by_name(name: str) -> None:
    columns = {field: np.zeros(1, np.int64) for field in Scores.__slots__} | {name: np.array([PPM + 1])}
    with pytest.raises(OutOfBoundsError, match=name.strip("_")):
        pack_scores(Scores(**columns))
