"""What an offer must keep to, and which prices are normal: from the rules' events and the bundle's reference prices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from fairmeter.audit.findings import Finding
from fairmeter.audit.trade.events import Happened
from fairmeter.chain.keccak import keccak256
from fairmeter.units import MAX_AMOUNT

MAX_INSTALMENTS = 24


class Prices:
    """Categories and ranges as they are set; `references` has the columns of a bundle's prices table."""

    def __init__(self, references: pa.Table) -> None:
        self._references: dict[tuple[int, int], list[int]] = {}
        for category, round_, price in zip(
            *(references[name].to_pylist() for name in references.column_names), strict=True
        ):
            self._references.setdefault((category, round_), []).append(price)
        self._categories: dict[int, Mapping[str, Any]] = {}
        self._ranges: dict[int, tuple[int, int]] = {}
        self.ranges = 0
        """How many were compared with their reference prices."""

    def set_category(self, arguments: Mapping[str, Any]) -> None:
        """An event of the rules'."""
        self._categories[arguments["category"]] = arguments["parameters"]

    def set_range(self, one: Happened) -> list[Finding]:
        """An event of the rules': what differs from the reference prices, by a plain formula."""
        event = one.arguments
        self.ranges += 1
        self._ranges[event["category"]] = event["low"], event["high"]
        prices = self._references.get((event["category"], event["round"]), [])
        where = f"transaction {one.transaction}, range of category {event['category']}"
        digest = keccak256(b"".join(price.to_bytes(8, "big") for price in prices))
        if digest != event["inputsHash"]:
            found = f"{len(prices)} with 0x{digest.hex()}"
            return [Finding("prices", f"{where}, reference prices", f"0x{event['inputsHash'].hex()}", found)]
        expected = fences(prices)
        told = event["low"], event["high"]
        return [] if told == expected else [Finding("prices", where, str(expected), str(told))]

    def left_over(self) -> list[Finding]:
        """Reference prices of no range."""
        extra = len(self._references) - self.ranges
        return [Finding("prices", "prices.parquet", "prices of the ranges alone", f"{extra} more")] if extra else []

    def is_abnormal(self, category: int, price: int) -> bool:
        """Whether a price is outside the normal range, if there is one."""
        low, high = self._ranges.get(category, (0, MAX_AMOUNT))
        return not low <= price <= high

    def refusal(self, offer: Mapping[str, Any]) -> str | None:
        """The first discriminating parameter of its category that an offer fails; None where it keeps to all."""
        rules = self._categories.get(offer["category"])
        if rules is None or not rules["open"]:
            return "category"
        bounds = {
            "unitPrice": (max(rules["minPrice"], 1), rules["maxPrice"]),
            "quantity": (1, rules["maxQuantity"]),
            "deliveryDays": (1, rules["maxDeliveryDays"]),
            "instalments": (0, MAX_INSTALMENTS),
        }
        failed = (name for name, (low, high) in bounds.items() if not low <= offer[name] <= high)
        return next(failed, None)


def fences(prices: list[int]) -> tuple[int, int]:
    """Tukey's fences: 1.5 times the quartiles' distance beyond each, quartiles by nearest rank, halves outwards."""
    ranked = sorted(prices)
    first, third = (ranked[(quarter * len(ranked) + 3) // 4 - 1] for quarter in (1, 3))
    beyond = (3 * (third - first) + 1) // 2
    return max(first - beyond, 1), min(third + beyond, MAX_AMOUNT)
