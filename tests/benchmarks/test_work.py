"""What every contestant gets, and how its outcome is checked."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import loop
from benchmarks.contestants.fits import METHODS
from benchmarks.work import Array, Outcome, Work, difference, expected


def test_save__work__loads_the_same(work: Work, tmp_path: Path) -> None:
    work.save(tmp_path / "work.npz")
    again = Work.load(tmp_path / "work.npz")
    assert all((getattr(again, field.name) == getattr(work, field.name)).all() for field in fields(Work))


@pytest.mark.parametrize("method", ["fairmeter", "numpy", "scikit-learn"])
def test_methods__same_bills__same_decisions(judged: tuple[Work, Array], method: str) -> None:
    work, decision = judged
    found, _ = METHODS[method]()(work)
    assert (found == decision).all()


def test_verdicts__of_the_loop__as_the_exact_ones(judged: tuple[Work, Array]) -> None:
    work, decision = judged
    assert [one.decision for one in loop.verdicts(work)] == decision.tolist()


def test_expected__money__conserved(judged: tuple[Work, Array]) -> None:
    work, decision = judged
    outcome = expected(work, decision)
    assert outcome.balance.sum() + outcome.held.sum() + outcome.credit.sum() == work.endowment.sum()
    assert set(decision.tolist()) == {1, 2, 3}


@pytest.mark.parametrize("column", [field.name for field in fields(Outcome)])
def test_difference__one_wrong_figure__named(judged: tuple[Work, Array], column: str) -> None:
    outcome = expected(*judged)
    assert difference(outcome, outcome) is None
    wrong = getattr(outcome, column).copy()
    wrong[-1] += 1
    problem = difference(outcome, replace(outcome, **{column: wrong}))
    assert problem == f"{column}: 1 of {len(wrong)} rows are wrong"


def test_difference__rows_missing__said(judged: tuple[Work, Array]) -> None:
    outcome = expected(*judged)
    short = replace(outcome, balance=np.delete(outcome.balance, 0))
    assert difference(outcome, short) == "balance: 299 rows, expected 300"
