"""The control thresholds of purchases, fitted to what purchases came to and what of them was lost."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from fairmeter.errors import InputError
from fairmeter.model import Int64s
from fairmeter.risk.terms import Terms
from fairmeter.units import MAX_AMOUNT


@dataclass(frozen=True, slots=True)
class Purchases:
    """What was bought, and what became of what was paid directly or in instalments; minor units."""

    totals: Int64s
    """(n,) of purchases."""
    amounts: Int64s
    """(k,) of payments other than escrow."""
    lost: Int64s
    """(k,) of each, what was never paid or never delivered."""


@dataclass(frozen=True, slots=True)
class FittedTerms:
    """Terms, and what they would have made of the purchases that they are fitted to."""

    terms: Terms
    purchases: int
    split: int
    """Purchases above the condition."""
    paid: int
    """Minor units paid other than by escrow."""
    free: int
    """Of those, in payments below the second threshold: where the buyer still has the choice."""
    lost: int
    """Minor units lost of all, and of payments below the second threshold."""
    lost_free: int


def fit_terms(purchases: Purchases, terms: Terms, split: float, risk: float) -> FittedTerms:
    """The lowest splitting condition above which at most a share `split` (0 to 1) of the purchases is, parts of two
    thirds of it, so that none is less than a third; and the highest second threshold below which at most a share
    `risk` (0 to 1) of the money was lost, 0 where there is none: everything goes into escrow. The rest of the terms
    stays. Raises InputError without a purchase, or where more was lost than paid."""
    totals, amounts, lost = purchases.totals, purchases.amounts, purchases.lost
    if len(totals) == 0 or (totals < 1).any() or (amounts < 1).any():
        raise InputError("terms are fitted to purchases of at least one minor unit, and there are none or others")
    if (lost < 0).any() or (lost > amounts).any():
        raise InputError("what was lost of a payment is between nothing and all of it")
    above = min(int(np.sort(totals)[len(totals) - 1 - int(split * len(totals))]), MAX_AMOUNT) if split < 1 else 1
    ranked = np.argsort(amounts, kind="stable")
    paid, gone = np.cumsum(amounts[ranked]), np.cumsum(lost[ranked])
    # of equal amounts the last one has the sums of all of them
    ends = np.flatnonzero(np.diff(amounts[ranked], append=MAX_AMOUNT + 1))
    good = ends[gone[ends] <= risk * paid[ends]]
    last = int(good[-1]) if len(good) else -1
    second = min(int(amounts[ranked][last]) + 1, MAX_AMOUNT) if last >= 0 else 0
    fitted = dataclasses.replace(terms, first=max(2 * above // 3, 1), split_above=above, second=second)
    return FittedTerms(
        terms=fitted,
        purchases=len(totals),
        split=int((totals > above).sum()),
        paid=int(amounts.sum()),
        free=int(paid[last]) if last >= 0 else 0,
        lost=int(lost.sum()),
        lost_free=int(gone[last]) if last >= 0 else 0,
    )
