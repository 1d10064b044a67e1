"""The invariants of contracts/README.md, by their numbers, checked off the chain on what events say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from fairmeter.audit.findings import MAX_FINDINGS, Check, Finding
from fairmeter.audit.flows import before_transaction
from fairmeter.audit.money import STATES, Checkpoint, Ledgered, Rebuilt
from fairmeter.audit.record import LOG_BITS
from fairmeter.audit.rules import Rules
from fairmeter.contracts.clients import PaymentLedger

ACCOUNTS_ASKED: Final = 2_000
"""Accounts whose balance the replayed ledger is asked for, evenly spread over all; their sum is checked in any case."""


@dataclass(frozen=True, slots=True)
class Books:
    """What the invariants are checked on."""

    rebuilt: Rebuilt
    rules: Rules
    checkpoints: tuple[Checkpoint, ...]
    """Of the replayed chain, in order, the last one at its end; none where nothing was replayed."""
    ledger: PaymentLedger | None
    """On the replayed chain, at its end."""


Lines = Iterator[tuple[str, object, object]]
"""Where, what was expected, what was found."""


def check_invariants(books: Books) -> list[Check]:
    """One check an invariant, in the order of their numbers."""
    return [_check(name, text, lines(books)) for name, (text, lines) in INVARIANTS.items()]


def _check(name: str, text: str, lines: Lines) -> Check:
    findings: list[Finding] = []
    for where, expected, found in lines:
        findings.append(Finding(name, where, str(expected), str(found)))
        if len(findings) == MAX_FINDINGS:
            break
    return Check(name, text, 1, tuple(findings))


def _covered(books: Books) -> Lines:
    """Off the chain as well: the ledger's currency from its transfers."""
    places = _places(books)
    totals = books.rebuilt.totals_at(places)
    owed = np.sum([totals[name] for name in ("accounts", "credit", "pending", "holds", "bonds")], axis=0)
    held = books.rebuilt.currency_held().at(before_transaction(places))
    for row in np.flatnonzero(owed > held):
        yield f"after {places[row]} transactions", f"at most {held[row]}", int(owed[row])
    for point, amount in zip(books.checkpoints, held.tolist(), strict=False):
        if point.currency != amount:
            yield f"after {point.transactions} transactions, currency of the ledger", amount, point.currency


def _divided(books: Books) -> Lines:
    places = _places(books)
    totals = books.rebuilt.totals_at(places)
    parts = np.sum([totals[name] for name in STATES], axis=0)
    for row in np.flatnonzero(parts != totals["billed"]):
        yield f"after {places[row]} transactions", int(totals["billed"][row]), int(parts[row])


def _totals(books: Books) -> Lines:
    """The ledger's own sums, at every checkpoint, are those of its events."""
    totals = books.rebuilt.totals_at(_places(books))
    for row, point in enumerate(books.checkpoints):
        for name, sums in totals.items():
            if (found := getattr(point.totals, name)) != sums[row]:
                yield f"after {point.transactions} transactions, totals.{name}", int(sums[row]), found


