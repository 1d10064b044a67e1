"""Typed client of the credit line, and its deployment beside a system that has an arrears register."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fairmeter.chain.wallet import Wallet
from fairmeter.contracts.artifacts import interface
from fairmeter.contracts.collecting import ArrearsRegister
from fairmeter.contracts.deploy import System, creation_code
from fairmeter.contracts.governance import Role
from fairmeter.contracts.packing import Bytes2D
from fairmeter.contracts.session import Call, Contract, Session
from fairmeter.errors import ChainError
from fairmeter.units import SECONDS_A_DAY

FUNCTIONS: Final = ("lendArrears", "collectReturns")
"""Of the ledger, for the line alone."""
NOTICE: Final = 7 * SECONDS_A_DAY
"""From setting terms until they hold, seconds of fair time."""


class LoanState(enum.IntEnum):
    """Where a bill's debt to its line stands (types/Credit.sol)."""

    NONE = 0
    OPEN = 1
    WRITTEN_OFF = 2
    CLOSED = 3


class Refusal(enum.IntEnum):
    """Why nothing is drawn for a bill (types/Credit.sol)."""

    NONE = 0
    NOT_IN_ARREARS = 1
    NOT_SCORED = 2
    NO_TERMS = 3
    STALE = 4
    BELOW_THRESHOLD = 5
    WINDOW_OPEN = 6
    NOT_FOR_BALANCE = 7
    CAP_PER_ACCOUNT = 8
    CAP = 9
    NOT_FUNDED = 10


@dataclass(frozen=True, slots=True)
class CreditTerms:
    """For what a supplier lets its line be drawn."""

    cap_per_account: int
    """Minor units."""
    cap: int
    """Minor units."""
    term: int
    """Days until a debt may be written off."""
    freshness: int
    """How old a score may be, days."""
    thresholds: tuple[int, ...]
    """By class, ppm; 0 where nothing is drawn."""

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> CreditTerms:
        """As the contract gives them."""
        return cls(
            cap_per_account=int(values["capPerAccount"]),
            cap=int(values["cap"]),
            term=int(values["term"]),
            freshness=int(values["freshness"]),
            thresholds=tuple(int(one) for one in values["thresholds"]),
        )


@dataclass(frozen=True, slots=True)
class CreditBook:
    """A supplier's line, minor units."""

    free: int
    open: int
    written_off: int
    """The loss."""
    drawn: int
    repaid: int
    returned: int
    """Given back of bills that turned out not to be due."""


@dataclass(frozen=True, slots=True)
class Loan:
    """What a bill owes its line; zeros where nothing was drawn for it."""

    account: int
    drawn: int
    """Minor units."""
    owed: int
    due_at: int
    """Fair time, Unix seconds."""
    state: LoanState


class CreditLine(Contract):
    """Suppliers' credit lines."""

    name = "CreditLine"

    def fund(self, supplier: int, amount: int) -> Call:
        """The supplier's: pays minor units in, which it has let the line take."""
        return self.write("fund", supplier, amount)

    def withdraw(self, supplier: int, amount: int, to: bytes) -> Call:
        """The supplier's: takes back what is free."""
        return self.write("withdraw", supplier, amount, to)

    def set_terms(self, supplier: int, terms: CreditTerms) -> Call:
        """The supplier's: holds in NOTICE."""
        caps = {"capPerAccount": terms.cap_per_account, "cap": terms.cap}
        times = {"term": terms.term, "freshness": terms.freshness}
        return self.write("setTerms", supplier, {**caps, **times, "thresholds": list(terms.thresholds)})

    def draw(self, told: Bytes2D, first: int, end: int) -> Call:
        """Anyone's: for the bills of the scores `first` to `end - 1` of a list that the register told, (n, 32) words of
        ArrearsScored."""
        return self.write("draw", _words(told), first, end)

    def refusal_of(self, told: Bytes2D, index: int) -> Refusal:
        """Why nothing would be drawn now for the bill of a score of the list."""
        return Refusal(self.read("refusalOf", _words(told), index))

    def repay(self, bill: int, amount: int) -> Call:
        """Anyone's: pays minor units of what a bill owes, or all if that is less."""
        return self.write("repay", bill, amount)

    def collect(self, bills: Sequence[int]) -> Call:
        """Anyone's: fetches what the ledger has set aside for the line of bills that it paid."""
        return self.write("collect", list(bills))

    def write_off(self, bills: Sequence[int]) -> Call:
        """Anyone's: debts past their term are lost, until they are paid."""
        return self.write("writeOff", list(bills))

    def book_of(self, supplier: int) -> CreditBook:
        """A supplier's line."""
        found = self.read("bookOf", supplier)
        return CreditBook(*(int(found[name]) for name in ("free", "open", "writtenOff", "drawn", "repaid", "returned")))

    def terms_of(self, supplier: int) -> CreditTerms:
        """The terms in force; zeros where there are none."""
        return CreditTerms.of(self.read("termsOf", supplier))

    def loan_of(self, bill: int) -> Loan:
        """What a bill owes."""
        found = self.read("loanOf", bill)
        account, drawn, owed, due_at = (int(found[name]) for name in ("account", "drawn", "owed", "dueAt"))
        return Loan(account, drawn, owed, due_at, LoanState(found["state"]))

    def owed_by(self, account: int) -> int:
        """What the bills of an account owe in all, minor units."""
        return int(self.read("owedBy", account))


def _words(told: Bytes2D) -> list[int]:
    return [int.from_bytes(word.tobytes(), "big") for word in told]


def deploy_credit(session: Session, system: System, register: ArrearsRegister, administrator: Wallet) -> CreditLine:
    """Deploy the line beside `system` and its arrears register, and let it pay bills at the ledger. Raises ChainError
    if it was not created."""
    addresses = system.deployment.addresses
    constructed = interface("CreditLine").encode_constructor(
        addresses["FairClock"], addresses["PaymentLedger"], register.address
    )
    created = Call("CreditLine", "constructor", None, creation_code("CreditLine") + constructed)
    (receipt,) = session.transact(administrator, created)
    if receipt.contract_address is None:
        raise ChainError("CreditLine was not created")
    line, governance, ledger = CreditLine(system.engine, receipt.contract_address), system.governance, system.ledger
    selectors = [ledger.interface.selector(function) for function in FUNCTIONS]
    session.transact(
        administrator,
        governance.set_target_function_role(ledger.address, selectors, Role.LENDER),
        governance.grant_role(Role.LENDER, line.address, 0),
    )
    return line
