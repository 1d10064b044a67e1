"""A finished run as columns: bills with their verdicts and what became of them, gas by kind, seconds by phase."""

from __future__ import annotations

import functools
import json
import operator
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from fairmeter.bundle import SCHEMAS, Bundle
from fairmeter.chain.engine import WORD
from fairmeter.contracts.artifacts import interface
from fairmeter.contracts.events import event_columns
from fairmeter.errors import BundleError
from fairmeter.model import Bools, Decision, Int64s
from fairmeter.report.collected import Collected, collected
from fairmeter.report.outcome import STATES, Outcomes, Places
from fairmeter.report.papers import DOCUMENTED, PaperReport, paper_report
from fairmeter.report.readings import Appeal, largest_appeals
from fairmeter.report.refunds import REFUND_EVENTS, RefundReport, refund_report
from fairmeter.report.screened import EVENT, fired_rules
from fairmeter.report.wrongs import BOND_EVENTS, WRONGS, bond_changes, load_wrongs
from fairmeter.units import PPM

RESULT: Final = "run.json"
MANIFEST_FIELDS: Final = (
    ("fairmeter",),
    ("chain", "chain_id"),
    ("chain", "hardfork"),
    ("head", "block"),
    ("head", "history"),
    ("operators",),
    ("sources",),
    *(("scenario", name) for name in ("seed", "policy", "rate")),
    *(("scenario", "presets", name) for name in ("first", "second", "degree")),
    ("scenario", "screening"),
    *(("sums", name) for name in ("settled", "appealed", "insufficient", "arrears")),
)
"""What a page tells of a manifest."""
FEW: Final = (
    ("PaymentLedger", "BatchReleased"),
    ("PaymentLedger", "SignedOnlySet"),
    *BOND_EVENTS,
    EVENT,
    *REFUND_EVENTS,
    DOCUMENTED,
)
"""The events of which a run has few beside its bills."""
UNREPORTED: Final = frozenset({"word", "replaces"})
"""Columns of the bundle's bills."""
REPEATED: Final = ("customer_id", "utility", "supplier")
"""Those with few distinct texts: as codes they take a quarter of the memory."""
CALIBRATED: Final = "calibrated"
READINGS: Final = ("signed", "not signed")
"""Of bills for which only readings count that the meter operator signed."""
SCREENING: Final = "screening"
DECISIONS: Final = tuple(decision.name for decision in Decision)
DECISION: Final = pl.Enum(DECISIONS)


@dataclass(frozen=True, slots=True)
class Report:
    """All that a page, a terminal or a program is told about a run. Money in minor units, growth in ppm."""

    bundle: Path
    """The bundle's folder."""
    manifest: Mapping[str, Any]
    result: Mapping[str, Any]
    """run.json, which lies beside the bundle: engine, seconds; empty where there is none."""
    bills: pl.DataFrame
    """A row a bill: bill_id, customer_id, utility, supplier, start and end (days since 1970-01-01), quantity, amount,
    decision (or what screening rules made of it), actual_ppm, expected_ppm, appeal (its outcome), reason (of arrears),
    owed (when it arose), readings (one of READINGS where only signed ones count, else null), and the amounts by state,
    one column each of STATES."""
    gas: pl.DataFrame
    """A row a kind of transaction, most gas first: label, transactions, gas."""
    largest: tuple[Appeal, ...]
    """The ten largest appeals, largest first."""
    wrongs: pl.DataFrame | None
    """The verdicts that the true readings do not give (wrongs.SCHEMA); None where no operator could lie."""
    bonds: pl.DataFrame
    """Bonds that were slashed or rewarded (`wrongs.bond_changes`)."""
    rules: pl.DataFrame
    """Screening rules that fired (`screened.fired_rules`)."""
    collected: Collected | None
    """What was done about arrears; None where nothing was."""
    refunds: RefundReport | None
    """None where nobody refunds."""
    papers: PaperReport | None
    """None where nobody writes any."""

    @property
    def policy(self) -> str:
        """By what operators judged, and the rate of false appeals or the preset that it was set to."""
        scenario = self.manifest["scenario"]
        share = scenario["rate"] if scenario["policy"] == CALIBRATED else scenario["presets"]["first"]
        if scenario["policy"] == SCREENING:
            return f"screening, and trend at {100 * share / PPM:g} % without rules"
        beside = ", with screening rules" if scenario["screening"] else ""
        return f"{scenario['policy']} at {100 * share / PPM:g} %{beside}"

    @property
    def modelled(self) -> bool:
        """Whether a model judged: growths are then over the highest quantity that is no surprise."""
        return bool(self.manifest["scenario"]["policy"] == CALIBRATED)

    def money(self) -> pl.DataFrame:
        """A row a decision: decision, bills, amount, and the amount by each of STATES, minor units."""
        sums = self.bills.group_by("decision").agg(pl.len().alias("bills"), pl.col("amount", *STATES).sum())
        return sums.sort("decision", nulls_last=True).with_columns(pl.col("decision").cast(pl.String))

    def appeals(self) -> pl.DataFrame:
        """A row an outcome that occurred: appeal, bills, amount, settled, void; minor units."""
        return self._sums("appeal", "amount", "settled", "void")

    def arrears(self) -> pl.DataFrame:
        """A row a reason that occurred: reason, bills, owed (when the arrears arose), arrears (still); minor units."""
        return self._sums("reason", "owed", "arrears")

    def demanded(self) -> pl.DataFrame:
        """A row each of READINGS that occurred, of bills for which only signed ones count: readings, bills, amount,
        settled, waiting, void; minor units."""
        return self._sums("readings", "amount", "settled", "waiting", "void")

    def _sums(self, column: str, *amounts: str) -> pl.DataFrame:
        sums = self.bills.group_by(column).agg(pl.len().alias("bills"), pl.col(*amounts).sum())
        return sums.drop_nulls(column).sort(column).with_columns(pl.col(column).cast(pl.String))


