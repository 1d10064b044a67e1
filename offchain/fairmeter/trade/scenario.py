"""Who trades, and how. A run is a function of this record, seed included.

A scenario file is TOML with these fields and tables; what it leaves out is as below::

    seed = 7
    days = 120

    [terms]                         # of purchases: minor units, ppm, seconds
    instalment_period = 604_800
    [suppliers]                     # shares of them, ppm
    count = 20
    overpricing = 200_000
    undelivering = 150_000
    [buyers]                        # shares of them, but `disputing`: of their deliveries
    count = 150
    purchases = 1_500
    failing = 100_000
    [farmers]                       # pairs that trade with each other for points alone
    pairs = 5
    trades = 60
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Annotated, Any

from annotated_types import Ge, Le

from fairmeter.risk.terms import CLOSED, Terms
from fairmeter.units import PPM, SECONDS_A_DAY

Share = Annotated[int, Ge(0), Le(PPM)]
"""Parts per million."""


@dataclass(frozen=True, slots=True)
class Suppliers:
    """Shares of the suppliers, ppm, each drawn by itself."""

    __pydantic_config__ = CLOSED

    count: Annotated[int, Ge(1), Le(10_000)] = 20
    offers: Annotated[int, Ge(1), Le(100)] = 6
    """Of each."""
    overpricing: Share = 200_000
    overprices_by: Annotated[int, Ge(0), Le(1_000 * PPM)] = 2_000_000
    """Ppm, added to the price."""
    undelivering: Share = 150_000
    """Take what is in escrow for two thirds of their parts as good as theirs, and deliver nothing of it."""


@dataclass(frozen=True, slots=True)
class Buyers:
    """Shares of the buyers, ppm, each drawn by itself; `disputing` and `silent` are of their deliveries."""

    __pydantic_config__ = CLOSED

    count: Annotated[int, Ge(1), Le(100_000)] = 150
    purchases: Annotated[int, Ge(1), Le(1_000_000)] = 1_500
    """In all."""
    failing: Share = 100_000
    """Leave a third of what they buy, and pay no instalment after the first until much later."""
    late: Share = 150_000
    """Pay instalments days after they are due."""
    frozen: Share = 30_000
    """By the issuer of the currency: they trade on, and cannot withdraw."""
    disputing: Share = 100_000
    silent: Share = 200_000
    """Neither confirm nor dispute."""
    appealing: Share = 400_000
    """Of the penalties, ppm, that whoever has them appeals."""


@dataclass(frozen=True, slots=True)
class Farmers:
    """A supplier and a buyer each that trade with each other, at the least fee that counts, for nothing but points."""

    __pydantic_config__ = CLOSED

    pairs: Annotated[int, Ge(0), Le(10_000)] = 5
    trades: Annotated[int, Ge(1), Le(1_000)] = 60
    """Of each pair."""


@dataclass(frozen=True, slots=True)
class TradeScenario:
    """A run at the trade desk; money in minor units."""

    __pydantic_config__ = CLOSED

    seed: Annotated[int, Ge(0), Le(2**63 - 1)] = 0
    days: Annotated[int, Ge(30), Le(3_650)] = 120
    terms: Terms = field(default_factory=lambda: Terms(instalment_period=7 * SECONDS_A_DAY))
    suppliers: Suppliers = field(default_factory=Suppliers)
    buyers: Buyers = field(default_factory=Buyers)
    farmers: Farmers = field(default_factory=Farmers)

    def to_json(self) -> dict[str, Any]:
        """As a manifest has it."""
        return dataclasses.asdict(self)
