"""Verdicts that the true readings do not give: what money they moved, what put it right, and on whose word the rest
stands. A run with dishonest operators leaves them beside its bundle, since only the run knows what was true."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import polars as pl
import pyarrow as pa

from fairmeter.contracts.artifacts import interface
from fairmeter.contracts.events import event_columns
from fairmeter.contracts.slashed import losses
from fairmeter.errors import BundleError

WRONGS: Final = "wrongs.parquet"
MOVES: Final = ("paid", "held", "owed")
"""What a wrong verdict does with money, minor units: collected, set aside, or asked for without being covered."""
STANDS: Final = "stands"
FIGURES: Final = "figures"
"""Of these bills only the growth figures were wrong: no money moved by them."""
MECHANISMS: Final = ("computation", "signed readings", "demand", "customer's answer", STANDS)
BOND_EVENTS: Final = (
    ("PaymentLedger", "StakesSlashed"),
    ("PaymentLedger", "StakeExhausted"),
    ("Operators", "OperatorSet"),
)
"""What `bond_changes` reads."""
SCHEMA: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "bill_id": pl.String,
    "committed": pl.String,
    "right": pl.String,
    **dict.fromkeys(MOVES, pl.Int64),
    "mechanism": pl.String,
    "challenger": pl.String,
    "signers": pl.List(pl.String),
}


def load_wrongs(path: Path) -> pl.DataFrame | None:
    """The wrong verdicts, a row each with the columns of SCHEMA; None where no operator could lie. Raises BundleError
    for a file that is no such table."""
    if not path.is_file():
        return None
    try:
        frame = pl.read_parquet(path)
        return frame.select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())
    except (OSError, pl.exceptions.PolarsError) as error:
        raise BundleError(f"{path} is not what a run writes: {str(error).splitlines()[0]}") from error


def by_mechanism(wrongs: pl.DataFrame) -> pl.DataFrame:
    """A row a mechanism that occurred, what stands last: mechanism, who used it, bills, of these FIGURES, and money by
    each of MOVES."""
    named = wrongs.with_columns(pl.col("mechanism").fill_null(STANDS).cast(pl.Enum(MECHANISMS)))
    used = named.group_by("mechanism").agg(users=pl.col("challenger").drop_nulls().unique().sort().str.join(", "))
    sums = _sums(named, "mechanism").join(used, on="mechanism")
    return sums.sort("mechanism").with_columns(pl.col("mechanism").cast(pl.String))


def by_signers(wrongs: pl.DataFrame) -> pl.DataFrame:
    """A row a set of signers whose wrong verdicts stand: signers, bills, of these FIGURES, money by each of MOVES."""
    left = wrongs.filter(pl.col("mechanism").is_null())
    return _sums(left.with_columns(pl.col("signers").list.join(", ")), "signers").sort("signers")


def bond_changes(logs: pa.Table, ledger: bytes, operators: bytes) -> pl.DataFrame:
    """A row an account whose bond was slashed or rewarded: holder, slashed, rewarded, minor units; and what of it went
    to those whom wrong verdicts had wronged, as the row without a holder."""
    events = interface("PaymentLedger")
    divided, exhausted = (event_columns(logs, ledger, events, name) for name in ("StakesSlashed", "StakeExhausted"))
    named = event_columns(logs, operators, interface("Operators"), "OperatorSet")
    addresses = dict(zip(named["index"].tolist(), named["operator"], strict=True))
    _, numbers, lost = losses(divided, exhausted)
    parts = [
        _column("slashed", [addresses[number] for number in numbers.tolist()], lost),
        _column("rewarded", divided["rewarded"], divided["reward"]),
    ]
    joined = pl.concat(parts, how="diagonal").group_by("holder").agg(pl.col("slashed", "rewarded").sum())
    rest = pl.DataFrame({"holder": [None], "slashed": [0], "rewarded": [int(divided["rest"].sum())]}, joined.schema)
    return pl.concat([joined.sort("holder"), rest]).filter((pl.col("slashed") > 0) | (pl.col("rewarded") > 0))


def bond_rows(manifest: Mapping[str, Any], bonds: pl.DataFrame) -> list[tuple[str, int, int]]:
    """`bond_changes` for people: who, slashed and rewarded, minor units. Operators by their numbers, whoever else was
    slashed, all others who were rewarded together, and those whom wrong verdicts had wronged."""
    numbers = {address: number for number, address in enumerate(manifest["operators"])}
    rows = bonds.to_dicts()
    operators = sorted((numbers[row["holder"]], row) for row in rows if row["holder"] in numbers)
    named = [(f"operator {number}, {row['holder']}", row["slashed"], row["rewarded"]) for number, row in operators]
    others = [row for row in rows if row["holder"] is not None and row["holder"] not in numbers]
    named += [(row["holder"], row["slashed"], row["rewarded"]) for row in others if row["slashed"]]
    rewarded = [row["rewarded"] for row in others if not row["slashed"]]
    if rewarded:
        named.append((f"{len(rewarded):,} who challenged", 0, sum(rewarded)))
    named += [("those who were wronged", row["slashed"], row["rewarded"]) for row in rows if row["holder"] is None]
    return named


def to_json(wrongs: pl.DataFrame | None, bonds: pl.DataFrame) -> Mapping[str, Any]:
    """As plain values; nothing where nobody lied and nobody was slashed."""
    if wrongs is None and not len(bonds):
        return {}
    sums = (
        {}
        if wrongs is None
        else {
            "wrong_verdicts": by_mechanism(wrongs).to_dicts(),
            "standing": by_signers(wrongs).to_dicts(),
        }
    )
    return {**sums, "bonds": bonds.to_dicts()}


def _sums(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    figures = (pl.col("committed") == pl.col("right")).sum().cast(pl.Int64).alias(FIGURES)
    return frame.group_by(column).agg(pl.len().cast(pl.Int64).alias("bills"), figures, pl.col(*MOVES).sum())


def _column(name: str, words: Any, amounts: Any) -> pl.DataFrame:
    holders = ["0x" + word.tobytes()[12:].hex() for word in words]
    return pl.DataFrame({"holder": holders, name: amounts}, {"holder": pl.String, name: pl.Int64})
