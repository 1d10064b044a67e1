"""Thresholds for classes whose payments nobody has marked as abnormal: by faults that are made, at a set rate.

Each payment is set against what was foretold of it, once as it is and once with a fault, of its amount or of its day. A
pair of thresholds a class, on how far the amount and the day lie from what was foretold, is good in three ways that
cannot all be had: few faults missed, few ordinary payments held up, little money under review.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from fairmeter.model import Bools, Int64s, Payments
from fairmeter.verdict.payments import Floats, PaymentModel, Threshold, figures, foretell

FARTHEST: Final = 8.0
"""Standard normal: no payment's place is as far."""
OBJECTIVES: Final = ("faults missed", "ordinary payments held up", "money under review")
"""Columns of `outcomes`, shares from 0 to 1."""
CHOICES: Final = 400
_FACTORS: Final = (1.2, 10.0)
"""Times the amount, evenly spread in the logarithm: from a high estimate to a wrong multiplier."""
_DAYS_LATE: Final = (10, 60)


@dataclass(frozen=True, slots=True)
class Faults:
    """n payments as they are, and with a fault each."""

    amount: Floats
    """(2, n) how far the amount lies from what was foretold, standard normal; as it is, and with the fault."""
    interval: Floats
    """(2, n) how far the day does; 0 where nothing was foretold."""
    money: Floats
    """(2, n) minor units."""
    of: Int64s
    """(n,) class, 0 to classes - 1."""
    classes: int

    def take(self, rows: Bools) -> Faults:
        """The chosen payments."""
        of = self.of[rows]
        return Faults(self.amount[:, rows], self.interval[:, rows], self.money[:, rows], of, self.classes)


def make_faults(model: PaymentModel, payments: Payments, of: Int64s, classes: int, seed: int) -> Faults:
    """A fault on each payment, half of them of the amount and half of the day; `of`: (n,) its class."""
    amount, interval = figures(payments)
    raised, late = draw_faults(len(payments), seed)
    billed = amount + raised
    paid = interval + late if payments.due is not None else np.log(np.exp(interval) + late)
    foretold, when = foretell(model, payments)
    places = np.stack([when.place(days) for days in (interval, paid)])
    # Before a due date nothing is early.
    counted = np.abs(places) if payments.due is None else np.maximum(places, 0.0)
    return Faults(
        np.abs(np.stack([foretold.place(log) for log in (amount, billed)])), np.nan_to_num(counted),
        np.exp(np.stack([amount, billed])), of, classes,
    )  # fmt: skip


def draw_faults(count: int, seed: int) -> tuple[Floats, Int64s]:
    """(count,) each: what is added to the logarithm of each amount, and to the days; one of the two is zero."""
    rng = np.random.default_rng(seed)
    of_amount = rng.random(count) < 0.5
    raised = np.log(_FACTORS[0]) + rng.random(count) * np.log(_FACTORS[1] / _FACTORS[0])
    late = rng.integers(*_DAYS_LATE, count, endpoint=True)
    return np.where(of_amount, raised, 0.0), np.where(of_amount, 0, late)


def outcomes(thresholds: Floats, faults: Faults) -> Floats:
    """(m, 3) OBJECTIVES of m choices (m, 2 * classes): for each class the place from which an amount, and the place
    from which a day, is held up."""
    pair = thresholds.reshape(len(thresholds), -1, 2)[:, faults.of]
    fires = (faults.amount >= pair[:, None, :, 0]) | (faults.interval >= pair[:, None, :, 1])
    ordinary, found = fires.mean(axis=2).T
    held = (fires * faults.money).sum(axis=(1, 2)) / faults.money.sum()
    return np.column_stack([1 - found, ordinary, held])


def choose(thresholds: Floats, outcome: Floats, rate: float) -> Floats:
    """(2 * classes,) of the choices that hold up at most `rate` of the ordinary payments, the one that misses fewest
    faults; the one that holds up fewest where none is within the rate."""
    within = outcome[:, 1] <= max(rate, outcome[:, 1].min())
    return np.asarray(thresholds[np.lexsort((outcome[:, 2], np.where(within, outcome[:, 0], np.inf)))[0]])


def by_made_faults(model: PaymentModel, faults: Faults, rate: float) -> tuple[Threshold, ...]:
    """Of each class, the pair of CHOICES evenly spread ones that misses fewest of the faults made on its payments and
    holds up at most `rate` of them as they are; a class without a payment gets that of all."""
    each = []
    for number in range(faults.classes):
        rows = faults.of == number
        own = faults.take(rows if rows.any() else np.ones_like(rows))
        one = Faults(own.amount, own.interval, own.money, np.zeros_like(own.of), 1)
        choices = grid(1, CHOICES)
        outcome = outcomes(choices, one)
        best = choose(choices, outcome, rate)
        missed, held = outcomes(best[None], one)[0, :2]
        amount, interval = model.amount.abnormal(best[:1]), model.interval.abnormal(best[1:])
        each.append(Threshold(float(amount[0]), float(interval[0]), float(1 - missed), float(held)))
    return tuple(each)


def grid(classes: int, choices: int) -> Floats:
    """About `choices` choices (m, 2 * classes), the same for every class, evenly spread."""
    side = np.linspace(0, FARTHEST, max(int(np.sqrt(choices)), 2))
    pairs = np.stack(np.meshgrid(side, side, indexing="ij"), axis=-1).reshape(-1, 2)
    return np.tile(pairs, (1, classes))
