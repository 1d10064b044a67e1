"""What is done in a run about bills in arrears: operators score them every two weeks, note the contacts of those that
the register says to remind, and test strategies beside an untreated control; customers pay in the end, or do not.

What operators know they have learnt from a trial (`arrears.simulator`). How customers behave is drawn from the same
figures, unseen by operators. Nobody is sent anything: a contact of a run is what the register counts.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import numpy as np

from fairmeter.arrears.simulator.course import MAX_CONTACTS, Customers, Debtors, draw_patience, play
from fairmeter.arrears.simulator.learning import TIMES, arms, learn
from fairmeter.arrears.simulator.tabled import Tabled
from fairmeter.arrears.simulator.world import FITTED, WINDOW, WINDOWS, World
from fairmeter.arrears.strategy.experiment import assign
from fairmeter.chain.keccak import keccak256
from fairmeter.contracts.collecting import (
    ArrearsRegister,
    Curve,
    Scores,
    Step,
    commitment_of,
    deploy_arrears,
    pack_scores,
    unpack_told,
)
from fairmeter.contracts.deploy import Deployment, System
from fairmeter.contracts.events import event_columns
from fairmeter.contracts.session import Call, Session
from fairmeter.model import Int64s
from fairmeter.simulation.arrears import Arrears
from fairmeter.simulation.crediting import Crediting
from fairmeter.simulation.debts import Debts
from fairmeter.simulation.panel import Panel
from fairmeter.simulation.people import People
from fairmeter.simulation.pieces import pieces
from fairmeter.simulation.plan import Plan
from fairmeter.simulation.record import Recorder
from fairmeter.simulation.traits import Traits
from fairmeter.units import PPM, SECONDS_A_DAY

TRIAL: Final = 20_000
"""Customers of whom the operators know what became of them before the run."""
MARGIN: Final = 7_200
"""Seconds after a bill fell into arrears at which it is scored first."""
SCORES_A_CALL: Final = 1_000
"""Far below the gas of a transaction."""
PAYMENTS_AT_ONCE: Final = 64
Later = Callable[[int, Callable[[int], None]], None]


@dataclass(slots=True)
class Cohort:
    """n debts that fell into arrears together."""

    begun: int
    """When, Unix seconds."""
    bill: Int64s
    """(n,) ascending."""
    account: Int64s
    customers: Customers
    """The debtor of each."""
    debtors: Debtors
    arm: Int64s
    """(n,) 0 for the control."""
    contacts: Int64s
    """(n,) so far."""


class Knowledge:
    """What operators have learnt before the run, of a world that they do not see."""

    def __init__(self, arrears: Arrears, seed: int) -> None:
        self.world: World = replace(FITTED, contact=arrears.contact / PPM)
        rng = np.random.Generator(np.random.Philox(seed))
        customers = Customers.draw(self.world, TRIAL, rng)
        arm = rng.integers(0, self.arms, TRIAL)
        self._learned = learn(self.world, customers, arm, play(self.world, customers, arms(arm)))
        self.table = Tabled.of(self._learned)
        self.content = self.table.content()

    @property
    def arms(self) -> int:
        """Strategies under test, the control included."""
        return len(self.world.ratio[0]) + 1

    def curve(self, segment: int, mean_debt: int) -> Curve:
        """What became known of a segment, for debts of `mean_debt` minor units."""
        known = self._learned.curves
        contacted, natural, contacts = (
            np.rint(one[segment] * PPM).astype(np.int64) for one in (known.contacted, known.natural, known.contacts)
        )
        return Curve(mean_debt, TIMES, contacted, natural, contacts)


class Collection:
    """`set_up` before the governor takes over, `opened` when bills fall into arrears, `reveal` at the end."""

    def __init__(
        self,
        arrears: Arrears,
        seed: int,
        traits: Traits,
        plan: Plan,
        people: People,
        panel: Panel,
        session: Session,
        recorder: Recorder,
        later: Later,
        window: int,
    ) -> None:
        """`window`: seconds from a bill's judging until
        nobody can show its verdict wrong."""
        self._arrears, self._plan, self._people, self._panel = arrears, plan, people, panel
        self._session, self._recorder, self._later = session, recorder, later
        self.known = Knowledge(arrears, seed)
        self._behind = traits.behind
        self._rng = np.random.Generator(np.random.Philox(seed + 1))
        self._kinds = Customers.draw(self.known.world, len(traits.behind), self._rng)
        self._customer = dict(zip(plan.accounts.tolist(), plan.customer.tolist(), strict=True))
        key = hmac.digest(seed.to_bytes(32, "big"), b"arrears test", hashlib.sha512)
        self._test, self._salt = int.from_bytes(key[:8], "big"), key[32:]
        self._crediting = None
        if arrears.credit is not None:
            self._crediting = Crediting(arrears.credit, ~traits.penniless, window, plan, people, session, later)
        self._debts: Debts
        self._system: System
        self._register: ArrearsRegister

    def set_up(self, system: System, debts: Debts) -> None:
        """Deploy the register, set what a contact costs, say what is known of each class, and commit to its test."""
        self._system, self._debts, funder = system, debts, self._people.funder
        debts.opened = self.opened
        self._recorder.scores_of(self.known.content)
        self._register = register = deploy_arrears(self._session, system, funder)
        mean = max(int(self._plan.bills.amount.mean()), 1)
        cost = max(mean * self._arrears.contact // PPM, 1)
        self._session.transact(
            funder, register.set_terms(unit_cost=cost, incremental_days=WINDOW, max_contacts=MAX_CONTACTS)
        )
        for segment in range(len(self.known.world.segments)):
            class_ = segment + 1
            self._say(partial(register.submit_curve, class_, self.known.curve(segment, mean)), None)
            commitment = commitment_of(class_, 1, self.known.arms, self._test, self._salt)
            self._say(partial(register.commit_test, class_, self.known.arms, commitment), None)
        if self._crediting is not None:
            self._crediting.set_up(system, register, debts, len(self.known.world.segments))

    @property
    def deployment(self) -> Deployment:
        """The system's with the register."""
        system = self._system.deployment
        beside = {self._register.name: self._register.address}
        if self._crediting is not None:
            beside[self._crediting.line.name] = self._crediting.line.address
        return Deployment(system.chain_id, {**system.addresses, **beside})

    def opened(self, events: Mapping[str, Any], at: int) -> None:
        """Bills fell into arrears: columns of ArrearsOpened."""
        order = np.argsort(events["bill"], kind="stable")
        bill, account, owed = (events[name][order] for name in ("bill", "account", "owed"))
        customer = np.array([self._customer[one] for one in account.tolist()], np.int64)
        standing, segment = self._kinds.standing[customer], self._kinds.segment[customer]
        patience = np.where(self._behind[customer], draw_patience(self.known.world, standing, self._rng), np.inf)
        customers = Customers(standing, segment, owed, patience)
        debtors = Debtors(self.known.world, customers)
        arm = assign(account, self.known.arms, self._test)
        cohort = Cohort(at, bill, account, customers, debtors, arm, np.zeros(len(bill), np.int64))
        self._later(at + MARGIN, partial(self._go_on, cohort, 0))

    def end(self) -> None:
        """Everybody can see now who was to get which strategy; suppliers take back what their lines have left."""
        if self._crediting is not None:
            self._crediting.end()
        calls = [
            self._register.reveal_test(class_ + 1, self._test, self._salt)
            for class_ in range(len(self.known.world.segments))
        ]
        self._session.transact(self._people.keeper, *calls)

    def _go_on(self, cohort: Cohort, window: int, at: int) -> None:
        """One window of a cohort: score what is open, contact whom the register says, and see who pays."""
        rows = np.flatnonzero(np.isin(cohort.bill, self._owing()))
        if not len(rows):
            return
        open_ = rows[np.isin(cohort.bill[rows], self._debts.open)]
        scored = [self._score(cohort, window, some, at) for some in pieces(open_, SCORES_A_CALL)]
        reminded = np.concatenate([rows[:0], *scored])
        for some in pieces(reminded, SCORES_A_CALL):
            words = pack_scores(self._scores(cohort, window, some))
            self._say(partial(self._register.record_contacts, words), at)
        channel = np.where(np.isin(rows, reminded), cohort.arm[rows], 0)
        day = cohort.debtors.go_on(window, rows, channel, cohort.contacts[rows])
        cohort.contacts[reminded] += 1
        for one in np.unique(day[day > 0]).tolist():
            self._later(at + one * SECONDS_A_DAY - MARGIN, partial(self._pay, cohort.bill[rows[day == one]]))
        if window + 1 < WINDOWS:
            self._later(at + WINDOW * SECONDS_A_DAY, partial(self._go_on, cohort, window + 1))

    def _score(self, cohort: Cohort, window: int, rows: Int64s, at: int) -> Int64s:
        """Submits scores of some debts; returns the rows of those to be reminded."""
        customers, bill = cohort.customers, cohort.bill[rows]
        features = {
            "bill": bill,
            "standing": customers.standing[rows],
            "segment": customers.segment[rows],
            "window": np.full(len(rows), window),
        }
        hashes = keccak256(self.known.content), features_hash(features)
        words = pack_scores(self._scores(cohort, window, rows))
        receipts = self._say(partial(self._register.submit_scores, *hashes, words), at)
        self._recorder.scored(self._register.read("round") - 1, features)
        told = event_columns(receipts.logs, self._register.address, self._register.interface, "ArrearsScored")
        said = unpack_told(told["scores"])
        if self._crediting is not None:
            self._crediting.scored(told["scores"], cohort.begun, at)
        return rows[np.isin(bill, said.scores.bill[said.step == Step.REMIND])]

    def _scores(self, cohort: Cohort, window: int, rows: Int64s) -> Scores:
        standing, segment, arm = cohort.customers.standing[rows], cohort.customers.segment[rows], cohort.arm[rows]
        windows = np.full(len(rows), window)
        probability, natural = self.known.table.scores(windows, standing, segment, arm, cohort.contacts[rows])
        return Scores(cohort.bill[rows], probability, natural, segment + 1, arm)

    def _pay(self, bills: Int64s, at: int) -> None:
        """What is still owed of these; the customers' bank pays for them."""
        if self._crediting is not None:
            self._crediting.repay(bills, at)
        open_ = bills[np.isin(bills, self._debts.open)].tolist()
        ledger, whole = self._system.ledger, 2**48 - 1
        for some in pieces(open_, PAYMENTS_AT_ONCE):
            calls = [ledger.write("payArrears", bill, whole) for bill in some]
            self._debts.paid(self._session.transact(self._people.funder, *calls, timestamp=at))

    def _owing(self) -> Int64s:
        """Ids of bills that are in arrears, or owed to a line."""
        return self._debts.open if self._crediting is None else np.union1d(self._debts.open, self._crediting.owing)

    def _say(self, make: Callable[[bytes], Call], at: int | None) -> Any:
        sender, call = self._panel.endorse(make, self._register.digest_of)
        return self._session.transact(sender, call, timestamp=at)


def features_hash(features: Mapping[str, Int64s]) -> bytes:
    """Of what scores were looked up by: of each debt 8 bytes of the bill, and one of standing, segment and window."""
    codes = np.column_stack([features[name] for name in ("standing", "segment", "window")]).astype(np.uint8)
    bills = features["bill"].astype(">u8").view(np.uint8).reshape(-1, 8)
    return keccak256(np.concatenate([bills, codes], axis=1).tobytes())
