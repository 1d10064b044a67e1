"""Which screening rules fired in a run, and how often."""

from __future__ import annotations

from typing import Final

import polars as pl
import pyarrow as pa

from fairmeter.contracts.artifacts import interface
from fairmeter.contracts.events import event_columns
from fairmeter.model import Rule

EVENT: Final = ("ScreeningRules", "RuleFired")


def fired_rules(logs: pa.Table, contract: bytes, bills: pl.DataFrame) -> pl.DataFrame:
    """A row a rule and class of a utility that fired: utility, class, rule, version (of the first), bills, and amount,
    settled and void of these bills, minor units. `bills` as the report has them."""
    told = event_columns(logs, contract, interface(EVENT[0]), EVENT[1])
    names = pl.Series(["", *(rule.name.lower().replace("_", " ") for rule in Rule)])
    events = pl.DataFrame(
        {
            "batch": told["bill"] >> 16,
            "index": told["bill"] & 0xFFFF,
            "class": told["class"],
            "rule": names.gather(told["rule"]),
            "version": told["version"],
        }
    )
    keyed = bills.with_columns(pl.col("batch", "index").cast(pl.Int64))
    rows = events.join(keyed, on=["batch", "index"], how="left")
    sums = (pl.col("version").min(), pl.len().alias("bills"), pl.col("amount", "settled", "void").sum())
    return rows.group_by("utility", "class", "rule").agg(*sums).sort("utility", "class", "rule")
