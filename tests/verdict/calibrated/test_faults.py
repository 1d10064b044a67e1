from __future__ import annotations

import numpy as np

from fairmeter.verdict.calibrated.faults import KINDS, LEAST, MOST, inject
from fairmeter.verdict.calibrated.likelihood import exact_faults

BILLS = 4000


def test_inject__correct_bills__every_kind_within_the_bounds() -> None:
    rng = np.random.default_rng(0)
    true = rng.integers(20_000, 90_000_000, BILLS)
    electricity, group = np.ones(BILLS, dtype=np.uint8), rng.integers(0, 9, BILLS)
    billed, kind = inject(rng, true, true / 30.0, electricity, group)
    made = kind >= 0
    assert set(kind[made].tolist()) == set(range(len(KINDS)))
    assert np.all(billed[~made] == true[~made])
    assert np.all((billed[made] >= LEAST * true[made]) & (billed[made] <= MOST * true[made]))


def test_inject__nothing_used__no_fault() -> None:
    nothing, group = np.zeros(50, dtype=np.int64), np.zeros(50, dtype=np.int64)
    billed, kind = inject(np.random.default_rng(0), nothing, np.zeros(50), np.ones(50, dtype=np.uint8), group)
    assert np.all(kind == -1)
    assert np.all(billed == 0)


def test_exact_faults__flat_past__names_what_makes_the_bill_exactly() -> None:
    billed = np.array([31.0, 62.0, 310.0, 331.0, 34.0, 301.0, 58.0, 45.5]) * 1000
    found = exact_faults(billed, np.full(8, 31_000.0), np.full(8, 1000))
    assert found[:, 0].tolist() == [1.0] * 8
    assert found[:, 1].tolist() == [0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 0.0]


def test_exact_faults__past_that_varies__unknown() -> None:
    found = exact_faults(np.array([62_000.0]), np.array([np.nan]), np.array([1000]))
    assert found[0, 0] == 0.0
    assert np.isnan(found[0, 1])
