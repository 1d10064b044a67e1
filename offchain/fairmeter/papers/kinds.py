"""The kinds of a bill's papers and their order, after patent CN117437072A: contracts/src/libraries/PaperOrder.sol in
Python. Sets of kinds are integers with bit k for kind k."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Final


class Kind(IntEnum):
    """As types/Papers.sol numbers them."""

    ARCHIVE = 0
    PAYABLE = 1
    TAX_CHECK = 2
    INVOICE = 3
    VERIFICATION = 4
    VOUCHER = 5
    DETAIL = 6
    APPLICATION = 7
    FIRST_APPROVAL = 8
    SECOND_APPROVAL = 9
    THIRD_APPROVAL = 10
    PAYMENT = 11
    PAID = 12

    @property
    def label(self) -> str:
        """For people."""
        return LABELS[self]


class Defect(IntEnum):
    """Why a document was returned; NONE of one that was written."""

    NONE = 0
    WRONG_TAX = 1
    DUPLICATE = 2
    WRONG_SUPPLIER = 3
    WRONG_AMOUNT = 4
    MALFORMED = 5
    REFUSED = 6
    OTHER = 7
    SUPERSEDED = 8

    @property
    def label(self) -> str:
        """For people."""
        return self.name.lower().replace("_", " ")


LABELS: Final[Mapping[Kind, str]] = {
    Kind.ARCHIVE: "archive record",
    Kind.PAYABLE: "payable",
    Kind.TAX_CHECK: "tax check",
    Kind.INVOICE: "invoice",
    Kind.VERIFICATION: "verification",
    Kind.VOUCHER: "payable voucher",
    Kind.DETAIL: "detail form",
    Kind.APPLICATION: "payment application",
    Kind.FIRST_APPROVAL: "first approval",
    Kind.SECOND_APPROVAL: "second approval",
    Kind.THIRD_APPROVAL: "third approval",
    Kind.PAYMENT: "payment",
    Kind.PAID: "paid voucher",
}
APPROVALS: Final = (Kind.FIRST_APPROVAL, Kind.SECOND_APPROVAL, Kind.THIRD_APPROVAL)
PARENTS: Final[Mapping[Kind, tuple[Kind, ...]]] = {
    Kind.ARCHIVE: (),
    Kind.PAYABLE: (Kind.ARCHIVE,),
    Kind.TAX_CHECK: (Kind.PAYABLE,),
    Kind.INVOICE: (Kind.PAYABLE,),
    Kind.VERIFICATION: (Kind.TAX_CHECK, Kind.INVOICE),
    Kind.VOUCHER: (Kind.VERIFICATION,),
    Kind.DETAIL: (Kind.VOUCHER,),
    Kind.APPLICATION: (Kind.VOUCHER, Kind.DETAIL),
    Kind.FIRST_APPROVAL: (Kind.APPLICATION,),
    Kind.SECOND_APPROVAL: (Kind.FIRST_APPROVAL,),
    Kind.THIRD_APPROVAL: (Kind.SECOND_APPROVAL,),
    Kind.PAYMENT: (Kind.APPLICATION,),
    Kind.PAID: (Kind.PAYMENT,),
}
"""What each rests on directly; a payment on the application's last approval besides."""


def parents(kind: Kind, levels: int) -> int:
    """What a document rests on, of an application that takes `levels` approvals."""
    found = sum(1 << parent for parent in PARENTS[kind])
    return found | 1 << Kind.APPLICATION + levels if kind is Kind.PAYMENT else found


def fallen(kind: Kind) -> int:
    """What no longer stands when a document of the kind is returned: itself, and what rests on it."""
    found = 1 << kind
    for other in Kind:
        on = PARENTS[other] if other is not Kind.PAYMENT else (*PARENTS[other], *APPROVALS)
        if any(found >> parent & 1 for parent in on):
            found |= 1 << other
    return found


def named(kinds: int) -> tuple[Kind, ...]:
    """The kinds of a set."""
    return tuple(kind for kind in Kind if kinds >> kind & 1)


def needed(levels: int) -> tuple[Kind, ...]:
    """Every kind that a paid bill's papers have, of an application that takes `levels` approvals."""
    return tuple(kind for kind in Kind if kind not in APPROVALS[levels:])
