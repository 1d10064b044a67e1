"""Every draw of a credit line, every debt to it and every loss, followed by its events through plain books: a line has
what was paid in and came back, a bill owes what was drawn for it, and nothing is drawn but by the rule. Compared with
scores, balances, mandates and windows as the other contracts' events tell them, with the currency that the line moved,
and with what the replayed line keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from fairmeter.audit.collecting import Told
from fairmeter.audit.findings import MAX_FINDINGS, Check, Finding
from fairmeter.audit.money import Rebuilt
from fairmeter.audit.places import fair_times, last_before, sums_before
from fairmeter.audit.record import LOG_BITS, order_of
from fairmeter.contracts.collecting import Step
from fairmeter.contracts.crediting import NOTICE, CreditBook, CreditLine, CreditTerms, LoanState
from fairmeter.model import BillState, Int64s
from fairmeter.units import SECONDS_A_DAY

LINE: Final = "CreditLine"
CREDIT: Final = {
    "CREDIT-01": "the line holds what is free: paid in, repaid and given back, less drawn and taken",
    "CREDIT-02": "no debt to a line vanishes: drawn = repaid + given back + written off + open, of each bill and line",
    "CREDIT-03": "a draw pays a bill in arrears, once and whole, by its last score, for want of balance, within bounds",
    "CREDIT-04": "what is given back of a drawn bill pays its debt first, and the rest goes to its account",
}
EVENTS: Final = (
    "CreditFunded",
    "CreditTaken",
    "CreditDrawn",
    "CreditRepaid",
    "CreditReopened",
    "CreditReturned",
    "CreditWrittenOff",
)
"""Of the line, in columns."""
GIVEN_BACK: Final = (("RefundPaid", "amount"), ("ReclaimClosed", "refunded"), ("Refunded", "amount"))
"""The ledger's events by which money of a bill goes back to its account."""


@dataclass(slots=True)
class _Loan:
    account: int
    drawn: int
    owed: int
    due_at: int
    lost: bool = False


@dataclass(slots=True)
class _Line:
    """A supplier's, minor units."""

    free: int = 0
    open: int = 0
    lost: int = 0
    drawn: int = 0
    repaid: int = 0
    returned: int = 0
    terms: list[tuple[int, CreditTerms]] = field(default_factory=list)
    """From when on, fair time."""


@dataclass(frozen=True, slots=True)
class _Event:
    order: int
    name: str
    values: Mapping[str, Any]

    @property
    def transaction(self) -> int:
        """Its own."""
        return self.order >> LOG_BITS


def check_credit(rebuilt: Rebuilt, line: CreditLine | None) -> list[Check]:
    """A check for each of CREDIT; `line` is the replayed chain's at its end, None where nothing was replayed."""
    return _Followed(rebuilt).checks(line)


