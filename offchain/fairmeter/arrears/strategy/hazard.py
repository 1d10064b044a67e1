"""The day on which arrears turn from incremental to stock: where the hazard of repayment breaks.

A constant hazard before the day and another after it (piecewise exponential, in days): the likeliest rates are
repayments by days at risk, so that the likelihood of every possible day is a sum over two cumulated counts. A break is
claimed only if it explains more than chance would over all the days that were tried (Bonferroni).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from fairmeter.arrears.features import Floats, Ints
from fairmeter.errors import InputError
from fairmeter.model import Bools

LEVEL: Final = 0.05
LEAST: Final = 20
"""Repayments on either side of a break."""


@dataclass(frozen=True, slots=True)
class Break:
    """Where the hazard breaks."""

    day: int
    """Days after the due date: up to it arrears are incremental, after it stock."""
    low: int
    high: int
    """Days that are nearly as likely: 95 % by the profile likelihood."""
    before: float
    after: float
    """Share of the unpaid that pay in a day."""
    sure: bool
    """Whether a break is claimed at all."""


def find_break(days: Ints, paid: Bools) -> Break:
    """Of n debts: `days` (n,) from the due date to the payment, or to the last look where not `paid` (n,); 1 or more.
    Raises InputError for days below 1, and for too few repayments."""
    from scipy.stats import chi2  # noqa: PLC0415 - a run in arrears needs no scipy

    if len(days) == 0 or days.min() < 1:
        raise InputError("days in arrears: at least 1 is expected in every row")
    last = int(days.max())
    repaid = np.bincount(days[paid], minlength=last + 1)[1:].cumsum()
    exposed = (len(days) - np.bincount(days, minlength=last + 1).cumsum()[:-1]).cumsum()
    total, allowed = int(repaid[-1]), (repaid >= LEAST) & (repaid[-1] - repaid >= LEAST)
    if not allowed.any():
        raise InputError(f"{total} repayments: {2 * LEAST} on different days are needed to find a break")
    likelihood = np.where(
        allowed, _likelihood(repaid, exposed) + _likelihood(total - repaid, exposed[-1] - exposed), -np.inf
    )
    best = int(np.argmax(likelihood))
    near = np.flatnonzero(likelihood >= likelihood[best] - chi2.isf(LEVEL, 1) / 2)
    whole = float(_likelihood(repaid[-1:], exposed[-1:])[0])
    chance = chi2.sf(2 * (likelihood[best] - whole), 1) * int(allowed.sum())
    before, after = repaid[best] / exposed[best], (total - repaid[best]) / (exposed[-1] - exposed[best])
    return Break(best + 1, int(near[0]) + 1, int(near[-1]) + 1, float(before), float(after), bool(chance < LEVEL))


def _likelihood(repaid: Ints, exposed: Ints) -> Floats:
    """Logarithm of the largest, of so many repayments in so many days at risk, each day with the same odds."""
    rate = repaid / np.maximum(exposed, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        some = np.where(repaid > 0, repaid * np.log(rate), 0.0)
        rest = np.where(exposed > repaid, (exposed - repaid) * np.log1p(-rate), 0.0)
    return np.asarray(some + rest)
