"""The figures of a world, each from the set that knows it.

Natural repayment by month: credit cards, those newly late, until they pay duly again (`uci_credit_default`), by how
much of their limit they used before. By day within the first month: late invoices (`ibm_accounts_receivable`). What a
contact does: visits in the two weeks after an e-mail of one of two wordings, against no e-mail (`hillstrom`), as a
ratio of hazards, by what the customer had bought before. Debts: amounts that homes pay for electricity
(`cn_electricity_payments`). What a contact costs: the next level of a bank's effort, against the recovery from which
the bank makes it (`bank_debt_recovery`). A visit is not a payment, and a level of effort is more than one contact;
nothing better is public.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from fairmeter.arrears.features import Floats, Ints, read_frame
from fairmeter.arrears.simulator.world import MONTH, World
from fairmeter.model import Bools

CARDS: Final = "payments/uci_credit_default.open.parquet"
INVOICES: Final = "payments/ibm_accounts_receivable.open.parquet"
MAILS: Final = "uplift/hillstrom.open.parquet"
HOMES: Final = "payments/cn_electricity_payments.open.parquet"
STANDINGS: Final = 3
MONTHS: Final = 4
BANK: Final = "payments/bank_debt_recovery.open.parquet"
LEVEL_COST: Final = 50
"""USD a customer for each further level of effort: stated in the set's task, "Which Debts Are Worth the Bank's Effort?"
(DataCamp), not in its columns."""
_MONTHS_NEWEST_LAST: Final = ("6", "5", "4", "3", "2")
_OWN: Final = 2
"""Months whose shares are each standing's own; later ones are those of all, since few are late for so long."""


def fit(data: Path) -> World:
    """From the folder `data` of the sets. Raises InputError for a set that is not there."""
    standings, monthly = _natural(read_frame(data / CARDS))
    segments, ratio = _response(read_frame(data / MAILS))
    amounts = np.log(read_frame(data / HOMES)["amount_cny"].to_numpy() * 100)
    return World(
        standings=standings,
        monthly=monthly,
        first_month=_first_month(read_frame(data / INVOICES)["DaysLate"].to_numpy()),
        segments=segments,
        ratio=ratio,
        debt=(round(float(amounts.mean()), 4), round(float(amounts.std()), 4)),
        contact=round(LEVEL_COST / _begins(read_frame(data / BANK)), 4),
    )


def _begins(debts: pl.DataFrame) -> float:
    """USD of expected recovery up to which the bank makes no effort."""
    without = debts.filter(pl.col("recovery_strategy") == "Level 0 Recovery")
    return float(without["expected_recovery_amount"].to_numpy().max())


def _natural(cards: pl.DataFrame) -> tuple[tuple[float, ...], tuple[tuple[float, ...], ...]]:
    late = np.column_stack([cards[f"PAY_{name}"].to_numpy() for name in (*_MONTHS_NEWEST_LAST, "0")]) >= 1
    billed = np.column_stack([cards[f"BILL_AMT{name}"].to_numpy() for name in _MONTHS_NEWEST_LAST])
    used = billed / cards["LIMIT_BAL"].to_numpy()[:, None]
    begins = late[:, 1:-1] & ~late[:, :-2]
    cut = np.quantile(used[:, :-1][begins], np.arange(1, STANDINGS) / STANDINGS)
    standing = np.digitize(used[:, :-1], cut)
    at_risk, paid = (np.zeros((STANDINGS, MONTHS), np.int64) for _ in range(2))
    for month in range(MONTHS):
        _count_month(month, late, begins, standing, at_risk, paid)
    shares = paid / at_risk
    shares[:, _OWN:] = paid.sum(axis=0)[_OWN:] / at_risk.sum(axis=0)[_OWN:]
    weight = at_risk[:, 0] / at_risk[:, 0].sum()
    return _rounded(weight), tuple(_rounded(row) for row in shares)


def _count_month(month: int, late: Bools, begins: Bools, standing: Ints, at_risk: Ints, paid: Ints) -> None:
    """Adds those who were late from `begins` on without a break until `month` months later."""
    for first in range(begins.shape[1] - month):
        there = begins[:, first] & late[:, first + 1 : first + month + 2].all(axis=1)
        at_risk[:, month] += np.bincount(standing[there, first], minlength=STANDINGS)
        gone = there & ~late[:, first + month + 2]
        paid[:, month] += np.bincount(standing[gone, first], minlength=STANDINGS)


def _first_month(days: Ints) -> tuple[float, ...]:
    within = days[(days > 0) & (days <= MONTH)]
    return _rounded(np.bincount(within, minlength=MONTH + 1)[1:].cumsum() / len(within))


def _response(mails: pl.DataFrame) -> tuple[tuple[float, ...], tuple[tuple[float, ...], ...]]:
    bought = {"women's": (0, 1), "men's": (1, 0), "both": (1, 1)}
    arms = ("No E-Mail", "Womens E-Mail", "Mens E-Mail")
    visited = mails.group_by("mens", "womens", "segment").agg(pl.len(), pl.col("visit").mean())
    found = {(row[0], row[1], row[2]): row[3:] for row in visited.rows()}
    people = np.array([sum(found[*kind, arm][0] for arm in arms) for kind in bought.values()])
    hazard = -np.log1p(-np.array([[found[*kind, arm][1] for arm in arms] for kind in bought.values()]))
    return _rounded(people / people.sum()), tuple(_rounded(row) for row in hazard[:, 1:] / hazard[:, :1])


def _rounded(values: Floats) -> tuple[float, ...]:
    return tuple(round(float(value), 4) for value in values)