class _Followed:
    """All lines of a run."""

    def __init__(self, rebuilt: Rebuilt) -> None:
        self._rebuilt, self._record = rebuilt, rebuilt.record
        self._fair = fair_times(self._record)
        self._lines: dict[int, _Line] = {}
        self._loans: dict[int, _Loan] = {}
        self._owed: dict[int, int] = {}
        """By account, lost or not."""
        self._findings: dict[str, list[Finding]] = {name: [] for name in CREDIT}
        for order, one in self._record.decoded(LINE, "CreditTermsSet"):
            self._set_terms(order, one)
        drawn = self._record.columns(LINE, "CreditDrawn")
        self._at_draws = _AtDraws(rebuilt, drawn, self._fair)

    def checks(self, line: CreditLine | None) -> list[Check]:
        """Follow everything, and compare what is left with the chain's own word."""
        events = sorted((event for name in EVENTS for event in self._events(LINE, name)), key=lambda one: one.order)
        for event in events:
            self._follow(event)
        self._money()
        self._given_back()
        if line is not None:
            self._compare(line)
        count = len(events)
        return [Check(name, text, count, tuple(self._findings[name][:MAX_FINDINGS])) for name, text in CREDIT.items()]

    def _events(self, contract: str, name: str) -> Iterator[_Event]:
        columns = self._record.columns(contract, name)
        lists = {key: column.tolist() for key, column in columns.items() if column.ndim == 1}
        for place, order in enumerate(order_of(columns).tolist()):
            yield _Event(order, name, {key: column[place] for key, column in lists.items()})

    def _line(self, supplier: int) -> _Line:
        return self._lines.setdefault(supplier, _Line())

    def _set_terms(self, order: int, one: Mapping[str, Any]) -> None:
        """Each holds a week after it was set, if nothing replaced it before."""
        line, time = self._line(one["supplier"]), self._time(order)
        if one["from"] != time + NOTICE:
            self._note("CREDIT-03", f"terms, transaction {order >> LOG_BITS}", time + NOTICE, one["from"])
        if line.terms and line.terms[-1][0] > time:
            line.terms.pop()
        line.terms.append((one["from"], CreditTerms.of(one["terms"])))

    # one event after the other

    def _follow(self, event: _Event) -> None:
        amount = event.values["amount"]
        match event.name:
            case "CreditFunded":
                self._line(event.values["supplier"]).free += amount
            case "CreditTaken":
                self._line(event.values["supplier"]).free -= amount
            case "CreditDrawn":
                self._draw(event)
            case "CreditWrittenOff":
                self._lose(event)
            case "CreditReopened":
                self._reopen(event)
            case _:
                self._pay(event, amount)
        if event.name in ("CreditTaken", "CreditDrawn"):
            supplier = event.values["supplier"] if event.name == "CreditTaken" else event.values["account"] >> 32
            if self._line(supplier).free < 0:
                self._differs("CREDIT-01", event, "no more than is free", amount)

    def _draw(self, event: _Event) -> None:
        bill, account, amount = (event.values[name] for name in ("bill", "account", "amount"))
        line, time = self._line(account >> 32), self._time(event.order)
        held = [terms for begins, terms in line.terms if begins <= time]
        terms = held[-1] if held else CreditTerms(0, 0, 0, 0, ())
        for expected, found, wrong in self._at_draws.against(bill, amount, terms, time):
            if wrong:
                self._differs("CREDIT-03", event, expected, found)
        self._owed[account] = self._owed.get(account, 0) + amount
        line.free, line.open, line.drawn = line.free - amount, line.open + amount, line.drawn + amount
        bounds = (
            (f"at most {terms.cap_per_account} an account", self._owed[account], terms.cap_per_account),
            (f"at most {terms.cap} in all", line.open, terms.cap),
            (f"due {terms.term} days later", abs(event.values["dueAt"] - time - terms.term * SECONDS_A_DAY), 0),
        )
        for expected, found, most in bounds:
            if found > most:
                self._differs("CREDIT-03", event, expected, found)
        if bill in self._loans:
            self._differs("CREDIT-03", event, "a bill that was not drawn for", "one that was")
        self._loans[bill] = _Loan(account, amount, amount, event.values["dueAt"])

    def _lose(self, event: _Event) -> None:
        loan = self._owing(event)
        if loan is None:
            return
        if loan.lost or self._time(event.order) < loan.due_at or event.values["amount"] != loan.owed:
            self._differs("CREDIT-02", event, f"{loan.owed} from {loan.due_at} on, once", event.values["amount"])
        self._pass_over(loan, -loan.owed)

    def _reopen(self, event: _Event) -> None:
        loan = self._owing(event)
        if loan is None:
            return
        if not loan.lost or event.values["amount"] != loan.owed:
            self._differs("CREDIT-02", event, f"{loan.owed} of a loss", event.values["amount"])
        self._pass_over(loan, loan.owed)

    def _pass_over(self, loan: _Loan, opened: int) -> None:
        """From open to lost, or back."""
        line = self._line(loan.account >> 32)
        line.open, line.lost, loan.lost = line.open + opened, line.lost - opened, opened < 0

    def _pay(self, event: _Event, amount: int) -> None:
        """Repaid, or given back."""
        loan = self._owing(event) if amount else self._loans.get(event.values["bill"])
        if loan is None:
            return
        if amount > loan.owed or event.values["owed"] != loan.owed - amount or (loan.lost and amount):
            left = f"{loan.owed - amount} left{', the loss undone' if loan.lost else ''}"
            self._differs("CREDIT-02", event, left, event.values["owed"])
        if event.name == "CreditReturned" and event.values["surplus"] and loan.owed != amount:
            self._differs("CREDIT-04", event, f"the debt of {loan.owed} first", amount)
        line = self._line(loan.account >> 32)
        loan.owed -= amount
        self._owed[loan.account] -= amount
        line.free, line.open = line.free + amount, line.open - amount
        if event.name == "CreditRepaid":
            line.repaid += amount
        else:
            line.returned += amount

    def _owing(self, event: _Event) -> _Loan | None:
        loan = self._loans.get(event.values["bill"])
        if loan is None or loan.owed == 0 or loan.account != event.values["account"]:
            self._differs("CREDIT-02", event, "a bill of the account that owes something", "none")
            return None
        return loan

    # the money itself

    def _money(self) -> None:
        """The currency that the line got and paid, transaction by transaction, is what its events say."""
        transfers = self._record.columns("DigitalCurrency", "Transfer")
        own = np.frombuffer(self._record.contracts[LINE], np.uint8)
        inward, outward = ((transfers[side][:, 12:] == own).all(axis=1) for side in ("to", "from"))
        moved: dict[int, int] = {}
        for sign, rows in ((1, inward), (-1, outward)):
            for transaction, value in zip(transfers["transaction"][rows], transfers["value"][rows], strict=True):
                moved[int(transaction)] = moved.get(int(transaction), 0) + sign * int(value)
        said: dict[int, int] = {}
        for name, sign in (("Funded", 1), ("Taken", -1), ("Drawn", -1), ("Repaid", 1), ("Returned", 1)):
            for event in self._events(LINE, f"Credit{name}"):
                said[event.transaction] = said.get(event.transaction, 0) + sign * event.values["amount"]
        for transaction in sorted(said.keys() | moved.keys()):
            expected, found = (one.get(transaction, 0) for one in (said, moved))
            # more is what somebody sent by mistake
            if found < expected:
                self._note("CREDIT-01", f"transaction {transaction}, the line's currency", expected, found)

    def _given_back(self) -> None:
        """What the ledger gives back of a drawn bill it keeps for the line, and the line fetches no more and no less
        than that."""
        drawn = {event.values["bill"]: event.order for event in self._events(LINE, "CreditDrawn")}
        expected = {
            (event.transaction, event.values["bill"]): event.values[amount]
            for name, amount in GIVEN_BACK
            for event in self._events("PaymentLedger", name)
            if event.values[amount] and drawn.get(event.values["bill"], event.order) < event.order
        }
        self._same(expected, self._sums("PaymentLedger", "ReturnKept", ("amount",)), "kept for the line")
        fetched = self._sums("PaymentLedger", "ReturnCollected", ("amount",))
        self._same(fetched, self._sums(LINE, "CreditReturned", ("amount", "surplus")), "taken off or passed on")
        deposits = self._record.ledger("Deposited")
        for event in self._events(LINE, "CreditReturned"):
            surplus, account = event.values["surplus"], event.values["account"]
            own = (deposits["transaction"] == event.transaction) & (deposits["account"] == account)
            if surplus and surplus not in deposits["amount"][own]:
                self._differs("CREDIT-04", event, f"{surplus} paid into account {account}", "none")

    def _sums(self, contract: str, name: str, amounts: tuple[str, ...]) -> dict[tuple[int, int], int]:
        return {
            (event.transaction, event.values["bill"]): sum(event.values[amount] for amount in amounts)
            for event in self._events(contract, name)
        }

    def _same(self, expected: Mapping[tuple[int, int], int], found: Mapping[tuple[int, int], int], what: str) -> None:
        for key in sorted(expected.keys() | found.keys()):
            if expected.get(key, 0) != found.get(key, 0):
                where = f"{_bill(key[1])}, transaction {key[0]}, {what}"
                self._note("CREDIT-04", where, expected.get(key, 0), found.get(key, 0))

    # the chain's own word

    def _compare(self, line: CreditLine) -> None:
        for supplier, one in self._lines.items():
            expected = CreditBook(one.free, one.open, one.lost, one.drawn, one.repaid, one.returned)
            found = line.book_of(supplier)
            if found != expected:
                self._note("CREDIT-02", f"supplier {supplier}, its line at the end", expected, found)
            went = one.repaid + one.returned + one.lost + one.open
            if one.drawn != went:
                self._note("CREDIT-02", f"supplier {supplier}, drawn", one.drawn, went)
        for bill, loan in self._loans.items():
            found_loan, lost_too = line.loan_of(bill), LoanState.WRITTEN_OFF if loan.lost else LoanState.OPEN
            state = lost_too if loan.owed else LoanState.CLOSED
            if (found_loan.owed, found_loan.drawn, found_loan.state) != (loan.owed, loan.drawn, state):
                self._note("CREDIT-02", f"{_bill(bill)}, owed at the end", loan.owed, found_loan.owed)

    def _time(self, order: int) -> int:
        """Of its block, fair time."""
        return int(self._fair[order >> LOG_BITS])

    def _differs(self, check: str, event: _Event, expected: object, found: object) -> None:
        bill = event.values.get("bill")
        where = f"{event.name}, transaction {event.transaction}"
        self._note(check, where if bill is None else f"{_bill(bill)}, {where}", expected, found)

    def _note(self, check: str, where: str, expected: object, found: object) -> None:
        self._findings[check].append(Finding(check, where, str(expected), str(found)))


