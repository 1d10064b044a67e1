"""Searches for thresholds beside each other, on the same number of evaluations in each environment: DMOGSA, with and
without its reset, NSGA-II, dynamic NSGA-II, and even samples. Prints the tables, writes search.json and its plot.

Run by scripts/search, which makes the environment.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from pymoo.algorithms.moo.dnsga2 import DNSGA2
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.core.problem import Problem
from pymoo.indicators.hv import HV
from pymoo.indicators.igd import IGD
from pymoo.problems.dynamic import df
from pymoo.util.nds.non_dominated_sorting import NonDominatedSorting
from rich.console import Console
from rich.table import Table
from scipy.stats import qmc, wilcoxon

from benchmarks.gravitational import DMOGSA
from fairmeter.model import Int64s, Payments
from fairmeter.usage import load_payments
from fairmeter.verdict.payments import fit_payments
from fairmeter.verdict.thresholds import FARTHEST, Faults, choose, grid, make_faults, outcomes

Floats = npt.NDArray[np.float64]

SEARCHES: Final[dict[str, Callable[[], Any]]] = {
    "DMOGSA": lambda: DMOGSA(POPULATION),
    "DMOGSA without reset": lambda: DMOGSA(POPULATION, reset=False),
    "NSGA-II": lambda: NSGA2(pop_size=POPULATION),
    "DNSGA-II": lambda: DNSGA2(pop_size=POPULATION),
}
EVEN: Final = "even sample"
"""Of the test problems a Sobol sequence, of the thresholds a grid of one pair for all classes."""
NAMES: Final = (*SEARCHES, EVEN)
POPULATION: Final = 40
SEEDS: Final = 11
TEST_PROBLEMS: Final = ("DF1", "DF2", "DF3", "DF4", "DF5", "DF6")
VARIABLES: Final = 10
ENVIRONMENTS: Final = 10
TEST_EVALUATIONS: Final = 500
MONTH_EVALUATIONS: Final = 400
WINDOW: Final = 6
"""Months whose payments an environment has."""
RATE: Final = 0.02
"""Of the ordinary payments, the share that the chosen thresholds may hold up."""
CLASSES: Final = (1, 4)
"""Quarters of the customers by how late they pay on average; one is all of them."""
_WORST: Final = 2.0
"""Reference point of a test problem's hypervolume, both objectives, over the front's ideal."""


class Thresholds(Problem):  # type: ignore[misc]  # pymoo publishes no types
    """Two thresholds a class, on the payments of one environment."""

    def __init__(self, classes: int) -> None:
        super().__init__(n_var=2 * classes, n_obj=3, xl=0.0, xu=FARTHEST)
        self.faults: Faults | None = None

    def _evaluate(self, x: Floats, out: dict[str, Any], *_: Any, **__: Any) -> None:
        assert self.faults is not None
        out["F"] = outcomes(x, self.faults)


class Search:
    """One contestant on one problem, an environment after the other."""

    def __init__(self, name: str, problem: Any, evaluations: int, seed: int) -> None:
        self.name, self.problem, self.evaluations, self.seed = name, problem, evaluations, seed
        self.algorithm = SEARCHES[name]() if name in SEARCHES else None
        if self.algorithm is not None:
            self.algorithm.setup(problem, termination=("n_gen", 10**9), seed=seed)

    def found(self) -> Floats:
        """(s, variables) of the present environment, after as many evaluations as all have."""
        if self.algorithm is None:
            return self._even()
        until = self.algorithm.evaluator.n_eval + self.evaluations
        while self.algorithm.evaluator.n_eval < until:
            self.algorithm.next()
        return np.asarray(self.algorithm.pop.get("X"), dtype=np.float64)

    def _even(self) -> Floats:
        if isinstance(self.problem, Thresholds):
            return grid(self.problem.n_var // 2, self.evaluations)
        power = int(np.log2(self.evaluations))
        sample = qmc.Sobol(self.problem.n_var, rng=self.seed).random_base2(power)
        return np.asarray(self.problem.xl + sample * (self.problem.xu - self.problem.xl))


def on_test_problem(name: str, problem_name: str, seed: int) -> tuple[float, float]:
    """Mean distance to the front (IGD) and mean hypervolume over that of the front, over the environments."""
    problem = getattr(df, problem_name)(n_var=VARIABLES, nt=10, taut=1)
    search = Search(name, problem, TEST_EVALUATIONS, seed)
    distances, volumes = [], []
    for _ in range(ENVIRONMENTS):
        outcome = _front(problem.evaluate(search.found()))
        front = problem.pareto_front()
        volume = HV(ref_point=front.min(axis=0) + _WORST)
        distances.append(IGD(front)(outcome))
        volumes.append(volume(outcome) / volume(front))
        problem.tic()
    return float(np.mean(distances)), float(np.mean(volumes))


def on_thresholds(name: str, payments: Payments, of: Int64s, seed: int) -> tuple[list[float], Floats]:
    """Hypervolume in each month, and (months, 3) the outcome of the chosen thresholds in the month after."""
    classes = int(of.max()) + 1
    faults = make_faults(fit_payments(payments), payments, of[payments.customer], classes, seed)
    month = payments.day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    problem = Thresholds(classes)
    search = Search(name, problem, MONTH_EVALUATIONS, seed)
    volumes, later = [], []
    for now in range(int(month.min()) + WINDOW, int(month.max())):
        problem.faults = faults.take((month < now) & (month >= now - WINDOW))
        choices = search.found()
        outcome = outcomes(choices, problem.faults)
        volumes.append(float(HV(ref_point=np.ones(3))(outcome)))
        later.append(outcomes(choose(choices, outcome, RATE)[None], faults.take(month == now))[0])
    return volumes, np.array(later)


def quarters(payments: Payments, number: int) -> Int64s:
    """(customers,) the part a customer is in, in `number` equal parts by the mean of days after the due date."""
    assert payments.due is not None
    late = np.bincount(payments.customer, payments.day - payments.due) / np.bincount(payments.customer)
    return np.asarray(np.argsort(np.argsort(late)) * number // len(late), dtype=np.int64)


def _front(outcome: Any) -> Floats:
    return np.asarray(outcome[NonDominatedSorting().do(outcome, only_non_dominated_front=True)], dtype=np.float64)


def measure(payments: Payments, seeds: int, tell: Callable[[str], None]) -> dict[str, Any]:
    """By problem and figure the (seeds,) values of each search, and hypervolume by month."""
    found: dict[str, dict[str, dict[str, list[float]]]] = {}
    months: dict[str, dict[str, list[float]]] = {}
    for problem in TEST_PROBLEMS:
        tell(problem)
        values = {name: [on_test_problem(name, problem, seed) for seed in range(seeds)] for name in NAMES}
        found[problem] = {
            figure: {name: [pair[column] for pair in pairs] for name, pairs in values.items()}
            for column, figure in enumerate(("IGD", "hypervolume"))
        }
    for number in CLASSES:
        title = f"thresholds, {number} {'class' if number == 1 else 'classes'}"
        tell(title)
        of = quarters(payments, number)
        runs = {name: [on_thresholds(name, payments, of, seed) for seed in range(seeds)] for name in NAMES}
        found[title] = {
            "hypervolume": {name: [float(np.mean(run[0])) for run in each] for name, each in runs.items()},
            **{figure: {name: [float(run[1][:, column].mean()) for run in each] for name, each in runs.items()}
               for column, figure in enumerate(("missed a month later", "held up a month later"))},
        }  # fmt: skip
        months[title] = {name: np.median([run[0] for run in each], axis=0).tolist() for name, each in runs.items()}
    return {"seeds": seeds, "found": found, "months": months}


def rows(found: dict[str, dict[str, dict[str, list[float]]]]) -> list[list[str]]:
    """Problem, figure, and of each search median, quartiles and, against DMOGSA, Wilcoxon's p."""
    lines = []
    for problem, figures in found.items():
        for figure, values in figures.items():
            ours = values["DMOGSA"]
            lines.append([problem, figure, *(_cell(values[name], ours) for name in NAMES)])
    return lines


