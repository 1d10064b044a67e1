"""The bounds of VERDICT.md: whatever lies outside is refused, by name, row and bound, before anything is computed.

Inside them no sum of this package leaves int64 (see `sums`), so nothing here can overflow or round silently.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fairmeter.errors import InputError, OutOfBoundsError
from fairmeter.model import Bools, Int64s, Reference
from fairmeter.units import MAX_DAYS, MAX_PRESET, MAX_QUANTITY, MAX_READING, MAX_REFERENCE_DAYS

MAX_DEGREE = 2


def column(name: str, values: npt.ArrayLike, n: int, low: int, high: int) -> Int64s:
    """`values` (a scalar, or one a row) as n int64 within low..high.

    Raises InputError if they are not integers, OutOfBoundsError if there are not n or one lies outside.
    """
    given = np.asarray(values)
    integers(name, given)
    if given.ndim and given.shape != (n,):
        raise OutOfBoundsError(f"the number of rows of {name}", given.size, n, n)
    within(name, given, low, high)
    return np.broadcast_to(given.astype(np.int64, copy=False), n)


def integers(name: str, values: npt.NDArray[Any]) -> None:
    """Raises InputError unless the array holds integers; Python integers beyond int64 arrive as objects or uint64."""
    whole = values.dtype.kind in "iu" or (
        values.dtype.kind == "O" and all(type(value) is int for value in values.ravel())
    )
    if not whole:
        raise InputError(f"{name} must be integers, not {values.dtype}")


def within(name: str, values: npt.NDArray[Any], low: int, high: int, entry: str = "row") -> None:
    """Raises OutOfBoundsError for the first entry of `values` outside low..high."""
    outside = (values < low) | (values > high)
    if outside.any():
        at = int(np.argmax(outside))
        where = f"{name} of {entry} {at}" if values.ndim else name
        raise OutOfBoundsError(where, values.item(at), low, high)


def periods(reference: Reference, days: npt.ArrayLike) -> tuple[Int64s, Int64s]:
    """n1 and n2, (n,) days each: within their bounds, no more than a day apart, n2 no wider than the readings."""
    n, width = reference.readings.shape
    if width > MAX_REFERENCE_DAYS:
        raise OutOfBoundsError("the width of readings", width, 0, MAX_REFERENCE_DAYS)
    if reference.present.shape != (n, width):
        raise OutOfBoundsError("the number of entries of present", reference.present.size, n * width, n * width)
    billed = column("days", days, n, 1, MAX_DAYS)
    referred = column("reference days", reference.days, n, 1, MAX_REFERENCE_DAYS)
    within("reference days", referred, 1, width)
    apart = np.abs(billed - referred) > 1
    if apart.any():
        row = int(np.argmax(apart))
        around = int(referred[row])
        raise OutOfBoundsError(f"days of row {row}", int(billed[row]), around - 1, around + 1)
    return billed, referred


def readings(values: Int64s, present: Bools, referred: Int64s, first_row: int) -> None:
    """Raises OutOfBoundsError for the first reading outside 0..MAX_READING, and for one that is not 0 on a day without
    a reading or beyond the period. `first_row` is the number of the first of these rows in the whole."""
    # as unsigned, a negative reading is a large one, and one comparison finds both
    outside = values.view(np.uint64) > MAX_READING
    if outside.any():
        _refuse("reading", values, outside, first_row, MAX_READING)
    stray = (values != 0) > present
    if stray.any():
        _refuse("reading of a missing day", values, stray, first_row, 0)
    beyond = present & (np.arange(present.shape[1], dtype=np.int8) >= referred.astype(np.int8)[:, None])
    if beyond.any():
        row, day = divmod(int(np.argmax(beyond)), present.shape[1])
        last = int(referred[row]) - 1
        raise OutOfBoundsError(f"day of a reading of row {row + first_row}", day, 0, last)


def _refuse(name: str, values: Int64s, bad: Bools, first_row: int, high: int) -> None:
    row, day = divmod(int(np.argmax(bad)), values.shape[1])
    raise OutOfBoundsError(f"{name} of row {row + first_row}, day {day},", int(values[row, day]), 0, high)


def preset(name: str, values: npt.ArrayLike, n: int) -> Int64s:
    """n presets, ppm, within -MAX_PRESET..MAX_PRESET."""
    return column(name, values, n, -MAX_PRESET, MAX_PRESET)


def quantities(values: npt.ArrayLike, n: int) -> Int64s:
    """n billed quantities Q1, base units."""
    return column("quantity", values, n, 0, MAX_QUANTITY)


def degrees(values: npt.ArrayLike, n: int) -> Int64s:
    """n degrees of the regression."""
    return column("degree", values, n, 1, MAX_DEGREE)