def _balances(books: Books) -> Lines:
    balances = books.rebuilt.account_balances()
    yield from _never_negative("account", balances)
    if books.ledger is None:
        return
    accounts, sums = balances.final()
    step = max(1, len(accounts) // ACCOUNTS_ASKED)
    for account, amount in zip(accounts[::step].tolist(), sums[::step].tolist(), strict=True):
        if (found := books.ledger.account_of(account).balance) != amount:
            yield f"account {account}, balance", amount, found


def _credits(books: Books) -> Lines:
    credit = books.rebuilt.supplier_credits()
    yield from _never_negative("supplier", credit)
    if books.ledger is None:
        return
    for supplier, amount in zip(*(column.tolist() for column in credit.final()), strict=True):
        if (found := books.ledger.credit_of(supplier)) != amount:
            yield f"supplier {supplier}, credit", amount, found


def _buckets(books: Books) -> Lines:
    buckets = books.rebuilt.pending_buckets()
    yield from _never_negative("batch", buckets)
    if books.ledger is None:
        return
    for batch, amount in zip(*(column.tolist() for column in buckets.final()), strict=True):
        if (found := books.ledger.batch_of(batch).pending) != amount:
            yield f"batch {batch}, pending", amount, found


def _once(books: Books) -> Lines:
    """No part of a bill leaves a state that it is not in, so that what settles, settles once."""
    parts = books.rebuilt.bill_parts()
    negative = parts.first_negative()
    if negative is not None:
        key, order, amount = negative
        row, state = divmod(key, 8)
        name = next(name for name, number in STATES.items() if number == state)
        bill = int(books.rebuilt.posted.ids[row])
        yield f"bill {bill >> 16}/{bill & 0xFFFF}, transaction {order >> LOG_BITS}, {name}", "at least 0", amount


def _outcomes(books: Books) -> Lines:
    yield from books.rules.outcomes()
    yield from books.rules.whole()
    yield from books.rules.corrections()


def _debts(books: Books) -> Lines:
    """What fell into arrears has gone somewhere, or is owed; what is given up is a part of that."""
    places = _places(books)
    debts = {name: flow.at(before_transaction(places)) for name, flow in books.rebuilt.debts().items()}
    given_up = books.rebuilt.totals_at(places)["given_up"]
    left = debts["opened"] - debts["repaid"] - debts["adjusted"]
    for row, point in enumerate(books.checkpoints):
        if point.totals.arrears != left[row]:
            yield f"after {point.transactions} transactions, arrears", int(left[row]), point.totals.arrears
    for row in np.flatnonzero((given_up < 0) | (given_up > left)).tolist():
        yield f"after {places[row]} transactions, given up", f"0 to {left[row]}", int(given_up[row])
    if (expected := books.rebuilt.given_up_debts()) != given_up[-1]:
        yield "at the end, given up", expected, int(given_up[-1])


def _never_negative(what: str, sums: Ledgered) -> Lines:
    negative = sums.first_negative()
    if negative is not None:
        key, order, amount = negative
        yield f"{what} {key}, transaction {order >> LOG_BITS}", "at least 0", amount


def _places(books: Books) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """After how many transactions to look: at every checkpoint, or, where there is none, after every judged batch."""
    if books.checkpoints:
        return np.array([point.transactions for point in books.checkpoints], np.int64)
    judged = [judging.transaction + 1 for judging in books.rebuilt.batches.judgings]
    return np.array([*judged, len(books.rebuilt.record.times)], np.int64)


INVARIANTS: Final[dict[str, tuple[str, Callable[[Books], Lines]]]] = {
    "INV-01": ("the ledger holds the currency that it owes", _covered),
    "INV-02": ("what was billed is the sum of its states", _divided),
    "INV-03": ("no part of a bill leaves a state that it is not in: it settles at most once", _once),
    "INV-04": ("judging does to a bill, whole, what its verdict says", _outcomes),
    "INV-05": ("what is collected is covered by a mandate in force", lambda books: books.rules.mandates()),
    "INV-06": ("every bill's amount is what the tariff gives", lambda books: books.rules.tariffs()),
    "INV-07": ("the ledger's totals are the sums of its events", _totals),
    "INV-08": (
        "no two bills of an account share a day, unless one replaces a void one",
        lambda books: books.rules.periods(),
    ),
    "INV-09": ("a batch's pending bucket is what was debited for it, and is released once", _buckets),
    "INV-10": ("an account's balance is the sum of its events, and never negative", _balances),
    "INV-11": ("a supplier's credit is the sum of its events, and never negative", _credits),
    "INV-12": (
        "of an appealed bill only what was agreed to, ruled or undisputed is paid",
        lambda books: books.rules.appeals(),
    ),
    "INV-13": ("no debt vanishes", _debts),
}
