"""Figures as people read them: money in major units, quantities in the units of a bill, growth in per cent."""

from __future__ import annotations

from typing import Final

from fairmeter.model import Reason, Utility
from fairmeter.units import PPM, date_of

NOTHING: Final = "–"  # noqa: RUF001

_UNITS: Final = {
    Utility.ELECTRICITY: ("kWh", 1_000),
    Utility.WATER: ("m³", 1_000),
    Utility.GAS: ("kWh", 1_000),
    Utility.PHONE: ("h", 3_600),
}
_FOLD: Final = 100 * PPM
"""Growth from which a multiple says more than a percentage: a hundredfold."""

REASONS: Final = {
    Reason.NO_MANDATE: "no mandate",
    Reason.MANDATE_EXPIRED: "mandate expired",
    Reason.CAP_PER_BILL: "above the mandate's cap a bill",
    Reason.CAP_PER_MONTH: "above the mandate's cap a month",
    Reason.BALANCE: "balance too small",
    Reason.APPEAL_SHORTFALL: "appeal ended, balance too small",
}


def money(minor: int) -> str:
    """Minor units as major units with two decimals: 123456 is 1,234.56."""
    sign = "-" if minor < 0 else ""
    major, rest = divmod(abs(minor), 100)
    return f"{sign}{major:,}.{rest:02}"


def share(part: int, whole: int) -> str:
    """Part of a whole in per cent."""
    return f"{100 * part / whole:.1f} %" if whole else NOTHING


def growth(ppm: int | None) -> str:
    """Growth in per cent with its sign, or as a multiple of last year's where it is a hundredfold or more."""
    if ppm is None:
        return NOTHING
    return f"×{(ppm + PPM) / PPM:,.0f}" if ppm >= _FOLD else f"{100 * ppm / PPM:+z,.1f} %"  # noqa: RUF001


def unit(utility: str) -> tuple[str, int]:
    """The unit in which a utility is billed, and how many base units it has."""
    return _UNITS[Utility[utility.upper()]]


def quantity(base: int, utility: str) -> str:
    """Base units (Wh, L, s) as kWh, m³ or h."""
    name, size = unit(utility)
    return f"{base / size:,.1f} {name}"


def period(start: int, end: int) -> str:
    """From the first day to the last, days since 1970-01-01."""
    return f"{date_of(start)} to {date_of(end)}"


def reason(name: str) -> str:
    """Why a bill is in arrears, in words."""
    return REASONS.get(Reason[name], name.lower().replace("_", " "))
