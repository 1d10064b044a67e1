"""The ten largest appeals: last year's readings from the evidence, this year's, and where a model judged last year's
too, from an extract of the usage file that a run keeps beside its bundle, for the bundle itself holds no other readings
than verdicts need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    """Of the reference period; NaN throughout where a model judged and the run kept none of them."""
    this_year: Days
    """Of the billing period; NaN throughout where the run kept none of them."""

    @property
    def billed_mean(self) -> float:
        """What the bill charges for, base units a day of its period."""
        return float(self.bill["quantity"] / self.bill["days"])


def largest_appeals(bundle: Bundle, bills: pl.DataFrame) -> tuple[Appeal, ...]:
    """The appealed bills of the largest amounts, largest first, those of one amount in the order of posting."""
    appealed = bills.select("amount").with_row_index("row").filter(bills["appeal"].is_not_null())
    largest = appealed.sort("amount", descending=True, maintain_order=True).head(LARGEST)
    if not len(largest):
        return ()
    rows = bills[largest["row"]].to_dicts()
    evidence = _evidence(bundle, [(row["batch"], row["index"]) for row in rows])
    extract = bundle.folder.parent / READINGS
    usage = load_usage(extract) if extract.is_file() else None
    return tuple(_appeal(row, evidence[row["batch"], row["index"]], usage) for row in rows)


def billed_readings(appeals: Sequence[Appeal], usage: Usage) -> pl.DataFrame:
    """The readings of the appeals' billing periods, and of those of last year that the evidence does not have, in the
    columns of a usage file; without rows if there are none."""
    parts = [_extract(appeal.bill, appeal.bill["start"], appeal.bill["end"], usage) for appeal in appeals]
    for appeal in appeals:
        if np.isnan(appeal.last_year).all():
            last = appeal.reference_start + len(appeal.last_year) - 1
            parts.append(_extract(appeal.bill, appeal.reference_start, last, usage))
    schema = {"customer_id": pl.String, "utility": pl.String, "date": pl.Date, "quantity": pl.Int64}
    return pl.concat([pl.DataFrame(schema=schema), *parts]).unique(maintain_order=True)


def _extract(bill: dict[str, Any], first: int, last: int, usage: Usage) -> pl.DataFrame:
    days, quantity = _readings(bill, first, last, usage)
    return pl.DataFrame(
        {
            "customer_id": [bill["customer_id"]] * len(days),
            "utility": [bill["utility"]] * len(days),
            "date": pl.Series(days, dtype=pl.Int32).cast(pl.Date),
            "quantity": pl.Series(quantity, dtype=pl.Int64),
        }
    )


def _appeal(bill: dict[str, Any], evidence: dict[str, Any], usage: Usage | None) -> Appeal:
    first, n2 = evidence["reference_start"], evidence["reference_days"]
    if evidence["modelled"]:
        last_year = _daily(bill, first, n2, usage)
    else:
        readings = unpack_readings(np.frombuffer(evidence["readings"], np.uint8)[None])[0].astype(np.float64)
        missing = unpack_missing(np.frombuffer(evidence["missing"], np.uint8)[None], n2)[0]
        last_year = np.where(missing, np.nan, readings)
    return Appeal(bill, first, last_year, _daily(bill, bill["start"], bill["days"], usage))


def _daily(bill: dict[str, Any], first: int, count: int, usage: Usage | None) -> Days:
    """The readings of `count` days from `first` on."""
    found = np.full(count, np.nan)
    if usage is not None:
        days, quantity = _readings(bill, first, first + count - 1, usage)
        found[days - first] = quantity
    return found


def _readings(
    bill: dict[str, Any], first: int, last: int, usage: Usage
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """The days from `first` to `last` that have a reading, and the readings, base units."""
    if bill["customer_id"] not in usage.customers:
        return np.zeros(0, np.int32), np.zeros(0, np.int64)
    mine = usage.customer == usage.customers.index(bill["customer_id"])
    mine &= usage.utility == Utility[bill["utility"].upper()]
    mine &= (usage.day >= first) & (usage.day <= last)
    return usage.day[mine], usage.quantity[mine]


def _evidence(bundle: Bundle, bills: Sequence[tuple[int, int]]) -> dict[tuple[int, int], dict[str, Any]]:
    """The evidence of some bills by batch and index, and as `modelled` whether it is a model's statement; one row group
    in memory at a time."""
    found = {(row["batch"], row["index"]): {**row, "modelled": False} for row in _rows(bundle, "evidence", bills)}
    for row in _rows(bundle, "features", bills):
        found[row["batch"], row["index"]]["modelled"] = True
    return found


def _rows(bundle: Bundle, table: str, bills: Sequence[tuple[int, int]]) -> Iterator[dict[str, Any]]:
    """Those of some bills."""
    wanted = pa.array([(batch << 16) | index for batch, index in bills], pa.int64())
    for group in bundle.row_groups(table, batches={batch for batch, _ in bills}):
        keys = pc.add(pc.shift_left(group["batch"], 16), group["index"].cast(pa.int64()))
        yield from group.filter(pc.is_in(keys, wanted)).to_pylist()
