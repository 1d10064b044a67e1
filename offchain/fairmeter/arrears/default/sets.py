"""Two public sets of borrowers, as features with names that a customer understands.

Left out where a set has them: sex, marriage, age and nationality. No one is told that these cost points.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from fairmeter.arrears.features import Features, Floats, binary, read_frame
from fairmeter.model import Bools


@dataclass(frozen=True, slots=True)
class Payments:
    """Borrowers, what was known of them, and who defaulted later."""

    name: str
    features: Features
    default: Bools


def uci(path: Path) -> Payments:
    """Credit card clients in Taiwan (Yeh and Lien 2009): six months of payment status, bills and payments."""
    frame = read_frame(path)
    status = _months(frame, [f"PAY_{k}" for k in (0, 2, 3, 4, 5, 6)])
    billed = _months(frame, [f"BILL_AMT{k}" for k in range(1, 7)])
    paid = _months(frame, [f"PAY_AMT{k}" for k in range(1, 7)])
    limit = frame["LIMIT_BAL"].to_numpy().astype(np.float64)
    columns = {
        "credit limit": limit,
        "education": frame["EDUCATION"].to_numpy(),
        **_each("payment status", status),
        **_each("amount billed", billed),
        **_each("amount paid", paid),
        **_lateness(status),
        **_use(billed / limit[:, None]),
        **_paying(billed, paid, limit),
    }
    return Payments("uci_credit_default", Features.of(pl.DataFrame(columns)), binary(frame, _UCI_TARGET, str(path)))


def german(path: Path) -> Payments:
    """Borrowers of a German bank (Hofmann 1994, as corrected by Groemping 2019): 1 is good credit."""
    frame = read_frame(path)
    good = binary(frame, _GERMAN_TARGET, str(path))
    left_out = ("row_id", "age", "personal_status_sex", "foreign_worker", "people_liable", _GERMAN_TARGET)
    named = frame.drop(left_out).rename(lambda name: name.replace("_", " "))
    return Payments("german_credit", Features.of(named), ~good)


SETS: Final[dict[str, Callable[[Path], Payments]]] = {
    "payments/uci_credit_default.open.parquet": uci,
    "payments/german_credit.open.parquet": german,
}
"""The file of each set below the folder of the data, and what reads it."""

_UCI_TARGET: Final = "default_next_month"
_GERMAN_TARGET: Final = "credit_risk"


def _months(frame: pl.DataFrame, names: list[str]) -> Floats:
    """(n, 6) the newest month first."""
    return frame.select(names).to_numpy().astype(np.float64)


def _each(name: str, months: Floats) -> dict[str, Floats]:
    return {f"{name}, {ago} months ago" if ago else f"{name}, last month": month for ago, month in enumerate(months.T)}


def _lateness(status: Floats) -> dict[str, Floats]:
    """From the status: months late, 0 for revolving credit, -1 for paid in full, -2 for nothing billed."""
    late = np.maximum(status, 0)
    ever = (status >= 1).any(axis=1)
    return {
        "most months late": late.max(axis=1),
        "months late in sum": late.sum(axis=1),
        "months late, the newest count most": late @ np.array([1.0, 0.7, 0.5, 0.35, 0.25, 0.17]),
        "times late": (status >= 1).sum(axis=1),
        "times two months late": (status >= 2).sum(axis=1),
        "months of revolving credit": (status == 0).sum(axis=1),
        "months paid in full": (status == -1).sum(axis=1),
        "months without a bill": (status == -2).sum(axis=1),
        "months late now, against before": late[:, 0] - late[:, 1:].mean(axis=1),
        "change of payment status": status[:, 0] - status[:, 1],
        "months since late": np.where(ever, np.argmax(status >= 1, axis=1), 6),
    }


def _use(use: Floats) -> dict[str, Floats]:
    """From the share of the limit that is used."""
    return {
        **_each("share of the limit used", use),
        "mean share of the limit used": use.mean(axis=1),
        "highest share of the limit used": use.max(axis=1),
        "growth of the share used in half a year": use[:, 0] - use[:, 5],
        "growth of the share used in a month": use[:, 0] - use[:, 1],
        "variation of the share used": use.std(axis=1),
    }


def _paying(billed: Floats, paid: Floats, limit: Floats) -> dict[str, Floats]:
    """From bills and what was paid of them; a bill is paid in the month after."""
    share = np.clip(paid[:, :5] / np.maximum(billed[:, 1:], 1), 0, 3)
    spent = (billed[:, :5] - billed[:, 1:] + paid[:, :5]) / limit[:, None]
    return {
        **_each("share of the bill paid", share),
        "mean share of the bill paid": share.mean(axis=1),
        "months without a payment": (paid == 0).sum(axis=1),
        "paid in half a year, against the limit": paid.sum(axis=1) / limit,
        "typical payment": np.log1p(paid).mean(axis=1),
        "smallest payment": np.log1p(paid).min(axis=1),
        "largest payment": paid.max(axis=1),
        **_each("new spending, against the limit", spent),
        "newest bill": np.log1p(np.maximum(billed[:, 0], 0)),
        "months without a debt": (billed <= 0).sum(axis=1),
        "debt after the newest payment, against the limit": (billed[:, 0] - paid[:, 0]) / limit,
    }
