"""Why a bill scores as it does, in figures and in words, and which fault is the likeliest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from fairmeter.model import Bills, Bools, Int64s, Utility
from fairmeter.verdict.calibrated.faults import MULTIPLIERS
from fairmeter.verdict.calibrated.features import log_use
from fairmeter.verdict.calibrated.history import Floats
from fairmeter.verdict.calibrated.likelihood import HYPOTHESES
from fairmeter.verdict.calibrated.movement import COLUMNS
from fairmeter.verdict.calibrated.policy import Scores

UNKNOWN: Final = "unknown"
"""Where no kind of fault makes the bill likelier than a correct reading does."""
LIKELY_FAULTS: Final = (*HYPOTHESES, UNKNOWN)
_WORDS: Final = {
    "estimate": "an estimate above the use",
    "overlap": "days charged twice",
    "digit": "a digit misread",
    "transposition": "two digits exchanged",
    UNKNOWN: "none stands out",
}
_YEARS_MONTHS: Final = 13
_PRIOR: Final = np.array([-np.log(len(MULTIPLIERS)) if name.startswith("multiplier") else 0.0 for name in HYPOTHESES])
"""Log, up to a constant: each kind of fault is as likely as another, and so is each multiplier."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What n bills are compared with, as ratios; NaN where it is not known."""

    to_recent: Floats
    """(n,) daily use billed over that of the last 28 days."""
    to_last_year: Floats
    """(n,) over that of the same weeks a year earlier."""
    to_largest: Floats
    """(n,) over the largest of the last thirteen times 28 days."""
    others: Floats
    """(n,) by which share the other bills of the same days moved against their last 28 days; 0.03 for +3 %."""
    fault: Int64s
    """(n,) the likeliest kind of fault, an index into LIKELY_FAULTS."""


def figures(scores: Scores, bills: Bills) -> Figures:
    """Of the bills that were scored, in their order."""
    context = scores.context
    billed = log_use(bills.quantity.astype(np.float64), context.days)
    weighed = scores.ratios + _PRIOR
    likeliest = weighed.argmax(axis=1)
    stands_out = weighed.max(axis=1) > 0
    return Figures(
        np.exp(billed - context.reference("mean_28")),
        np.exp(billed - context.reference("last_year")),
        np.exp(billed - context.reference("block_max")),
        np.expm1(context.movement[:, COLUMNS.index("movement_mean_28")]),
        np.where(stands_out, likeliest, len(HYPOTHESES)),
    )


def words(scores: Scores, bills: Bills, rows: Bools | Int64s) -> list[str]:
    """One line for each chosen bill."""
    chosen = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
    known = figures(scores, bills)
    return [_line(scores, bills, known, int(row)) for row in chosen]


def _line(scores: Scores, bills: Bills, known: Figures, row: int) -> str:
    unit = Utility(int(bills.utility[row])).unit
    expected = f"{scores.expected[row]:,} ({scores.low[row]:,} to {scores.high[row]:,})"
    parts = [
        f"{bills.quantity[row]:,} {unit} where {expected} was expected",
        *_times(known.to_recent[row], "the last 28 days"),
        *_times(known.to_last_year[row], "the same weeks last year"),
        *_times(known.to_largest[row], f"the largest of {_YEARS_MONTHS} past months"),
        f"other bills of these days moved {known.others[row]:+.0%}",
        f"likely fault: {_named(LIKELY_FAULTS[known.fault[row]])}",
    ]
    return "; ".join(parts)


def _times(ratio: float, of: str) -> list[str]:
    return [] if np.isnan(ratio) else [f"{ratio:.1f} times {of}"]


def _named(fault: str) -> str:
    return _WORDS.get(fault, fault.replace("multiplier ", "a multiplier of "))
