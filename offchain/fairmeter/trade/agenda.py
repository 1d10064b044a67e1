"""What is to be done on which day, as arrays: many things of one kind at a time."""

from __future__ import annotations

import enum
from collections import defaultdict
from typing import Final

import numpy as np

from fairmeter.model import Int64s


class Act(enum.IntEnum):
    """Kinds of steps, in the order in which a day has them."""

    MANDATE = enum.auto()
    PUBLISH = enum.auto()
    BUY = enum.auto()
    PAY = enum.auto()
    INSTALMENT = enum.auto()
    PAY_UP = enum.auto()
    DELIVER = enum.auto()
    REFUND = enum.auto()
    CONFIRM = enum.auto()
    DISPUTE = enum.auto()
    RULE = enum.auto()
    EXPIRE = enum.auto()
    MARK_OVERDUE = enum.auto()
    REPORT_INSTALMENT = enum.auto()
    REPORT_BUYER = enum.auto()
    REPORT_SELLER = enum.auto()
    REPORT_TRADE = enum.auto()
    APPEAL = enum.auto()
    JUDGE = enum.auto()


NONE: Final = np.zeros(0, np.int64)


class Agenda:
    """Subjects by day and kind of step."""

    def __init__(self) -> None:
        self._waiting: defaultdict[tuple[int, Act], list[Int64s]] = defaultdict(list)

    def add(self, act: Act, subjects: Int64s, days: Int64s) -> None:
        """Ask for a step of each of (k,) subjects on its day."""
        for day in np.unique(days).tolist():
            self._waiting[day, act].append(subjects[days == day])

    def due(self, day: int, act: Act) -> Int64s:
        """The subjects of a day's steps of one kind, once."""
        return np.concatenate([NONE, *self._waiting.pop((day, act), [])])
