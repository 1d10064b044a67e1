from __future__ import annotations

import numpy as np
import pytest

from fairmeter.chain.wallet import Wallet, derive_key
from fairmeter.contracts.deploy import System
from fairmeter.contracts.packing import BillColumns, pack_bills
from fairmeter.contracts.refunding import (
    Department,
    Proven,
    RefundDesk,
    RefundFault,
    RefundReason,
    RefundState,
    RefundTerms,
    deploy_refunds,
)
from fairmeter.contracts.session import Session
from fairmeter.errors import RevertError
from fairmeter.model import Utility
from fairmeter.testing import SUPPLIER_PRICE, Payer, Supplier

DAY = 86_400
PAPERS = bytes(31) + b"\x01"
PAY = np.frombuffer(b"\x01" + bytes(11), np.uint8).reshape(1, 12)


@pytest.fixture
def paid(
    fairmeter_system: System,
    fairmeter_session: Session,
    fairmeter_supplier: Supplier,
    fairmeter_payer: Payer,
    fairmeter_operator: Wallet,
) -> Proven:
    """A settled bill, whose money is the supplier's credit."""
    session, system, supplier = fairmeter_session, fairmeter_system, fairmeter_supplier
    end = session.engine.now() // DAY - 1
    columns = BillColumns(
        number=np.array([fairmeter_payer.account & (2**32 - 1)]),
        start=np.array([end - 29], np.int32),
        days=np.array([30], np.int32),
        quantity=np.array([50_000]),
        amount=np.array([50 * SUPPLIER_PRICE]),
        replaces=np.zeros(1, np.int64),
    )
    words = pack_bills(columns)
    session.transact(supplier.wallet, system.ledger.post_bills(supplier.id, int(Utility.ELECTRICITY), words))
    batch = int(system.ledger.read("batchCount"))
    session.transact(fairmeter_operator, system.gate.submit_verdicts(batch, bytes(31) + b"\x02", words, PAY))
    after = system.gate.read("verdictRecordOf", batch)["windowEndsAt"] + 1
    session.transact(fairmeter_operator, system.ledger.release(np.array([batch])), timestamp=after)
    return Proven(batch << 16, words[0].tobytes(), [])


def test_deploy_refunds__a_bill__requested_returned_corrected_and_paid(
    paid: Proven,
    fairmeter_system: System,
    fairmeter_session: Session,
    fairmeter_governor: Wallet,
    fairmeter_supplier: Supplier,
    fairmeter_payer: Payer,
) -> None:
    session, system, supplier = fairmeter_session, fairmeter_system, fairmeter_supplier.id
    refunds = deploy_refunds(session, system, fairmeter_governor)
    desk = refunds.desk
    assert refunds.deployment.addresses["RefundDesk"] == desk.address
    clerk, cashier = (Wallet.on(session.engine, derive_key(9, role)) for role in ("clerk", "cashier"))
    session.transact(
        fairmeter_governor,
        refunds.employ(Department.MARKETING, supplier, clerk.address),
        refunds.employ(Department.FINANCE, supplier, cashier.address),
        desk.set_terms(RefundTerms(limit=1_000, marketing_time=DAY, finance_time=2 * DAY)),
    )
    before, credit = system.ledger.account_of(fairmeter_payer.account).balance, system.ledger.credit_of(supplier)

    session.transact(fairmeter_payer.wallet, desk.request(paid, 900, RefundReason.OVERBILLED, PAPERS))
    session.transact(clerk, desk.forward(paid, 1))
    assert system.ledger.credit_of(supplier) == credit - 900
    assert desk.deadline_of(paid.bill) == desk.order_of(paid.bill).since + 2 * DAY
    session.transact(cashier, desk.send_back(paid.bill, 1, RefundFault.AMOUNT))
    assert system.ledger.credit_of(supplier) == credit
    session.transact(clerk, desk.resubmit(paid.bill, 1, 800, RefundReason.WRONG_TARIFF, PAPERS))
    session.transact(cashier, desk.pay(paid.bill, 2))

    order = desk.order_of(paid.bill)
    assert (order.state, order.version, order.amount) == (RefundState.PAID, 2, 800)
    assert (order.account, order.reason) == (fairmeter_payer.account, RefundReason.WRONG_TARIFF)
    assert (order.requester, order.marketing) == (fairmeter_payer.wallet.address, clerk.address)
    assert system.ledger.account_of(fairmeter_payer.account).balance == before + 800
    assert system.ledger.totals().voided == 800
    assert desk.terms() == RefundTerms(1_000, DAY, 2 * DAY)
    _refused(session, clerk, desk, paid)


def _refused(session: Session, clerk: Wallet, desk: RefundDesk, paid: Proven) -> None:
    """What the ledger refuses comes through the desk by its name."""
    session.transact(clerk, desk.request(paid, 100, RefundReason.OTHER, PAPERS))
    with pytest.raises(RevertError, match="RefundDesk_SamePerson"):
        session.transact(clerk, desk.forward(paid, 3))
    session.transact(clerk, desk.cancel(paid.bill, 3))
    assert desk.order_of(paid.bill).state is RefundState.CANCELLED
