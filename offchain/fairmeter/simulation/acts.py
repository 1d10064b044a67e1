"""The run itself, act by act: who sends what, when, and what follows from what came back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from functools import partial
from itertools import compress, groupby
from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from fairmeter.chain.engine import Engine, Receipts
from fairmeter.contracts.challenging import Shown
from fairmeter.contracts.deploy import Deployment, System
from fairmeter.contracts.events import event_columns
from fairmeter.contracts.packing import BillColumns, pack_bills
from fairmeter.contracts.session import Session
from fairmeter.model import BillState, Bools, Int32s, Int64s, UInt8s
from fairmeter.oracle import BATCHES_AT_ONCE, Judgement, Oracle, PostedBatch
from fairmeter.simulation import papering, refunding
from fairmeter.simulation.ahead import ahead
from fairmeter.simulation.answers import CALLS_AT_ONCE, MARGIN, Answers, Opened
from fairmeter.simulation.bank import Bank
from fairmeter.simulation.challengers import Challengers
from fairmeter.simulation.clock import Clock
from fairmeter.simulation.debts import Debts
from fairmeter.simulation.governing import Governor
from fairmeter.simulation.panel import Judged, Panel
from fairmeter.simulation.people import People
from fairmeter.simulation.pieces import pieces
from fairmeter.simulation.plan import Batch, Plan, Round
from fairmeter.simulation.readings import WindowedReadings
from fairmeter.simulation.record import Recorder
from fairmeter.simulation.result import SET_UP, Listener, Progress, Sums
from fairmeter.simulation.rulings import Rulings
from fairmeter.simulation.scenario import Scenario
from fairmeter.simulation.setup import SetUp
from fairmeter.simulation.tally import Tally
from fairmeter.simulation.timeline import Action, Timeline
from fairmeter.simulation.traits import Traits
from fairmeter.simulation.watching import Watchers
from fairmeter.simulation.wrongs import note_money, wrong_table
from fairmeter.verdict import screening

if TYPE_CHECKING:
    from fairmeter.oracle.modelled import Model
    from fairmeter.simulation.collecting import Collection


class Run:
    """One run on one engine: `set_up`, then `play`, then `sums`."""

    def __init__(
        self,
        engine: Engine,
        readings: Future[WindowedReadings],
        plan: Plan,
        scenario: Scenario,
        traits: Traits,
        model: Model | None,
        recorder: Recorder,
        clock: Clock,
        tell: Listener,
    ) -> None:
        self._engine, self._plan, self._scenario = engine, plan, scenario
        self._traits, self._model, self._recorder, self._tell = traits, model, recorder, tell
        self._session = Session(engine, recorder.sent)
        self._timeline = Timeline()
        self._tally = Tally()
        self._moved: dict[int, int] = {}
        """When a challenge has moved a bill from where its verdict had put it."""
        self._rows: dict[int, Int64s] = {}
        """Of each judged batch, in the file."""
        self._judged = 0
        self._phase = clock.phase
        with self._phase(SET_UP):
            self.people = People(engine, scenario, plan.bills.suppliers, plan.bills.customers)
        # before anything is sent: what is wrong in the file stops the run
        with self._phase("read usage"):
            self._readings = readings.result()
        self._panel = Panel(self.people.operators, self.people.keeper, scenario)
        self.system: System
        self.first_block = engine.head() + 1
        self.last_block = 0

    # before the first bill

    def set_up(self) -> None:
        """Deploy, govern, register suppliers and tariffs, open and endow accounts, grant mandates."""
        with self._phase(SET_UP):
            plan, people, traits = self._plan, self.people, self._traits
            named = None if self._model is None else self._model.hash
            before = SetUp(self._session, plan, self._scenario, people, traits, named, self._tell)
            self.system = before.deploy(self._panel)
            self._meter_operators = before.appoint(self._readings.between)
            self._watchers = self._watching()
            self._watchers.endow(people.funder)
            self._debts = Debts(self.system, self._session, people.keeper)
            self.collection = self._collecting()
            before.open_accounts()
            before.grant_mandates()
            self._bank = Bank(plan, people, traits, self.system, self._session)
            self._bank.endow()
            given = (self._scenario, plan, people, self._session, self.system)
            self.refunding = refunding.begin(*given, partial(self._later, "refund"))
            self.papering = papering.begin(*given, self._recorder, partial(self._later, "papers"))
            self._governor = Governor(people, self._scenario, self.system, self._session)
            self._governor.take_over()
            self.meters = before.meters()
            sign = None if self._meter_operators is None else self._meter_operators.sign_batch
            covers = _nobody_signs if self._meter_operators is None else self._meter_operators.covers
            self._oracle = Oracle(self.system, self._readings.reference, self.meters, sign, self._model, covers)
        self._answers = self._answering()

    def _collecting(self) -> Collection | None:
        """What is done about arrears; None where nothing is."""
        arrears, later = self._scenario.arrears, partial(self._later, "remind")
        if arrears is None:
            return None
        from fairmeter.simulation.collecting import Collection  # noqa: PLC0415

        given = (self._traits, self._plan, self.people, self._panel, self._session, self._recorder, later)
        collection = Collection(arrears, self._scenario.seed, *given, self._scenario.periods.window)
        collection.set_up(self.system, self._debts)
        return collection

    def _answering(self) -> Answers:
        plan, scenario, people, system, session = self._plan, self._scenario, self.people, self.system, self._session
        rulings = Rulings(scenario.arbiter, plan, people, system, session, self._meter_operators, self._debts.note)
        represented, note, moved = self._traits.represented, self._debts.note, self._moved_since
        return Answers(plan, scenario, people, represented, system, session, self._bank.deposit, note, moved, rulings)

    def _watching(self) -> Watchers:
        people, customer = self.people, self._plan.bills.customer
        disclosing = self._traits.disclosing[customer]
        return Watchers(
            challengers=Challengers(people, self._scenario, self._session, customer, disclosing),
            wallets=people.watchers,
            scenario=self._scenario,
            system=self.system,
            session=self._session,
            meters=self._meter_operators,
            accounts=self._plan.account,
            disclosing=disclosing,
            demanding=self._traits.demanding[customer],
            later=partial(self._later, "answer"),
            reversed=self._note_reversals,
        )

    @property
    def meter_keys(self) -> list[bytes]:
        """The addresses of whoever signs what meters read; none where nobody does."""
        return [] if self._meter_operators is None else self._meter_operators.keys

    def wrongs(self) -> pl.DataFrame | None:
        """The verdicts that the true readings do not give, as they stand now; None where no operator could lie."""
        if self._panel.honest:
            return None
        wrongs = list(self._watchers.wrongs.values())
        return wrong_table(wrongs, self._plan.bills, self.people.operators, self.system)

    # round by round

    def play(self) -> None:
        """Post and judge every bill at its time, do in between what falls due, and at the end all that is left."""
        done = 0
        self._governor.plan(self._plan.rounds[0].time, partial(self._later, "govern"))
        for one in self._plan.rounds:
            self._act(one.time)
            self._play_round(one, done)
            done += len(one.rows)
        self._act(None)
        if self.collection is not None:
            self.collection.end()
        if self.papering is not None:
            self.papering.finish()
        with self._phase("withdraw"):
            for supplier, wallet in enumerate(self.people.suppliers, 1):
                credit = self.system.ledger.credit_of(supplier)
                if credit:
                    self._session.transact(wallet, self.system.ledger.withdraw_credit(supplier, credit, wallet.address))
        self.last_block = self._engine.head()

    @property
    def deployment(self) -> Deployment:
        """Every contract of the run."""
        addresses = dict(self.system.deployment.addresses)
        for beside in (self.collection, self.refunding, self.papering):
            addresses |= {} if beside is None else beside.deployment.addresses
        return Deployment(self.system.deployment.chain_id, addresses)

    def sums(self) -> Sums:
        """What the run came to."""
        bills, recorder = len(self._plan.bills), self._recorder
        return self._tally.sums(bills, self.system.ledger.totals(), recorder.transactions, recorder.gas_used)

    def _play_round(self, one: Round, done: int) -> None:
        with self._phase("pay in"):
            accounts = np.unique(self._plan.account[one.rows])
            self._bank.deposit(accounts, self._plan.budget[accounts], one.time)
            self._debts.collect(one.time)
        with self._phase("post"):
            # a node keeps the order of one sender's transactions, not that of several senders'
            for supplier, own in groupby(one.batches, key=attrgetter("supplier")):
                for some in pieces(tuple(own), CALLS_AT_ONCE):
                    self._post(supplier, some, one.time)
            posted = self._oracle.posted()
        coming = ahead(self._judge(one.batches, posted))
        while True:
            with self._phase("await verdicts"):
                batches, judgements = next(coming, ((), ()))
            if not batches:
                return
            ready = [judgement.posted.not_before <= one.time for judgement in judgements]
            for batch, judgement, now in zip(batches, judgements, ready, strict=True):
                if not now:
                    self._timeline.at(judgement.posted.not_before, partial(self._take, [batch], [judgement]))
            self._take(list(compress(batches, ready)), list(compress(judgements, ready)), one.time)
            done += sum(len(batch.rows) for batch in batches)
            self._say("bills", done, len(self._plan.bills))

    def _take(self, batches: Sequence[Batch], judgements: Sequence[Judgement], at: int) -> None:
        """Have batches judged now, and see to what follows."""
        with self._phase("submit verdicts"):
            judged, receipts = self._submit(batches, judgements, at)
        with self._phase("record"):
            decided = [self._decided(found, receipts) for found in judged]
            for found, decision in zip(judged, decided, strict=True):
                self._recorder.judged(found.said.judgement, found.batch.rows, decision)
                if found.batch.demanding:
                    self._recorder.signed(found.true.posted.batch, self._snapshots(found))
        with self._phase("follow up"):
            if judged:
                self._follow_up(judged, np.concatenate(decided), receipts)

    def _snapshots(self, found: Judged) -> Iterator[tuple[int, Shown]]:
        """What the meter operator has signed for each bill of a batch."""
        if self._meter_operators is None:
            return
        evidence = found.true.evidence
        for index, row in enumerate(found.batch.rows.tolist()):
            start, days = int(evidence.start[index]), int(evidence.days[index])
            for shown in self._meter_operators.shown(int(self._plan.account[row]), start, days):
                yield index, shown

    def _judge(
        self, batches: Sequence[Batch], posted: Sequence[PostedBatch]
    ) -> Iterator[tuple[Sequence[Batch], Sequence[Judgement]]]:
        """Some batches at a time, without a word from the chain."""
        for some, group in zip(pieces(batches, BATCHES_AT_ONCE), pieces(posted, BATCHES_AT_ONCE), strict=True):
            self._readings.cover(self._judged, len(some))
            self._judged += len(some)
            yield some, self._oracle.judge(group)

    def _post(self, supplier: int, batches: Sequence[Batch], at: int) -> None:
        ledger = self.system.ledger
        calls = [ledger.post_bills(supplier + 1, batch.utility, self._packed(batch.rows)) for batch in batches]
        self._session.transact(self.people.suppliers[supplier], *calls, timestamp=at)

    def _packed(self, rows: Int64s) -> UInt8s:
        """(n, 32) the bills of these rows as they are posted."""
        bills = self._plan.bills
        return pack_bills(
            BillColumns(
                number=self._plan.number[self._plan.account[rows]],
                start=bills.start[rows],
                # not those of all bills for every batch
                days=bills.end[rows] - bills.start[rows] + 1,
                quantity=bills.quantity[rows],
                amount=bills.amount[rows],
                replaces=np.zeros(len(rows), np.int64),
            )
        )

    def _submit(
        self, batches: Sequence[Batch], judgements: Sequence[Judgement], at: int
    ) -> tuple[list[Judged], Receipts]:
        """Have the operators say what they say; batches without a quorum stay unjudged."""
        said = []
        for judgement in judgements:
            self._panel.misbehave(judgement, at)
            said.append(self._panel.say(judgement))
        found = zip(batches, judgements, said, strict=True)
        judged = [Judged(batch, true, word) for batch, true, word in found if word is not None]
        receipts = self._session.send([(one.said.sender, one.said.judgement.call) for one in judged], at)
        self._watchers.report(self._panel.contradictions, at)
        return judged, receipts

    def _decided(self, one: Judged, receipts: Receipts) -> UInt8s:
        """(n,) what screening rules made of a batch's verdicts."""
        judgement, rules = one.said.judgement, self.system.rules
        decision = judgement.verdicts.decision
        if not self._scenario.screening:
            return decision
        fired = event_columns(receipts.logs, rules.address, rules.interface, "RuleFired")["bill"]
        ids = (np.int64(judgement.posted.batch) << 16) + np.arange(len(judgement.posted))
        return screening.decided(decision, np.isin(ids, fired), self._plan.alone[self._plan.account[one.batch.rows]])

    def _follow_up(self, judged: Sequence[Judged], decision: UInt8s, receipts: Receipts) -> None:
        """Count, have the watchers look, and plan what the verdicts lead to."""
        words = [one.said.judgement for one in judged]
        ids = np.concatenate([(one.posted.batch << 16) + np.arange(len(one.posted)) for one in words])
        rows = np.concatenate([one.batch.rows for one in judged])
        self._tally.count(decision, np.isin(ids, self._events(receipts, "ArrearsOpened")))
        self._debts.note(receipts)
        judged_at = int(receipts.timestamp[-1])
        self._rows.update((one.true.posted.batch, one.batch.rows) for one in judged)
        windows = np.array([0 if one.batch.verified else self._scenario.periods.window for one in judged])
        for place, one in enumerate(judged):
            if self._watchers.look(one.true, one.said, one.batch.rows, judged_at):
                windows[place] = max(windows[place], self._watchers.demand_time)
        note_money(self._watchers.wrongs, receipts, self.system)
        self._release_later(np.array([one.posted.batch for one in words]), windows, judged_at)
        held, waiting = (
            Opened(bills, rows[np.searchsorted(ids, bills)])
            for bills in (
                bills[~self._moved_since(bills, judged_at)]
                for bills in (self._events(receipts, name) for name in ("BillHeld", "BillWaiting"))
            )
        )
        self._plan_answers(held, waiting, judged_at)

    def _plan_answers(self, held: Opened, waiting: Opened, at: int) -> None:
        """Who never pays in confirms nothing."""
        payer = ~self._traits.penniless[self._plan.bills.customer[waiting.rows]]
        self._answers.plan(held, waiting.part(payer), at, partial(self._later, "answer"))

    def _release_later(self, numbers: Int64s, windows: Int64s, judged_at: int) -> None:
        """When the window is over, seconds, and no demand open."""
        for window in np.unique(windows).tolist():
            self._later("release", judged_at + window + MARGIN, self._releaser(numbers[windows == window]))

    def _moved_since(self, bills: Int64s, time: int) -> Bools:
        """(k,) which of `bills` a challenge has moved after `time`."""
        if not self._moved:
            return np.zeros(len(bills), np.bool_)
        return np.array([self._moved.get(bill, 0) > time for bill in bills.tolist()], np.bool_)

    def _note_reversals(self, receipts: Receipts) -> None:
        """What was put right goes its new way from here."""
        ledger = self.system.ledger
        moved = event_columns(receipts.logs, ledger.address, ledger.interface, "BillReversed")
        bills, to = moved["bill"], moved["to"]
        if not len(bills):
            return
        at = int(receipts.timestamp[-1])
        self._moved.update(dict.fromkeys(bills.tolist(), at))
        self._debts.moved(bills, to)
        rows = np.array([self._rows[bill >> 16][bill & 0xFFFF] for bill in bills.tolist()], np.int64)
        held, waiting = (Opened(bills[to == one], rows[to == one]) for one in (BillState.HELD, BillState.WAITING))
        self._plan_answers(held, waiting, at)

    def _events(self, receipts: Receipts, event: str) -> Int64s:
        """(k,) ids of the bills that the ledger's `event` names, in order."""
        ledger = self.system.ledger
        bills: Int64s = event_columns(receipts.logs, ledger.address, ledger.interface, event)["bill"]
        return bills

    # what falls due

    def _act(self, until: int | None) -> None:
        """Do what is due. Where time does not move, what must wait for a deadline cannot be done in a run's time."""
        for at, act in self._timeline.due(until):
            if self._engine.capabilities.moves_time or at <= self._engine.now():
                act(at)

    def _later(self, phase: str, time: int, act: Action) -> None:
        """Do `act` at `time`, as part of a phase."""

        def timed(at: int) -> None:
            with self._phase(phase):
                act(at)

        self._timeline.at(time, timed)

    def _releaser(self, batches: Int64s) -> Callable[[int], None]:
        def release(at: int) -> None:
            self._session.transact(self.people.keeper, self.system.ledger.release(batches), timestamp=at)
            for beside in (self.refunding, self.papering):
                if beside is not None:
                    for batch in batches.tolist():
                        beside.released(batch, self._rows[batch], self._packed(self._rows[batch]), at)

        return release

    # telling

    def _say(self, phase: str, done: int, total: int) -> None:
        self._tell(Progress(phase, done, total))


def _nobody_signs(accounts: Int64s, _first: Int32s, _days: Int32s) -> Bools:
    return np.zeros(len(accounts), np.bool_)
