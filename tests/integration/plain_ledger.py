"""The ledger, gate and registry once more, in plain Python with a dictionary a thing, to compare the contracts with.

Nothing is packed and no sum is kept: a bill is divided into parts by state, and every total is counted when asked for.
A method raises Refused with the name of the contract's error, checks in the contracts' order.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from fractions import Fraction

from fairmeter.model import BillState, Decision, Reason

DAY = 86_400
PRICE = 60
WINDOW, REPLY, ACCEPTANCE, CONTEST = 7 * DAY, 14 * DAY, 14 * DAY, 30 * DAY
INSUFFICIENT_CAP = 500
FREEING = {Reason.CANCELLED, Reason.CONCEDED, Reason.ADJUSTED, Reason.EXPIRED}


class Refused(Exception):  # noqa: N818
    """The contract would revert with this error."""


def price(quantity: int) -> int:
    """Minor units, a tie to the even one."""
    return max(1, round(Fraction(quantity * PRICE, 1000)))


def month_of(time: int) -> tuple[int, int]:
    date = dt.datetime.fromtimestamp(time, dt.UTC)
    return date.year, date.month


@dataclass
class Account:
    owner: str
    balance: int = 0
    cap_per_bill: int = 0
    cap_per_month: int = 0
    last_day: int = 0
    spent: int = 0
    month: tuple[int, int] = (1970, 1)
    billed_through: int = 0


@dataclass
class Bill:
    account: int
    start: int
    days: int
    quantity: int
    amount: int
    replaces: tuple[int, int] | None
    parts: dict[BillState, int] = field(default_factory=dict)
    state: BillState = BillState.UNJUDGED
    reason: Reason = Reason.NONE
    held: int = 0
    replaced: bool = False
    unbilled: bool = False
    appeal: str = ""
    deadline: int = 0
    offered: int = 0

    @property
    def last_day(self) -> int:
        return self.start + self.days - 1

    def shift(self, before: BillState, after: BillState, amount: int) -> None:
        assert self.parts.get(before, 0) >= amount >= 0
        self.parts[before] = self.parts.get(before, 0) - amount
        self.parts[after] = self.parts.get(after, 0) + amount


def in_arrears(bill: Bill) -> bool:
    return bill.state == BillState.ARREARS


def waits(bill: Bill) -> bool:
    return bill.state == BillState.WAITING


def cancellable(bill: Bill) -> bool:
    return bill.state not in {BillState.VOID, BillState.SETTLED, BillState.HELD}


def appealed(bill: Bill) -> bool:
    return bool(bill.appeal)


def under_appeal(bill: Bill) -> bool:
    return bill.state == BillState.HELD


@dataclass
class Batch:
    bills: list[Bill]
    judged_at: int = 0
    released: bool = False


BillKey = tuple[int, int]


class PlainLedger:
    """One supplier, accounts numbered from 1."""

    def __init__(self, owners: dict[int, str], purses: dict[str, int]) -> None:
        self.accounts = {number: Account(owner) for number, owner in owners.items()}
        self.purses = purses
        self.batches: dict[int, Batch] = {}
        self.credit = 0

    # views

    def bill(self, key: BillKey) -> Bill:
        return self.batches[key[0]].bills[key[1]]

    def total(self, state: BillState) -> int:
        return sum(bill.parts.get(state, 0) for batch in self.batches.values() for bill in batch.bills)

    def holds(self) -> int:
        return sum(bill.held for batch in self.batches.values() for bill in batch.bills)

    def billed(self) -> int:
        return sum(bill.amount for batch in self.batches.values() for bill in batch.bills)

    def releasable(self, batch: int, now: int) -> bool:
        judged_at = self.batches[batch].judged_at
        return judged_at != 0 and now >= judged_at + WINDOW

    # customers

    def _own(self, person: str, number: int) -> Account:
        account = self.accounts[number]
        _check(account.owner == person, "PaymentLedger_NotAccountOwner")
        return account

    def deposit(self, person: str, number: int, amount: int) -> None:
        _check(self.purses[person] >= amount, "ERC20InsufficientBalance")
        self.accounts[number].balance += amount
        self.purses[person] -= amount

    def withdraw(self, person: str, number: int, amount: int) -> None:
        account = self._own(person, number)
        _check(account.balance >= amount, "PaymentLedger_InsufficientBalance")
        account.balance -= amount
        self.purses[person] += amount

    def move(self, person: str, source: int, target: int, amount: int) -> None:
        self._own(person, source)
        self._own(person, target)
        _check(self.accounts[source].balance >= amount, "PaymentLedger_InsufficientBalance")
        self.accounts[source].balance -= amount
        self.accounts[target].balance += amount

    def grant(self, person: str, number: int, caps: tuple[int, int], last_day: int, now: int) -> None:
        account = self._own(person, number)
        _check(last_day >= now // DAY, "PaymentLedger_MandateInThePast")
        account.cap_per_bill, account.cap_per_month = caps
        account.last_day = last_day

    def revoke(self, person: str, number: int) -> None:
        account = self._own(person, number)
        account.cap_per_bill = account.cap_per_month = account.last_day = 0

    # bills

    def post(self, batch: int, bills: list[Bill]) -> None:
        for bill in bills:
            bill.parts = {BillState.UNJUDGED: bill.amount}
        self.batches[batch] = Batch(bills)

    def judge(self, number: int, decisions: list[Decision], now: int) -> None:
        batch = self.batches[number]
        _check(batch.judged_at == 0, "PaymentLedger_NotUnjudged")
        batch.judged_at = now
        for bill, decision in zip(batch.bills, decisions, strict=True):
            if bill.state == BillState.UNJUDGED:
                self._judge_one(bill, decision, now)

    def _judge_one(self, bill: Bill, decision: Decision, now: int) -> None:
        account = self.accounts[bill.account]
        refusal = self._days_refused(bill, account)
        if refusal != Reason.NONE:
            self._enter(bill, BillState.VOID, refusal)
            return
        account.billed_through = max(account.billed_through, bill.last_day)
        if decision == Decision.APPEAL:
            bill.held = min(account.balance, bill.amount)
            account.balance -= bill.held
            bill.appeal, bill.deadline = "open", now + REPLY
            self._enter(bill, BillState.HELD, Reason.NONE)
        elif decision == Decision.INSUFFICIENT and bill.amount > INSUFFICIENT_CAP:
            self._enter(bill, BillState.WAITING, Reason.INSUFFICIENT)
        elif (refusal := self._refusal(account, bill.amount, now)) != Reason.NONE:
            self._enter(bill, BillState.ARREARS, refusal)
        else:
            self._collect(account, bill.amount, now)
            self._enter(bill, BillState.PENDING, Reason.NONE)

    def _days_refused(self, bill: Bill, account: Account) -> Reason:
        free = bill.start > account.billed_through
        if bill.replaces is None:
            return Reason.NONE if free else Reason.OVERLAP
        named = self.batches[bill.replaces[0]].bills[bill.replaces[1]] if self._exists(bill.replaces) else None
        if (
            named is None
            or named.state != BillState.VOID
            or named.reason not in FREEING
            or named.replaced
            or named.account != bill.account
            or not named.start <= bill.start <= bill.last_day <= named.last_day
        ):
            return Reason.BAD_REPLACEMENT
        if named.unbilled:
            return Reason.NONE if free else Reason.OVERLAP
        named.replaced = True
        return Reason.NONE

    def _exists(self, key: BillKey) -> bool:
        return key[0] in self.batches and key[1] < len(self.batches[key[0]].bills)

    def _refusal(self, account: Account, amount: int, now: int) -> Reason:
        spent = account.spent if account.month == month_of(now) else 0
        if account.last_day < now // DAY:
            return Reason.NO_MANDATE if account.last_day == 0 else Reason.MANDATE_EXPIRED
        if amount > account.cap_per_bill:
            return Reason.CAP_PER_BILL
        if spent + amount > account.cap_per_month:
            return Reason.CAP_PER_MONTH
        return Reason.BALANCE if amount > account.balance else Reason.NONE

    def _collect(self, account: Account, amount: int, now: int) -> None:
        if account.month != month_of(now):
            account.month, account.spent = month_of(now), 0
        account.spent += amount
        account.balance -= amount

    def _enter(self, bill: Bill, state: BillState, reason: Reason) -> None:
        bill.shift(bill.state, state, bill.parts[bill.state])
        bill.state, bill.reason = state, reason

    # what is owed

    def _in(self, key: BillKey, state: BillState) -> Bill:
        bill = self.bill(key)
        _check(bill.state == state, "PaymentLedger_WrongState")
        return bill

    def confirm(self, person: str, key: BillKey) -> None:
        bill = self._in(key, BillState.WAITING)
        account = self._own(person, bill.account)
        _check(account.balance >= bill.amount, "PaymentLedger_InsufficientBalance")
        account.balance -= bill.amount
        self.credit += bill.amount
        self._enter(bill, BillState.SETTLED, Reason.NONE)

    def pay_from_balance(self, person: str, key: BillKey, amount: int) -> None:
        bill = self._in(key, BillState.ARREARS)
        account = self._own(person, bill.account)
        _check(amount > 0, "PaymentLedger_NoPayment")
        amount = min(amount, bill.parts[BillState.ARREARS])
        _check(account.balance >= amount, "PaymentLedger_InsufficientBalance")
        self._pay_off(bill, amount)
        account.balance -= amount

    def pay(self, person: str, key: BillKey, amount: int) -> None:
        bill = self._in(key, BillState.ARREARS)
        _check(amount > 0, "PaymentLedger_NoPayment")
        amount = min(amount, bill.parts[BillState.ARREARS])
        _check(self.purses[person] >= amount, "ERC20InsufficientBalance")
        self._pay_off(bill, amount)
        self.purses[person] -= amount

    def _pay_off(self, bill: Bill, amount: int) -> None:
        owed = bill.parts[BillState.ARREARS]
        bill.shift(BillState.ARREARS, BillState.SETTLED, amount)
        self.credit += amount
        if amount == owed:
            bill.state = BillState.SETTLED

    def settle(self, keys: list[BillKey], now: int) -> None:
        for key in keys:
            bill = self.bill(key)
            account = self.accounts[bill.account]
            if bill.state != BillState.ARREARS:
                continue
            owed = bill.parts[BillState.ARREARS]
            # the cap is on what stands of the bill, not on what is left to pay
            if bill.amount - bill.parts.get(BillState.VOID, 0) > account.cap_per_bill:
                continue
            if self._refusal(account, owed, now) != Reason.NONE:
                continue
            self._collect(account, owed, now)
            after = BillState.SETTLED if self.releasable(key[0], now) else BillState.PENDING
            bill.shift(BillState.ARREARS, after, owed)
            bill.state = after
            self.credit += owed if after == BillState.SETTLED else 0

    def cancel(self, key: BillKey, now: int) -> None:
        bill = self.bill(key)
        account = self.accounts[bill.account]
        cancellable = {BillState.UNJUDGED, BillState.PENDING, BillState.WAITING, BillState.ARREARS}
        _check(bill.state in cancellable, "PaymentLedger_WrongState")
        part = bill.parts[bill.state]
        paid = bill.parts.get(BillState.SETTLED, 0)
        _check(self.credit >= paid, "PaymentLedger_InsufficientCredit")
        if bill.state == BillState.UNJUDGED:
            bill.unbilled = True
        if bill.state == BillState.PENDING:
            account.balance += part
            if month_of(self.batches[key[0]].judged_at) == month_of(now):
                account.spent -= part
        bill.shift(bill.state, BillState.VOID, part)
        bill.shift(BillState.SETTLED, BillState.VOID, paid)
        self.credit -= paid
        account.balance += paid
        bill.state, bill.reason = BillState.VOID, Reason.CANCELLED

    def release(self, number: int, now: int) -> None:
        _check(self.releasable(number, now), "PaymentLedger_NotReleasable")
        for bill in self.batches[number].bills:
            if bill.state == BillState.PENDING:
                self.credit += bill.parts[BillState.PENDING]
                self._enter(bill, BillState.SETTLED, bill.reason)

    def withdraw_credit(self, supplier: str, amount: int) -> None:
        _check(self.credit >= amount, "PaymentLedger_InsufficientCredit")
        self.credit -= amount
        self.purses[supplier] += amount

    # appeals

    def _step(self, key: BillKey, states: set[str], now: int) -> Bill:
        bill = self.bill(key)
        _check(bill.appeal in states, "AppealRegistry_WrongState")
        _check(now < bill.deadline, "AppealRegistry_DeadlinePassed")
        return bill

    def end(self, key: BillKey, due: int, reason: Reason, *, consent: bool) -> None:
        """An appeal ends with `due` to pay."""
        bill = self.bill(key)
        account = self.accounts[bill.account]
        from_hold = min(bill.held, due)
        from_balance = min(account.balance, due - from_hold) if consent else 0
        owed = due - from_hold - from_balance
        account.balance += bill.held - from_hold - from_balance
        bill.held = 0
        self.credit += from_hold + from_balance
        bill.shift(BillState.HELD, BillState.VOID, bill.amount - due)
        bill.shift(BillState.HELD, BillState.ARREARS, owed)
        bill.shift(BillState.HELD, BillState.SETTLED, from_hold + from_balance)
        bill.state = BillState.VOID if due == 0 else BillState.ARREARS if owed else BillState.SETTLED
        bill.reason = Reason.APPEAL_SHORTFALL if owed else reason

    def concede(self, key: BillKey, now: int) -> None:
        bill = self._step(key, {"open", "offered", "contested"}, now)
        bill.appeal = "conceded"
        self.end(key, 0, Reason.CONCEDED, consent=False)

    def offer(self, key: BillKey, quantity: int, now: int) -> None:
        bill = self._step(key, {"open"}, now)
        _check(price(quantity) < bill.amount, "AppealRegistry_AdjustmentNotBelow")
        bill.appeal, bill.deadline, bill.offered = "offered", now + ACCEPTANCE, price(quantity)

    def contest(self, key: BillKey, now: int) -> None:
        bill = self._step(key, {"open"}, now)
        bill.appeal, bill.deadline = "contested", now + CONTEST

    def accept(self, key: BillKey, now: int) -> None:
        bill = self._step(key, {"offered"}, now)
        bill.appeal = "accepted"
        self.end(key, bill.offered, Reason.ADJUSTED, consent=True)

    def refuse(self, key: BillKey, now: int) -> None:
        bill = self._step(key, {"offered"}, now)
        bill.appeal, bill.deadline = "contested", now + CONTEST

    def give_up(self, key: BillKey, now: int) -> None:
        bill = self._step(key, {"open", "offered", "contested"}, now)
        bill.appeal = "withdrawn"
        self.end(key, bill.amount, Reason.NONE, consent=True)

    def expire(self, key: BillKey, now: int) -> None:
        bill = self.bill(key)
        _check(bill.appeal in {"open", "offered", "contested"}, "AppealRegistry_WrongState")
        _check(now >= bill.deadline, "AppealRegistry_DeadlineAhead")
        if bill.appeal == "offered":
            bill.appeal, bill.deadline = "contested", bill.deadline + CONTEST
            return
        bill.appeal = "expired"
        self.end(key, 0, Reason.EXPIRED, consent=False)


def _check(holds: bool, error: str) -> None:
    if not holds:
        raise Refused(error)
