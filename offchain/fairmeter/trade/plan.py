"""What is known before a run begins: who offers what at which price, and who means to buy it when and how. Arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from fairmeter.model import Bools, Int64s
from fairmeter.risk.terms import Category, Payment
from fairmeter.trade.scenario import TradeScenario
from fairmeter.units import PPM, SECONDS_A_DAY

MANDATE_DAY: Final = 15
"""On which every buyer grants a mandate for its account with the first supplier."""
BEGINS: Final = 1_420_070_400
"""2015-01-01 00:00 UTC, Unix seconds: the day before the first."""
CATEGORIES: Final = (
    ("deposits", 50_000, Category(1_000, 160_000, 10_000, 60)),
    ("equipment", 700_000, Category(10_000, 2_200_000, 10_000, 60)),
    ("repairs", 30_000, Category(1_000, 100_000, 10_000, 60)),
    ("prepaid packages", 120_000, Category(1_000, 380_000, 10_000, 60)),
)
"""Name, the middle of its prices in minor units a piece, and what an offer must keep to; numbered from 1."""
SPREAD: Final = 0.25
"""Of the logarithm of a category's prices."""
REFERENCE_PRICES: Final = 200
"""Of each category."""
STOCK: Final = 5_000
INSTALMENTS: Final = 6
LAST_DAYS: Final = 40
"""In which nothing more is bought, so that most of it ends."""


@dataclass(frozen=True, slots=True)
class Parties:
    """Suppliers, then buyers; the farmers are the last of each."""

    suppliers: int
    buyers: int
    undelivering: Bools
    """(suppliers,)"""
    failing: Bools
    """(buyers,)"""
    late: Bools
    """(buyers,)"""
    frozen: Bools
    """(buyers,) by the issuer, once their money is at the desk."""

    def names(self) -> list[str]:
        """One a party, for its key."""
        named = (("supplier", self.suppliers), ("buyer", self.buyers))
        return [f"trading {role} {number}" for role, count in named for number in range(count)]


@dataclass(frozen=True, slots=True)
class Offers:
    """m offers that suppliers mean to publish; prices in minor units a piece."""

    day: Int64s
    supplier: Int64s
    category: Int64s
    price: Int64s
    delivery_days: Int64s
    instalments: Int64s


@dataclass(frozen=True, slots=True)
class Purchases:
    """n purchases that buyers mean to make."""

    day: Int64s
    buyer: Int64s
    """Counted from the first buyer."""
    offer: Int64s
    quantity: Int64s
    payment: Int64s
    """How the buyer would pay, `Payment`."""
    left: Bools
    """The buyer does not pay at all."""
    farmed: Bools

    def __len__(self) -> int:
        return len(self.day)


@dataclass(frozen=True, slots=True)
class Plan:
    """Drawn from the scenario's seed."""

    parties: Parties
    offers: Offers
    purchases: Purchases
    prices: Int64s
    """(categories, REFERENCE_PRICES) minor units."""


def plan(scenario: TradeScenario) -> Plan:
    """Draw all of it."""
    rng = np.random.default_rng(scenario.seed)
    parties = _parties(scenario, rng)
    middles = np.array([middle for _, middle, _ in CATEGORIES], np.float64)[:, None]
    prices = _prices(rng, np.repeat(middles, REFERENCE_PRICES, axis=1))
    offers = _offers(scenario, parties, rng)
    return Plan(parties, offers, _purchases(scenario, parties, rng), prices)


