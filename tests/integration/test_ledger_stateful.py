"""The deployed contracts against a plain-Python ledger, through any sequence of calls by anyone: the same refusals by
name, the same balances, states and totals after every call (INV-01, INV-02, INV-03, INV-07 among them)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from deployed_ledger import OWNERS, PEOPLE, PURSE, SUPPLIER, bill_id, columns, deployed, ids
from fairmeter.chain.merkle import merkle_proof
from fairmeter.chain.wallet import Wallet, derive_key
from fairmeter.contracts.clients import NOBODY
from fairmeter.contracts.packing import Bytes2D, pack_bills
from fairmeter.contracts.session import Call, Session
from fairmeter.errors import RevertError
from fairmeter.model import AppealState, BillState, Decision, Utility
from plain_ledger import (
    DAY,
    WINDOW,
    Bill,
    BillKey,
    PlainLedger,
    Refused,
    appealed,
    cancellable,
    in_arrears,
    price,
    under_appeal,
    waits,
)

APPEAL_STATES = {
    "open": AppealState.OPEN,
    "conceded": AppealState.CONCEDED,
    "offered": AppealState.ADJUSTMENT_OFFERED,
    "accepted": AppealState.ACCEPTED,
    "contested": AppealState.CONTESTED,
    "withdrawn": AppealState.WITHDRAWN,
    "expired": AppealState.EXPIRED,
}
MOST_BILLS = 14

people = st.sampled_from(["payer", "neighbour"])
numbers = st.sampled_from([1, 2, 3])
QUANTITIES = (90_000, 60_025, 40_000, 25_025, 8_341, 8_325, 8, 0)
EXACT = sorted({price(quantity) for quantity in QUANTITIES})
"""What bills come to: balances, caps and payments meet them to the unit now and then."""
amounts = st.integers(0, 6_000) | st.sampled_from(EXACT)


def needs(wanted: Callable[[Bill], bool]) -> Callable[[LedgerMachine], bool]:
    """A rule's condition: some bill is as `wanted`."""
    return lambda self: any(wanted(self.plain.bill(key)) for key in self.keys())


