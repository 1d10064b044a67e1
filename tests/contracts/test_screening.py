"""`ScreeningRules.sol` against the vectorised rules, most bills at a bound: not one differs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from fairmeter.chain.genesis import Genesis
from fairmeter.chain.opening import open_engine
from fairmeter.chain.wallet import Wallet, funder_key
from fairmeter.contracts.deploy import System, deploy
from fairmeter.contracts.events import event_columns
from fairmeter.contracts.packing import BillColumns, pack_bills, pack_verdicts
from fairmeter.contracts.session import Session
from fairmeter.model import ClassRules, Decision, Int64s, Rule, Tariff, TariffBlock, Utility, Verdicts
from fairmeter.units import MAX_QUANTITY, Money
from fairmeter.verdict.screening import Billed, fires, intervals

ACCOUNTS, BILLS = 130, 400
FIRST_DAY = 15_000
RULES = {
    1: ClassRules(500, 28, 31),
    2: ClassRules(500, 0, 2**16 - 1, alone=True),
    3: ClassRules(2**48 - 1, 29, 30),
}


class Screening:
    """A system with rules, accounts of every class, and one utility priced at one minor unit a base unit."""

    def __init__(self, system: System, session: Session, owner: Wallet) -> None:
        self.system, self.session, self.owner = system, session, owner
        ledger = system.ledger
        block = TariffBlock(up_to=MAX_QUANTITY, price=Money(1_000))
        calls = [
            *system.name_operator(owner.address, owner.address),
            ledger.register_supplier("grid"),
            ledger.set_tariff(1, Tariff("grid", Utility.GAS, 0, Money(0), (block,))),
            ledger.open_accounts(
                np.ones(ACCOUNTS, np.int64), np.full(ACCOUNTS, int(Utility.GAS)), [owner.address] * ACCOUNTS
            ),
            *(system.rules.set_rules(Utility.GAS, class_, rules, bytes(32)) for class_, rules in RULES.items()),
        ]
        session.transact(owner, *calls)
        self.classes: Int64s = np.arange(ACCOUNTS, dtype=np.int64) % 4
        for class_ in RULES:
            own = (1 << 32) + 1 + np.flatnonzero(self.classes == class_)
            session.transact(owner, ledger.set_class(own, class_))

    def screen(self, batch: int, bills: BillColumns, at: int) -> tuple[Int64s, Int64s]:
        """(k,) bill and rule of all that fired, as the contract told them."""
        words = pack_bills(bills)
        count = len(words)
        zeros = np.zeros(count, np.int64)
        none = np.zeros(count, np.bool_)
        pay = np.full(count, Decision.PAY, np.uint8)
        verdicts = pack_verdicts(Verdicts(pay, zeros, zeros, none, none, none))
        self.session.transact(self.owner, self.system.ledger.post_bills(1, Utility.GAS, words), timestamp=at)
        receipts = self.session.transact(
            self.owner, self.system.gate.submit_verdicts(batch, bytes(32), words, verdicts), timestamp=at + 60
        )
        told = event_columns(receipts.logs, self.system.rules.address, self.system.rules.interface, "RuleFired")
        return told["bill"] & 0xFFFF, told["rule"]


@pytest.fixture(scope="module")
def screening(fastest: str) -> Iterator[Screening]:
    with open_engine(fastest, None, Genesis(timestamp=FIRST_DAY * 86_400)) as engine:
        session, owner = Session(engine), Wallet.on(engine, funder_key(engine))
        yield Screening(deploy(session, owner), session, owner)


def test_screen__random_bills_at_the_bounds__fires_as_the_vectorised_rules(screening: Screening, fastest: str) -> None:
    rng = np.random.default_rng(11)
    batches = 25 if fastest == "revm" else 3
    ends = np.full(ACCOUNTS, FIRST_DAY)
    every: list[Int64s] = []
    told: list[Int64s] = []
    for batch in range(1, batches + 1):
        account = rng.integers(ACCOUNTS, size=BILLS)
        gap, days = rng.choice([-1, 0, 0, 0, 1], BILLS), rng.integers(27, 33, BILLS)
        start = np.zeros(BILLS, np.int64)
        for row, of in enumerate(account.tolist()):
            start[row] = ends[of] + 1 + gap[row]
            ends[of] = max(ends[of], start[row] + days[row] - 1)
        amount = rng.integers(498, 503, BILLS)
        columns = BillColumns(
            account + 1, start.astype(np.int32), days.astype(np.int32), amount, amount, np.zeros(BILLS, np.int64)
        )
        index, rule = screening.screen(batch, columns, (int(ends.max()) + 2) * 86_400)
        told.append(np.stack([np.full(len(index), batch), index, rule], axis=1))
        every.append(np.stack([np.full(BILLS, batch), account, start, days, amount], axis=1))
    number, account, start, days, amount = np.concatenate(every).T
    took = _took(account, start, days)
    interval = intervals(Billed(number, account, start, days, amount, took))
    names = ("amount", "shortest", "longest")
    bounds = np.array([[getattr(RULES.get(class_, ClassRules()), one) for one in names] for class_ in range(4)])
    most, shortest, longest = bounds[screening.classes[account]].T
    rows, rules = np.nonzero(fires(amount, interval, (most, shortest, longest)))
    places = np.tile(np.arange(BILLS), batches)
    expected = np.stack([number[rows], places[rows], np.array(list(Rule))[rules]], axis=1)
    assert np.array_equal(np.concatenate(told), expected)
    assert len(set(expected[:, 2].tolist())) == len(Rule), "each rule has fired"


def _took(account: Int64s, start: Int64s, days: Int64s) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which bills the ledger does not refuse: those that begin after what was billed."""
    through: dict[int, int] = {}
    took = []
    for of, first, count in zip(account.tolist(), start.tolist(), days.tolist(), strict=True):
        took.append(first > through.get(of, 0))
        if took[-1]:
            through[of] = first + count - 1
    return np.array(took)
