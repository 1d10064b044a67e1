"""From grades to what the register takes: a debt's class by its customer's grade, its strategy by the class's test, and
its chances of being repaid with a contact and without one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from fairmeter.arrears.checks import check_probabilities
from fairmeter.arrears.strategy import assign
from fairmeter.collection.draws import Draw
from fairmeter.collection.settings import Terms
from fairmeter.contracts.collecting import Scores
from fairmeter.errors import InputError
from fairmeter.model import Int64s
from fairmeter.units import PPM

COLUMNS = ("account", "probability", "grade")


def check_scores(frame: pl.DataFrame, where: str) -> pl.DataFrame:
    """Account (once), probability of a default (0..1) and grade, as `fairmeter score` writes them. Raises InputError,
    naming what is wrong, for anything else."""
    if absent := [name for name in COLUMNS if name not in frame.columns]:
        raise InputError(f"{where}: the columns {', '.join(absent)} are missing")
    try:
        known = frame.select(
            pl.col("account").cast(pl.Int64), pl.col("probability").cast(pl.Float64), pl.col("grade").cast(pl.String)
        )
    except pl.exceptions.PolarsError as error:
        raise InputError(f"{where}: is not what `fairmeter score` writes: {str(error).splitlines()[0]}") from error
    if known["account"].null_count() or known["account"].is_duplicated().any():
        raise InputError(f"{where}: every account stands once")
    check_probabilities(where, known["probability"].fill_null(float("nan")).to_numpy())
    return known


def scored(frame: pl.DataFrame, bill: Int64s, account: Int64s, terms: Terms, draw_of: Callable[[int], Draw]) -> Scores:
    """Of the debts `bill` (n,) of `account` (n,), those whose account has a score of a grade that a class has, by bill.
    A contact multiplies the hazard of repaying: with it 1 - (1 - natural)^response. The control's is that of the best
    strategy of its class, as it would be. Raises what `draw_of` does for a class without a test."""
    class_of = {grade: number for number, one in enumerate(terms.classes, 1) for grade in one.grades}
    classes = frame["grade"].replace_strict(class_of, default=0, return_dtype=pl.Int64).to_numpy()
    accounts = frame["account"].to_numpy()
    order = np.argsort(accounts)
    place = np.minimum(np.searchsorted(accounts, account, sorter=order), len(order) - 1)
    row = order[place]
    debts = np.flatnonzero((accounts[row] == account) & (classes[row] > 0))
    debts = debts[np.argsort(bill[debts])]
    row, class_ = row[debts], classes[row[debts]]
    strategy, response = np.zeros(len(debts), np.int64), np.zeros(len(debts))
    for number in np.unique(class_).tolist():
        here, draw = class_ == number, draw_of(number)
        ratio = np.array(terms.classes[number - 1].response) / PPM
        strategy[here] = assign(account[debts][here], draw.arms, draw.seed)
        response[here] = np.concatenate([[ratio.max()], ratio])[strategy[here]]
    default = frame["probability"].to_numpy()[row]
    natural, contacted = (np.rint((1 - one) * PPM).astype(np.int64) for one in (default, default**response))
    return Scores(bill[debts], contacted, natural, class_, strategy)
