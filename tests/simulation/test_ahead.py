from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator

import pytest

from fairmeter.errors import InputError
from fairmeter.simulation.ahead import ahead, quick_switches
from fairmeter.simulation.clock import Clock


def test_ahead__any_items__in_their_order() -> None:
    assert list(ahead(iter(range(20)))) == list(range(20))
    assert list(ahead(iter(()))) == []


def test_ahead__item_in_use__the_next_is_made_in_another_thread() -> None:
    made: list[tuple[int, int]] = []

    def items() -> Iterator[int]:
        for number in range(3):
            made.append((number, threading.get_ident()))
            yield number

    for number in ahead(items()):
        deadline = time.monotonic() + 10
        while len(made) < min(number + 2, 3) and time.monotonic() < deadline:
            time.sleep(0.001)
        assert len(made) == min(number + 2, 3)
    assert {thread for _, thread in made} != {threading.get_ident()}


def test_ahead__maker_fails__raises_where_it_is_used() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise InputError("no such reading")

    taken = ahead(items())
    assert next(taken) == 1
    with pytest.raises(InputError, match="no such reading"):
        next(taken)


def test_quick_switches__raised_within__as_before() -> None:
    before = sys.getswitchinterval()
    during = []

    def fail() -> None:
        with quick_switches():
            during.append(sys.getswitchinterval())
            raise InputError("wrong")

    with pytest.raises(InputError):
        fail()
    assert during[0] < before == sys.getswitchinterval()


def test_clock__phases_and_pauses__sum_to_all() -> None:
    clock = Clock()
    for name in ("post", "judge", "post"):
        with clock.phase(name):
            time.sleep(0.002)
    time.sleep(0.002)
    seconds, phases = clock.read()
    assert set(phases) == {"post", "judge", "other"}
    assert phases["post"] >= 0.004
    assert sum(phases.values()) == pytest.approx(seconds)
