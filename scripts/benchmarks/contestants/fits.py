"""Verdicts a second: Fairmeter's exact ones, and loops over customers around NumPy, scikit-learn and statsmodels."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.loop import DEGREE, Fit, verdicts
from benchmarks.result import hand_over
from benchmarks.work import Array, Outcome, Work


def main(method: str, bills: int, threads: int, folder: Path, result: Path) -> None:
    """Judge the work's bills, repeated or cut to `bills`, in as many threads, and compare every decision."""
    one, wanted = Work.load(folder / "work.npz"), Outcome.load(folder / "expected.npz").decision
    rows = np.resize(np.arange(len(one)), bills)
    work = one.take(rows)
    judge = METHODS[method]()
    parts = [work.take(part) for part in np.array_split(np.arange(bills), threads)]
    judge(work.take(np.arange(min(bills, 100))))  # imports and caches
    began = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(judge, parts))
    seconds = time.perf_counter() - began
    assert (np.concatenate([part[0] for part in found]) == wanted[rows]).all(), f"{method} judges differently"
    fallback = sum(int(part[1]) for part in found)
    fields = {"bills": bills, "seconds": seconds, "fallback": fallback, "versions": _versions(method)}
    hand_over(result, fields)


Judge = Callable[[Work], tuple[Array, int]]
"""Decisions, and how many took the exact fallback."""


def ours() -> Judge:
    """fairmeter.judge."""
    fairmeter = import_module("fairmeter")
    presets = fairmeter.Presets()
    settings = {"first_preset": presets.first, "second_preset": presets.second, "degree": presets.degree}

    def judge(work: Work) -> tuple[Array, int]:
        reference = fairmeter.Reference(work.first_day, work.referred, work.readings, work.present)
        judged = fairmeter.judge(reference, work.quantity, work.days, **settings)
        return judged.decision, int(judged.exact.sum())

    return judge


def loop(fit: Callable[[], Fit]) -> Callable[[], Judge]:
    """A loop over customers with the given regression."""

    def made() -> Judge:
        fitted = fit()
        return lambda work: (np.array([one.decision for one in verdicts(work, fitted)]), 0)

    return made


def polyfit() -> Fit:
    """numpy.polyfit."""
    return lambda x, y: np.polyfit(x, y, DEGREE)[::-1]


def scikit_learn() -> Fit:
    """sklearn.linear_model.LinearRegression."""
    regression = import_module("sklearn.linear_model").LinearRegression

    def fit(x: Array, y: Array) -> Array:
        fitted = regression().fit(np.vander(x.astype(float), DEGREE + 1, increasing=True)[:, 1:], y)
        return np.array([fitted.intercept_, *fitted.coef_])

    return fit


def statsmodels() -> Fit:
    """statsmodels.api.OLS."""
    ols = import_module("statsmodels.api").OLS
    return lambda x, y: ols(y, np.vander(x.astype(float), DEGREE + 1, increasing=True)).fit().params


METHODS: Final[dict[str, Callable[[], Judge]]] = {
    "fairmeter": ours,
    "numpy": loop(polyfit),
    "scikit-learn": loop(scikit_learn),
    "statsmodels": loop(statsmodels),
}


def _versions(method: str) -> dict[str, str]:
    return {package: version(package) for package in dict.fromkeys((method, "numpy"))}


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]), Path(sys.argv[5]))
