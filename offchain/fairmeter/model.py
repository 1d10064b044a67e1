"""The words of Fairmeter as types: frozen, columnar where there are many of a thing. No logic but small conversions."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from fairmeter.units import Money, Ppm

Int64s = npt.NDArray[np.int64]
Int32s = npt.NDArray[np.int32]
UInt8s = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]

ANY_AMOUNT: Final = 2**48 - 1
ANY_INTERVAL: Final = 2**16 - 1
"""Bounds of `ClassRules` that nothing exceeds."""


class Utility(enum.IntEnum):
    """What is supplied; the base unit of its quantities is `unit`."""

    ELECTRICITY = 1
    WATER = 2
    GAS = 3
    PHONE = 4

    @property
    def unit(self) -> str:
        """Wh, L or s."""
        return {1: "Wh", 2: "L", 3: "Wh", 4: "s"}[self.value]

    @property
    def label(self) -> str:
        """The name used in files: electricity, water, gas, phone."""
        return self.name.lower()


class Decision(enum.IntEnum):
    """A verdict's decision; the same numbers on chain (contracts/src/types/Verdicts.sol)."""

    PAY = 1
    APPEAL = 2
    INSUFFICIENT = 3


class Policy(enum.IntEnum):
    """How the bills of a class are judged; the same numbers on chain (contracts/src/types/Verdicts.sol)."""

    TREND = 0
    VERIFIED = 1
    MODEL = 2


class Rule(enum.IntEnum):
    """Why a bill is appealed whatever its verdict says; as on chain (contracts/src/types/Screening.sol)."""

    AMOUNT = 1
    TOO_SOON = 2
    TOO_LATE = 3


class BillState(enum.IntEnum):
    """Where a bill stands; the same numbers on chain (contracts/src/types/Bills.sol).

    PENDING is not stored for a bill on its own: a judged bill without a record of its own is pending until its batch is
    released, and settled from then on.
    """

    UNJUDGED = 0
    PENDING = 1
    SETTLED = 2
    WAITING = 3
    HELD = 4
    ARREARS = 5
    VOID = 6


class Reason(enum.IntEnum):
    """Why a bill is in arrears, waits or is void; the same numbers on chain (contracts/src/types/Bills.sol)."""

    NONE = 0
    # arrears
    NO_MANDATE = 1
    MANDATE_EXPIRED = 2
    CAP_PER_BILL = 3
    CAP_PER_MONTH = 4
    BALANCE = 5
    APPEAL_SHORTFALL = 6
    # waiting
    INSUFFICIENT = 7
    # void
    OVERLAP = 8
    WRONG_UTILITY = 9
    CANCELLED = 10
    CONCEDED = 11
    ADJUSTED = 12
    EXPIRED = 13
    BAD_REPLACEMENT = 14
    RULED = 15
    REFUNDED = 16


class AppealState(enum.IntEnum):
    """Where an appeal stands; the same numbers on chain (contracts/src/types/Appeals.sol)."""

    NONE = 0
    OPEN = 1
    CONCEDED = 2
    ADJUSTMENT_OFFERED = 3
    ACCEPTED = 4
    CONTESTED = 5
    RULED = 6
    WITHDRAWN = 7
    EXPIRED = 8
    OVERTURNED = 9


@dataclass(frozen=True, slots=True)
class Presets:
    """How the trend verdict is set for a utility and class (VERDICT.md)."""

    first: Ppm = Ppm(200_000)
    """How far actual growth may exceed expected growth, ppm."""
    second: Ppm = Ppm(0)
    """Growth below which a bill is paid without a regression, ppm."""
    degree: int = 2
    """Of the regression: 1 or 2."""


@dataclass(frozen=True, slots=True)
class ClassPolicy:
    """How the bills of a utility and class are judged."""

    presets: Presets
    """Of a model `first` is its rate: the share of correct bills that may be appealed, ppm; the others count for
    nothing."""
    policy: Policy = Policy.TREND
    model: bytes = bytes(32)
    """SHA-256 of the model's bytes; zeros where none judges."""


@dataclass(frozen=True, slots=True)
class ClassRules:
    """What bills of a utility and class must keep to, or are appealed (contracts/src/types/Screening.sol)."""

    amount: int = ANY_AMOUNT
    """The largest, minor units."""
    shortest: int = 0
    """The fewest days from the last day billed before to the bill's last."""
    longest: int = ANY_INTERVAL
    """The most."""
    alone: bool = False
    """Whether a bill that keeps to them is paid whatever its verdict says; else its verdict decides."""


@dataclass(frozen=True, slots=True)
class TariffBlock:
    """One block of a tariff: `price` holds for the part of a bill's quantity up to `up_to`."""

    up_to: int
    """Base units a bill; the last block's is MAX_QUANTITY."""
    price: Money
    """Minor units per 1,000 base units."""