def load(directory: Path) -> Report:
    """The report of the run that wrote `directory`, or of a bundle alone.

    Raises BundleError, naming the file, where a bundle is missing, damaged, or does not agree with itself.
    """
    bundle = Bundle(directory)
    if problems := bundle.check_files():
        raise BundleError(f"{bundle.folder}: {'; '.join(problems)}")
    try:
        return _load(bundle)
    except (KeyError, TypeError, ValueError) as error:
        raise BundleError(f"{bundle.folder} does not agree with itself: {type(error).__name__} {error}") from error


def with_readings(report: Report) -> Report:
    """The report with what a run has kept of the usage since it was loaded."""
    return replace(report, largest=largest_appeals(Bundle(report.bundle), report.bills))


def _load(bundle: Bundle) -> Report:
    manifest = bundle.manifest
    for place in MANIFEST_FIELDS:
        functools.reduce(operator.getitem, place, manifest)
    bills = _judged_bills(bundle)
    addresses = {name: bytes.fromhex(text[2:]) for name, text in manifest["contracts"].items()}
    outcomes = Outcomes(addresses, _keys(bills))
    logs = _read(bundle, outcomes)
    released = _released(logs, addresses["PaymentLedger"], bills["batch"].to_numpy())
    judged = bills["decision"].is_not_null().to_numpy()
    reason, owed = outcomes.arrears()
    amounts = outcomes.amounts_by_state(bills["amount"].to_numpy(), judged, released)
    bills = bills.with_columns(
        outcomes.appeals().alias("appeal"),
        reason.alias("reason"),
        pl.Series("owed", owed),
        _readings(bundle, bills, logs, addresses["PaymentLedger"]),
        # of most states no bill is in any at the end: nothing is held of those
        *(pl.Series(state, sums) if sums.any() else pl.lit(0, pl.Int64).alias(state) for state, sums in amounts),
    )
    _refuse_other_sums(bills, manifest["sums"])
    return Report(
        bundle=bundle.folder,
        manifest=manifest,
        result=run_result(bundle),
        bills=bills,
        gas=gas_by_kind(bundle),
        largest=largest_appeals(bundle, bills),
        wrongs=load_wrongs(bundle.folder.parent / WRONGS),
        bonds=bond_changes(logs, addresses["PaymentLedger"], addresses["Operators"]),
        rules=fired_rules(logs, addresses["ScreeningRules"], bills, outcomes),
        collected=collected(bundle),
        refunds=refund_report(logs, addresses, _times(bundle), bundle.folder.parent),
        papers=paper_report(logs, addresses, bills, outcomes),
    )


def _refuse_other_sums(bills: pl.DataFrame, sums: Mapping[str, int]) -> None:
    """The ledger's totals, as the run read them, against the sums of its events."""
    for name, state in (("billed", "amount"), *((state, state) for state in STATES)):
        if sums[f"amount_{name}"] != bills[state].sum():
            raise ValueError(f"amount_{name} is {sums[f'amount_{name}']}, but its events sum to {bills[state].sum()}")


def _judged_bills(bundle: Bundle) -> pl.DataFrame:
    """Bills with their verdicts, in the order of posting."""
    bills = _frame(bundle, "bills", [name for name in SCHEMAS["bills"].names if name not in UNREPORTED])
    verdicts = _frame(bundle, "verdicts", ["batch", "index", "decided", "actual_ppm", "expected_ppm"])
    rows, known = Places(_keys(verdicts)).find(_keys(bills))
    if known.sum() != len(verdicts):
        raise ValueError("verdicts.parquet has other bills than bills.parquet")
    names = pl.Series([None, *DECISIONS], dtype=DECISION)
    place = pl.Series(rows, dtype=pl.UInt32).set(pl.Series(~known), None)
    judged = verdicts.select(names.gather(verdicts["decided"]).alias("decision"), "actual_ppm", "expected_ppm")
    return bills.with_columns(
        (pl.col("start") + pl.col("days") - 1).alias("end"), *judged.select(pl.all().gather(place)).get_columns()
    )


