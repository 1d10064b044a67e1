"""Dynamic multi-objective gravitational search (DMOGSA), as an algorithm of pymoo.

Agents are pulled towards others by a gravitational constant that falls with time, and fewer and fewer pull (Rashedi,
Nezamabadi-pour and Saryazdi, GSA: a gravitational search algorithm, 2009). With several objectives those that pull are
an archive of non-dominated solutions thinned by crowding, the least crowded the heaviest (Hassanzadeh and Rouhani, A
multi-objective gravitational search algorithm, 2010; crowding: Deb et al., NSGA-II, 2002). A change of the environment
shows in a few solutions evaluated again (Deb, Rao and Karthik, Dynamic multi-objective optimization and decision-making
using modified NSGA-II, 2007). Then the archive is evaluated anew, a share of the agents drawn anew, all stand still,
and the gravitational constant starts from the beginning: what is left of it would never carry them to the new front.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from pymoo.core.algorithm import Algorithm
from pymoo.core.duplicate import DefaultDuplicateElimination
from pymoo.core.population import Population
from pymoo.operators.mutation.pm import PolynomialMutation
from pymoo.operators.sampling.rnd import FloatRandomSampling
from pymoo.operators.survival.rank_and_crowding import RankAndCrowding

Floats = npt.NDArray[np.float64]

STRENGTH: Final = 0.3
"""Gravitational constant at the beginning; a bounding box has length 1."""
DECAY: Final = 5.0
"""It falls to exp(-DECAY) of that within a life."""
LIFE: Final = 10
"""Steps from one beginning to the next, as far as the search can know."""
_LEAST_PULLING: Final = 0.1
_DETECTORS: Final = 0.1
"""Share of the archive that is evaluated again at each step."""
_ANEW: Final = 0.3
"""Share of the agents that a change draws anew."""
_SMALLEST: Final = 1e-9


class DMOGSA(Algorithm):  # type: ignore[misc]  # pymoo publishes no types
    """`pop` is the archive, at most `pop_size` solutions; as many agents move.

    reset: whether a change resets the gravitational constant; without it, for comparison, all else is done."""

    def __init__(self, pop_size: int = 40, *, reset: bool = True, **options: Any) -> None:
        super().__init__(**options)
        self.pop_size, self.reset = pop_size, reset
        self.survival, self.sampling, self.mutation = (
            RankAndCrowding(),
            FloatRandomSampling(),
            PolynomialMutation(eta=20),
        )

    def _initialize_infill(self) -> Population:
        return self._drawn(self.pop_size)

    def _initialize_advance(self, infills: Population, **_: Any) -> None:
        self.age, self.agents = 0, infills
        self.velocity = np.zeros((self.pop_size, self.problem.n_var))
        self.pop = self._thinned(infills)

    def _infill(self) -> None:
        """Nothing to evaluate from outside: a change must be known before an agent moves."""

    def _advance(self, **_: Any) -> None:
        if self._changed():
            self._begin_again()
        place = self._unit(self.agents.get("X"))
        self.velocity = self.random_state.random(self.velocity.shape) * self.velocity + self._pull(place)
        moved = place + self.velocity
        self.velocity[(moved < 0) | (moved > 1)] = 0.0
        width = self.problem.xu - self.problem.xl
        agents = Population.new(X=self.problem.xl + np.clip(moved, 0, 1) * width)
        self.agents = self.evaluator.eval(
            self.problem, self.mutation(self.problem, agents, random_state=self.random_state)
        )
        self.age += 1
        self.pop = self._thinned(Population.merge(self.pop, self.agents))

    def _pull(self, place: Floats) -> Floats:
        """(agents, variables) acceleration towards the heaviest of the archive."""
        crowding = np.asarray(self.pop.get("crowding"), dtype=np.float64)
        finite = crowding[np.isfinite(crowding)]
        heaviest = max(float(finite.max(initial=0.0)), _SMALLEST)
        mass = np.minimum(crowding, heaviest) + _SMALLEST
        pulling = max(round(len(mass) * max(1 - self.age / LIFE, _LEAST_PULLING)), 1)
        heavy = np.argsort(-mass, kind="stable")[:pulling]
        share = mass[heavy] / mass[heavy].mean()
        apart = self._unit(self.pop.get("X"))[None, heavy] - place[:, None]
        distance = np.sqrt((apart**2).sum(axis=2, keepdims=True))
        chance = self.random_state.random((len(place), pulling, 1))
        constant = STRENGTH * np.exp(-DECAY * self.age / LIFE)
        return np.asarray((constant * chance * share[None, :, None] * apart / (1 + distance)).sum(axis=1))

    def _changed(self) -> bool:
        number = int(np.ceil(len(self.pop) * _DETECTORS))
        known = self.pop[self.random_state.choice(len(self.pop), number, replace=False)]
        again = self.evaluator.eval(self.problem, Population.new(X=known.get("X")))
        return not np.array_equal(again.get("F"), known.get("F"))

    def _begin_again(self) -> None:
        if self.reset:
            self.age = 0
        places = np.vstack([self.pop.get("X"), self.agents.get("X")])[: self.pop_size]
        anew = np.flatnonzero(self.random_state.random(len(places)) < _ANEW)
        places[anew] = self._drawn(len(anew)).get("X") if len(anew) else places[anew]
        self.agents = self.evaluator.eval(self.problem, Population.new(X=places))
        self.velocity = np.zeros(places.shape)
        self.pop = self._thinned(self.agents)

    def _drawn(self, number: int) -> Population:
        return self.sampling(self.problem, number, random_state=self.random_state)

    def _thinned(self, solutions: Population) -> Population:
        each = DefaultDuplicateElimination().do(solutions)
        return self.survival.do(
            self.problem, each, n_survive=min(self.pop_size, len(each)), random_state=self.random_state
        )

    def _unit(self, x: Any) -> Floats:
        """Within the bounds, each 0 to 1."""
        return np.asarray((np.asarray(x, dtype=np.float64) - self.problem.xl) / (self.problem.xu - self.problem.xl))
