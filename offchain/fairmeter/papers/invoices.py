"""Invoices as suppliers send them, and what is checked of each beside its bill on the ledger.

Amounts are minor units and rates ppm, both exact from the text that the file has: no number is ever a float. Tax is
rounded half up: that of the total (EN 16931, BR-CO-17), and that of each line which states its own.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Final

from annotated_types import MinLen, Predicate
from pydantic import BeforeValidator, ConfigDict, TypeAdapter, ValidationError

from fairmeter.errors import InputError
from fairmeter.model import Utility
from fairmeter.papers.kinds import Defect
from fairmeter.papers.rates import Rates
from fairmeter.units import MAX_AMOUNT, PPM, Money, Ppm

CLOSED: Final = ConfigDict(extra="forbid")
NUMBER: Final = re.compile(r"\+?(?:[0-9]{1,13}(?:\.[0-9]{0,12})?|\.[0-9]{1,12})")
"""A decimal of no more digits than `Decimal` multiplies exactly."""


def _exact(scale: int, high: int, what: str) -> Callable[[object], int]:
    """Reads a decimal as a whole number of 1/scale, from 0 to `high`."""

    def read(value: object) -> int:
        text = str(value) if isinstance(value, str | Decimal) else ""
        if not NUMBER.fullmatch(text):
            raise ValueError(f"expected {what}, not {value!s:.40}")
        scaled = Decimal(text) * scale
        if scaled > high or scaled != int(scaled):
            raise ValueError(f"expected {what}, not {text}")
        return int(scaled)

    return read


def _rounding(value: object) -> int:
    """Minor units, of either sign: no net may give a bill's amount with its tax, and one next to it always does."""
    size = _exact(100, 1, "a rounding of at most 0.01")
    negative = isinstance(value, str | Decimal) and str(value).startswith("-")
    return -size(str(value)[1:]) if negative else size(value)


