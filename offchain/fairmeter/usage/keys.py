"""Composite integer keys that sort readings by meter and day, so that a search finds a period in one step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from fairmeter.model import Int32s, Int64s, UInt8s

_UTILITY_BITS: Final = 3
DAY_BITS: Final = 17
"""One bit more than a day needs: a reference period that begins before 1970 still sorts after the meter before it."""


def meter_keys(customer: Int32s, utility: UInt8s) -> Int64s:
    """(n,) a number for each (customer, utility), ascending by customer, then utility; customer -1 sorts first."""
    return (customer.astype(np.int64) << _UTILITY_BITS) | utility


def meter_of(key: int) -> tuple[int, int]:
    """Customer and utility of one of `meter_keys`."""
    return key >> _UTILITY_BITS, key & ((1 << _UTILITY_BITS) - 1)


def day_keys(customer: Int32s, utility: UInt8s, day: Int32s) -> Int64s:
    """(n,) a number for each (customer, utility, day), ascending in this order; `day` from -2^16 to 2^16 - 1."""
    return (meter_keys(customer, utility) << DAY_BITS) + day


def index_in(names: Sequence[str], wanted: Sequence[str]) -> Int32s:
    """(len(wanted),) where each wanted name stands in `names`, -1 where it does not; `names` has none twice."""
    if names == wanted:
        return np.arange(len(wanted), dtype=np.int32)
    if not names:
        return np.full(len(wanted), -1, dtype=np.int32)
    table = np.asarray(names, dtype=np.str_)
    order = np.argsort(table, kind="stable")
    sought = np.asarray(wanted, dtype=np.str_)
    place = np.minimum(np.searchsorted(table, sought, sorter=order), len(table) - 1)
    found = order[place]
    return np.where(table[found] == sought, found, -1).astype(np.int32)
