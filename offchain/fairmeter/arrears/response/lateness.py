"""How late an invoice will be paid, from what was known when it was written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from fairmeter.arrears.features import Floats, Ints, read_frame
from fairmeter.arrears.quality import Interval, weights

INVOICES: Final = "payments/ibm_accounts_receivable.open.parquet"


@dataclass(frozen=True, slots=True)
class Lateness:
    """Mean absolute errors in days, on the later half of the invoices, by models fitted to the earlier."""

    invoices: int
    customers: int
    model: Interval
    own_past: Interval
    """Of the customer's mean lateness so far."""
    median: Interval
    """Of the median of all."""
    better: Interval
    """Days by which the model's error is smaller than that of the customer's past."""


def lateness(path: Path, seed: int) -> Lateness:
    """Raises InputError for a file that cannot be read."""
    frame = read_frame(path)
    written, settled = (
        frame[name].dt.epoch("d").to_numpy().astype(np.int64) for name in ("InvoiceDate", "SettledDate")
    )
    late = frame["DaysLate"].to_numpy().astype(np.float64)
    customer = np.unique(frame["customerID"].to_numpy(), return_inverse=True)[1].astype(np.int64)
    count, mean = past(customer, written, settled, late)
    paper, month = frame["PaperlessBill"] == "Paper", frame["InvoiceDate"].dt.month()
    features = np.column_stack([count, mean, frame["InvoiceAmount"], paper, month]).astype(np.float64)
    later = written > np.median(written)
    known = ~later & (settled <= np.median(written))
    with threadpool_limits(1):
        model = HistGradientBoostingRegressor(
            loss="poisson", learning_rate=0.04, max_iter=80, max_leaf_nodes=5, random_state=seed
        ).fit(features[known], late[known])
        predicted = model.predict(features[later])
    usual = float(np.median(late[known]))
    errors = np.column_stack(
        [np.abs(late[later] - guess) for guess in (predicted, np.nan_to_num(mean[later], nan=usual), usual)]
    )
    return _measured(errors, customer[later], seed)


def past(customer: Ints, written: Ints, settled: Ints, late: Floats) -> tuple[Floats, Floats]:
    """(n,), (n,) how many invoices of its customer were settled before each was `written`, and their mean lateness,
    NaN where there was none. Days are integers."""
    span = int(max(written.max(), settled.max())) + 1
    order = np.argsort(customer * span + settled, kind="stable")
    keys = (customer * span + settled)[order]
    total = np.concatenate(([0.0], np.cumsum(late[order])))
    until, start = (np.searchsorted(keys, customer * span + day) for day in (written, np.zeros_like(written)))
    count = (until - start).astype(np.float64)
    with np.errstate(invalid="ignore"):
        return count, (total[until] - total[start]) / np.where(count > 0, count, np.nan)


def _measured(errors: Floats, customer: Ints, seed: int) -> Lateness:
    people, own = np.unique(customer, return_inverse=True)
    drawn = np.array(
        [
            np.average(errors, axis=0, weights=weight[own])
            for weight in weights(len(people), np.random.default_rng(seed))
        ]
    )
    model, own_past, median = (Interval.of(float(errors[:, k].mean()), drawn[:, k]) for k in range(3))
    better = Interval.of(own_past.value - model.value, drawn[:, 1] - drawn[:, 0])
    return Lateness(len(errors), len(people), model, own_past, median, better)