def _cell(values: list[float], ours: list[float]) -> str:
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    said = f"{middle:.3f} [{low:.3f}, {high:.3f}]"
    differ = np.subtract(values, ours)
    return said if not differ.any() else f"{said} p={wilcoxon(values, ours).pvalue:.3f}"


def draw(months: dict[str, dict[str, list[float]]], out: Path) -> None:
    """Hypervolume over the months."""
    figure = Figure(figsize=(11, 4), layout="constrained")
    for axes, (title, values) in zip(figure.subplots(1, len(months)), months.items(), strict=True):
        for name, volumes in values.items():
            axes.plot(range(1, len(volumes) + 1), volumes, label=name)
        axes.set(title=title, xlabel="month", ylabel="hypervolume, median")
        axes.legend()
    figure.savefig(out, metadata={"Date": None})


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--payments", type=Path, required=True, help="with due_on")
    parser.add_argument("--out", type=Path, required=True, help="folder")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    options = parser.parse_args()
    console = Console(width=220)
    measured = measure(load_payments(options.payments), options.seeds, console.log)
    table = Table("problem", "figure", *NAMES)
    for line in rows(measured["found"]):
        table.add_row(*line)
    console.print(table)
    (options.out / "search.json").write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    draw(measured["months"], options.out / "search.svg")


if __name__ == "__main__":
    main()
