"""The model on a batch of bills at a time: what it says of each, in whole numbers, and from which figures.

The others that a bill is compared with are those of its batch, no more: whoever has the batch has all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from fairmeter.model import Bools, Int32s, Int64s, UInt8s, Usage
from fairmeter.units import MAX_QUANTITY, PPM
from fairmeter.verdict.calibrated.companions import COLUMNS as COMPANIONS
from fairmeter.verdict.calibrated.context import Context, context
from fairmeter.verdict.calibrated.features import REFERENCES, SHAPES, log_use
from fairmeter.verdict.calibrated.history import Floats, Histories, Meters, places
from fairmeter.verdict.calibrated.movement import COLUMNS as MOVEMENT
from fairmeter.verdict.calibrated.policy import CalibratedModel, Scores, false_rate, parts, score_context

FEATURES: Final = (*REFERENCES, *SHAPES, *MOVEMENT, "peers", *COMPANIONS)
"""What a bill is judged from, in the order in which a row is written."""
FEATURE_BYTES: Final = 8 * len(FEATURES)
TOLERANCE: Final = 1e-6
"""By how much log odds, and quantities as a share, may differ between machines: their exponentials and logarithms
differ in the last of 53 bits, and sums of them in some more."""
_ROUNDING: Final = 1e-6
_WIDTHS: Final = (len(REFERENCES), len(SHAPES), len(MOVEMENT), 1, len(COMPANIONS))

UInt8Rows = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class BatchBills:
    """n bills of one batch."""

    customer: Int64s
    """(n,) index into the names that go with it."""
    utility: UInt8s
    """(n,) `Utility`."""
    start: Int32s
    """(n,) first day of the billing period, days since 1970-01-01."""
    days: Int32s
    """(n,) of the billing period."""
    quantity: Int64s
    """(n,) base units."""


@dataclass(frozen=True, slots=True)
class Opinions:
    """What a model says of n bills."""

    score: Int64s
    """(n,) share of the correct bills of the same kind that look as odd, ppm, rounded up: at most the rate that is
    set where the bill is appealed."""
    expected: Int64s
    """(n,) base units, as predicted."""
    highest: Int64s
    """(n,) base units, at least 1: a bill up to here is no surprise."""


class BatchJudge:
    """A model with the readings that it judges by. Only readings before a bill's first day are looked at."""

    def __init__(self, model: CalibratedModel, usage: Usage, customers: tuple[str, ...]) -> None:
        """`customers` are the names that bills' customers are indices into; one may be without any reading."""
        self.model = model
        self._histories = Histories.of(usage)
        self._place, self._part = places(usage.customers, customers), parts(customers)

    def judge(self, bills: BatchBills) -> tuple[Floats, Opinions]:
        """The rows of features (n, len(FEATURES)) of a batch's bills, and what follows from them."""
        known, quantity = self._context(bills), bills.quantity.astype(np.float64)
        return _rows(known), _opinions(score_context(self.model, known, quantity, self._part[bills.customer]))

    def features(self, bills: BatchBills) -> Floats:
        """(n, len(FEATURES)) of a batch's bills, as `judge` has them."""
        return _rows(self._context(bills))

    def _context(self, bills: BatchBills) -> Context:
        meters = self._histories.meters(self._place[bills.customer], bills.utility, bills.start, bills.days)
        billed = log_use(bills.quantity.astype(np.float64), meters.days.astype(np.float64))
        return context(self._histories, meters, billed, self.model.usual)


def opinions(model: CalibratedModel, rows: Floats, bills: BatchBills, customers: tuple[str, ...]) -> Opinions:
    """What follows from rows of features (n, len(FEATURES)): the same as `BatchJudge.judge` said of them."""
    return _opinions(_scores(model, rows, bills, customers))


def agrees(
    model: CalibratedModel, rows: Floats, bills: BatchBills, customers: tuple[str, ...], said: Opinions
) -> Bools:
    """(n,) whether what was `said` of bills follows from their features within TOLERANCE."""
    scores = _scores(model, rows, bills, customers)
    most, least = (false_rate(model, scores.context, scores.score + step) for step in (-TOLERANCE, TOLERANCE))
    right = _opinions(scores)
    same: Bools = (_ppm(least) <= said.score) & (said.score <= _ppm(most))
    for ours, theirs in ((right.expected, said.expected), (right.highest, said.highest)):
        same &= np.abs(ours - theirs) <= 1 + TOLERANCE * ours
    return same


def encode(rows: Floats) -> UInt8Rows:
    """(n, FEATURE_BYTES): each figure as a big-endian IEEE 754 double; one form of zero, and one of what is not
    known."""
    written = np.where(np.isnan(rows), np.nan, rows + 0.0)
    return np.ascontiguousarray(written.astype(">f8")).view(np.uint8).reshape(len(rows), FEATURE_BYTES)


def decode(packed: UInt8Rows) -> Floats:
    """The reverse of `encode`."""
    return np.ascontiguousarray(packed).view(">f8").astype(np.float64)


def same_features(rows: Floats, others: Floats) -> Bools:
    """(n,) whether two rows differ by no more than TOLERANCE in any figure."""
    return np.asarray(np.isclose(rows, others, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True).all(axis=1))


def _scores(model: CalibratedModel, rows: Floats, bills: BatchBills, customers: tuple[str, ...]) -> Scores:
    start, days = bills.start.astype(np.int64), bills.days.astype(np.int64)
    meters = Meters(np.full(len(rows), -1), bills.utility, start, days)
    references, shapes, movement, peers, companions = np.split(rows, np.cumsum(_WIDTHS)[:-1], axis=1)
    usual = model.usual[bills.utility]
    known = Context(meters, references, shapes, movement, peers[:, 0], companions, usual)
    return score_context(model, known, bills.quantity.astype(np.float64), parts(customers)[bills.customer])


def _rows(known: Context) -> Floats:
    columns = (known.references, known.shapes, known.movement, known.peers[:, None], known.companions)
    return np.concatenate(columns, axis=1)


def _opinions(scores: Scores) -> Opinions:
    expected, highest = (np.minimum(quantity, MAX_QUANTITY) for quantity in (scores.expected, scores.high))
    return Opinions(_ppm(scores.false_rate), expected, np.maximum(highest, 1))


def _ppm(rate: Floats) -> Int64s:
    """Rounded up, but for what a share that is a whole number of ppm misses it by."""
    return np.ceil(rate * PPM - _ROUNDING).astype(np.int64)
