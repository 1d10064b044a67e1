"""Classes of accounts as people read them: how many there are and why, and what each is like."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from rich.console import Group
from rich.table import Table
from rich.text import Text

from fairmeter.report.tables import titled
from fairmeter.verdict.accounts import AccountClasses
from fairmeter.verdict.clusters import STABLE


def _times(log: float) -> str:
    return f"{math.exp(log):.2f}"


def _change(log: float) -> str:
    return f"{math.expm1(math.exp(log)):.0%}"


def _step(log: float) -> str:
    return f"{math.expm1(log):+.0%}"


def _money(log: float) -> str:
    return f"{math.exp(log):,.0f}"


_SHOWN: Final[dict[str, tuple[str, Callable[[float], str]]]] = {
    "level": ("use over the utility's usual, times", _times),
    "block_change": ("change from four weeks to the next", _change),
    "day_deviation_28": ("spread of days", _change),
    "block_deviation": ("spread over the year", _change),
    "idle_28": ("idle days of the last 28", "{:.0%}".format),
    "idle_year": ("idle months", "{:.0%}".format),
    "growth": ("growth on last year", _step),
    "season": ("step at this time last year", _step),
    "amount": ("bill a day, minor units", _money),
    "amount_change": ("spread of bills", _step),
    "payment": ("payment, minor units", _money),
    "payment_change": ("spread of payments", _step),
    "interval": ("days between payments", _money),
    "interval_change": ("spread of intervals", _step),
    "late": ("days after due", "{:+.1f}".format),
}


def to_json(found: AccountClasses) -> dict[str, Any]:
    """What `fairmeter classes --json` prints: the figures as `verdict.accounts` has them."""
    count = np.bincount(found.of, minlength=len(found.names)).tolist()
    classes = [
        {"name": name, "accounts": count[number], "profile": found.profile(number)}
        for number, name in enumerate(found.names)
    ]
    return {
        "accounts": len(found.of),
        "stable_from": STABLE,
        "trials": [dataclasses.asdict(trial) for trial in found.trials],
        "classes": classes,
    }


def tables(found: AccountClasses) -> Group:
    """The numbers of classes tried, and the median account of each class."""
    return Group(*_trials(found), *_profiles(found))


def _trials(found: AccountClasses) -> tuple[Text, Table]:
    title, rows = titled(
        f"{len(found.of):,} accounts, {len(found.names)} classes: the most whose stability is {STABLE} or more",
        "classes", "stability", "silhouette",
    )  # fmt: skip
    for trial in found.trials:
        rows.add_row(str(trial.classes), f"{trial.stability:.2f}", f"{trial.silhouette:.2f}")
    return title, rows


def _profiles(found: AccountClasses) -> tuple[Text, Table]:
    title, rows = titled("The median account of each class", "", *found.names)
    count = np.bincount(found.of, minlength=len(found.names)).tolist()
    rows.add_row("accounts", *(f"{number:,}" for number in count))
    profiles = [found.profile(number) for number in range(len(found.names))]
    for column, (label, shown) in _SHOWN.items():
        if column in found.columns:
            rows.add_row(label, *(shown(profile[column]) if column in profile else "" for profile in profiles))
    return title, rows