def endowments(drawn: Plan, scenario: TradeScenario) -> Int64s:
    """(parties,) minor units that each has at the desk at first: what it means to pay, with its fees, and half as much
    again; farmers pass the same money to and fro."""
    purchases = drawn.purchases
    amounts = drawn.offers.price[purchases.offer] * purchases.quantity
    sums = np.bincount(purchases.buyer, amounts, drawn.parties.buyers).astype(np.int64)
    return np.concatenate([np.zeros(drawn.parties.suppliers, np.int64), sums * 3 // 2 + scenario.terms.second])


def _parties(scenario: TradeScenario, rng: np.random.Generator) -> Parties:
    """Farmers keep to all that brings points."""
    suppliers, buyers, pairs = scenario.suppliers, scenario.buyers, scenario.farmers.pairs
    honest = np.zeros(pairs, np.bool_)
    undelivering = _share(rng, suppliers.undelivering, suppliers.count)
    traits = [_share(rng, share, buyers.count) for share in (buyers.failing, buyers.late, buyers.frozen)]
    failing, late, frozen = (np.concatenate([drawn, honest]) for drawn in traits)
    undelivering = np.concatenate([undelivering, honest])
    return Parties(suppliers.count + pairs, buyers.count + pairs, undelivering, failing, late, frozen)


def _share(rng: np.random.Generator, share: int, count: int) -> Bools:
    """So many of `count`, to the nearest one, at random places."""
    drawn = np.zeros(count, np.bool_)
    drawn[rng.permutation(count)[: round(count * share / PPM)]] = True
    return drawn


def _offers(scenario: TradeScenario, parties: Parties, rng: np.random.Generator) -> Offers:
    given, pairs = scenario.suppliers, scenario.farmers.pairs
    count = given.count * given.offers
    supplier = np.repeat(np.arange(given.count), given.offers)
    category = rng.integers(len(CATEGORIES), size=count)
    price = _prices(rng, np.array([middle for _, middle, _ in CATEGORIES], np.float64)[category])
    dear = _share(rng, given.overpricing, given.count)[supplier]
    price = np.where(dear, price + price * given.overprices_by // PPM, price)
    farmed = np.arange(given.count, parties.suppliers)
    terms = scenario.terms
    # the least amount of which the fee counts
    cheap = -(-100 * PPM // max(terms.fee_ppm, 1))
    return Offers(
        day=np.concatenate([rng.integers(1, 20, size=count), np.ones(pairs, np.int64)]),
        supplier=np.concatenate([supplier, farmed]),
        category=np.concatenate([category + 1, np.full(pairs, 1)]),
        price=np.concatenate([price, np.full(pairs, cheap)]),
        delivery_days=np.concatenate([rng.integers(4, 20, size=count), np.full(pairs, 5)]),
        instalments=np.concatenate([INSTALMENTS * rng.integers(2, size=count), np.zeros(pairs, np.int64)]),
    )


def _purchases(scenario: TradeScenario, parties: Parties, rng: np.random.Generator) -> Purchases:
    given, farmers = scenario.buyers, scenario.farmers
    count, last = given.purchases, max(scenario.days - LAST_DAYS, 21)
    buyer = rng.integers(given.count, size=count)
    ordinary = scenario.suppliers.count * scenario.suppliers.offers
    pairs = np.repeat(np.arange(farmers.pairs), farmers.trades)
    days = 2 + np.tile(np.arange(farmers.trades) % max(scenario.days - 10, 1), farmers.pairs)
    zeros = np.zeros(len(pairs), np.int64)
    return Purchases(
        day=np.concatenate([rng.integers(20, last, size=count), days]),
        buyer=np.concatenate([buyer, given.count + pairs]),
        offer=np.concatenate([rng.integers(ordinary, size=count), ordinary + pairs]),
        quantity=np.concatenate([rng.integers(1, 6, size=count), zeros + 1]),
        payment=np.concatenate([rng.integers(len(Payment), size=count), zeros + int(Payment.ESCROW)]),
        left=np.concatenate([parties.failing[buyer] & (rng.random(count) < 1 / 3), zeros > 0]),
        farmed=np.concatenate([np.zeros(count, np.bool_), zeros == 0]),
    )


def _prices(rng: np.random.Generator, middle: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Int64s:
    return np.rint(middle * np.exp(SPREAD * rng.standard_normal(middle.shape))).astype(np.int64)


def day_time(day: int) -> int:
    """When a day's steps begin, Unix seconds."""
    return BEGINS + day * SECONDS_A_DAY
