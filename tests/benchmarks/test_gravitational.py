from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pymoo.core.problem import Problem
from pymoo.indicators.igd import IGD
from pymoo.problems.dynamic.df import DF1

from benchmarks.gravitational import DMOGSA
from benchmarks.search import NAMES, Search, _cell, on_test_problem


def _run(algorithm: Any, evaluations: int) -> None:
    until = algorithm.evaluator.n_eval + evaluations
    while algorithm.evaluator.n_eval < until:
        algorithm.next()


def _set_up(problem: Problem, **options: Any) -> DMOGSA:
    algorithm = DMOGSA(20, **options)
    algorithm.setup(problem, termination=("n_gen", 10**9), seed=1)
    return algorithm


def test_dmogsa__a_front_that_stays__approached_within_the_bounds() -> None:
    problem = DF1(n_var=5, nt=10, taut=1)
    algorithm = _set_up(problem)
    distance = IGD(problem.pareto_front())
    _run(algorithm, 40)
    first = distance(algorithm.pop.get("F"))
    _run(algorithm, 1500)
    assert distance(algorithm.pop.get("F")) < 0.6 * first
    places = np.asarray(algorithm.pop.get("X"), dtype=np.float64)
    assert len(places) <= 20
    assert np.all((places >= 0) & (places <= 1))


def test_dmogsa__the_environment_changes__the_constant_begins_again_and_the_archive_is_true() -> None:
    problem = DF1(n_var=5, nt=10, taut=1)
    algorithm = _set_up(problem)
    _run(algorithm, 400)
    assert algorithm.age > 10
    problem.tic(5)
    algorithm.next()
    assert algorithm.age == 1
    assert np.allclose(problem.evaluate(algorithm.pop.get("X")), algorithm.pop.get("F"))
    kept = _set_up(problem, reset=False)
    _run(kept, 400)
    problem.tic(5)
    kept.next()
    assert kept.age > 10


def test_on_test_problem__without_the_reset__farther_from_the_front() -> None:
    distances = {name: on_test_problem(name, "DF1", 0)[0] for name in ("DMOGSA", "DMOGSA without reset")}
    assert distances["DMOGSA"] < 0.5 * distances["DMOGSA without reset"]


@pytest.mark.parametrize("name", NAMES)
def test_search__each__the_same_twice_and_no_more_evaluations(name: str) -> None:
    found = []
    for _ in range(2):
        search = Search(name, DF1(n_var=5, nt=10, taut=1), 200, 3)
        found.append(search.found())
        if search.algorithm is not None:
            assert 200 <= search.algorithm.evaluator.n_eval <= 200 + 2 * 44
    assert np.array_equal(found[0], found[1])


def test_cell__values__median_quartiles_and_a_test_only_where_they_differ() -> None:
    ours = [1.0, 2.0, 3.0, 4.0, 5.0]
    assert _cell(ours, ours) == "3.000 [2.000, 4.000]"
    assert _cell([value + 1 for value in ours], ours).startswith("4.000 [3.000, 5.000] p=0.06")
