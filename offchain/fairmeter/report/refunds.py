"""Refunds: how long orders waited in each state, by the desk's events, and what was stopped by which rule, by what the
run tried and leaves beside its bundle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl
import pyarrow as pa

from fairmeter.contracts.artifacts import interface
from fairmeter.contracts.events import event_columns
from fairmeter.errors import BundleError
from fairmeter.model import Int64s
from fairmeter.units import SECONDS_A_DAY

REFUNDS: Final = "refunds.parquet"
STATES: Final = {
    "RefundRequested": "requested",
    "RefundForwarded": "forwarded",
    "RefundResubmitted": "forwarded",
    "RefundSigned": "signed",
    "RefundReturned": "returned",
    "RefundCompleted": "paid",
    "RefundCancelled": "cancelled",
    "RefundRejected": "rejected",
}
"""The desk's events, each with the state that an order comes into."""
REFUND_EVENTS: Final = tuple(("RefundDesk", name) for name in STATES)
KINDS: Final = ("honest", "duplicate", "collusion")
"""How somebody asks: with cause, for what was paid back already, or without any cause."""
RULES: Final = {
    "RefundDesk_SamePerson": "one person, two steps",
    "RefundDesk_SeenBefore": "reviewed before",
    "RefundDesk_NotOfDepartment": "not of the department",
    "RefundDesk_StillOpen": "one refund at a time",
    "PaymentLedger_RefundTooLarge": "more than was paid",
    "PaymentLedger_WrongState": "not settled",
    "PaymentLedger_InsufficientCredit": "no free credit",
}
"""The contracts' errors in words; others stand as they are."""
DECIDED: Final = {"reject": "marketing rejected it", "sendBack": "finance sent it back"}
"""Steps by which a department stops an order."""
SCHEMA: Final[dict[str, type[pl.DataType]]] = {
    "bill": pl.Int64,
    "kind": pl.String,
    "step": pl.String,
    "amount": pl.Int64,
    "refused": pl.String,
}


@dataclass(frozen=True, slots=True)
class RefundReport:
    """What became of a run's refunds."""

    states: pl.DataFrame
    """A row a state that occurred: state, orders (that came into it), waiting (that are in it at the end), median and
    longest, days until the next step; null for what ends an order."""
    stopped: pl.DataFrame
    """A row a rule and kind: rule, kind, attempts, amount (minor units that were asked for); empty without the run's
    own record."""
    paid: int
    """Minor units, to customers."""

    def to_json(self) -> Mapping[str, Any]:
        """As plain values."""
        return {"paid": self.paid, "states": self.states.to_dicts(), "stopped": self.stopped.to_dicts()}


def refund_report(logs: pa.Table, contracts: Mapping[str, bytes], times: Int64s, folder: Path) -> RefundReport | None:
    """Of the desk's events among `logs`; `times` is of each transaction's block, Unix seconds, and `folder` where the
    run left its record. None where nobody refunds. Raises BundleError for a record that is none."""
    if "RefundDesk" not in contracts:
        return None
    desk = interface("RefundDesk")
    parts, paid = [], 0
    for name, state in STATES.items():
        event = event_columns(logs, contracts["RefundDesk"], desk, name)
        at = times[event["transaction"]]
        columns = {"bill": event["bill"], "transaction": event["transaction"], "log": event["log"], "at": at}
        parts.append(pl.DataFrame(columns).with_columns(state=pl.lit(state)))
        if state == "paid":
            paid = int(event["amount"].sum())
    return RefundReport(_waits(pl.concat(parts)), _stopped(folder / REFUNDS), paid)


def _waits(steps: pl.DataFrame) -> pl.DataFrame:
    """How long orders were in each state until their next step."""
    ordered = steps.sort("bill", "transaction", "log")
    ends = pl.col("state").is_in(("paid", "cancelled", "rejected"))
    until = (pl.col("at").shift(-1).over("bill") - pl.col("at")) / SECONDS_A_DAY
    waited = ordered.with_columns(days=pl.when(~ends).then(until))
    sums = waited.group_by("state").agg(
        orders=pl.len(),
        waiting=(~ends & pl.col("days").is_null()).sum(),
        median=pl.col("days").median().round(2),
        longest=pl.col("days").max().round(2),
    )
    return sums.sort(pl.col("state").cast(pl.Enum(list(dict.fromkeys(STATES.values())))))


def _stopped(path: Path) -> pl.DataFrame:
    """Attempts that a contract refused or a department stopped, by the rule."""
    try:
        tried = pl.read_parquet(path) if path.is_file() else pl.DataFrame(schema=SCHEMA)
        known = tried.select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())
    except (OSError, pl.exceptions.PolarsError) as error:
        raise BundleError(f"{path} is not what a run writes: {str(error).splitlines()[0]}") from error
    decided = pl.col("step").replace_strict(DECIDED, default=None, return_dtype=pl.String)
    rule = pl.coalesce(pl.col("refused").replace(RULES), decided)
    sums = known.with_columns(rule=rule).drop_nulls("rule").group_by("rule", "kind")
    return sums.agg(attempts=pl.len(), amount=pl.col("amount").sum()).sort("rule", "kind")