Text = Annotated[str, MinLen(1), Predicate(str.isprintable)]
Amount = Annotated[Money, BeforeValidator(_exact(100, MAX_AMOUNT, "an amount with at most two decimals"))]
Rate = Annotated[Ppm, BeforeValidator(_exact(PPM // 100, PPM, "a rate in percent, at most 100, to the ppm"))]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an invoice: minor units, ppm."""

    __pydantic_config__ = CLOSED

    number: Text
    net: Amount
    rate: Rate
    tax: Amount | None = None


@dataclass(frozen=True, slots=True)
class Invoice:
    """What an invoice says, minor units."""

    __pydantic_config__ = CLOSED

    number: Text
    supplier: Text
    bill: Text
    """As batch/index, or its number on chain."""
    currency: Text
    lines: Annotated[tuple[Line, ...], MinLen(1)]
    net: Amount
    tax: Amount
    gross: Amount
    payable: Amount
    rounding: Annotated[int, BeforeValidator(_rounding)] = 0
    """From gross to payable."""


@dataclass(frozen=True, slots=True)
class Billed:
    """What the ledger says of the bill."""

    supplier: str
    owner: bytes
    """The supplier's, 20 bytes."""
    utility: Utility
    last_day: dt.date
    amount: Money
    invoices: tuple[bytes, ...]
    """Hashes of those that stand among its papers: one at most, by the contract."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with an invoice: where (a field, or nothing for the file), and why."""

    defect: Defect
    field: str
    reason: str


ADAPTER: Final = TypeAdapter(Invoice)


def invoice_of(fields: Mapping[str, Any], places: Mapping[str, int]) -> Invoice:
    """The invoice of texts by field; `places` has the fields' lines in the file where they are known. Raises InputError
    that names the first field, or line, which is wrong, and counts the others."""
    try:
        return ADAPTER.validate_python(fields)
    except ValidationError as error:
        problems = error.errors(include_url=False)
        field = ".".join(str(part) for part in problems[0]["loc"])
        more = f", and {len(problems) - 1} more" if len(problems) > 1 else ""
        where = f"line {places[field]}, {field}" if field in places else field or "file"
        message = problems[0]["msg"].removeprefix("Value error, ")
        raise InputError(f"{where}: {message}{more}") from error


def read_json(data: bytes) -> Invoice:
    """An invoice of a JSON object with the fields of `Invoice`; amounts and rates as text or numbers. Raises InputError
    with the line of what is no JSON, or the field that is wrong."""
    try:
        fields = json.loads(data, parse_float=Decimal, parse_int=Decimal, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        raise InputError(f"line {error.lineno}: {error.msg}") from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"is no JSON: {error}") from error
    return invoice_of(fields, {})


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuses a name given twice: two readers could take different ones."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise InputError(f"{next(name for name in names if names.count(name) > 1)}: is given twice")
    return found


def tax_of(net: int, rate: int) -> int:
    """Minor units: `rate` ppm of `net`, half up."""
    return (2 * net * rate + PPM) // (2 * PPM)


def check(invoice: Invoice, bill: Billed, rates: Rates, content: bytes, signer: bytes | None) -> list[Finding]:
    """All that is wrong with an invoice for `bill`. `content` is the file's hash, `signer` whose key signed it, None
    without a signature. The rate is the one of the bill's last day, which the supplier cannot choose. Raises InputError
    if the table has none."""
    rate = rates.on(bill.utility, bill.last_day)
    if rate is None:
        raise InputError(f"the table has no rate for {bill.utility.name.lower()} on {bill.last_day}")
    return [
        *_supplier(invoice, bill, signer),
        *_duplicate(bill, content),
        *_tax(invoice, rate),
        *_amounts(invoice, bill, rates.currency, rate),
    ]


def _duplicate(bill: Billed, content: bytes) -> Iterator[Finding]:
    for other in bill.invoices:
        if other != content:
            yield Finding(Defect.DUPLICATE, "bill", f"has an invoice already, 0x{other.hex()}")


def _supplier(invoice: Invoice, bill: Billed, signer: bytes | None) -> Iterator[Finding]:
    if invoice.supplier != bill.supplier:
        reason = f"{invoice.supplier}, but the bill is {bill.supplier}'s"
        yield Finding(Defect.WRONG_SUPPLIER, "supplier", reason)
    if signer is None:
        yield Finding(Defect.WRONG_SUPPLIER, "", "no signature of the supplier's owner beside it")
    elif signer != bill.owner:
        reason = f"signed by 0x{signer.hex()} or altered since; the supplier's owner is 0x{bill.owner.hex()}"
        yield Finding(Defect.WRONG_SUPPLIER, "", reason)


def _tax(invoice: Invoice, rate: Ppm) -> Iterator[Finding]:
    for at, line in enumerate(invoice.lines):
        if line.rate != rate:
            reason = f"{_percent(line.rate)}, the table has {_percent(rate)}"
            yield Finding(Defect.WRONG_TAX, f"lines.{at}.rate", reason)
        if line.tax is not None and line.tax != tax_of(line.net, rate):
            reason = f"{amount(line.tax)}, not {amount(tax_of(line.net, rate))}"
            yield Finding(Defect.WRONG_TAX, f"lines.{at}.tax", reason)
    if invoice.tax != tax_of(invoice.net, rate):
        reason = f"{amount(invoice.tax)}, not {amount(tax_of(invoice.net, rate))}"
        yield Finding(Defect.WRONG_TAX, "tax", reason)


def _amounts(invoice: Invoice, bill: Billed, currency: str, rate: Ppm) -> Iterator[Finding]:
    if invoice.currency != currency:
        yield Finding(Defect.WRONG_AMOUNT, "currency", f"{invoice.currency}, not {currency}")
    net = sum(line.net for line in invoice.lines)
    expected = {
        "net": (invoice.net, net, "of its lines"),
        "gross": (invoice.gross, invoice.net + tax_of(invoice.net, rate), "of net and tax"),
        "payable": (invoice.payable, bill.amount, "of the bill"),
    }
    for field, (said, right, whose) in expected.items():
        if said != right:
            yield Finding(Defect.WRONG_AMOUNT, field, f"{amount(said)}, not {amount(right)} {whose}")
    if expected["gross"][1] + invoice.rounding != bill.amount:
        reason = f"does not lead from net and tax, {amount(expected['gross'][1])}, to the bill's {amount(bill.amount)}"
        yield Finding(Defect.WRONG_AMOUNT, "rounding", reason)


def amount(minor: int) -> str:
    """With its two decimals."""
    return f"{minor // 100}.{minor % 100:02}"


def _percent(ppm: int) -> str:
    return f"{Decimal(ppm) / (PPM // 100):f} %"