class LedgerMachine(RuleBasedStateMachine):
    """Every rule does one thing on the chain and in the plain ledger, and compares how it ended."""

    @initialize(data=st.data())
    def start(self, data: st.DataObject) -> None:
        self.system = deployed()
        self.engine = self.system.engine
        self.before = self.engine.snapshot()
        self.session = Session(self.engine)
        self.wallets = {name: Wallet.on(self.engine, derive_key(0, name)) for name in PEOPLE}
        self.plain = PlainLedger(dict(OWNERS), dict.fromkeys(PEOPLE, PURSE))
        self.words: dict[int, Bytes2D] = {}
        for number, owner in OWNERS.items():
            self.deposit(owner, number, data.draw(st.sampled_from([3_000, 0, 1_000, 6_000])))
            self.grant(owner, number, data.draw(st.sampled_from([6_000, 4_000])), data.draw(st.integers(1, 3)), 60)
        self.post_batch(data)

    def teardown(self) -> None:
        self.engine.revert(self.before)

    def do(self, person: str, call: Call, operation: Callable[[int], None]) -> None:
        """The chain first, then the plain ledger at the same time: both do it, or both refuse for the same reason."""
        found = expected = ""
        try:
            self.session.transact(self.wallets[person], call)
        except RevertError as error:
            found = error.error
        try:
            operation(self.engine.now())
        except Refused as refusal:
            expected = str(refusal)
        assert found == expected, f"{call.label}: the contract says {found or 'yes'}, expected {expected or 'yes'}"

    def account(self, number: int) -> int:
        return (SUPPLIER << 32) | number

    def keys(self) -> list[BillKey]:
        return [(number, index) for number, batch in self.plain.batches.items() for index in range(len(batch.bills))]

    def some_bill(self, data: st.DataObject, wanted: Callable[[Bill], bool]) -> BillKey:
        """A bill that `wanted` picks in most cases, any other now and then."""
        fitting = [key for key in self.keys() if wanted(self.plain.bill(key))]
        fits = data.draw(st.integers(0, 9)) > 0
        return data.draw(st.sampled_from(fitting if fits else self.keys()))

    # customers

    @rule(
        person=people,
        number=numbers,
        sink=numbers,
        amount=amounts,
        whole=st.booleans(),
        step=st.sampled_from(["in", "in", "out", "across"]),
    )
    def move_money(self, person: str, number: int, sink: int, amount: int, *, whole: bool, step: str) -> None:
        ledger, account = self.system.ledger, self.account(number)
        if whole and step != "in":
            amount = self.plain.accounts[number].balance
        if step == "in":
            self.deposit(person, number, amount)
        elif step == "out":
            call = ledger.write("withdraw", account, amount, self.wallets[person].address)
            self.do(person, call, lambda _: self.plain.withdraw(person, number, amount))
        else:
            call = ledger.write("moveBalance", account, self.account(sink), amount)
            self.do(person, call, lambda _: self.plain.move(person, number, sink, amount))

    def deposit(self, person: str, number: int, amount: int) -> None:
        call = self.system.ledger.deposit(np.array([self.account(number)]), np.array([amount]))
        self.do(person, call, lambda _: self.plain.deposit(person, number, amount))

    @rule(person=people, number=numbers, cap=amounts, months=st.integers(0, 3), days=st.sampled_from([0, 0, -1, 1, 60]))
    def change_mandate(self, person: str, number: int, cap: int, months: int, days: int) -> None:
        if months:
            self.grant(person, number, cap, months, days)
        else:
            call = self.system.ledger.write("revokeMandate", self.account(number))
            self.do(person, call, lambda _: self.plain.revoke(person, number))

    def grant(self, person: str, number: int, cap: int, months: int, days: int) -> None:
        last_day = self.engine.now() // DAY + days
        terms = {"capPerBill": cap, "capPerMonth": cap * months, "lastDay": last_day}
        mandate = {**terms, "discloseReadings": False, "signedOnly": False, "agent": NOBODY}
        call = self.system.ledger.write("grantMandate", self.account(number), mandate)
        self.do(person, call, lambda now: self.plain.grant(person, number, (cap, cap * months), last_day, now))

    # the supplier and the operator

    @precondition(lambda self: len(self.keys()) < MOST_BILLS)
    @rule(data=st.data())
    def post(self, data: st.DataObject) -> None:
        self.post_batch(data)

    def post_batch(self, data: st.DataObject) -> None:
        today = self.engine.now() // DAY
        bills = [self.new_bill(data, today) for _ in range(data.draw(st.integers(2, 4)))]
        number = len(self.plain.batches) + 1
        words = pack_bills(columns(bills))
        call = self.system.ledger.post_bills(SUPPLIER, int(Utility.ELECTRICITY), words)
        self.do("supplier", call, lambda _: self.plain.post(number, bills))
        self.words[number] = words
        if data.draw(st.sampled_from([True, True, True, False])):
            self.judge_batch(data, number)

    def new_bill(self, data: st.DataObject, today: int) -> Bill:
        number = data.draw(numbers)
        start = today - data.draw(st.integers(21, 60))
        days = data.draw(st.integers(1, 20))
        quantity = data.draw(st.sampled_from(QUANTITIES))
        replaces = None
        voided = [
            (batch, index)
            for batch, one in self.plain.batches.items()
            for index, bill in enumerate(one.bills)
            if bill.state == BillState.VOID
        ]
        again = data.draw(st.booleans())
        if voided and again:
            replaces = data.draw(st.sampled_from(voided))
            if data.draw(st.integers(0, 4)):
                named = self.plain.bill(replaces)
                number, start, days = named.account, named.start, named.days
        return Bill(number, start, days, quantity, price(quantity), replaces)

    @precondition(lambda self: any(not batch.judged_at for batch in self.plain.batches.values()))
    @rule(data=st.data())
    def judge(self, data: st.DataObject) -> None:
        unjudged = [number for number, batch in self.plain.batches.items() if not batch.judged_at]
        again = data.draw(st.integers(0, 9)) == 9
        number = data.draw(st.sampled_from(list(self.plain.batches) if again else unjudged))
        self.judge_batch(data, number)

    def judge_batch(self, data: st.DataObject, number: int) -> None:
        some = [Decision.APPEAL, Decision.PAY, Decision.INSUFFICIENT]
        decisions = [data.draw(st.sampled_from(some)) for _ in self.plain.batches[number].bills]
        verdicts = np.zeros((len(decisions), 12), np.uint8)
        verdicts[:, 0] = decisions
        call = self.system.gate.submit_verdicts(number, bytes(32), self.words[number], verdicts)
        self.do("operator", call, lambda now: self.plain.judge(number, decisions, now))

    @rule(
        data=st.data(),
        amount=amounts,
        whole=st.booleans(),
        step=st.sampled_from(["release", "release", "withdraw", "cancel"]),
    )
    def supplier(self, data: st.DataObject, amount: int, *, whole: bool, step: str) -> None:
        ledger = self.system.ledger
        if step == "release":
            number = data.draw(st.sampled_from(list(self.plain.batches)))
            self.do("neighbour", ledger.release(np.array([number])), lambda now: self.plain.release(number, now))
        elif step == "withdraw":
            amount = self.plain.credit if whole else amount
            call = ledger.withdraw_credit(SUPPLIER, amount, self.wallets["supplier"].address)
            self.do("supplier", call, lambda _: self.plain.withdraw_credit("supplier", amount))
        elif any(cancellable(self.plain.bill(key)) for key in self.keys()):
            self.cancel(self.some_bill(data, cancellable))

    def cancel(self, key: BillKey) -> None:
        words = self.words[key[0]]
        word = int.from_bytes(words[key[1]].tobytes(), "big")
        call = self.system.ledger.write("cancelBill", bill_id(key), word, merkle_proof(words, key[1]))
        self.do("supplier", call, lambda now: self.plain.cancel(key, now))

    # what is owed

    @precondition(needs(waits))
    @rule(data=st.data(), person=people)
    def confirm(self, data: st.DataObject, person: str) -> None:
        key = self.some_bill(data, waits)
        call = self.system.ledger.confirm_bills(ids(key))
        self.do(person, call, lambda _: self.plain.confirm(person, key))

    @precondition(needs(in_arrears))
    @rule(data=st.data())
    def settle(self, data: st.DataObject) -> None:
        keys = [self.some_bill(data, in_arrears) for _ in range(data.draw(st.integers(1, 3)))]
        call = self.system.ledger.settle_arrears(ids(*keys))
        self.do("neighbour", call, lambda now: self.plain.settle(keys, now))

    @precondition(needs(in_arrears))
    @rule(data=st.data(), person=people, amount=amounts, whole=st.booleans(), from_balance=st.booleans())
    def pay(self, data: st.DataObject, person: str, amount: int, *, whole: bool, from_balance: bool) -> None:
        key = self.some_bill(data, in_arrears)
        amount = self.plain.bill(key).parts.get(BillState.ARREARS, 0) if whole else amount
        if from_balance:
            call = self.system.ledger.write("payArrearsFromBalance", bill_id(key), amount)
            self.do(person, call, lambda _: self.plain.pay_from_balance(person, key, amount))
        else:
            call = self.system.ledger.write("payArrears", bill_id(key), amount)
            self.do(person, call, lambda _: self.plain.pay(person, key, amount))

    # appeals

    @precondition(needs(under_appeal))
    @rule(data=st.data(), step=st.sampled_from(["offer", "offer", "contest"]), share=st.integers(0, 11))
    def answer(self, data: st.DataObject, step: str, share: int) -> None:
        """The supplier's answer, mostly an adjustment to a tenth or more of the quantity."""
        key = self.some_appeal(data)
        self.take(key, step, self.plain.bill(key).quantity * share // 10)

    @precondition(needs(appealed))
    @rule(data=st.data(), step=st.sampled_from(["concede", "accept", "accept", "refuse", "give_up", "expire"]))
    def end_appeal(self, data: st.DataObject, step: str) -> None:
        key = self.some_appeal(data)
        if data.draw(st.booleans()):
            # a hold that was short meets a balance that has come since
            self.deposit("neighbour", self.plain.bill(key).account, data.draw(amounts))
        self.take(key, step, 0)

    def some_appeal(self, data: st.DataObject) -> BillKey:
        """One that has not ended in most cases, any other now and then."""
        appeals = [key for key in self.keys() if appealed(self.plain.bill(key))]
        alive = [key for key in appeals if under_appeal(self.plain.bill(key))]
        lives = data.draw(st.integers(0, 9)) > 0
        return data.draw(st.sampled_from(alive if alive and lives else appeals))

    def take(self, key: BillKey, step: str, quantity: int) -> None:
        plain, registry = self.plain, self.system.registry
        owner = plain.accounts[plain.bill(key).account].owner
        calls: dict[str, tuple[str, Call, Callable[[int], None]]] = {
            "concede": ("supplier", registry.concede(ids(key)), lambda now: plain.concede(key, now)),
            "offer": (
                "supplier",
                registry.offer_adjustments(ids(key), np.array([quantity])),
                lambda now: plain.offer(key, quantity, now),
            ),
            "contest": (
                "supplier",
                registry.write("contest", bill_id(key), bytes(32)),
                lambda now: plain.contest(key, now),
            ),
            "accept": (owner, registry.accept_adjustments(ids(key)), lambda now: plain.accept(key, now)),
            "refuse": (
                owner,
                registry.write("refuseAdjustments", [bill_id(key)]),
                lambda now: plain.refuse(key, now),
            ),
            "give_up": (owner, registry.withdraw_appeals(ids(key)), lambda now: plain.give_up(key, now)),
            "expire": ("neighbour", registry.expire(ids(key)), lambda now: plain.expire(key, now)),
        }
        self.do(*calls[step])

    @rule(days=st.sampled_from([1, 6, 7, 14, 30]))
    def wait(self, days: int) -> None:
        self.engine.mine(self.engine.now() + days * DAY)

    @precondition(lambda self: bool(self.deadlines()))
    @rule(
        data=st.data(),
        early=st.booleans(),
        step=st.sampled_from(["concede", "offer", "contest", "accept", "refuse", "give_up", "expire", "expire"]),
    )
    def act_at_a_deadline(self, data: st.DataObject, early: bool, step: str) -> None:
        """In its very second, or in the last one before."""
        what, deadline = data.draw(st.sampled_from(self.deadlines()))
        self.engine.mine(deadline - 1 - early)
        if isinstance(what, tuple):
            self.take(what, step, self.plain.bill(what).quantity // 2)
        else:
            self.do(
                "neighbour", self.system.ledger.release(np.array([what])), lambda now: self.plain.release(what, now)
            )

    def deadlines(self) -> list[tuple[BillKey | int, int]]:
        """Of appeals, and ends of batches' windows, that are still ahead: what, and when."""
        found: list[tuple[BillKey | int, int]] = [
            (key, self.plain.bill(key).deadline) for key in self.keys() if under_appeal(self.plain.bill(key))
        ]
        found += [(number, one.judged_at + WINDOW) for number, one in self.plain.batches.items() if one.judged_at]
        return [(what, at) for what, at in found if at > self.engine.now() + 2]

    # after every call

    @invariant()
    def money_is_where_the_plain_ledger_has_it(self) -> None:
        ledger, currency, plain = self.system.ledger, self.system.currency, self.plain
        totals = ledger.totals()
        by_state = {
            BillState.UNJUDGED: totals.unjudged,
            BillState.WAITING: totals.waiting,
            BillState.PENDING: totals.pending,
            BillState.SETTLED: totals.settled,
            BillState.HELD: totals.held,
            BillState.ARREARS: totals.arrears,
            BillState.VOID: totals.voided,
        }
        assert by_state == {state: plain.total(state) for state in by_state}, "INV-07"
        assert totals.billed == plain.billed() == sum(by_state.values()), "INV-02"
        balances = {number: ledger.account_of(self.account(number)).balance for number in OWNERS}
        assert balances == {number: account.balance for number, account in plain.accounts.items()}, "INV-10"
        assert totals.accounts == sum(balances.values()), "INV-07"
        assert (totals.holds, totals.credit) == (plain.holds(), plain.credit), "INV-07"
        assert ledger.credit_of(SUPPLIER) == plain.credit, "INV-11"
        kept = currency.balance_of(ledger.address)
        assert kept == totals.accounts + totals.credit + totals.pending + totals.holds + totals.bonds, "INV-01"
        purses = {name: currency.balance_of(self.wallets[name].address) for name in PEOPLE}
        assert purses == plain.purses, "INV-01"

    @invariant()
    def bills_stand_where_the_plain_ledger_has_them(self) -> None:
        for number, batch in self.plain.batches.items():
            for index, bill in enumerate(batch.bills):
                found = self.system.ledger.state_of(bill_id((number, index)))
                assert found == bill.state, f"INV-03: bill {number}/{index} is {found.name}, expected {bill.state.name}"
                if bill.state in {BillState.ARREARS, BillState.WAITING, BillState.VOID}:
                    record = self.system.ledger.record_of(bill_id((number, index)))
                    assert record.reason == bill.reason, f"bill {number}/{index}: expected {bill.reason!r}"
                    assert record.replaced == bill.replaced, f"bill {number}/{index}"
        for number, account in self.plain.accounts.items():
            found_account = self.system.ledger.account_of(self.account(number))
            assert found_account.billed_through == account.billed_through, "INV-08"
            year, month = account.month
            assert (found_account.month, found_account.spent) == ((year - 1970) * 12 + month - 1, account.spent), (
                "INV-05"
            )

    @invariant()
    def appeals_stand_where_the_plain_ledger_has_them(self) -> None:
        for key in self.keys():
            bill = self.plain.bill(key)
            if not bill.appeal:
                continue
            found = self.system.registry.appeal_of(bill_id(key))
            expected = (APPEAL_STATES[bill.appeal], bill.deadline if under_appeal(bill) else 0)
            assert (found.state, found.deadline) == expected, f"appeal {key}"


TestLedger = LedgerMachine.TestCase
TestLedger.settings = settings(
    max_examples=15,
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
