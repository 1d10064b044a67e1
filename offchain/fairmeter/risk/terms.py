"""The words and parameters of trade and standing; numbers and defaults as on chain (contracts/src/types/Trade.sol,
Standing.sol)."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Annotated, Final

from annotated_types import Ge, Le
from pydantic import ConfigDict

from fairmeter.units import PPM, SECONDS_A_DAY

CLOSED: Final = ConfigDict(extra="forbid")
CONDUCTS: Final = 10
MAX_PERIOD: Final = 365 * SECONDS_A_DAY

Amount = Annotated[int, Ge(0), Le(2**48 - 1)]
"""Minor units."""
Period = Annotated[int, Ge(1), Le(MAX_PERIOD)]
"""Seconds of fair time."""
Value = Annotated[int, Ge(-(2**15)), Le(2**15 - 1)]
Points = Annotated[int, Ge(0), Le(2**16 - 1)]
Times = Annotated[int, Ge(1), Le(2**8 - 1)]


class Payment(enum.IntEnum):
    """How a part is paid."""

    DIRECT = 0
    INSTALMENTS = 1
    ESCROW = 2


class PartState(enum.IntEnum):
    """Where a part of a purchase stands."""

    NONE = 0
    PAID = 1
    INSTALMENTS = 2
    OVERDUE = 3
    FUNDED = 4
    DELIVERED = 5
    DISPUTED = 6
    RELEASED = 7
    REFUNDED = 8
    NOT_DELIVERED = 9
    RULED = 10


class Source(enum.IntEnum):
    """What is reported; with an id it names an event."""

    NONE = 0
    BILL = 1
    APPEAL_SUPPLIER = 2
    APPEAL_CUSTOMER = 3
    INSTALMENT = 4
    BUYER = 5
    SELLER = 6
    TRADE = 7


class Conduct(enum.IntEnum):
    """What someone did. The first two come with a fee that was paid, the next two without one; the others are
    penalties."""

    NONE = 0
    PAID_IN_TIME = 1
    DELIVERED = 2
    BILL_PAID = 3
    APPEAL_UPHELD = 4
    PAID_LATE = 5
    NOT_DELIVERED = 6
    DISPUTE_LOST = 7
    ABANDONED = 8
    BILL_UNPAID = 9
    APPEAL_LOST = 10

    @property
    def backed(self) -> bool:
        """Whether it is a bonus that takes a fee."""
        return self in {Conduct.PAID_IN_TIME, Conduct.DELIVERED}

    @property
    def is_penalty(self) -> bool:
        """Whether it takes points."""
        return self >= Conduct.PAID_LATE


@dataclass(frozen=True, slots=True)
class Category:
    """What an offer in a category must keep to: minor units a piece, pieces, days."""

    __pydantic_config__ = CLOSED

    min_price: Amount = 100
    max_price: Amount = 10_000_000
    max_quantity: Annotated[int, Ge(1), Le(2**32 - 1)] = 10_000
    max_delivery_days: Annotated[int, Ge(1), Le(2**16 - 1)] = 60


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of purchases: minor units, ppm, and seconds of fair time."""

    __pydantic_config__ = CLOSED

    first: Annotated[int, Ge(1), Le(2**48 - 1)] = 1_000_000
    split_above: Amount = 1_500_000
    second: Amount = 500_000
    balance_ppm: Annotated[int, Ge(0), Le(2**32 - 1)] = 200_000
    fee_ppm: Annotated[int, Ge(0), Le(PPM // 10)] = 5_000
    pay_period: Period = 14 * SECONDS_A_DAY
    confirm_period: Period = 14 * SECONDS_A_DAY
    ruling_period: Period = 30 * SECONDS_A_DAY
    instalment_period: Period = 30 * SECONDS_A_DAY

    def __post_init__(self) -> None:
        if self.split_above < self.first:
            raise ValueError(f"a total is split above {self.split_above}, which is less than a part of {self.first}")


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of standings: points, minor units, and seconds of fair time; points and times by conduct."""

    __pydantic_config__ = CLOSED

    start: Value = 600
    low: Value = 400
    high: Value = 900
    later_from: Value = 600
    reward_from: Value = 700
    free_cap: Points = 20
    reward: Amount = 3_000
    min_fee: Amount = 100
    mandate_cap: Amount = 1_000_000
    rewarded_cap: Amount = 5_000_000
    penalties: Times = 3
    suspensions: Times = 3
    suspension: Annotated[int, Ge(0), Le(MAX_PERIOD)] = 30 * SECONDS_A_DAY
    appeal_period: Annotated[int, Ge(0), Le(MAX_PERIOD)] = 14 * SECONDS_A_DAY
    ruling_period: Period = 30 * SECONDS_A_DAY
    grace: Annotated[int, Ge(0), Le(MAX_PERIOD)] = 30 * SECONDS_A_DAY
    points: Annotated[tuple[Points, ...], "a conduct each"] = (2, 2, 1, 5, 20, 30, 40, 10, 20, 30)
    every: Annotated[tuple[Times, ...], "a conduct each"] = (1, 1, 3, 1, 1, 1, 1, 1, 1, 1)

    def __post_init__(self) -> None:
        if not self.low <= self.start <= self.high:
            raise ValueError(f"a start of {self.start} outside the normal {self.low} to {self.high}")
        if self.mandate_cap > self.rewarded_cap:
            raise ValueError(f"a mandate's cap of {self.mandate_cap} is lowered by the reward to {self.rewarded_cap}")
        if len(self.points) != CONDUCTS or len(self.every) != CONDUCTS:
            raise ValueError(f"points and every have a number for each of the {CONDUCTS} conducts")
        if any(times != 1 for times in self.every[Conduct.PAID_LATE - 1 :]):
            raise ValueError("a penalty counts each time, so that each can be appealed by itself")
