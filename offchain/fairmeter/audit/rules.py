"""The rules by which bills may be posted and money may move, checked on the events of a run.

Each function gives the differences as (where, expected, found); whoever calls numbers them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fairmeter.audit.flows import BILL_EVENTS
from fairmeter.audit.money import Rebuilt
from fairmeter.audit.parameters import Parameters
from fairmeter.audit.places import last_before
from fairmeter.audit.record import LOG_BITS, WORD, Columns, order_of
from fairmeter.audit.screening import Screened
from fairmeter.contracts.packing import VERDICT_BYTES, unpack_verdicts
from fairmeter.model import BillState, Bools, Decision, Int64s, Reason
from fairmeter.units import SECONDS_A_DAY

Lines = Iterator[tuple[str, object, object]]
Integers = npt.NDArray[Any]
"""Python's, in an array of objects: they do not overflow."""

NOT_BILLED: Final = (Reason.OVERLAP, Reason.WRONG_UTILITY, Reason.BAD_REPLACEMENT)
"""Reasons for which a bill never had its days."""
AGREED: Final = ("AdjustmentAccepted", "AppealWithdrawn", "AppealRuled", "UndisputedSettled")
"""The registry's events with which something of an appealed bill is paid."""
NEVER: Final = 2**62
PAID: Final = (BillState.PENDING, BillState.ARREARS)
"""Where a verdict that pays puts a bill."""
ENDS: Final = {
    Decision.PAY: PAID,
    Decision.APPEAL: (BillState.HELD,),
    Decision.INSUFFICIENT: (BillState.WAITING,),
}
"""Where a verdict puts a bill, but for INSUFFICIENT up to the cap."""


