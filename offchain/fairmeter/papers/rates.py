"""The table of tax rates: which holds for a utility from which day on."""

from __future__ import annotations

import datetime as dt
import tomllib
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from annotated_types import Ge, Le, MinLen
from pydantic import ConfigDict, Strict, TypeAdapter, ValidationError

from fairmeter.errors import InputError
from fairmeter.model import Utility
from fairmeter.units import PPM, Ppm

CLOSED: Final = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class TaxRate:
    """The rate of a utility's bills whose last day is `since` or later, until the next one."""

    __pydantic_config__ = CLOSED

    utility: Literal["electricity", "water", "gas", "phone"]
    since: dt.date
    ppm: Annotated[int, Strict(), Ge(0), Le(PPM)]


@dataclass(frozen=True, slots=True)
class Rates:
    """The ledger's currency as invoices name it (ISO 4217), and the rates."""

    __pydantic_config__ = CLOSED

    currency: Annotated[str, MinLen(1)]
    rate: Annotated[list[TaxRate], MinLen(1)]

    def __post_init__(self) -> None:
        if len({(one.utility, one.since) for one in self.rate}) < len(self.rate):
            raise ValueError("a utility has two rates from one day on")

    def on(self, utility: Utility, day: dt.date) -> Ppm | None:
        """The rate of `utility` on `day`, ppm; None before the first."""
        name = utility.name.lower()
        known = [(one.since, one.ppm) for one in self.rate if one.utility == name and one.since <= day]
        return Ppm(max(known)[1]) if known else None


def read_rates(data: bytes) -> Rates:
    """A table in TOML: `currency`, and `[[rate]]` with `utility`, `since` and `ppm`. Raises InputError."""
    try:
        return TypeAdapter(Rates).validate_python(tomllib.loads(data.decode()))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{where}: {first['msg']}" if where else first["msg"]) from error
    except ValueError as error:
        raise InputError(str(error)) from error