class _AtDraws:
    """What the other contracts' events say of each bill that was drawn for, just before."""

    def __init__(self, rebuilt: Rebuilt, drawn: Mapping[str, Any], fair: Int64s) -> None:
        record, moves = rebuilt.record, rebuilt.moves
        self._bill, account, order = drawn["bill"], drawn["account"], order_of(drawn)
        self._place = {bill: row for row, bill in enumerate(self._bill.tolist())}
        into, out = ((state == BillState.ARREARS).astype(np.int64) for state in (moves.target, moves.source))
        ids = rebuilt.posted.ids[moves.row]
        self._owed = sums_before(ids, moves.order, moves.amount * (into - out), self._bill, order)
        balances = rebuilt.account_balances()
        self._balance = sums_before(balances.key, balances.order, balances.delta, account, order)
        self._told = told = Told.of(record)
        self._score = _last_scores(told, self._bill, order)
        scored_at = np.where(self._score >= 0, np.append(told.order, 0)[self._score], order)
        paid_until = (sums_before(ids, moves.order, out, self._bill, at) for at in (order, scored_at))
        self._paid_since = np.subtract(*paid_until)
        self._fair, self._times, judged = fair, record.times, record.columns("VerdictGate", "BatchJudged")
        self._windows = dict(zip(judged["batch"].tolist(), judged["windowEndsAt"].tolist(), strict=True))
        self._mandates = _mandates(rebuilt, account, order)
        self._asked = _left(rebuilt, ids, self._bill, order, self._owed)
        paid = record.ledger("BillPaid")
        own = np.isin(paid["bill"], self._bill)
        bills = zip(*(paid[name][own].tolist() for name in ("bill", "fromPayer", "transaction")), strict=True)
        self._paid, self._transactions = set(bills), (order >> LOG_BITS).tolist()

    def against(self, bill: int, amount: int, terms: CreditTerms, time: int) -> Iterator[tuple[str, object, bool]]:
        """What the rule expects, what is found, and whether that is wrong."""
        row = self._place[bill]
        owed, balance = int(self._owed[row]), int(self._balance[row])
        yield f"{owed} owed", amount, amount != owed or owed <= 0
        paid = (bill, amount, self._transactions[row]) in self._paid
        yield f"{amount} paid of the bill by the line", "none", not paid
        yield f"a balance below {amount}", balance, balance >= amount
        window = self._windows.get(bill >> 16, 1 << 62)
        yield f"a window that is over at {time}", window, window > time
        last_day, cap = int(self._mandates["lastDay"][row]), int(self._mandates["capPerBill"][row])
        today = int(self._times[self._transactions[row]]) // SECONDS_A_DAY
        short = last_day < today or cap < int(self._asked[row])
        yield "a mandate in force that covers the bill", f"{cap} a bill until day {last_day}", short
        yield from self._scored(row, terms, time)

    def _scored(self, row: int, terms: CreditTerms, time: int) -> Iterator[tuple[str, object, bool]]:
        told, last = self._told, int(self._score[row])
        if last < 0 or self._paid_since[row]:
            yield "a score since the last payment", "none", True
            return
        class_, probability = int(told.class_[last]), int(told.probability[last])
        threshold = terms.thresholds[class_] if class_ < len(terms.thresholds) else 0
        low = threshold == 0 or probability < threshold or told.step[last] == Step.GIVE_UP
        yield f"a score of class {class_} of {threshold or 'more'} at least", probability, bool(low)
        oldest, at = time - terms.freshness * SECONDS_A_DAY, int(self._fair[told.order[last] >> LOG_BITS])
        yield f"a score told from {oldest} on", at, at < oldest