class Rules:
    """The rules over one run. `n` counts its posted bills, `k` the movements of `Rebuilt.moves`."""

    def __init__(self, rebuilt: Rebuilt, parameters: Parameters, screened: Screened) -> None:
        self._rebuilt, self._record, self._screened = rebuilt, rebuilt.record, screened
        self._posted, self._moves = rebuilt.posted, rebuilt.moves
        self._parameters = parameters
        self._decision, self._judged_at, self._capped, self._capped_posted = self._verdicts()

    def outcomes(self) -> Lines:
        """What judging did to a bill is what its verdict or a screening rule says, and nothing else does it."""
        moves = self._moves
        verdict, capped = self._decision[moves.row], self._capped[moves.row]
        pays = (verdict == Decision.PAY) | (verdict == Decision.INSUFFICIENT) & capped
        allowed = {
            "BillPending": pays,
            "BillHeld": verdict == Decision.APPEAL,
            "BillWaiting": (verdict == Decision.INSUFFICIENT) & ~capped,
            "ArrearsOpened": pays,
        }
        judging = (moves.source == BillState.UNJUDGED) & (moves.order >> LOG_BITS == self._judged_at[moves.row])
        for name, good in allowed.items():
            of_appeal = moves.named("ArrearsOpened") & (moves.source == BillState.HELD)
            for move in np.flatnonzero(moves.named(name) & ~(judging & good | of_appeal)):
                yield self._where(move), f"no {name} by {_name(int(verdict[move]))}", name

    def whole(self) -> Lines:
        """Judging moves a bill whole."""
        moves = self._moves
        judged = (moves.source == BillState.UNJUDGED) & (moves.amount != self._posted.amounts[moves.row])
        for move in np.flatnonzero(judged):
            yield self._where(move), int(self._posted.amounts[moves.row[move]]), int(moves.amount[move])

    def corrections(self) -> Lines:
        """A bill whose verdict was corrected is where the right one puts it, and nothing else moves it there; once in
        each way."""
        told = self._record.columns("Challenges", "VerdictCorrected")
        moves, rows = self._moves, self._posted.rows(told["bill"])
        reversals = moves.named("BillReversed")
        shown, orders = unpack_verdicts(told["right"][:, :VERDICT_BYTES]).decision, order_of(told)
        right = self._screened.corrected(told["bill"], shown)
        pays = (right == Decision.PAY) | (right == Decision.INSUFFICIENT) & self._capped_posted[rows]
        seen: set[tuple[int, bool]] = set()
        answered: set[int] = set()
        for row, order, decision, pay, meter in zip(rows, orders, right, pays, told["byMeter"] > 0, strict=True):
            where = _place(self._posted.ids[row], order)
            if (again := (int(row), bool(meter))) in seen:
                yield where, "one correction in each way", "another"
            seen.add(again)
            own = np.arange(*np.searchsorted(moves.row, [row, row + 1]))
            reversal = own[reversals[own] & (moves.order[own] >> LOG_BITS == order >> LOG_BITS)]
            answered |= set(reversal.tolist())
            ends = moves.target[reversal] if len(reversal) else self._left_in(own[moves.order[own] < order])
            if len(ends) and not np.isin(ends, PAID if pay else ENDS[decision]).all():
                yield where, f"where {_name(int(decision))} puts it", BillState(int(ends[0])).name
        for move in np.setdiff1d(np.flatnonzero(reversals), sorted(answered)):
            yield self._where(move), "a corrected verdict", "BillReversed"

    def _left_in(self, own: Int64s) -> Int64s:
        """The state that a corrected bill stays in, given its movements before; none where what its parties did stands:
        an appeal by hand, arrears after an appeal, a bill that is paid or void."""
        moves = self._moves
        gives = own[~np.isin(moves.target[own], (BillState.SETTLED, BillState.VOID))]
        if not len(gives):
            return gives
        last = gives[-1]
        state = moves.target[last]
        left = moves.amount[own][moves.target[own] == state].sum() - moves.amount[own][moves.source[own] == state].sum()
        parties = (moves.event[own] == BILL_EVENTS.index("BillReclaimed")).any() or (
            state == BillState.ARREARS and moves.source[last] == BillState.HELD
        )
        return moves.target[[last]] if left > 0 and not parties else gives[:0]

    def mandates(self) -> Lines:
        """Whatever is collected, or paid on an agent's word, is covered by a mandate: in force, within its cap a bill
        and its cap a month, and naming the agent."""
        moves, agreed = self._moves, self._record.ledger("AgentAgreed")
        collected = np.flatnonzero(moves.target == BillState.PENDING)
        bill = np.concatenate([self._posted.ids[moves.row[collected]], agreed["bill"]])
        account = np.concatenate([moves.account[collected], agreed["account"]])
        order = np.concatenate([moves.order[collected], order_of(agreed)])
        amount = np.concatenate([moves.amount[collected], agreed["amount"]])
        times = self._record.times[order >> LOG_BITS]
        mandate = self._mandate_at(account, order)
        for row in np.flatnonzero(mandate["lastDay"] < times // SECONDS_A_DAY):
            yield _place(bill[row], order[row]), "a mandate in force", f"one until day {mandate['lastDay'][row]}"
        for row in np.flatnonzero(amount > mandate["capPerBill"]):
            yield _place(bill[row], order[row]), f"at most {mandate['capPerBill'][row]} a bill", int(amount[row])
        spent = self._spent(account, order, amount, times)
        for row in np.flatnonzero(spent > mandate["capPerMonth"]):
            yield _place(bill[row], order[row]), f"at most {mandate['capPerMonth'][row]} a month", int(spent[row])
        yield from self._agents(agreed)

    def _agents(self, agreed: Columns) -> Lines:
        """Whoever agreed for a customer is the agent whom its mandate named."""
        granted = self._record.ledger("MandateGranted")
        names = np.concatenate([granted["agent"], np.zeros((1, WORD), np.uint8)])
        sequence = np.lexsort((order_of(granted), granted["account"]))
        place = last_before(
            granted["account"][sequence], order_of(granted)[sequence], agreed["account"], order_of(agreed)
        )
        named = names[np.append(sequence, len(sequence))[place]]
        for row in np.flatnonzero((named != agreed["agent"]).any(axis=1)):
            where = _place(agreed["bill"][row], order_of(agreed)[row])
            yield (
                where,
                f"the agent 0x{named[row, 12:].tobytes().hex()}",
                f"0x{agreed['agent'][row, 12:].tobytes().hex()}",
            )

    def tariffs(self) -> Lines:
        """Every bill's amount is what the tariff in force on its last day gives, to the nearest minor unit."""
        versions = self._record.decoded("PaymentLedger", "TariffSet")
        for posting in self._rebuilt.batches.postings:
            bills = posting.bills
            own = [
                one
                for order, one in versions
                if (one["supplier"], one["utility"]) == (posting.supplier, posting.utility)
                and order >> LOG_BITS < posting.transaction
            ]
            last_day, quantity = bills.start + bills.days - 1, bills.quantity.astype(object)
            price, priced = np.zeros(len(bills), object), np.zeros(len(bills), np.bool_)
            for tariff in own:  # the last that is in force by a day holds
                in_force = np.flatnonzero(tariff["fromDay"] <= last_day)
                price[in_force] = _thousandths(tariff, quantity[in_force])
                priced[in_force] = True
            wrong = 2 * abs(price - 1000 * bills.amount.astype(object)) > 1000
            smallest = (price < 1000) & (bills.amount == 1)
            for index in np.flatnonzero(~priced | wrong & ~smallest):
                expected = f"{price[index] / 1000} by the tariff" if priced[index] else "a tariff in force"
                yield f"bill {index} of batch {posting.batch}", expected, int(bills.amount[index])

    def periods(self) -> Lines:
        """No two judged bills of an account have a day in common, but where one replaces a void one."""
        batches = self._rebuilt.batches
        billed = ~self._never_billed()
        parts: list[tuple[Int64s, Int64s, Int64s, Int64s]] = []
        for judging in batches.judgings:
            posting, bills = judging.posting, judging.posting.bills
            rows = self._posted.rows((np.int64(posting.batch) << 16) + np.arange(len(bills)))
            keep = billed[rows] & (bills.replaces == 0)
            start = bills.start.astype(np.int64)
            parts.append((rows[keep], posting.accounts[keep], start[keep], (start + bills.days)[keep]))
        if not parts:
            return
        rows, account, start, end = (np.concatenate(column) for column in zip(*parts, strict=True))
        order = np.lexsort((start, account))
        again = (account[order][1:] == account[order][:-1]) & (start[order][1:] < end[order][:-1])
        for place in np.flatnonzero(again):
            bill, other = (_bill(int(self._posted.ids[rows[order[at]]])) for at in (place + 1, place))
            yield bill, f"no day in common with {other}", f"from day {start[order[place + 1]]}"

    def appeals(self) -> Lines:
        """Of an appealed bill only what its customer or its arbiter says, or the verdict expects, is paid."""
        moves = self._moves
        paid = np.flatnonzero(moves.named("BillPaid") & (moves.source == BillState.HELD))
        words = [self._record.columns("AppealRegistry", name) for name in AGREED]
        agreed, bills = (np.concatenate([one[name] for one in words]) for name in ("transaction", "bill"))
        known = np.stack([agreed, bills], axis=1)
        asked = np.stack([moves.order[paid] >> LOG_BITS, self._posted.ids[moves.row[paid]]], axis=1)
        for move in paid[~_rows_in(asked, known)]:
            yield self._where(move), f"one of {', '.join(AGREED)}", f"{moves.amount[move]} paid"

    def _verdicts(self) -> tuple[Int64s, Int64s, Bools, Bools]:
        """(n,) decision, judging transaction, whether an INSUFFICIENT verdict pays, by the classes at judging and, for
        a correction, by those at posting; 0 and NEVER where not judged."""
        n = len(self._posted.ids)
        decision, judged_at = np.zeros(n, np.int64), np.full(n, NEVER)
        capped, posted = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
        for judging in self._rebuilt.batches.judgings:
            posting = judging.posting
            rows = self._posted.rows((np.int64(posting.batch) << 16) + np.arange(len(judging.words)))
            decision[rows] = self._screened.decided(judging)
            judged_at[rows] = judging.transaction
            capped[rows] = posting.bills.amount <= self._parameters.caps(posting, judging.transaction)
            posted[rows] = posting.bills.amount <= self._parameters.caps(posting, posting.transaction)
        return decision, judged_at, capped, posted

    def _never_billed(self) -> Bools:
        """(n,) which bills never took their days: refused when judged, or cancelled before."""
        voided = self._record.ledger("BillVoided")
        never = np.isin(voided["reason"], NOT_BILLED)
        moves = self._moves
        cancelled = moves.named("BillVoided") & (moves.source == BillState.UNJUDGED)
        rows = np.concatenate([self._posted.rows(voided["bill"][never]), moves.row[cancelled]])
        return np.isin(np.arange(len(self._posted.ids)), rows)

    def _mandate_at(self, account: Int64s, order: Int64s) -> dict[str, Int64s]:
        """The mandate of each account just before each place in the run; zeros where there was none."""
        granted, revoked = (self._record.ledger(name) for name in ("MandateGranted", "MandateRevoked"))
        names = ("lastDay", "capPerBill", "capPerMonth")
        none = np.zeros(len(revoked["account"]), np.int64)
        columns = {name: np.concatenate([granted[name], none]) for name in names}
        owner = np.concatenate([granted["account"], revoked["account"]])
        at = np.concatenate([order_of(granted), order_of(revoked)])
        sequence = np.lexsort((at, owner))
        owner, at = owner[sequence], at[sequence]
        place = last_before(owner, at, account, order)
        # a place of -1 takes the zero at the end
        return {name: np.append(values[sequence], 0)[place] for name, values in columns.items()}

    def _spent(self, account: Int64s, order: Int64s, amount: Int64s, times: Int64s) -> Int64s:
        """What was collected of each account, or agreed to, in the month up to and with each time, less what was given
        back in it of the month's own batches."""
        moves = self._moves
        back = np.flatnonzero(moves.named("BillVoided") & (moves.source == BillState.PENDING))
        judged = self._record.times[self._judged_at[moves.row[back]]]
        back = back[_month(judged) == _month(self._record.times[moves.order[back] >> LOG_BITS])]
        accounts = np.concatenate([account, moves.account[back]])
        orders = np.concatenate([order, moves.order[back]])
        amounts = np.concatenate([amount, -moves.amount[back]])
        month = _month(np.concatenate([times, self._record.times[moves.order[back] >> LOG_BITS]]))
        sequence = np.lexsort((orders, month, accounts))
        sums = np.cumsum(amounts[sequence])
        key = np.stack([accounts, month])[:, sequence]
        new = np.concatenate([[True], (key[:, 1:] != key[:, :-1]).any(axis=0)])[: len(sums)]
        start = np.maximum.accumulate(np.where(new, np.arange(len(sums)), 0))
        sums -= np.where(start > 0, sums[start - 1], 0)
        spent = np.empty(len(sums), np.int64)
        spent[sequence] = sums
        return spent[: len(account)]

    def _where(self, move: np.int64) -> str:
        return _place(self._posted.ids[self._moves.row[move]], self._moves.order[move])


def _rows_in(rows: Int64s, known: Int64s) -> Bools:
    """(n,) which rows of (n, 2) are among those of (k, 2)."""
    _, place = np.unique(np.concatenate([rows, known]), axis=0, return_inverse=True)
    found: Bools = np.isin(place.reshape(-1)[: len(rows)], place.reshape(-1)[len(rows) :])
    return found


def _month(times: Int64s) -> Int64s:
    """Months since January 1970, UTC, of Unix seconds."""
    return times.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)


def _thousandths(tariff: Mapping[str, Any], quantity: Integers) -> Integers:
    """(n,) standing charge and the blocks' parts of the quantities, in thousandths of a minor unit."""
    total, below = np.full(len(quantity), 1000 * tariff["standing"], object), np.zeros(len(quantity), object)
    for block in tariff["blocks"]:
        within = np.minimum(quantity, block["upTo"])
        total += (within - below) * block["price"]
        below = within
    return total


def _bill(bill: int) -> str:
    return f"bill {bill & 0xFFFF} of batch {bill >> 16}"


def _place(bill: np.int64, order: np.int64) -> str:
    return f"{_bill(int(bill))}, transaction {int(order) >> LOG_BITS}"


def _name(decision: int) -> str:
    return Decision(decision).name if decision else "no verdict"
