from __future__ import annotations

from typing import cast

import numpy as np
import pytest

from fairmeter.audit.places import fair_times, last_before, sums_before
from fairmeter.audit.record import ChainRecord, Columns


class _Clock:
    """A record of pauses alone, a transaction every hundred seconds."""

    def __init__(self, paused: list[tuple[int, int]], resumed: list[int]) -> None:
        self.times = 100 * np.arange(12)
        self._paused, self._resumed = np.array(paused, np.int64).reshape(-1, 2), np.array(resumed, np.int64)

    def columns(self, _: str, event: str) -> Columns:
        at = self._paused[:, 0] if event == "Paused" else self._resumed
        return {"transaction": at, "log": np.zeros_like(at), "until": self._paused[:, 1]}


@pytest.mark.parametrize(
    ("paused", "resumed", "fair"),
    [
        ([], [], [0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1_000, 1_100]),
        ([(2, 450)], [], [0, 100, 200, 200, 200, 250, 350, 450, 550, 650, 750, 850]),
        ([(2, 900)], [5], [0, 100, 200, 200, 200, 200, 300, 400, 500, 600, 700, 800]),
        ([(1, 250), (6, 990)], [8], [0, 100, 100, 150, 250, 350, 450, 450, 450, 550, 650, 750]),
    ],
)
def test_fair_times__pauses__stand_still(paused: list[tuple[int, int]], resumed: list[int], fair: list[int]) -> None:
    assert fair_times(cast(ChainRecord, _Clock(paused, resumed))).tolist() == fair


def test_sums_before_and_last_before__keys_at_places__what_came_first() -> None:
    key, order, delta = np.array([1, 2, 1, 1]), np.array([10, 11, 12, 20]), np.array([5, 7, -2, 9])
    asked, when = np.array([1, 1, 2, 3]), np.array([12, 21, 30, 30])
    assert sums_before(key, order, delta, asked, when).tolist() == [5, 12, 7, 0]
    sequence = np.lexsort((order, key))
    found = last_before(key[sequence], order[sequence], asked, when)
    assert order[sequence][found[:3]].tolist() == [10, 20, 11]
    assert found[3] == -1