@dataclass(frozen=True, slots=True)
class Tariff:
    """A supplier's price for a utility from a day on. amount = max(1, standing + quantity priced by block, divided by
    1,000 and rounded to the nearest minor unit, a half to the even one)."""

    supplier: str
    utility: Utility
    from_day: int
    """First day in force, days since 1970-01-01; compared with the last day of a bill's period."""
    standing: Money
    """Standing charge, minor units a bill."""
    blocks: tuple[TariffBlock, ...]


@dataclass(frozen=True, slots=True)
class Bills:
    """n bills, as columns; row i is the same bill in each. Indices point into `customers` and `suppliers`."""

    bill_id: npt.NDArray[Any]
    """(n,) as in the file: int64 or str."""
    customer: Int32s
    """(n,) index into `customers`."""
    supplier: Int32s
    """(n,) index into `suppliers`."""
    utility: UInt8s
    """(n,) `Utility`."""
    start: Int32s
    """(n,) first day of the billing period, days since 1970-01-01."""
    end: Int32s
    """(n,) last day, included."""
    quantity: Int64s
    """(n,) base units."""
    amount: Int64s
    """(n,) minor units."""
    customers: tuple[str, ...]
    suppliers: tuple[str, ...]
    true_quantity: Int64s | None = None
    """(n,) base units; a label, never an input to a verdict. None where the file has none."""
    fault: tuple[str | None, ...] | None = None
    """(n,) the injected fault's kind, or None; a label, never an input to a verdict."""

    def __len__(self) -> int:
        return len(self.quantity)

    @property
    def days(self) -> Int32s:
        """(n,) days of the billing period, both ends included."""
        return (self.end - self.start + 1).astype(np.int32)

    def take(self, rows: Int64s) -> Self:
        """The chosen bills, in this order; indices point into the same customers and suppliers."""
        columns = ("bill_id", "customer", "supplier", "utility", "start", "end", "quantity", "amount")
        labels = self.fault
        return replace(
            self,
            true_quantity=None if self.true_quantity is None else self.true_quantity[rows],
            fault=None if labels is None else tuple(labels[row] for row in rows.tolist()),
            **{name: getattr(self, name)[rows] for name in columns},
        )


@dataclass(frozen=True, slots=True)
class Usage:
    """Daily readings as columns, sorted by customer, utility and day; no (customer, utility, day) twice."""

    customer: Int32s
    """(n,) index into `customers`."""
    utility: UInt8s
    """(n,) `Utility`."""
    day: Int32s
    """(n,) days since 1970-01-01."""
    quantity: Int64s
    """(n,) base units, 0..MAX_READING."""
    customers: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.quantity)


@dataclass(frozen=True, slots=True)
class Payments:
    """n payments as columns, sorted by customer and day."""

    customer: Int32s
    """(n,) index into `customers`."""
    day: Int32s
    """(n,) when it was paid, days since 1970-01-01."""
    amount: Int64s
    """(n,) minor units."""
    customers: tuple[str, ...]
    due: Int32s | None = None
    """(n,) when it was due, days since 1970-01-01. None where the file does not say."""
    abnormal: Bools | None = None
    """(n,) whether it is known to be abnormal; a label. None where the file does not say."""

    def __len__(self) -> int:
        return len(self.amount)


@dataclass(frozen=True, slots=True)
class Reference:
    """The readings of the reference periods of n bills, w = the longest reference period among them."""

    start: Int32s
    """(n,) first day of the reference period, days since 1970-01-01."""
    days: Int32s
    """(n,) its length n2, calendar days."""
    readings: Int64s
    """(n, w) base units; 0 where missing or beyond the period."""
    present: Bools
    """(n, w) whether there is a reading."""

    def __len__(self) -> int:
        return len(self.start)


@dataclass(frozen=True, slots=True)
class Verdicts:
    """n trend verdicts as columns."""

    decision: UInt8s
    """(n,) `Decision`."""
    actual_ppm: Int64s
    """(n,) floor(a·10^6) saturated to int40; 0 where `has_actual` is false."""
    expected_ppm: Int64s
    """(n,) floor(e·10^6) saturated to int40; 0 where `has_expected` is false."""
    has_actual: Bools
    has_expected: Bools
    exact: Bools = field(repr=False)
    """(n,) whether exact integers had to decide because the error bound could not prove the floating-point result."""

    def __len__(self) -> int:
        return len(self.decision)

    def part(self, rows: slice) -> Self:
        """Some of them."""
        figures = (self.actual_ppm[rows], self.expected_ppm[rows], self.has_actual[rows], self.has_expected[rows])
        return type(self)(self.decision[rows], *figures, self.exact[rows])

    def with_rows(self, rows: Bools, others: Verdicts) -> Verdicts:
        """With the k verdicts of `others` for those of `rows` (n,)."""
        columns = []
        for name in ("decision", "actual_ppm", "expected_ppm", "has_actual", "has_expected", "exact"):
            column = getattr(self, name).copy()
            column[rows] = getattr(others, name)
            columns.append(column)
        return Verdicts(*columns)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One trend verdict."""

    decision: Decision
    actual_ppm: int | None
    """floor(a·10^6) saturated to int40; None where not computed."""
    expected_ppm: int | None
    """floor(e·10^6) saturated to int40; None where not computed."""
