"""Classes of accounts by how they use and how they pay: a meter's behaviour before its last bill, the amounts of its
bills, and, where payments are known, their amounts, intervals and lateness."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from fairmeter.model import Bills, Int32s, Int64s, Payments, UInt8s, Usage
from fairmeter.verdict.calibrated.classes import BEHAVIOUR, WORDS, behaviour
from fairmeter.verdict.calibrated.context import context
from fairmeter.verdict.calibrated.examples import usual_of
from fairmeter.verdict.calibrated.features import log_use
from fairmeter.verdict.calibrated.history import Floats, Histories
from fairmeter.verdict.clusters import Clusters, Trial, cluster

FIGURES: Final = {
    "amount": ("low bills", "high bills"),
    "amount_change": ("equal bills", "unequal bills"),
    "payment": ("low payments", "high payments"),
    "payment_change": ("equal payments", "unequal payments"),
    "interval": ("pays often", "pays rarely"),
    "interval_change": ("pays regularly", "pays irregularly"),
    "late": ("pays early", "pays late"),
}
"""Columns beyond BEHAVIOUR, and the words of a class that lies below or above the others. Amount of a bill a day and of
a payment (log minor units), days between payments (log), each the mean and the standard deviation over the account's;
mean days after the due date."""


_PAID: Final = 5
"""Of FIGURES, the last ones are of payments."""


@dataclass(frozen=True, slots=True)
class AccountClasses:
    """n accounts, each a customer's meter of one utility."""

    customer: Int32s
    """(n,) index into the bills' customers."""
    utility: UInt8s
    """(n,) `Utility`."""
    columns: tuple[str, ...]
    """Of BEHAVIOUR and FIGURES, those that the files say anything of."""
    figures: Floats
    """(n, len(columns)); NaN where not known."""
    of: Int64s
    """(n,) index into `names`."""
    names: tuple[str, ...]
    clusters: Clusters
    trials: tuple[Trial, ...]

    def profile(self, number: int) -> dict[str, float]:
        """The median of each column in one class, over the accounts of which it is known; without those of which it is
        of none."""
        own = self.figures[self.of == number]
        known = {name: own[~np.isnan(own[:, at]), at] for at, name in enumerate(self.columns)}
        return {name: float(np.median(values)) for name, values in known.items() if len(values)}


def account_classes(usage: Usage, bills: Bills, payments: Payments | None, seed: int) -> AccountClasses:
    """Of each customer and utility that has a bill: behaviour as known on the first day of its last one."""
    # The bills in an order of their own, so that sums are the same whatever that of the file is.
    order = np.lexsort((bills.start, bills.utility, bills.customer))
    customer, utility = bills.customer[order], bills.utility[order]
    begins = np.concatenate(([True], (customer[1:] != customer[:-1]) | (utility[1:] != utility[:-1])))
    last, of = np.flatnonzero(np.append(begins[1:], True)), np.cumsum(begins) - 1
    histories = Histories.of(usage)
    meters = histories.meters_of(bills).take(order)
    days = meters.days.astype(np.float64)
    billed = log_use(bills.quantity[order].astype(np.float64), days)
    used = behaviour(context(histories, meters, billed, usual_of(billed, meters)))[last]
    amount = log_use(bills.amount[order].astype(np.float64), days)
    parts = [used, np.column_stack(_mean_and_deviation(amount, of, len(last)))]
    if payments is not None:
        parts.append(_paid(payments, bills.customers)[customer[last]])
    figures = np.column_stack(parts)
    every = (*BEHAVIOUR, *FIGURES)[: figures.shape[1]]
    said = np.flatnonzero(~np.isnan(figures).all(axis=0))
    columns = tuple(every[column] for column in said.tolist())
    figures = figures[:, said]
    found, trials = cluster(figures, seed)
    words = WORDS | FIGURES
    return AccountClasses(
        customer[last], utility[last], columns, figures, found.of(figures),
        found.names([words[column] for column in columns]), found, trials,
    )  # fmt: skip


def payer_classes(payments: Payments, seed: int) -> tuple[tuple[str, ...], Int64s]:
    """Names of the classes of those who pay alike, and (len(payments.customers),) each customer's as an index."""
    figures = _paid(payments, payments.customers)
    found = cluster(figures, seed)[0]
    return found.names([*FIGURES.values()][len(FIGURES) - _PAID :][: figures.shape[1]]), found.of(figures)


def _paid(payments: Payments, customers: tuple[str, ...]) -> Floats:
    """(len(customers), 4 or 5) the columns of FIGURES from "payment" on; "late" where due dates are known."""
    count, who = len(payments.customers), payments.customer.astype(np.int64)
    columns = [*_mean_and_deviation(np.log(payments.amount.astype(np.float64)), who, count)]
    again = np.flatnonzero(who[1:] == who[:-1]) + 1
    days = np.log(np.maximum(payments.day[again] - payments.day[again - 1], 1).astype(np.float64))
    columns.extend(_mean_and_deviation(days, who[again], count))
    if payments.due is not None:
        columns.append(_mean_and_deviation((payments.day - payments.due).astype(np.float64), who, count)[0])
    place = {name: number for number, name in enumerate(payments.customers)}
    row = [place.get(name, count) for name in customers]
    return np.asarray(np.vstack([np.column_stack(columns), np.full(len(columns), np.nan)])[row])


def _mean_and_deviation(values: Floats, of: Int64s, count: int) -> tuple[Floats, Floats]:
    """(count,) of the values of each number in `of`; NaN for the mean of none, and the deviation of fewer than two."""
    number = np.bincount(of, minlength=count)
    safe = np.maximum(number, 1)
    mean = np.bincount(of, values, count) / safe
    square = np.bincount(of, (values - mean[of]) ** 2, count) / np.maximum(number - 1, 1)
    return np.where(number > 0, mean, np.nan), np.where(number > 1, np.sqrt(square), np.nan)
