"""A finished run for people and programs: terminal tables, JSON, and one self-contained page."""

from __future__ import annotations

from fairmeter.report.data import Report, load, with_readings
from fairmeter.report.page import html
from fairmeter.report.readings import READINGS, billed_readings
from fairmeter.report.summary import audit_tables, terminal, to_json

__all__ = [
    "READINGS",
    "Report",
    "audit_tables",
    "billed_readings",
    "html",
    "load",
    "terminal",
    "to_json",
    "with_readings",
]
