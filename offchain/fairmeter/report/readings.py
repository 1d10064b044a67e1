"""The ten largest appeals: last year's readings from the evidence, this year's from an extract of the usage file that a
run keeps beside its bundle, for the bundle itself holds no other readings than verdicts need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from fairmeter.bundle import Bundle
from fairmeter.contracts.packing import unpack_missing, unpack_readings
from fairmeter.model import Usage, Utility
from fairmeter.usage import load_usage

LARGEST: Final = 10
READINGS: Final = "readings.parquet"

Days = npt.NDArray[np.float64]
"""(d,) base units a day, NaN where there is no reading. For charts: nothing is decided by them."""


@dataclass(frozen=True, slots=True)
class Appeal:
    """An appealed bill with its readings."""

    bill: dict[str, Any]
    """Its row of `Report.bills`."""
    reference_start: int
    """First day of the reference period, days since 1970-01-01."""
    last_year: Days
    """Of the reference period."""
    this_year: Days
    """Of the billing period; NaN throughout where the run kept none of them."""

    @property
    def billed_mean(self) -> float:
        """What the bill charges for, base units a day of its period."""
        return float(self.bill["quantity"] / self.bill["days"])


def largest_appeals(bundle: Bundle, bills: pl.DataFrame) -> tuple[Appeal, ...]:
    """The appealed bills of the largest amounts, largest first, those of one amount in the order of posting."""
    appealed = bills.filter(pl.col("appeal").is_not_null()).sort("amount", descending=True, maintain_order=True)
    rows = appealed.head(LARGEST).to_dicts()
    if not rows:
        return ()
    evidence = _evidence(bundle, [(row["batch"], row["index"]) for row in rows])
    extract = bundle.folder.parent / READINGS
    usage = load_usage(extract) if extract.is_file() else None
    return tuple(_appeal(row, evidence[row["batch"], row["index"]], usage) for row in rows)


def billed_readings(appeals: Sequence[Appeal], usage: Usage) -> pl.DataFrame:
    """The readings of the appeals' billing periods, in the columns of a usage file; without rows if there are none."""
    parts = [_extract(appeal.bill, usage) for appeal in appeals]
    schema = {"customer_id": pl.String, "utility": pl.String, "date": pl.Date, "quantity": pl.Int64}
    return pl.concat([pl.DataFrame(schema=schema), *parts]).unique(maintain_order=True)


def _extract(bill: dict[str, Any], usage: Usage) -> pl.DataFrame:
    days, quantity = _readings(bill, usage)
    return pl.DataFrame(
        {
            "customer_id": [bill["customer_id"]] * len(days),
            "utility": [bill["utility"]] * len(days),
            "date": pl.Series(days, dtype=pl.Int32).cast(pl.Date),
            "quantity": pl.Series(quantity, dtype=pl.Int64),
        }
    )


def _appeal(bill: dict[str, Any], evidence: dict[str, Any], usage: Usage | None) -> Appeal:
    n2 = evidence["reference_days"]
    last_year = unpack_readings(np.frombuffer(evidence["readings"], np.uint8)[None])[0].astype(np.float64)
    missing = unpack_missing(np.frombuffer(evidence["missing"], np.uint8)[None], n2)[0]
    this_year = np.full(bill["days"], np.nan)
    if usage is not None:
        days, quantity = _readings(bill, usage)
        this_year[days - bill["start"]] = quantity
    return Appeal(bill, evidence["reference_start"], np.where(missing, np.nan, last_year), this_year)


def _readings(bill: dict[str, Any], usage: Usage) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """The days of the billing period that have a reading, and the readings, base units."""
    if bill["customer_id"] not in usage.customers:
        return np.zeros(0, np.int32), np.zeros(0, np.int64)
    mine = usage.customer == usage.customers.index(bill["customer_id"])
    mine &= usage.utility == Utility[bill["utility"].upper()]
    mine &= (usage.day >= bill["start"]) & (usage.day <= bill["end"])
    return usage.day[mine], usage.quantity[mine]


def _evidence(bundle: Bundle, bills: Sequence[tuple[int, int]]) -> dict[tuple[int, int], dict[str, Any]]:
    """The evidence of some bills by batch and index, one row group in memory at a time."""
    wanted = pa.array([(batch << 16) | index for batch, index in bills], pa.int64())
    found: dict[tuple[int, int], dict[str, Any]] = {}
    for group in bundle.row_groups("evidence"):
        keys = pc.add(pc.shift_left(group["batch"], 16), group["index"].cast(pa.int64()))
        found |= {(row["batch"], row["index"]): row for row in group.filter(pc.is_in(keys, wanted)).to_pylist()}
    return found
