"""Usage and bills: load and check them, find reference periods and tariffs, or make a seeded synthetic fleet."""

from __future__ import annotations

from fairmeter.usage.fleet import fleet, write_fleet
from fairmeter.usage.load import check_customers, load_bills, load_payments, load_usage, unread_meters
from fairmeter.usage.matrix import ReadingMatrix
from fairmeter.usage.reference import reference_period, reference_readings
from fairmeter.usage.store import UsageStore
from fairmeter.usage.tariff import amount, amounts, check_amounts, infer_tariffs, load_tariffs

__all__ = [
    "ReadingMatrix",
    "UsageStore",
    "amount",
    "amounts",
    "check_amounts",
    "check_customers",
    "fleet",
    "infer_tariffs",
    "load_bills",
    "load_payments",
    "load_tariffs",
    "load_usage",
    "reference_period",
    "reference_readings",
    "unread_meters",
    "write_fleet",
]
