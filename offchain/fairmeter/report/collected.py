"""What was done about bills in arrears, and what came of it: by strategy beside the untreated control, over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from fairmeter.bundle import SCHEMAS, Bundle
from fairmeter.chain.engine import WORD
from fairmeter.contracts.artifacts import interface
from fairmeter.contracts.collecting import Step, unpack_told
from fairmeter.contracts.events import event_columns
from fairmeter.contracts.packing import get
from fairmeter.report.credited import CREDIT_EVENTS, LINE, CreditReport, credit_report
from fairmeter.units import SECONDS_A_DAY

REGISTER: Final = "ArrearsRegister"
CONTROL: Final = "control"
EVENTS: Final = (
    *((REGISTER, name) for name in ("ArrearsScored", "ContactsRecorded", "ArrearsTermsSet", "HorizonSet")),
    *(("PaymentLedger", name) for name in ("ArrearsOpened", "BillPaid", "ArrearsGivenUp", "ArrearsReopened")),
    *((LINE, name) for name in CREDIT_EVENTS),
)
AGE: Final = 14
"""Days, of the points at which the course is told."""


@dataclass(frozen=True, slots=True)
class Collected:
    """Of the debts that were scored."""

    strategies: pl.DataFrame
    """A row a strategy, the control first: strategy, debts, owed (when first scored), repaid (until the end, or
    to a credit line), contacts, cost, net (repaid less cost), given_up (how many of the debts at the end), reopened
    (how often one was paid after it was given up); minor units."""
    course: pl.DataFrame
    """strategy, day (since a debt was first scored), net: of what was owed, until then."""
    horizons: tuple[tuple[int, int], ...]
    """Class and days, as last set."""
    stages: tuple[tuple[str, int], ...]
    """How many debts ended how: repaid, to be reminded, waiting, given up, owed to a credit line."""
    credit: CreditReport | None
    """None where no supplier has a line."""


def collected(bundle: Bundle) -> Collected | None:
    """None of a run without a register."""
    addresses = {name: bytes.fromhex(text[2:]) for name, text in bundle.manifest["contracts"].items()}
    if REGISTER not in addresses:
        return None
    topics = pa.array([interface(contract).topic(name) for contract, name in EVENTS], pa.binary())
    found = (
        group.filter(pc.is_in(pc.binary_slice(group["topics"], 0, WORD), topics)) for group in bundle.row_groups("logs")
    )
    logs = pa.concat_tables([SCHEMAS["logs"].empty_table(), *found])
    times = np.concatenate([group["timestamp"].to_numpy() for group in bundle.row_groups("transactions")])
    named = pl.DataFrame(pl.from_arrow(bundle.table("bills", ["account", "supplier"]))).unique("supplier")
    suppliers = {account >> 32: name for account, name in named.iter_rows()}
    return _collected(_Events(logs, addresses, times), suppliers)


@dataclass(frozen=True, slots=True)
class _Events:
    logs: pa.Table
    addresses: Mapping[str, bytes]
    times: np.ndarray[tuple[int], np.dtype[np.int64]]

    def columns(self, contract: str, name: str) -> dict[str, Any]:
        return event_columns(self.logs, self.addresses[contract], interface(contract), name)

    def frame(self, contract: str, name: str, **kept: str) -> pl.DataFrame:
        """Columns by their new names, and `at`, Unix seconds."""
        events = self.columns(contract, name)
        columns = {new: events[old] for new, old in kept.items()}
        return pl.DataFrame({**columns, "at": self.times[events["transaction"]]})

    def words(self, name: str, column: str) -> pl.DataFrame:
        """What the register told, a row a word, in order."""
        events = self.columns(REGISTER, name)
        told = unpack_told(events[column])
        return pl.DataFrame(
            {
                "bill": told.scores.bill,
                "class": told.scores.class_,
                "probability": told.scores.probability,
                "strategy": told.scores.strategy,
                "step": told.step,
                "owed": told.owed,
                "at": self.times[events["transaction"]],
            }
        )

    def credit(self) -> dict[str, pl.DataFrame]:
        """The columns of CREDIT_EVENTS; empty where nobody has a line."""
        if LINE not in self.addresses:
            none = pl.DataFrame(schema={"bill": pl.Int64, "amount": pl.Int64, "at": pl.Int64})
            return dict.fromkeys(CREDIT_EVENTS, none)
        return {name: self.frame(LINE, name, **kept) for name, kept in CREDIT_EVENTS.items()}

    def unit_cost(self) -> int:
        """As last set."""
        words = self.logs.filter(
            pc.equal(
                pc.binary_slice(self.logs["topics"], 0, WORD),
                pa.scalar(interface(REGISTER).topic("ArrearsTermsSet"), pa.binary()),
            )
        )
        return int.from_bytes(words["data"][-1].as_py()[:WORD], "big")

    def horizons(self) -> tuple[tuple[int, int], ...]:
        topic = pa.scalar(interface(REGISTER).topic("HorizonSet"), pa.binary())
        rows = self.logs.filter(pc.equal(pc.binary_slice(self.logs["topics"], 0, WORD), topic)).to_pylist()
        return tuple(
            sorted(
                (int.from_bytes(row["topics"][WORD:], "big"), int.from_bytes(row["data"][:WORD], "big")) for row in rows
            )
        )


def _collected(events: _Events, suppliers: Mapping[int, str]) -> Collected:
    scores, contacts = events.words("ArrearsScored", "scores"), events.words("ContactsRecorded", "contacts")
    unit = events.unit_cost()
    debts = scores.group_by("bill", maintain_order=True).agg(
        pl.col("strategy", "owed", "at").first(), pl.col("step").last()
    )
    paid = events.frame("PaymentLedger", "BillPaid", bill="bill", a="fromBalance", b="fromHold", c="fromPayer").select(
        "bill", "at", paid=pl.col("a") + pl.col("b") + pl.col("c")
    )
    credit = events.credit()
    drawn, repaid = (credit[name].select("bill", "at", paid="amount") for name in ("CreditDrawn", "CreditRepaid"))
    # what a line paid its customers have not
    paid = pl.concat([paid.join(drawn, on=["bill", "at", "paid"], how="anti"), repaid])
    own = debts.select("bill", "strategy", begun="at")
    moves = pl.concat(
        [
            paid.join(own, on="bill").filter(pl.col("at") >= pl.col("begun")).select(*KEYS, net="paid", made=pl.lit(0)),
            contacts.drop("strategy").join(own, on="bill").select(*KEYS, net=pl.lit(-unit, pl.Int64), made=pl.lit(1)),
        ]
    )
    given = get(events.columns("PaymentLedger", "ArrearsGivenUp")["debts"], 31, 8)
    reopened = events.frame("PaymentLedger", "ArrearsReopened", bill="bill")
    up = _net_count(given, reopened["bill"].to_numpy())
    left = debts.join(
        moves.filter(pl.col("made") == 0).group_by("bill").agg(repaid=pl.col("net").sum()), "bill", "left"
    )
    left = left.with_columns(
        pl.col("repaid").fill_null(0),
        given_up=pl.col("bill").is_in(up),
        lent=pl.col("bill").is_in(drawn["bill"].to_list()),
    )
    again = own.join(reopened.select("bill"), on="bill").group_by("strategy").agg(reopened=pl.len())
    lines = credit_report(credit, scores, suppliers) if LINE in events.addresses else None
    return Collected(_by_strategy(left, moves, again), _course(left, moves), events.horizons(), _stages(left), lines)


KEYS: Final = ("bill", "strategy", "begun", "at")


def _net_count(given: Any, reopened: Any) -> list[int]:
    """Bills that were given up more often than they were opened again."""
    bills, place = np.unique(np.concatenate([given, reopened]), return_inverse=True)
    sums = np.bincount(place, np.repeat([1, -1], [len(given), len(reopened)]), len(bills))
    return [int(bill) for bill in bills[sums > 0]]


def _by_strategy(left: pl.DataFrame, moves: pl.DataFrame, again: pl.DataFrame) -> pl.DataFrame:
    made = moves.group_by("strategy").agg(
        contacts=pl.col("made").sum(), cost=-pl.col("net").filter(pl.col("made") == 1).sum()
    )
    sums = left.group_by("strategy").agg(
        debts=pl.len(), owed=pl.col("owed").sum(), repaid=pl.col("repaid").sum(), given_up=pl.col("given_up").sum()
    )
    joined = sums.join(made, "strategy", "left").join(again, "strategy", "left").fill_null(0).sort("strategy")
    return joined.select(
        _named(), "debts", "owed", "repaid", "contacts", "cost",
        (pl.col("repaid") - pl.col("cost")).alias("net"), "given_up", "reopened",
    )  # fmt: skip


def _course(left: pl.DataFrame, moves: pl.DataFrame) -> pl.DataFrame:
    owed = left.group_by("strategy").agg(owed=pl.col("owed").sum())
    day = (pl.col("at") - pl.col("begun")) // (SECONDS_A_DAY * AGE) * AGE + AGE
    steps = moves.group_by("strategy", day=day).agg(pl.col("net").sum())
    last = 0 if steps.is_empty() else int(steps["day"].to_numpy().max())
    grid = owed.join(pl.DataFrame({"day": np.arange(0, last + 1, AGE)}), how="cross")
    told = grid.join(steps, ["strategy", "day"], "left").fill_null(0).sort("strategy", "day")
    sums = pl.col("net").cum_sum().over("strategy") / pl.col("owed")
    return told.with_columns(net=sums).select(_named(), "day", "net")


def _stages(left: pl.DataFrame) -> tuple[tuple[str, int], ...]:
    open_ = left.filter(pl.col("repaid") < pl.col("owed"))
    up, lent = int(open_["given_up"].sum()), int(open_["lent"].sum())
    reminded = len(open_.filter(~pl.col("given_up") & ~pl.col("lent") & (pl.col("step") == Step.REMIND)))
    counts = {"repaid": len(left) - len(open_), "reminded": reminded, "waiting": len(open_) - up - lent - reminded}
    return (*counts.items(), ("given up", up), *((("owed to a credit line", lent),) if lent else ()))


def _named() -> pl.Expr:
    number = pl.col("strategy")
    return pl.when(number == 0).then(pl.lit(CONTROL)).otherwise(pl.format("strategy {}", number)).alias("strategy")