def _last_scores(told: Told, bill: Int64s, order: Int64s) -> Int64s:
    """(k,) row in `told` of the last score of each bill before each place of the run; -1 where there is none."""
    rows = np.flatnonzero(told.scored)
    found = last_before(told.bill[rows], told.order[rows], bill, order)
    return np.where(found >= 0, np.append(rows, -1)[found], -1)


def _left(rebuilt: Rebuilt, ids: Int64s, bill: Int64s, order: Int64s, owed: Int64s) -> Int64s:
    """(k,) what is not void of each bill before each place of the run, paid or owed, on which a mandate's cap is set;
    of a bill whose verdict was put right what is owed: only that was judged anew."""
    moves, posted = rebuilt.moves, rebuilt.posted
    void = sums_before(ids, moves.order, moves.amount * (moves.target == BillState.VOID), bill, order)
    righted = np.isin(bill, ids[moves.named("BillReversed")])
    return np.where(righted, owed, posted.amounts[posted.rows(bill)] - void)


def _mandates(rebuilt: Rebuilt, account: Int64s, order: Int64s) -> Mapping[str, Int64s]:
    """(k,) each: last day and cap a bill of each account's mandate before each place of the run; zeros where there was
    none."""
    granted, revoked = (rebuilt.record.ledger(name) for name in ("MandateGranted", "MandateRevoked"))
    none = np.zeros(len(revoked["account"]), np.int64)
    owner, at = np.concatenate([granted["account"], revoked["account"]]), [*map(order_of, (granted, revoked))]
    sequence = np.lexsort((np.concatenate(at), owner))
    place = last_before(owner[sequence], np.concatenate(at)[sequence], account, order)
    # a place of -1 takes the zero at the end
    return {
        name: np.append(np.concatenate([granted[name], none])[sequence], 0)[place] for name in ("lastDay", "capPerBill")
    }


def _bill(bill: int) -> str:
    return f"bill {bill & 0xFFFF} of batch {bill >> 16}"
