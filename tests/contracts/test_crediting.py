from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from fairmeter.chain.wallet import Wallet
from fairmeter.contracts.collecting import Scores, deploy_arrears, pack_scores
from fairmeter.contracts.crediting import (
    NOTICE,
    CreditBook,
    CreditLine,
    CreditTerms,
    LoanState,
    Refusal,
    deploy_credit,
)
from fairmeter.contracts.deploy import System
from fairmeter.contracts.events import event_columns
from fairmeter.contracts.packing import BillColumns, Bytes2D, pack_bills
from fairmeter.contracts.session import Session
from fairmeter.errors import RevertError
from fairmeter.model import BillState, Utility
from fairmeter.testing import SUPPLIER_PRICE, Payer, Supplier

DAY = 86_400
CLASS = 2
AMOUNT = 50 * SUPPLIER_PRICE
FUNDS = 3 * AMOUNT
TERMS = CreditTerms(cap_per_account=AMOUNT, cap=FUNDS, term=30, freshness=14, thresholds=(0, 0, 400_000))
PAY = np.frombuffer(b"\x01" + bytes(11), np.uint8).reshape(1, 12)


@dataclass(frozen=True, slots=True)
class Case:
    """A funded line, and a bill in arrears with its score, as told."""

    line: CreditLine
    bill: int
    told: Bytes2D


@pytest.fixture
def case(
    fairmeter_system: System,
    fairmeter_session: Session,
    fairmeter_supplier: Supplier,
    fairmeter_payer: Payer,
    fairmeter_operator: Wallet,
    fairmeter_governor: Wallet,
) -> Case:
    session, system, supplier, payer = fairmeter_session, fairmeter_system, fairmeter_supplier, fairmeter_payer
    register = deploy_arrears(session, system, fairmeter_governor)
    line = deploy_credit(session, system, register, fairmeter_governor)
    owner, balance = supplier.wallet, system.ledger.account_of(payer.account).balance
    session.transact(payer.wallet, system.ledger.write("withdraw", payer.account, balance, owner.address))
    session.transact(owner, system.currency.approve(line.address, FUNDS), line.fund(supplier.id, FUNDS))
    session.transact(owner, line.set_terms(supplier.id, TERMS))
    end = session.engine.now() // DAY - 1
    columns = BillColumns(
        number=np.array([payer.account & (2**32 - 1)]),
        start=np.array([end - 29], np.int32),
        days=np.array([30], np.int32),
        quantity=np.array([50_000]),
        amount=np.array([AMOUNT]),
        replaces=np.zeros(1, np.int64),
    )
    words = pack_bills(columns)
    session.transact(owner, system.ledger.post_bills(supplier.id, int(Utility.ELECTRICITY), words))
    batch = int(system.ledger.read("batchCount"))
    session.transact(fairmeter_operator, system.gate.submit_verdicts(batch, bytes(31) + b"\x02", words, PAY))
    scores = Scores(np.array([batch << 16]), *(np.array([one]) for one in (500_000, 100_000, CLASS, 1)))
    after = system.gate.read("verdictRecordOf", batch)["windowEndsAt"] + NOTICE
    call = register.submit_scores(bytes(32), bytes(32), pack_scores(scores))
    receipts = session.transact(fairmeter_operator, call, timestamp=after)
    told = event_columns(receipts.logs, register.address, register.interface, "ArrearsScored")["scores"]
    return Case(line, batch << 16, told)


def test_draw__a_bill_in_arrears__owed_repaid_lost_and_paid(
    case: Case, fairmeter_session: Session, fairmeter_system: System, fairmeter_supplier: Supplier
) -> None:
    session, ledger, line, owner = fairmeter_session, fairmeter_system.ledger, case.line, fairmeter_supplier.wallet
    assert line.refusal_of(case.told, 0) is Refusal.NONE
    session.transact(owner, line.draw(case.told, 0, 1))

    assert ledger.read("stateOf", case.bill) == BillState.SETTLED
    loan = line.loan_of(case.bill)
    assert (loan.drawn, loan.owed, loan.state) == (AMOUNT, AMOUNT, LoanState.OPEN)
    assert line.refusal_of(case.told, 0) is Refusal.NOT_IN_ARREARS

    session.transact(owner, fairmeter_system.currency.approve(line.address, AMOUNT), line.repay(case.bill, 1))
    session.transact(owner, line.write_off([case.bill]), timestamp=loan.due_at)
    assert line.book_of(fairmeter_supplier.id) == CreditBook(FUNDS - AMOUNT + 1, 0, AMOUNT - 1, AMOUNT, 1, 0)
    assert line.owed_by(loan.account) == AMOUNT - 1

    session.transact(owner, line.repay(case.bill, AMOUNT), line.withdraw(fairmeter_supplier.id, FUNDS, owner.address))
    assert line.book_of(fairmeter_supplier.id) == CreditBook(0, 0, 0, AMOUNT, AMOUNT, 0)
    assert line.loan_of(case.bill).state is LoanState.CLOSED
    assert line.terms_of(fairmeter_supplier.id) == TERMS


def test_draw__a_list_that_was_never_told__refused_by_name(case: Case) -> None:
    other = case.told.copy()
    other[0, 31] ^= 1
    with pytest.raises(RevertError, match="CreditLine_NeverTold"):
        case.line.refusal_of(other, 0)
