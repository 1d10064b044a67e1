"""The run itself, act by act: who sends what, when, and what follows from what came back."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from fairmeter.chain.engine import Engine
from fairmeter.contracts.clients import SignedMandate, Totals, mandate_domain, mandate_hash
from fairmeter.contracts.deploy import System, deploy
from fairmeter.contracts.packing import BillColumns, pack_bills
from fairmeter.contracts.session import Session
from fairmeter.model import Decision, Int64s, Usage, Utility
from fairmeter.oracle import Judgement, Meters, Oracle
from fairmeter.simulation.answers import Answers
from fairmeter.simulation.outcome import Outcomes
from fairmeter.simulation.people import People
from fairmeter.simulation.plan import Batch, Plan, Round
from fairmeter.simulation.record import Recorder
from fairmeter.simulation.result import Listener, Progress, Sums
from fairmeter.simulation.scenario import Scenario
from fairmeter.simulation.timeline import Timeline
from fairmeter.usage.keys import index_in

ACCOUNTS_A_CALL = 200
MANDATES_A_CALL = 150
DEPOSITS_A_CALL = 500
SETTLEMENTS_A_CALL = 150
"""Each far below the gas of a transaction."""
MANDATE_DEADLINE = 2**40 - 1
"""Unix seconds; the signatures are used at once."""
MARGIN = 3_600
"""Seconds after a deadline at which it is acted upon."""


class Run:
    """One run on one engine: `set_up`, then `play`, then `sums`."""

    def __init__(
        self, engine: Engine, usage: Usage, plan: Plan, scenario: Scenario, recorder: Recorder, tell: Listener
    ) -> None:
        self._engine, self._usage, self._plan, self._scenario = engine, usage, plan, scenario
        self._recorder, self._tell = recorder, tell
        self._session = Session(engine, recorder.sent)
        self._timeline = Timeline()
        self._counts: Counter[str] = Counter()
        self._open_arrears: dict[int, None] = {}
        self.phases: dict[str, float] = {}
        self.people = People(engine, scenario.seed, plan.bills.suppliers)
        self.system: System
        self.first_block = engine.head() + 1
        self.last_block = 0

    # before the first bill

    def set_up(self) -> None:
        """Deploy, govern, register suppliers and tariffs, open and endow accounts, grant mandates."""
        with self._phase("set up"):
            people, bills = self.people, self._plan.bills
            self.system = deploy(self._session, people.funder)
            self._session.send(people.fund_roles())
            self._govern()
            ledger = self.system.ledger
            for supplier, (name, wallet) in enumerate(zip(bills.suppliers, people.suppliers, strict=True), 1):
                own = [tariff for tariff in self._plan.tariffs if tariff.supplier == name]
                versions = sorted(own, key=lambda tariff: (tariff.utility, tariff.from_day))
                calls = [ledger.register_supplier(name), *(ledger.set_tariff(supplier, one) for one in versions)]
                self._session.transact(wallet, *calls)
            self._open_accounts()
            self._grant_mandates()
            self._endow()
        self._oracle = Oracle(self.system, self._usage, self._meters())
        self._answers = Answers(self._plan, self._scenario, self.people, self.system, self._session)

    @property
    def accounts(self) -> Int64s:
        """(m,) ids: supplier, counted from 1, in the high half, the account's number in the low."""
        return ((self._plan.supplier.astype(np.int64) + 1) << 32) | self._plan.number

    def _govern(self) -> None:
        gate, scenario = self.system.gate, self._scenario
        presets = [
            gate.set_presets(int(utility), 0, scenario.presets, scenario.insufficient_cap) for utility in Utility
        ]
        calls = [
            gate.set_operator(self.people.operator.address, active=True),
            gate.set_periods(scenario.periods),
            *presets,
        ]
        self._session.transact(self.people.funder, *calls)

    def _open_accounts(self) -> None:
        plan, customers = self._plan, self._plan.bills.customers
        # numbers count up within a supplier in the order of opening, which is the plan's
        for rows in _pieces(np.arange(len(plan.number)), ACCOUNTS_A_CALL):
            owners = [self.people.customer(customers[plan.customer[row]]).address for row in rows]
            call = self.system.ledger.open_accounts(plan.supplier[rows] + 1, plan.utility[rows], owners)
            self._session.transact(self.people.funder, call)
            self._say("open accounts", int(rows[-1]) + 1, len(plan.number))

    def _grant_mandates(self) -> None:
        """The owners sign, the bank submits."""
        plan = self._plan
        domain = mandate_domain(self._engine.chain_id, self.system.ledger.address)
        for rows in _pieces(np.arange(len(plan.number)), MANDATES_A_CALL):
            signed = []
            for row in rows:
                account = int(self.accounts[row])
                mandate = plan.mandate(int(row), self._scenario, moves_time=self._engine.capabilities.moves_time)
                owner = self.people.customer(plan.bills.customers[plan.customer[row]])
                digest = mandate_hash(domain, account, mandate, 0, MANDATE_DEADLINE)
                signed.append(SignedMandate(account, mandate, MANDATE_DEADLINE, owner.sign_digest(digest)))
            self._session.transact(self.people.funder, self.system.ledger.grant_mandates_by_signature(signed))
            self._say("grant mandates", int(rows[-1]) + 1, len(plan.number))

    def _endow(self) -> None:
        """Issue the money of the whole run to the bank, and pay every account's first budget in."""
        plan, funder = self._plan, self.people.funder
        # at the most: a budget with each bill, one before the first, and each bill once more if its customer confirms
        most = int(plan.budget.sum() + plan.budget[plan.account].sum() + plan.bills.amount.sum())
        currency, ledger = self.system.currency, self.system.ledger
        calls = [currency.mint(funder.address, most), currency.approve(ledger.address, most)]
        self._session.transact(funder, *calls)
        self._deposit(np.arange(len(plan.budget)), plan.budget, None)

    def _deposit(self, rows: Int64s, amounts: Int64s, at: int | None) -> None:
        for piece in _pieces(np.arange(len(rows)), DEPOSITS_A_CALL):
            call = self.system.ledger.deposit(self.accounts[rows[piece]], amounts[piece])
            self._session.transact(self.people.funder, call, timestamp=at)

    def _meters(self) -> Meters:
        plan, bills = self._plan, self._plan.bills
        order = np.argsort(self.accounts)
        customer = index_in(self._usage.customers, bills.customers)[plan.customer[order]]
        keys = [
            self.people.disclosure_key(bills.customers[plan.customer[row]], int(plan.utility[row])) for row in order
        ]
        return Meters(self.accounts[order], customer, tuple(keys))

    # round by round

    def play(self) -> None:
        """Post and judge every bill at its time, do in between what falls due, and at the end all that is left."""
        done = 0
        for one in self._plan.rounds:
            self._act(one.time)
            self._play_round(one)
            done += len(one.rows)
            self._say("bills", done, len(self._plan.bills))
        self._act(None)
        with self._phase("withdraw"):
            for supplier, wallet in enumerate(self.people.suppliers, 1):
                credit = self.system.ledger.credit_of(supplier)
                if credit:
                    self._session.transact(wallet, self.system.ledger.withdraw_credit(supplier, credit, wallet.address))
        self.last_block = self._engine.head()

    def sums(self) -> Sums:
        """What the run came to; amounts from the ledger's own totals."""
        totals: Totals = self.system.ledger.totals()
        return Sums(
            bills=len(self._plan.bills),
            settled=self._counts["settled"],
            appealed=self._counts["appealed"],
            insufficient=self._counts["insufficient"],
            arrears=self._counts["arrears"],
            amount_billed=totals.billed,
            amount_unjudged=totals.unjudged,
            amount_settled=totals.settled,
            amount_pending=totals.pending,
            amount_waiting=totals.waiting,
            amount_held=totals.held,
            amount_arrears=totals.arrears,
            amount_void=totals.voided,
            transactions=self._recorder.transactions,
            gas_used=self._recorder.gas_used,
        )

    def _play_round(self, one: Round) -> None:
        with self._phase("pay in"):
            accounts = np.unique(self._plan.account[one.rows])
            self._deposit(accounts, self._plan.budget[accounts], one.time)
            self._collect_arrears(one.time)
        with self._phase("post"):
            for batch in one.batches:
                self._post(batch, one.time)
        with self._phase("judge"):
            judgements = self._oracle.watch()
        for batch, judgement in zip(one.batches, judgements, strict=True):
            with self._phase("submit verdicts"):
                receipt = self._session.transact(self.people.operator, judgement.call, timestamp=one.time)[0]
            self._record(batch, judgement)
            self._follow_up(batch, judgement, Outcomes.of(receipt, self.system), receipt.timestamp)

    def _post(self, batch: Batch, at: int) -> None:
        bills, rows = self._plan.bills, batch.rows
        columns = BillColumns(
            number=self._plan.number[self._plan.account[rows]],
            start=bills.start[rows],
            days=bills.days[rows],
            quantity=bills.quantity[rows],
            amount=bills.amount[rows],
            replaces=np.zeros(len(rows), np.int64),
        )
        call = self.system.ledger.post_bills(batch.supplier + 1, batch.utility, pack_bills(columns))
        self._session.transact(self.people.suppliers[batch.supplier], call, timestamp=at)

    def _record(self, batch: Batch, judgement: Judgement) -> None:
        bills, rows = self._plan.bills, batch.rows
        with self._phase("record"):
            labels = {
                "bill_id": [str(name) for name in bills.bill_id[rows]],
                "customer_id": [bills.customers[customer] for customer in bills.customer[rows]],
                "utility": [Utility(batch.utility).label] * len(rows),
                "supplier": [bills.suppliers[batch.supplier]] * len(rows),
            }
            self._recorder.judged(judgement, labels)

    def _follow_up(self, batch: Batch, judgement: Judgement, outcomes: Outcomes, judged_at: int) -> None:
        """Count, and plan what the verdicts lead to."""
        decision = judgement.verdicts.decision
        arrears = outcomes.bills("ArrearsOpened")
        paid = np.isin(decision, [Decision.PAY]) & ~np.isin(np.arange(len(decision)), arrears & 0xFFFF)
        self._counts["settled"] += int(paid.sum())
        self._counts["arrears"] += int((decision == Decision.PAY).sum() - paid.sum())
        self._counts["appealed"] += int((decision == Decision.APPEAL).sum())
        self._counts["insufficient"] += int((decision == Decision.INSUFFICIENT).sum())
        self._note_arrears(outcomes)
        number, periods = judgement.posted.batch, self._scenario.periods
        self._when_time_comes(judged_at + periods.window + MARGIN, self._releaser(number))
        self._answers.plan(batch, number, outcomes, judged_at, self._when_time_comes, self._deposit, self._note_arrears)

    # what falls due

    def _when_time_comes(self, at: int, act: Callable[[int], None]) -> None:
        self._timeline.at(at, act)

    def _act(self, until: int | None) -> None:
        """Do what is due. Where time does not move, what must wait for a deadline cannot be done in a run's time."""
        with self._phase("answer and release"):
            for at, act in self._timeline.due(until):
                if self._engine.capabilities.moves_time or at <= self._engine.now():
                    act(at)

    def _releaser(self, batch: int) -> Callable[[int], None]:
        def release(at: int) -> None:
            self._session.transact(self.people.keeper, self.system.ledger.release(np.array([batch])), timestamp=at)

        return release

    def _note_arrears(self, outcomes: Outcomes) -> None:
        self._open_arrears.update(dict.fromkeys(outcomes.bills("ArrearsOpened").tolist()))

    def _collect_arrears(self, at: int) -> None:
        """Anyone may: whatever balances and mandates now allow."""
        for piece in _pieces(np.array(list(self._open_arrears), np.int64), SETTLEMENTS_A_CALL):
            call = self.system.ledger.settle_arrears(piece)
            receipt = self._session.transact(self.people.keeper, call, timestamp=at)[0]
            for bill in Outcomes.of(receipt, self.system).bills("BillPaid").tolist():
                del self._open_arrears[bill]

    # telling

    @contextmanager
    def _phase(self, name: str) -> Iterator[None]:
        begun = time.perf_counter()
        yield
        self.phases[name] = self.phases.get(name, 0.0) + time.perf_counter() - begun

    def _say(self, phase: str, done: int, total: int) -> None:
        self._tell(Progress(phase, done, total))


def _pieces(rows: Int64s, size: int) -> Sequence[Int64s]:
    return np.split(rows, range(size, len(rows), size)) if len(rows) else []
