"""What a model says of bills: as bytes and back, and the verdict that follows here and on chain."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairmeter.audit.recompute import follow
from fairmeter.contracts.deploy import System
from fairmeter.contracts.packing import BillColumns, pack_bills, pack_verdicts
from fairmeter.contracts.statements import STATEMENT_BYTES, Statements
from fairmeter.model import Decision
from fairmeter.units import MAX_QUANTITY, PPM

MODEL = bytes(range(32))
quantities = st.integers(0, MAX_QUANTITY)
said = st.tuples(st.integers(0, PPM), quantities, st.integers(1, MAX_QUANTITY), quantities, st.integers(0, PPM))
"""Score, expected, highest; the bill's quantity and its class's rate."""


def statements(rows: list[tuple[int, int, int, int, int]]) -> Statements:
    score, expected, highest, _, _ = np.array(rows, np.int64).T
    model = np.broadcast_to(np.frombuffer(MODEL, np.uint8), (len(rows), 32))
    features = np.arange(len(rows) * 32, dtype=np.uint8).reshape(-1, 32)
    return Statements(model, features, score, expected, highest)


@given(st.lists(said, min_size=1, max_size=5))
def test_pack__any_statements__come_back(rows: list[tuple[int, int, int, int, int]]) -> None:
    given_ = statements(rows)
    packed = given_.pack()
    assert packed.shape == (len(rows), STATEMENT_BYTES)
    back = Statements.unpack(packed)
    for name in ("model", "features", "score", "expected", "highest"):
        np.testing.assert_array_equal(getattr(back, name), getattr(given_, name))


@given(st.lists(said, min_size=1, max_size=5))
def test_verdicts__any_statements__as_the_auditor_has_them(rows: list[tuple[int, int, int, int, int]]) -> None:
    quantity, rate = np.array(rows, np.int64).T[3:]
    made = statements(rows)
    theirs = follow(made.score, made.expected, made.highest, quantity, rate)
    np.testing.assert_array_equal(pack_verdicts(made.verdicts(quantity, rate)), pack_verdicts(theirs))


@pytest.mark.parametrize(("score", "decision"), [(10_000, Decision.APPEAL), (10_001, Decision.PAY)])
def test_verdicts__score_at_the_rate__appealed(score: int, decision: Decision) -> None:
    verdicts = statements([(score, 75, 100, 250, 10_000)]).verdicts(np.array([250]), np.array([10_000]))
    assert verdicts.decision.tolist() == [decision]
    assert verdicts.actual_ppm.tolist() == [1_500_000]
    assert verdicts.expected_ppm.tolist() == [-250_000]


def test_verdicts__statements_of_every_size__as_the_contract_computes(fairmeter_system: System) -> None:
    generator = np.random.default_rng(7)
    one = np.array([1])
    for size in (2, 10, 20, 30, 40, 46) * 5:
        score, rate = generator.integers(0, PPM + 1, 2).tolist()
        expected, highest, quantity = (int(generator.integers(1, 2**size)) for _ in range(3))
        row = (score, expected, highest, quantity, rate)
        days = np.array([31], np.int32)
        bill = BillColumns(one, np.array([17_000], np.int32), days, np.array([quantity]), one, one * 0)
        presets = {"first": rate, "second": 0, "degree": 2, "insufficientCap": 0, "policy": 2, "model": MODEL}
        word = int.from_bytes(pack_bills(bill)[0].tobytes(), "big")
        packed = statements([row]).pack()[0].tobytes()
        found = fairmeter_system.challenges.read("evaluate", word, packed, 0, presets)
        ours = pack_verdicts(statements([row]).verdicts(np.array([quantity]), np.array([rate])))
        assert found == ours[0].tobytes(), row
