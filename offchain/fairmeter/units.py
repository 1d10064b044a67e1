"""Units and bounds. Money is an integer in minor units (fen, cents), growth in ppm, quantity in base units
(Wh, L, s), days are days since 1970-01-01, time is Unix seconds."""

from __future__ import annotations

import datetime as dt
from typing import Final, NewType

Money = NewType("Money", int)
"""Minor units of the digital currency (two decimals)."""
Ppm = NewType("Ppm", int)
"""Parts per million."""
Day = NewType("Day", int)
"""Days since 1970-01-01."""
Timestamp = NewType("Timestamp", int)
"""Unix seconds."""

PPM: Final = 1_000_000
SECONDS_A_DAY: Final = 86_400

# VERDICT.md, Bounds
MAX_READING: Final = 2**40 - 1
MAX_DAYS: Final = 93
MAX_REFERENCE_DAYS: Final = 94
MAX_QUANTITY: Final = 93 * 2**40
MAX_PRESET: Final = 10**7
MIN_INT40: Final = -(2**39)
MAX_INT40: Final = 2**39 - 1

FIRST_BILLED_DAY: Final = 365
"""The first day of a bill that has a reference period (contracts/src/libraries/Calendar.sol)."""
METER_TIME: Final = 14 * SECONDS_A_DAY
"""From a posting, seconds, for the meter operator to sign where nothing else counts (Evidence.sol)."""

# widths of the packed fields on chain (contracts/src/libraries/Packing.sol)
MAX_AMOUNT: Final = 2**48 - 1
"""The largest amount of a bill, and the largest balance of an account, in minor units."""
MAX_CAP: Final = 2**44 - 1
"""The largest cap of a mandate, in minor units."""
MAX_BATCH_BILLS: Final = 500
MAX_CLASS: Final = 31
MAX_TRANSACTION_GAS: Final = 16_777_216
"""EIP-7825."""

EPOCH: Final = dt.date(1970, 1, 1)


def day_of(date: dt.date) -> Day:
    """Days from 1970-01-01 to `date`."""
    return Day((date - EPOCH).days)


def date_of(day: int) -> dt.date:
    """The calendar date of a day number."""
    return EPOCH + dt.timedelta(days=day)


def reference_date(date: dt.date) -> dt.date:
    """The same date one year earlier; 29 February becomes 28 February (VERDICT.md)."""
    if date.month == 2 and date.day == 29:
        return dt.date(date.year - 1, 2, 28)
    return date.replace(year=date.year - 1)
