"""Which screening rules fired in a run, and how often."""

from __future__ import annotations

from typing import Final

import polars as pl
import pyarrow as pa

from fairmeter.contracts.artifacts import interface
from fairmeter.contracts.events import event_columns
from fairmeter.model import Rule
from fairmeter.report.outcome import Outcomes

EVENT: Final = ("ScreeningRules", "RuleFired")


def fired_rules(logs: pa.Table, contract: bytes, bills: pl.DataFrame, outcomes: Outcomes) -> pl.DataFrame:
    """A row a rule and class of a utility that fired: utility, class, rule, version (of the first), bills, and amount,
    settled and void of these bills, minor units. `bills` as the report has them; `outcomes` knows where each is."""
    told = event_columns(logs, contract, interface(EVENT[0]), EVENT[1])
    names = pl.Series(["", *(rule.name.lower().replace("_", " ") for rule in Rule)])
    events = pl.DataFrame({"class": told["class"], "rule": names.gather(told["rule"]), "version": told["version"]})
    theirs = bills.select(pl.col("utility"), pl.col("amount", "settled", "void"))[
        outcomes.rows(".".join(EVENT), told["bill"])
    ]
    rows = pl.concat([events, theirs.with_columns(pl.col("utility").cast(pl.String))], how="horizontal")
    sums = (pl.col("version").min(), pl.len().alias("bills"), pl.col("amount", "settled", "void").sum())
    return rows.group_by("utility", "class", "rule").agg(*sums).sort("utility", "class", "rule")
