"""What is done before the first bill: contracts, parameters, suppliers, accounts and mandates."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from fairmeter.contracts.clients import VerdictGate, mandate_domain
from fairmeter.contracts.deploy import System, deploy
from fairmeter.contracts.mandates import Mandates
from fairmeter.contracts.session import Call, Session
from fairmeter.model import ClassPolicy, Policy, Presets, Utility
from fairmeter.oracle import Meters
from fairmeter.simulation.ahead import ahead
from fairmeter.simulation.answers import CALLS_AT_ONCE
from fairmeter.simulation.metering import Daily, MeterOperators
from fairmeter.simulation.panel import Panel
from fairmeter.simulation.people import People
from fairmeter.simulation.pieces import pieces
from fairmeter.simulation.plan import VERIFIED_CLASS, Plan
from fairmeter.simulation.result import Listener, Progress
from fairmeter.simulation.scenario import Arbiter, Scenario
from fairmeter.simulation.traits import Traits

ACCOUNTS_A_CALL: Final = 200
MANDATES_A_CALL: Final = 150
"""Each far below the gas of a transaction."""
MANDATE_DEADLINE: Final = 2**40 - 1
"""Unix seconds; the signatures are used at once."""


class SetUp:
    """One run's: `deploy` first, then the others in their order."""

    def __init__(
        self,
        session: Session,
        plan: Plan,
        scenario: Scenario,
        people: People,
        traits: Traits,
        model: bytes | None,
        tell: Listener,
    ) -> None:
        """`model` is the SHA-256 of the one that judges, if one does."""
        self._session, self._plan, self._scenario, self._model = session, plan, scenario, model
        self._people, self._traits, self._tell = people, traits, tell
        self._system: System

    def deploy(self, panel: Panel) -> System:
        """Deploy, name operators, set presets and periods, register suppliers and their tariffs."""
        people, bills = self._people, self._plan.bills
        self._system = deploy(self._session, people.funder)
        self._session.send(people.fund_roles())
        self._govern(panel)
        ledger = self._system.ledger
        for supplier, (name, wallet) in enumerate(zip(bills.suppliers, people.suppliers, strict=True), 1):
            own = [tariff for tariff in self._plan.tariffs if tariff.supplier == name]
            versions = sorted(own, key=lambda tariff: (tariff.utility, tariff.from_day))
            calls = [ledger.register_supplier(name), *(ledger.set_tariff(supplier, one) for one in versions)]
            self._session.transact(wallet, *calls)
        return self._system

    def appoint(self, daily: Daily) -> MeterOperators | None:
        """Name the meter operators; None where nobody signs what meters read."""
        if not (self._scenario.meters.signed or self._scenario.meters.verified):
            return None
        found = MeterOperators(self._plan, daily, self._scenario.seed, self._system)
        self._session.transact(self._people.funder, *found.appoint())
        return found

    def open_accounts(self) -> None:
        """By the customers' bank, each of its class."""
        plan, addresses = self._plan, self._people.customers.addresses
        # numbers count up within a supplier in the order of opening, which is the plan's
        for rows in pieces(np.arange(len(plan.number)), ACCOUNTS_A_CALL):
            owners = [address.tobytes() for address in addresses[plan.customer[rows]]]
            call = self._system.ledger.open_accounts(plan.supplier[rows] + 1, plan.utility[rows], owners)
            self._session.transact(self._people.funder, call)
            self._tell(Progress("open accounts", int(rows[-1]) + 1, len(plan.number)))
        for class_ in np.unique(plan.class_[plan.class_ > 0]).tolist():
            for rows in pieces(np.flatnonzero(plan.class_ == class_), ACCOUNTS_A_CALL):
                call = self._system.ledger.set_class(plan.accounts[rows], class_)
                self._session.transact(self._people.funder, call)

    def grant_mandates(self) -> None:
        """The owners sign, the bank submits."""
        plan, engine = self._plan, self._session.engine
        domain = mandate_domain(engine.chain_id, self._system.ledger.address)
        moves_time, agent = engine.capabilities.moves_time, self._people.agent.address
        mandates = plan.mandates(self._scenario, MANDATE_DEADLINE, self._traits, agent, moves_time=moves_time)
        sizes = pieces(range(len(mandates)), MANDATES_A_CALL * CALLS_AT_ONCE)
        for rows, calls in ahead(
            (rows, self._signed_mandates(mandates, slice(rows.start, rows.stop), domain)) for rows in sizes
        ):
            self._session.transact(self._people.funder, *calls)
            self._tell(Progress("grant mandates", rows.stop, len(mandates)))

    def meters(self) -> Meters:
        """What operators know about the accounts."""
        plan, accounts = self._plan, self._plan.accounts
        order = np.argsort(accounts)
        customer = plan.customer[order]
        names = [plan.bills.customers[one] for one in customer.tolist()]
        return Meters(accounts[order], customer, self._people.disclosure_keys(names, plan.utility[order]))

    def _govern(self, panel: Panel) -> None:
        gate, scenario, governor = self._system.gate, self._scenario, self._people.funder
        presets = preset_calls(gate, scenario, scenario.presets, self._model)
        panel.name(self._system, self._session, governor)
        self._session.transact(governor, gate.set_periods(scenario.periods), *presets)
        for one in scenario.screening:
            utility, source = Utility[one.utility.upper()], bytes.fromhex(one.source)
            call = self._system.rules.set_rules(int(utility), one.number, one.rules, source)
            self._session.transact(governor, call)
        if scenario.arbiter is Arbiter.READINGS:
            arbiter = self._system.readings_arbiter.address
            self._session.transact(governor, self._system.registry.set_arbiter(0, arbiter))

    def _signed_mandates(self, mandates: Mandates, rows: slice, domain: dict[str, Any]) -> list[Call]:
        """The calls that bring some of the mandates, with their owners' signatures."""
        some, owners = mandates.part(rows), self._plan.customer[rows].astype(np.int64)
        signatures = self._people.customers.sign_digests(owners, some.digests(domain))
        parts = [slice(at, at + MANDATES_A_CALL) for at in range(0, len(some), MANDATES_A_CALL)]
        return [some.part(part).grant(self._system.ledger.address, signatures[part]) for part in parts]


def preset_calls(gate: VerdictGate, scenario: Scenario, presets: Presets, model: bytes | None = None) -> list[Call]:
    """The governor's calls that set the presets of every class that a run has; `model` is the SHA-256 of the one that
    judges, if one does."""
    classes = {0: scenario.judged_by(presets, model)}
    if scenario.meters.verified:
        classes[VERIFIED_CLASS] = ClassPolicy(presets, Policy.VERIFIED)
    return [
        gate.set_presets(int(utility), class_, judged, scenario.insufficient_cap)
        for class_, judged in classes.items()
        for utility in Utility
    ]
