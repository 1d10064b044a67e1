"""Typed client of the refund desk, a supplier's departments as roles, and its deployment beside a system."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fairmeter.chain.wallet import Wallet
from fairmeter.contracts.artifacts import interface
from fairmeter.contracts.deploy import Deployment, System, creation_code
from fairmeter.contracts.governance import Role
from fairmeter.contracts.session import Call, Contract, Session
from fairmeter.errors import ChainError

DEPARTMENT_SHIFT: Final = 32
"""A department's role is its number above so many bits, and the supplier's id below."""
FUNCTIONS: Final = ("reserveRefund", "endRefund")
"""Of the ledger, for the desk alone."""


class Department(enum.IntEnum):
    """Who acts for a supplier (libraries/Roles.sol)."""

    MARKETING = 1
    FINANCE = 2
    MARKETING_HEAD = 3
    FINANCE_HEAD = 4

    def role(self, supplier: int) -> int:
        """The role of the access manager."""
        return (self << DEPARTMENT_SHIFT) | supplier


class RefundState(enum.IntEnum):
    """Where a bill's refund stands (types/Refunds.sol)."""

    NONE = 0
    REQUESTED = 1
    FORWARDED = 2
    SIGNED = 3
    RETURNED = 4
    PAID = 5
    CANCELLED = 6
    REJECTED = 7


class RefundReason(enum.IntEnum):
    """Why money is to go back (types/Refunds.sol)."""

    NONE = 0
    OVERBILLED = 1
    PAID_TWICE = 2
    WRONG_TARIFF = 3
    SERVICE_FAILURE = 4
    OTHER = 5


class RefundFault(enum.IntEnum):
    """Why a refund was returned or rejected (types/Refunds.sol)."""

    NONE = 0
    DOCUMENTS = 1
    AMOUNT = 2
    NOT_DUE = 3
    DUPLICATE = 4
    OTHER = 5


@dataclass(frozen=True, slots=True)
class RefundTerms:
    """What the governor sets."""

    limit: int
    """Minor units; above it two of finance sign."""
    marketing_time: int
    """Seconds until an order that waits for marketing can be escalated."""
    finance_time: int


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """A bill's last refund."""

    state: RefundState
    version: int
    account: int
    amount: int
    """Minor units."""
    reason: RefundReason
    since: int
    """When it came into its state, Unix seconds."""
    escalated: bool
    requester: bytes
    marketing: bytes
    """Who forwarded it; zeros before."""


@dataclass(frozen=True, slots=True)
class Proven:
    """A posted bill, as the ledger and the desk want it shown."""

    bill: int
    """Its id."""
    word: bytes
    """(32,) packed."""
    proof: Sequence[bytes]
    """Its Merkle path in its batch."""


class RefundDesk(Contract):
    """Refunds of settled bills."""

    name = "RefundDesk"

    def request(self, shown: Proven, amount: int, reason: RefundReason, attachments: bytes) -> Call:
        """The customer's, its agent's or marketing's: asks for minor units of a bill, with the root over the hashes of
        what the request rests on."""
        word = int.from_bytes(shown.word, "big")
        return self.write("request", shown.bill, word, list(shown.proof), amount, int(reason), attachments)

    def forward(self, shown: Proven, version: int) -> Call:
        """Marketing's: hands it on to finance, its money set aside."""
        return self.write("forward", shown.bill, version, int.from_bytes(shown.word, "big"), list(shown.proof))

    def reject(self, bill: int, version: int, fault: RefundFault) -> Call:
        """Marketing's: refuses it for good."""
        return self.write("reject", bill, version, int(fault))

    def pay(self, bill: int, version: int) -> Call:
        """Finance's: pays it, or is the first of two to sign it."""
        return self.write("pay", bill, version)

    def send_back(self, bill: int, version: int, fault: RefundFault) -> Call:
        """Finance's: to marketing."""
        return self.write("sendBack", bill, version, int(fault))

    def resubmit(self, bill: int, version: int, amount: int, reason: RefundReason, attachments: bytes) -> Call:
        """Marketing's: forwards a returned one, corrected."""
        return self.write("resubmit", bill, version, amount, int(reason), attachments)

    def cancel(self, bill: int, version: int) -> Call:
        """Its requester's, or marketing's once it was forwarded."""
        return self.write("cancel", bill, version)

    def escalate(self, bill: int, version: int) -> Call:
        """Anyone's, from its deadline on: the department's head may act as well."""
        return self.write("escalate", bill, version)

    def set_terms(self, terms: RefundTerms) -> Call:
        """Governor only: limit and deadlines."""
        fields = {"limit": terms.limit, "marketingTime": terms.marketing_time, "financeTime": terms.finance_time}
        return self.write("setTerms", fields)

    def order_of(self, bill: int) -> RefundOrder:
        """A bill's last refund; zeros where there was none."""
        found = self.read("orderOf", bill)
        return RefundOrder(
            state=RefundState(found["state"]),
            version=int(found["version"]),
            account=int(found["account"]),
            amount=int(found["amount"]),
            reason=RefundReason(found["reason"]),
            since=int(found["since"]),
            escalated=bool(found["escalated"]),
            requester=bytes(found["requester"]),
            marketing=bytes(found["marketing"]),
        )

    def deadline_of(self, bill: int) -> int:
        """From when on its open refund can be escalated, Unix seconds."""
        return int(self.read("deadlineOf", bill))

    def terms(self) -> RefundTerms:
        """What the governor has set."""
        found = self.read("terms")
        return RefundTerms(int(found["limit"]), int(found["marketingTime"]), int(found["financeTime"]))


class RefundSystem:
    """The refund desk beside the system that it was deployed for."""

    def __init__(self, system: System, address: bytes) -> None:
        self.system = system
        self.deployment = Deployment(
            system.deployment.chain_id, {**system.deployment.addresses, RefundDesk.name: address}
        )
        """Of all contracts."""
        self.desk = RefundDesk(system.engine, address)

    def employ(self, department: Department, supplier: int, who: bytes) -> Call:
        """The administrator's: somebody is of a supplier's department from now on."""
        return self.system.governance.write("grantRole", department.role(supplier), who, 0)


def deploy_refunds(session: Session, system: System, administrator: Wallet) -> RefundSystem:
    """Deploy the desk beside `system`, and let it set aside and pay refunds at the ledger. Raises ChainError if it was
    not created."""
    addresses = system.deployment.addresses
    constructed = interface("RefundDesk").encode_constructor(addresses["Governance"], addresses["PaymentLedger"])
    created = Call("RefundDesk", "constructor", None, creation_code("RefundDesk") + constructed)
    (receipt,) = session.transact(administrator, created)
    if receipt.contract_address is None:
        raise ChainError("RefundDesk was not created")
    refunds = RefundSystem(system, receipt.contract_address)
    governance, ledger, desk = system.governance, system.ledger, refunds.desk
    selectors = [ledger.interface.selector(function) for function in FUNCTIONS]
    session.transact(
        administrator,
        governance.set_target_function_role(ledger.address, selectors, Role.REFUNDER),
        governance.grant_role(Role.REFUNDER, desk.address, 0),
        governance.set_target_function_role(desk.address, [desk.interface.selector("setTerms")], Role.GOVERNOR),
    )
    return refunds
