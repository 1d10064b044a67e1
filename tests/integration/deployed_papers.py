"""A supplier's office on any engine: bills that are paid, and clerks who write their papers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from fairmeter.chain.engine import Engine
from fairmeter.chain.keccak import keccak256
from fairmeter.chain.wallet import FUNDER_KEY, Wallet, derive_key
from fairmeter.contracts.clients import Mandate
from fairmeter.contracts.deploy import deploy
from fairmeter.contracts.packing import BillColumns, pack_bills, pack_verdicts
from fairmeter.contracts.papering import NAME, deploy_papers
from fairmeter.contracts.session import Call, Session
from fairmeter.errors import RevertError
from fairmeter.model import Decision, Int64s, Tariff, TariffBlock, UInt8s, Utility, Verdicts
from fairmeter.papers.kinds import Defect, Kind
from fairmeter.units import MAX_CAP, MAX_QUANTITY, SECONDS_A_DAY, Money

PRICE: Final = 60_000
FIRST_DAY: Final = 10_000
FOREVER: Final = 2**16 - 1
SMALL: Final = 6_000
LARGE: Final = 60_000
CLERKS: Final = tuple(kind for kind in Kind if kind is not Kind.PAID)


class Office:
    """One supplier's, with a clerk for each kind of documents, and a payer with money enough."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.session = engine, Session(engine)
        self.governor = Wallet.on(engine, FUNDER_KEY)
        self.system = deploy(self.session, self.governor)
        self.papers = deploy_papers(self.session, self.system, self.governor)
        self.contracts = {**self.system.deployment.addresses, NAME: self.papers.address}
        self.clerks: dict[Kind, Wallet] = {kind: Wallet.on(engine, derive_key(0, kind.label)) for kind in CLERKS}
        self.supplier, self.payer, self.operator = (
            Wallet.on(engine, derive_key(0, name)) for name in ("supplier", "payer", "operator")
        )
        self._words: dict[int, UInt8s] = {}
        self._days = 0
        self._open()

    def _open(self) -> None:
        ledger, system = self.system.ledger, self.system
        tariff = Tariff("grid", Utility.ELECTRICITY, 0, Money(0), (TariffBlock(MAX_QUANTITY, Money(PRICE)),))
        self.session.transact(self.governor, *system.name_operator(self.governor.address, self.operator.address))
        calls = [
            self.papers.appoint(1, clerk.address, keccak256(kind.label.encode()), 1 << kind)
            for kind, clerk in self.clerks.items()
        ]
        opening = ledger.open_accounts(np.array([1]), np.array([int(Utility.ELECTRICITY)]), [self.payer.address])
        self.session.transact(self.supplier, ledger.register_supplier("grid"), ledger.set_tariff(1, tariff), opening)
        self.session.transact(self.supplier, self.papers.set_limits(1, SMALL, LARGE), *calls)
        self.session.transact(self.payer, ledger.grant_mandate(1 << 32 | 1, Mandate(MAX_CAP, MAX_CAP, FOREVER)))
        self.deposit(10_000_000)

    def deposit(self, amount: int) -> None:
        """Into the payer's account."""
        ledger, currency = self.system.ledger, self.system.currency
        calls = (currency.mint(self.governor.address, amount), currency.approve(ledger.address, amount))
        paying = ledger.deposit(np.array([1 << 32 | 1]), np.array([amount]))
        self.session.transact(self.governor, *calls, paying)

    def post(self, amounts: Sequence[int]) -> int:
        """A batch of bills, multiples of 60, that are judged PAY; returns its number."""
        count = len(amounts)
        days = np.arange(self._days, self._days + count) + FIRST_DAY
        self._days += count
        bills = BillColumns(
            number=np.ones(count, np.int64),
            start=days.astype(np.int32),
            days=np.ones(count, np.int32),
            quantity=np.array(amounts) // (PRICE // 1_000),
            amount=np.array(amounts),
            replaces=np.zeros(count, np.int64),
        )
        words = pack_bills(bills)
        self.session.transact(self.supplier, self.system.ledger.post_bills(1, int(Utility.ELECTRICITY), words))
        batch = int(self.system.ledger.read("batchCount"))
        nothing = np.zeros(count, np.int64)
        verdicts = Verdicts(
            decision=np.full(count, Decision.PAY, np.uint8),
            actual_ppm=nothing,
            expected_ppm=nothing,
            has_actual=np.ones(count, np.bool_),
            has_expected=np.zeros(count, np.bool_),
            exact=np.zeros(count, np.bool_),
        )
        call = self.system.gate.submit_verdicts(batch, keccak256(b"evidence"), words, pack_verdicts(verdicts), b"")
        self.session.transact(self.operator, call)
        self._words[batch] = words
        return batch

    def release(self, batch: int) -> None:
        """When the window is over."""
        at = self.engine.now() + 8 * SECONDS_A_DAY
        self.session.transact(self.payer, self.system.ledger.release(np.array([batch])), timestamp=at)

    def archive(self, batch: int) -> None:
        """Of all its bills."""
        contents = hashes("archive", len(self._words[batch]))
        self.send(Kind.ARCHIVE, self.papers.archive(batch, self._words[batch], contents))

    def write(self, kind: Kind, bills: Sequence[int], amounts: Sequence[int], by: Kind | None = None) -> None:
        """By the clerk whose duty it is, or that of another kind."""
        n = len(bills)
        taxes = np.full(n, 130_000 if kind in {Kind.TAX_CHECK, Kind.INVOICE} else 0)
        call = self.papers.write_documents(kind, np.array(bills), np.array(amounts), taxes, hashes(kind.label, n))
        self.send(kind if by is None else by, call)

    def give_back(self, kind: Kind, bill: int, defect: Defect, by: Kind) -> None:
        """By the clerk of a kind that rests on it."""
        call = self.papers.give_back(kind, np.array([bill]), np.array([int(defect)]), hashes("reasons", 1))
        self.send(by, call)

    def vouch(self, bills: Sequence[int]) -> None:
        """By anyone."""
        self.session.transact(self.payer, self.papers.vouch(np.array(bills)))

    def complete(self, batch: int, amount: int, last: Kind = Kind.PAID) -> None:
        """All papers of a batch of one bill, up to and with `last`."""
        bill = batch << 16
        self.archive(batch)
        levels = 3 if amount > LARGE else 2 if amount > SMALL else 1
        for kind in Kind:
            if Kind.ARCHIVE < kind <= min(last, Kind.PAYMENT) and not Kind.APPLICATION + levels < kind < Kind.PAYMENT:
                self.write(kind, [bill], [amount])
        if last is Kind.PAID:
            self.release(batch)
            self.vouch([bill])

    def tries(self, act: object) -> bool:
        """Whether the contract let a step happen."""
        assert callable(act)
        try:
            act()
        except RevertError:
            return False
        return True

    def send(self, by: Kind, call: Call) -> None:
        """By a kind's clerk."""
        self.session.transact(self.clerks[by], call)

    def resync(self) -> None:
        """After the chain has gone back: nonces, and what was posted."""
        for wallet in (self.governor, self.supplier, self.payer, self.operator, *self.clerks.values()):
            wallet.nonce = self.engine.nonce(wallet.address)
        posted = int(self.system.ledger.read("batchCount"))
        self._words = {batch: words for batch, words in self._words.items() if batch <= posted}


def hashes(label: str, count: int) -> UInt8s:
    """(n, 32)."""
    joined = b"".join(keccak256(f"{label} {number}".encode()) for number in range(count))
    return np.frombuffer(joined, np.uint8).reshape(-1, 32)


def ids(batch: int, count: int) -> Int64s:
    """(n,) the bills of a batch."""
    return (np.int64(batch) << 16) + np.arange(count)
