"""What the collection patent says of a contact's worth, exactly, over integers: China patent text of 2021-11-18.

A class of users is worth contacting if its probability p of repaying reaches c/m, with c the mean number of contacts
times a contact's cost and m the mean debt. The return on contacts by time is
ROI(t) = (p with contact(t) - p natural(t)) * m - contacts(t) * unit cost, and the horizon is the time whose ROI is
nearest zero. A user is given up only if p is too low and the horizon has passed.
"""

from __future__ import annotations

import enum
from typing import Final

import numpy as np
import numpy.typing as npt

from fairmeter.errors import InputError, OutOfBoundsError
from fairmeter.model import Bools, Int64s
from fairmeter.units import PPM

MAX_MONEY: Final = 2**42 - 1
"""Minor units of one debt, or of what its contacts cost: a product with PPM fits into int64."""


class Decision(enum.IntEnum):
    """What is done about a debt now."""

    REMIND = 1
    WAIT = 2
    GIVE_UP = 3


def reaches(probability: Int64s, cost: Int64s, debt: Int64s) -> Bools:
    """(n,) whether p >= c/m: `probability` in ppm, `cost` of all contacts and `debt` in minor units. Exact. Raises
    OutOfBoundsError for a probability outside 0..1, negative or too much money, and InputError for no debt."""
    _within("probability", probability, PPM)
    _within("cost", cost, MAX_MONEY)
    _within("debt", debt, MAX_MONEY)
    if (debt == 0).any():
        row = int(np.flatnonzero(debt == 0)[0])
        raise InputError(f"{int((debt == 0).sum())} scores for accounts without arrears, the first in row {row + 1}")
    return np.asarray(probability * debt >= cost * PPM)


def return_on_contacts(contacted: Int64s, natural: Int64s, debt: int, contacts: Int64s, unit_cost: int) -> Int64s:
    """(t,) ROI in ppm of minor units at each time: `contacted` and `natural` are probabilities of repaying until then,
    in ppm, `contacts` the mean number until then in ppm of a contact, `debt` the mean debt and `unit_cost` that of a
    contact in minor units. Raises OutOfBoundsError as `reaches` does."""
    _within("probability with contact", contacted, PPM)
    _within("natural probability", natural, PPM)
    _within("contacts", contacts, 1000 * PPM)
    _within("debt", np.array([debt]), MAX_MONEY)
    _within("unit cost", np.array([unit_cost]), MAX_MONEY // 1000)
    return np.asarray((contacted - natural) * debt - contacts * unit_cost)


def horizon(times: Int64s, roi: Int64s) -> int:
    """The one of `times` whose `roi` is nearest zero; the earliest of equals. Raises InputError where there is none."""
    if not len(times):
        raise InputError("ROI curve: no times; a horizon needs one at least")
    return int(times[np.argmin(np.abs(roi))])


def decide(
    probability: Int64s, cost: Int64s, debt: Int64s, elapsed: Int64s, horizons: Int64s, contactable: Bools
) -> npt.NDArray[np.uint8]:
    """(n,) a Decision for each debt: reminded if p >= c/m and `contactable` (within its limits now); given up if p is
    too low and more days have `elapsed` than its class's horizon; else it waits. Raises as `reaches` does."""
    worth = reaches(probability, cost, debt)
    decision = np.where(worth & contactable, Decision.REMIND, Decision.WAIT)
    return np.where(~worth & (elapsed > horizons), Decision.GIVE_UP, decision).astype(np.uint8)


def _within(name: str, values: npt.NDArray[np.int64], high: int) -> None:
    wrong = (values < 0) | (values > high)
    if wrong.any():
        raise OutOfBoundsError(name, int(values[wrong][0]), 0, high)
