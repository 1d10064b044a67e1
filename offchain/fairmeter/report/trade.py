"""A run at the trade desk: money by kind, everybody's standing, and who was flagged, suspended, banned and rewarded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl
from rich.console import Group
from rich.table import Table
from rich.text import Text

from fairmeter.bundle import Bundle
from fairmeter.chain.engine import Log, split_topics
from fairmeter.contracts.artifacts import interface
from fairmeter.contracts.events import event_columns
from fairmeter.errors import BundleError
from fairmeter.report import markup
from fairmeter.report.data import gas_by_kind, run_result
from fairmeter.report.figures import money, share
from fairmeter.report.tables import titled
from fairmeter.risk.terms import Conduct

MONEY: Final = (
    ("amount_direct", "paid directly"),
    ("amount_instalments", "paid in instalments"),
    ("amount_released", "out of escrow, to suppliers"),
    ("amount_returned", "out of escrow, back to buyers"),
)
"""Sums of a manifest, and what they are."""
COUNTED: Final = ("offers", "warned", "purchases", "parts", "flagged", "suspended", "banned", "rewarded", "refused")
SHOWN: Final = 12
"""Parties in a table: the best and the worst would fill a page."""
KINDS: Final = 20
"""Of transactions, those that used the most gas of what was done more than once."""
PENALTIES: Final = [int(one) for one in Conduct if one.is_penalty]


@dataclass(frozen=True, slots=True)
class TradeReport:
    """All that is told about a run; money in minor units."""

    bundle: Path
    manifest: Mapping[str, Any]
    result: Mapping[str, Any]
    """run.json, which lies beside the bundle; empty where there is none."""
    parties: pl.DataFrame
    """A row a party that something counted for, the lowest value first: party, name (of its supplier, if it has one),
    value, bonuses, penalties, abnormal, suspensions, banned, reward."""
    conducts: pl.DataFrame
    """A row a conduct that counted: conduct, events, points."""
    gas: pl.DataFrame
    """A row a kind of transaction, most gas first: label, transactions, gas."""

    @property
    def sums(self) -> Mapping[str, int]:
        """Of the manifest."""
        sums: Mapping[str, int] = self.manifest["sums"]
        return sums


def load(directory: Path) -> TradeReport:
    """The report of the run that wrote `directory`, or of a bundle alone. Raises BundleError, naming the file, where a
    bundle is missing, damaged, of another kind of run, or does not agree with itself."""
    bundle = Bundle(directory)
    if not bundle.of_trade:
        raise BundleError(f"{bundle.folder} is not of a run at the trade desk")
    if problems := bundle.check_files():
        raise BundleError(f"{bundle.folder}: {'; '.join(problems)}")
    try:
        standing = _Standing(bundle)
        return TradeReport(
            bundle=bundle.folder,
            manifest=bundle.manifest,
            result=run_result(bundle),
            parties=standing.parties(),
            conducts=standing.conducts(),
            gas=gas_by_kind(bundle),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BundleError(f"{bundle.folder} does not agree with itself: {type(error).__name__} {error}") from error


def to_json(report: TradeReport) -> dict[str, Any]:
    """The report as plain values."""
    return {
        "bundle": str(report.bundle),
        **report.sums,
        "conducts": report.conducts.to_dicts(),
        "parties": report.parties.to_dicts(),
        "gas": report.gas.to_dicts(),
        **{name: report.result[name] for name in ("refusals", "engine", "seconds", "phases") if report.result},
    }


def terminal(report: TradeReport) -> Group:
    """Tables of money, standings and gas, each under its title."""
    parts: list[Text | Table] = []
    for title, (head, *rows) in _tables(report):
        line, table = titled(title, head[0], *head[1:])
        for row in rows:
            table.add_row(*row)
        parts += [line, table]
    return Group(*parts)


def html(report: TradeReport) -> str:
    """The page; the same for the same run, byte for byte, but for its clock."""
    sections = "".join(
        f"<section><h2>{title}</h2>\n{markup.table(None, rows[0], rows[1:])}</section>\n"
        for title, rows in _tables(report)
    )
    sums, scenario = report.sums, report.manifest["scenario"]
    lead = (
        f"{sums['purchases']:,} purchases of {sums['offers']:,} offers in {scenario['days']:,} days, split into "
        f"{sums['parts']:,} parts; {sums['transactions']:,} transactions, of which {sums['refused']:,} were refused"
    )
    title = f"Trade of {money(sums['amount_bought'])}"
    head = f'<header><h1>{title}</h1>\n<p class="lead">{lead}</p></header>\n'
    rests = (
        "<section><h2>What this rests on</h2>\n<p>The figures come from the run's bundle, the events of its "
        "transactions. <code>fairmeter audit</code> replays them, and follows every standing again by plain "
        f"rules.</p></section>\n<p>History {report.manifest['head']['history']}</p>"
    )
    return markup.document(title, f"{head}{sections}{rests}")


Rows = list[Sequence[str]]
"""The heads first."""


def _tables(report: TradeReport) -> list[tuple[str, Rows]]:
    sums, bought = report.sums, report.sums["amount_bought"]
    moved: Rows = [("money", "amount", "of what was bought")]
    moved += [(name, money(sums[key]), share(sums[key], bought)) for key, name in MONEY]
    ended = sum(sums[key] for key, _ in MONEY)
    moved.append(("not begun, or not ended", money(bought - ended), share(bought - ended, bought)))
    moved.append(("fees", money(sums["fees"]), share(sums["fees"], bought)))
    counts: Rows = [("what", "how many"), *((name, f"{sums[name]:,}") for name in COUNTED)]
    refused = report.result.get("refusals", {})
    counts += [(f"refused: {error}", f"{count:,}") for error, count in sorted(refused.items())]
    conducts: Rows = [("conduct", "events", "points")]
    conducts += [(row["conduct"], f"{row['events']:,}", f"{row['points']:,}") for row in report.conducts.to_dicts()]
    gas: Rows = [("transaction", "sent", "gas", "each")]
    gas += [
        (row["label"], f"{row['transactions']:,}", f"{row['gas']:,}", f"{row['gas'] / row['transactions']:,.0f}")
        for row in report.gas.filter(pl.col("transactions") > 1).head(KINDS).to_dicts()
    ]
    return [
        ("Money by kind", moved),
        ("What happened", counts),
        ("What counted for standings", conducts),
        ("The lowest standings", _standings(report.parties.head(SHOWN))),
        ("The highest standings", _standings(report.parties.tail(SHOWN).reverse())),
        ("Gas by kind of transaction", gas),
    ]


def _standings(parties: pl.DataFrame) -> Rows:
    rows: Rows = [("party", "value", "bonuses", "penalties", "suspensions", "", "let off")]
    for row in parties.to_dicts():
        state = "banned" if row["banned"] else "flagged" if row["abnormal"] else ""
        counts = (f"{row[name]:,}" for name in ("value", "bonuses", "penalties", "suspensions"))
        rows.append((row["name"] or row["party"], *counts, state, money(row["reward"])))
    return rows


class _Standing:
    """The standing's events as columns; a party's last one says how it stands."""

    def __init__(self, bundle: Bundle) -> None:
        self._logs = bundle.table("logs")
        self._contracts = {name: bytes.fromhex(text[2:]) for name, text in bundle.manifest["contracts"].items()}
        self._changed = self._frame("StandingChanged", "party", "conduct", "points", "value")

    def conducts(self) -> pl.DataFrame:
        """See TradeReport."""
        names = {int(one): one.name.lower().replace("_", " ") for one in Conduct}
        sign = pl.when(pl.col("conduct").is_in(PENALTIES)).then(-1).otherwise(1)
        sums = self._changed.group_by("conduct").agg(
            pl.len().alias("events"), (pl.col("points") * sign).sum().alias("points")
        )
        return sums.sort("conduct").with_columns(pl.col("conduct").replace_strict(names, return_dtype=pl.String))

    def parties(self) -> pl.DataFrame:
        """See TradeReport."""
        values = pl.concat([self._changed, self._frame("PenaltyRuled", "party", "value")], how="diagonal").sort("order")
        penalty = pl.col("conduct").is_in(PENALTIES)
        sums = values.group_by("party").agg(
            pl.col("value").last(), (~penalty).sum().alias("bonuses"), penalty.sum().alias("penalties")
        )
        stands = pl.concat(
            [self._frame(name, "party", "count", "banned") for name in ("StandingSuspended", "StandingRestored")]
        )
        flags, rewards = (
            self._frame("StandingFlagged", "party", "abnormal"),
            self._frame("StandingRewarded", "party", "reward"),
        )
        joined = (
            sums.join(_last(stands).rename({"count": "suspensions"}), on="party", how="left")
            .join(_last(flags), on="party", how="left")
            .join(_last(rewards), on="party", how="left")
            .join(self._names(), on="party", how="left")
            .with_columns(pl.col("suspensions", "reward").fill_null(0))
            .with_columns(pl.col("abnormal", "banned").fill_null(0).cast(pl.Boolean))
        )
        columns = ("party", "name", "value", "bonuses", "penalties", "abnormal", "suspensions", "banned", "reward")
        return joined.select(columns).sort("value", "party")

    def _frame(self, event: str, *names: str) -> pl.DataFrame:
        columns = event_columns(self._logs, self._contracts["CreditStanding"], interface("CreditStanding"), event)
        order = (columns["transaction"].astype(np.int64) << 24) | columns["log"]
        return pl.DataFrame(
            {"order": order, **{name: _column(columns[name]) for name in names}},
            schema_overrides={"party": pl.String},
        )

    def _names(self) -> pl.DataFrame:
        """Of suppliers, by who owns them."""
        ledger = interface("PaymentLedger")
        topic = ledger.topic("SupplierRegistered")
        rows = [row for row in self._logs.select(["topics", "data"]).to_pylist() if row["topics"][:32] == topic]
        named = [
            ledger.decode_log(Log(self._contracts["PaymentLedger"], split_topics(row["topics"]), row["data"], 0, 0, 0))
            for row in rows
        ]
        owners = {f"0x{one.arguments['owner'].hex()}": one.arguments["name"] for one in named}
        return pl.DataFrame(
            {"party": list(owners), "name": list(owners.values())},
            schema_overrides={"party": pl.String, "name": pl.String},
        )


def _column(values: npt.NDArray[Any]) -> Any:
    """Addresses as text."""
    return values if values.ndim == 1 else [f"0x{row[12:].tobytes().hex()}" for row in values]


def _last(frame: pl.DataFrame) -> pl.DataFrame:
    """Everybody's last row."""
    return frame.sort("order").group_by("party").last().drop("order")
