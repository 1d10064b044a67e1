from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st

from fairmeter.verdict.clusters import NUMBERS, STABLE, cluster

Floats = npt.NDArray[np.float64]


def _apart(groups: int, seed: int, rows: int = 80) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Rows around as many corners of a cube, and the corner of each."""
    rng = np.random.default_rng(seed)
    corner = rng.integers(0, groups, rows)
    bits = np.array([[number >> bit & 1 for bit in range(3)] for number in range(groups)], dtype=np.float64)
    return bits[corner] * 10 + rng.normal(size=(rows, 3)), corner


@settings(max_examples=4, deadline=None)
@given(groups=st.integers(2, 5), seed=st.integers(0, 99))
def test_cluster__groups_apart__found_and_stable(groups: int, seed: int) -> None:
    figures, corner = _apart(groups, seed)
    found, trials = cluster(figures, 0)
    of = found.of(figures)
    assert len(found) >= groups
    assert all(len(set(corner[of == number].tolist())) == 1 for number in np.unique(of).tolist())
    by_number = {trial.classes: trial for trial in trials}
    assert by_number[len(found)].stability >= STABLE


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 99))
def test_cluster__rows_in_another_order__the_same_classes_to_the_bit(seed: int) -> None:
    figures = _apart(4, seed)[0]
    figures[np.random.default_rng(seed).random(figures.shape) < 0.1] = np.nan
    shuffled = np.random.default_rng(seed + 1).permutation(len(figures))
    here, there = cluster(figures, 5)[0], cluster(figures[shuffled], 5)[0]
    assert here.centres.tobytes() == there.centres.tobytes()
    assert np.array_equal(here.of(figures)[shuffled], there.of(figures[shuffled]))


def test_cluster__no_structure__the_trials_say_which_numbers_are_unstable() -> None:
    trials = cluster(np.random.default_rng(0).normal(size=(200, 4)), 0)[1]
    assert [trial.classes for trial in trials] == list(NUMBERS)
    assert trials[-1].stability < STABLE


def test_cluster__rows_all_alike__one_class() -> None:
    figures = np.column_stack([np.ones(20), np.full(20, np.nan)])
    found, trials = cluster(figures, 0)
    assert (len(found), trials) == (1, ())
    assert np.array_equal(found.of(figures), np.zeros(20))


def test_of__a_figure_not_known__as_the_median() -> None:
    figures = _apart(3, 1)[0]
    found = cluster(figures, 0)[0]
    row = figures[:1].copy()
    row[0, 1] = np.nan
    filled = row.copy()
    filled[0, 1] = np.median(figures[:, 1])
    assert found.of(row) == found.of(filled)