def _frame(bundle: Bundle, table: str, columns: list[str]) -> pl.DataFrame:
    """Some columns, of which a row group at a time is made smaller: there may be many million rows."""
    groups = chain([SCHEMAS[table].empty_table().select(columns)], bundle.row_groups(table, columns))
    repeated = [name for name in columns if name in REPEATED]
    smaller: dict[str, pl.DataType | type[pl.DataType]] = {
        "batch": pl.UInt32,
        "index": pl.UInt16,
        **dict.fromkeys(repeated, pl.Categorical),
    }
    parts = (pl.DataFrame(pl.from_arrow(group)) for group in groups)
    narrow = [part.cast({name: smaller[name] for name in columns if name in smaller}) for part in parts]
    # once, or whoever takes some rows of it does
    return pl.concat(narrow, rechunk=True)


def _keys(bills: pl.DataFrame) -> Int64s:
    """(n,) the bills' ids on chain."""
    keys: Int64s = (bills["batch"].to_numpy().astype(np.int64) << 16) | bills["index"].to_numpy()
    return keys


def _read(bundle: Bundle, outcomes: Outcomes) -> pa.Table:
    """Have the logs read, a part in memory at a time; returns those of FEW, of any contract."""
    topics = pa.array([interface(contract).topic(name) for contract, name in FEW], pa.binary())
    few = [SCHEMAS["logs"].empty_table()]
    for logs in bundle.row_groups("logs"):
        few.append(logs.filter(pc.is_in(pc.binary_slice(logs["topics"], 0, WORD), topics)))
        outcomes.read(logs)
    return pa.concat_tables(few)


def _readings(bundle: Bundle, bills: pl.DataFrame, logs: pa.Table, ledger: bytes) -> pl.Series:
    """(n,) which of READINGS a bill has; null where any count."""
    events = event_columns(logs, ledger, interface("PaymentLedger"), "SignedOnlySet")
    last = dict(zip(events["account"].tolist(), events["signedOnly"].tolist(), strict=True))
    demanding = np.isin(bills["account"].to_numpy().astype(np.int64), [account for account, on in last.items() if on])
    shown = bundle.table("snapshots", ["batch", "index"])
    signed = np.isin(_keys(bills), _keys(pl.DataFrame(pl.from_arrow(shown))))
    names = pl.Series([None, *READINGS], dtype=pl.Enum(READINGS))
    return names.gather(np.where(demanding, np.where(signed, 1, 2), 0)).alias("readings")


def _times(bundle: Bundle) -> Int64s:
    """Of each transaction's block, Unix seconds."""
    times: Int64s = bundle.table("transactions", ["timestamp"])["timestamp"].to_numpy()
    return times


def _released(logs: pa.Table, ledger: bytes, batch: Int64s) -> Bools:
    event = event_columns(logs, ledger, interface("PaymentLedger"), "BatchReleased")
    return np.isin(batch, event["batch"])


def gas_by_kind(bundle: Bundle) -> pl.DataFrame:
    """A row a kind of transaction, most gas first: label, transactions, gas."""
    labels, receipts = (
        bundle.table(name, ["transaction", column])
        for name, column in (("transactions", "label"), ("receipts", "gas_used"))
    )
    joined = labels.join(receipts, "transaction")
    gas = joined.group_by("label").aggregate([("gas_used", "count"), ("gas_used", "sum")])
    frame = pl.DataFrame(pl.from_arrow(gas)).rename({"gas_used_count": "transactions", "gas_used_sum": "gas"})
    if pc.sum(receipts["gas_used"]).as_py() != frame["gas"].sum():
        raise BundleError("receipts.parquet and transactions.parquet do not name the same transactions")
    return frame.select("label", "transactions", "gas").sort(["gas", "label"], descending=[True, False])


def run_result(bundle: Bundle) -> dict[str, Any]:
    """What run.json beside a bundle says; nothing where there is none."""
    path = bundle.folder.parent / RESULT
    if not path.is_file():
        return {}
    try:
        loaded = json.loads(path.read_bytes())
    except ValueError as error:
        raise BundleError(f"{path} is not JSON: {type(error).__name__} {error}") from error
    if not isinstance(loaded, dict):
        raise BundleError(f"{path} is not what a run writes")
    return loaded
