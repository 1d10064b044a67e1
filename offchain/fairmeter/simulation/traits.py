"""Who of the customers and bills is of what kind: drawn from the seed, each kind by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from fairmeter.model import Bills, Bools, Int64s, Tariff
from fairmeter.simulation.scenario import Scenario
from fairmeter.units import MAX_QUANTITY, PPM
from fairmeter.usage import amounts

_KINDS = ("overbilled", "penniless", "frozen", "disclosing", "verified", "twice", "represented", "demanding", "behind")


@dataclass(frozen=True, slots=True)
class Traits:
    """Of the customers, as the bills count them."""

    penniless: Bools
    frozen: Bools
    disclosing: Bools
    verified: Bools
    """Of the class whose verdicts the gate computes."""
    represented: Bools
    """By the agent of the run."""
    demanding: Bools
    """Whose bills are judged only by readings that the meter operator signed; the gate sees to it for `verified`."""
    behind: Bools
    """Pay nothing in, but in time what they owe; counted among the penniless, who never pay in."""

    @classmethod
    def draw(cls, customers: int, scenario: Scenario) -> Traits:
        """Each customer of each kind with the scenario's share; whose readings the gate is shown discloses them."""
        given, seed = scenario.customers, scenario.seed
        penniless = _drawn("penniless", customers, given.penniless, seed)
        behind = _drawn("behind", customers, 0 if scenario.arrears is None else scenario.arrears.behind, seed)
        verified = _drawn("verified", customers, scenario.meters.verified, seed)
        return cls(
            penniless=penniless | behind,
            frozen=_drawn("frozen", customers, given.frozen, seed),
            disclosing=_drawn("disclosing", customers, given.disclosing, seed) | verified,
            verified=verified,
            represented=_drawn("represented", customers, given.agent, seed),
            demanding=_drawn("demanding", customers, given.demanding, seed) & ~verified,
            behind=behind & ~penniless,
        )


def overbilled(bills: Bills, tariffs: Sequence[Tariff], scenario: Scenario) -> Bills:
    """The bills as dishonest suppliers send them: a share with a larger quantity, priced by the tariff. Where bills
    have labels, the true quantity stays what it was."""
    given = scenario.suppliers
    rows = np.flatnonzero(_drawn("overbilled", len(bills), given.overbilled, scenario.seed))
    if not len(rows):
        return bills
    quantity, amount = bills.quantity.copy(), bills.amount.copy()
    # in Python's integers: the largest quantity times a share does not fit 64 bits
    raised = [min(one + one * given.overbilled_by // PPM, MAX_QUANTITY) for one in quantity[rows].tolist()]
    quantity[rows] = raised
    amount[rows] = amounts(tariffs, bills, rows, quantity[rows])
    return replace(bills, quantity=quantity, amount=amount)


def posted_twice(bills: Bills, scenario: Scenario) -> Bills:
    """The bills with those that suppliers post a second time behind them, each as `<its id> again`."""
    rows = np.flatnonzero(_drawn("twice", len(bills), scenario.suppliers.twice, scenario.seed))
    if not len(rows):
        return bills
    every = np.concatenate([np.arange(len(bills)), rows])
    names = bills.bill_id.astype(str)
    again = np.concatenate([names, [f"{name} again" for name in names[rows]]])
    return replace(bills.take(every), bill_id=again)


def _drawn(kind: str, count: int, share: int, seed: int) -> Bools:
    if share in (0, PPM):
        return np.full(count, share == PPM)
    generator = np.random.default_rng([seed, 1 + _KINDS.index(kind)])
    drawn: Int64s = generator.integers(PPM, size=count)
    return drawn < share
