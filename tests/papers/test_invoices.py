"""Invoices read from XML and JSON and checked beside an index: what is right is accepted, and each defect is found."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from fairmeter import cli
from fairmeter.chain.keccak import keccak256
from fairmeter.chain.wallet import Wallet, derive_key, personal_hash
from fairmeter.errors import InputError
from fairmeter.model import Utility
from fairmeter.papers.invoices import Billed, Invoice, Line, amount, check, read_json, tax_of
from fairmeter.papers.kinds import Defect, Kind
from fairmeter.papers.rates import read_rates
from fairmeter.papers.ubl import NAMES, OASIS, read_ubl
from fairmeter.tracing.store import Cursor, Store
from fairmeter.tracing.tables import BILLS, DOCUMENTS, SUPPLIERS
from fairmeter.units import PPM, Money, Ppm, day_of

OWNER: Final = Wallet(derive_key(1, "supplier's owner"), 1)
STRANGER: Final = Wallet(derive_key(1, "stranger"), 1)
LAST_DAY: Final = dt.date(2019, 3, 31)
TABLE: Final = b"""
currency = "CNY"
[[rate]]
utility = "water"
since = 2010-01-01
ppm = 90_000
[[rate]]
utility = "electricity"
since = 2010-01-01
ppm = 160_000
[[rate]]
utility = "electricity"
since = 2019-04-01
ppm = 130_000
"""
RATES: Final = read_rates(TABLE)
RATE: Final = Ppm(160_000)
CONTENT: Final = b"\5" * 32


def _invoice(nets: list[int], *, bill: str = "1/0", number: str = "A-17", rounding: int = 0) -> Invoice:
    lines = tuple(
        Line(str(at), Money(net), RATE, Money(tax_of(net, RATE)) if at % 2 else None) for at, net in enumerate(nets, 1)
    )
    net, tax = sum(nets), tax_of(sum(nets), RATE)
    sums = (Money(net), Money(tax), Money(net + tax), Money(net + tax + rounding))
    return Invoice(number, "grid & sons", bill, "CNY", lines, *sums, rounding)


def _bill(total: int) -> Billed:
    return Billed("grid & sons", OWNER.address, Utility.ELECTRICITY, LAST_DAY, Money(total), ())


def _percent(rate: int) -> str:
    return f"{rate // 10_000}.{rate % 10_000:04}"


def _signed_amount(value: int) -> str:
    return f"-{amount(-value)}" if value < 0 else amount(value)


def _json(invoice: Invoice) -> bytes:
    fields = dataclasses.asdict(invoice)
    for one in (fields, *fields["lines"]):
        one |= {name: amount(one[name]) for name in ("net", "tax", "gross", "payable") if one.get(name) is not None}
    for line in fields["lines"]:
        line["rate"] = _percent(line["rate"])
    fields["rounding"] = _signed_amount(invoice.rounding)
    return json.dumps(fields, indent=1).encode()


def _xml(invoice: Invoice, *, head: str = "") -> str:
    def sum_of(name: str, value: int) -> str:
        return f'<cbc:{name} currencyID="{invoice.currency}">{_signed_amount(value)}</cbc:{name}>'

    def line(one: Line) -> str:
        tax = "" if one.tax is None else f"<cac:TaxTotal>{sum_of('TaxAmount', one.tax)}</cac:TaxTotal>"
        return f"""
 <cac:InvoiceLine><cbc:ID>{one.number}</cbc:ID>{sum_of("LineExtensionAmount", one.net)}{tax}
  <cac:Item><cbc:Name>supply</cbc:Name>
   <cac:ClassifiedTaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>{_percent(one.rate)}</cbc:Percent>
    <cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:ClassifiedTaxCategory></cac:Item>
 </cac:InvoiceLine>"""

    spaces = " ".join(f'xmlns:{name}="{uri}"' for name, uri in NAMES.items())
    return f"""{head}<Invoice xmlns="{OASIS}Invoice-2" {spaces}>
 <cbc:ID>{escape(invoice.number)}</cbc:ID><cbc:IssueDate>2019-04-02</cbc:IssueDate>
 <cbc:DocumentCurrencyCode>{invoice.currency}</cbc:DocumentCurrencyCode>
 <cac:AdditionalDocumentReference><cbc:ID>{invoice.bill}</cbc:ID>
  <cbc:DocumentTypeCode>130</cbc:DocumentTypeCode></cac:AdditionalDocumentReference>
 <cac:AccountingSupplierParty><cac:Party><cac:PartyLegalEntity>
  <cbc:RegistrationName>{escape(invoice.supplier)}</cbc:RegistrationName>
 </cac:PartyLegalEntity></cac:Party></cac:AccountingSupplierParty>
 <cac:AccountingCustomerParty><cac:Party/></cac:AccountingCustomerParty>
 <cac:TaxTotal>{sum_of("TaxAmount", invoice.tax)}</cac:TaxTotal>
 <cac:LegalMonetaryTotal>{sum_of("LineExtensionAmount", invoice.net)}
  {sum_of("TaxInclusiveAmount", invoice.gross)}
  {sum_of("PayableRoundingAmount", invoice.rounding) if invoice.rounding else ""}
  {sum_of("PayableAmount", invoice.payable)}</cac:LegalMonetaryTotal>{"".join(map(line, invoice.lines))}
</Invoice>"""


amounts = st.lists(st.integers(0, 2**40), min_size=1, max_size=4)


@settings(max_examples=50)
@given(amounts, st.integers(-1, 1))
def test_read__what_was_written__the_same_from_xml_and_json(nets: list[int], rounding: int) -> None:
    assume(sum(nets) + rounding >= 0)
    invoice = _invoice(nets, rounding=rounding)
    assert read_ubl(_xml(invoice).encode())[0] == invoice
    assert read_json(_json(invoice)) == invoice
    assert check(invoice, _bill(invoice.payable), RATES, CONTENT, OWNER.address) == []


@given(st.integers(0, 2**48), st.integers(0, PPM))
def test_tax_of__any_sum_and_rate__half_up(net: int, rate: int) -> None:
    assert tax_of(net, rate) == (Decimal(net) * rate / PPM).quantize(Decimal(1), ROUND_HALF_UP)


@given(st.integers(1, 2**40), st.integers(0, PPM))
def test_tax_of__any_bill_and_rate__a_net_leads_to_it_with_a_unit_of_rounding(total: int, rate: int) -> None:
    nets = range(total * PPM // (PPM + rate) - 1, total * PPM // (PPM + rate) + 3)
    assert min(abs(net + tax_of(net, rate) - total) for net in nets if net >= 0) <= 1


def _more(invoice: Invoice, name: str, more: int) -> Invoice:
    change: dict[str, Any] = {name: getattr(invoice, name) + more}
    return dataclasses.replace(invoice, **change)


def _line(invoice: Invoice, **change: Any) -> Invoice:
    return dataclasses.replace(invoice, lines=(dataclasses.replace(invoice.lines[0], **change), *invoice.lines[1:]))


CHANGES: Final[dict[str, tuple[Defect, str, Callable[[Invoice, int], Invoice]]]] = {
    "rate of a line": (Defect.WRONG_TAX, "lines.0.rate", lambda one, more: _line(one, rate=RATE + more)),
    "tax of a line": (
        Defect.WRONG_TAX, "lines.0.tax", lambda one, more: _line(one, tax=tax_of(one.lines[0].net, RATE) + more)
    ),
    "tax": (Defect.WRONG_TAX, "tax", lambda one, more: _more(one, "tax", more)),
    "a line": (Defect.WRONG_AMOUNT, "net", lambda one, more: _line(one, net=one.lines[0].net + more, tax=None)),
    "gross": (Defect.WRONG_AMOUNT, "gross", lambda one, more: _more(one, "gross", more)),
    "payable": (Defect.WRONG_AMOUNT, "payable", lambda one, more: _more(one, "payable", more)),
    "rounding": (Defect.WRONG_AMOUNT, "rounding", lambda one, more: dataclasses.replace(one, rounding=more)),
    "currency": (Defect.WRONG_AMOUNT, "currency", lambda one, _: dataclasses.replace(one, currency="EUR")),
    "supplier": (Defect.WRONG_SUPPLIER, "supplier", lambda one, _: dataclasses.replace(one, supplier="another")),
}  # fmt: skip


@settings(max_examples=100)
@given(amounts, st.integers(1, 1_000), st.sampled_from(sorted(CHANGES)))
def test_check__one_thing_changed__found_and_only_it(nets: list[int], more: int, what: str) -> None:
    invoice = _invoice(nets)
    defect, field, changed = CHANGES[what]
    found = check(changed(invoice, more), _bill(invoice.payable), RATES, CONTENT, OWNER.address)
    assert [(one.defect, one.field) for one in found] == [(defect, field)]


@given(amounts, st.integers(1, 1_000))
def test_check__the_bills_amount_under_other_sums__found(nets: list[int], more: int) -> None:
    invoice = _more(_invoice(nets), "payable", more)
    found = check(invoice, _bill(invoice.payable), RATES, CONTENT, OWNER.address)
    assert [(one.defect, one.field) for one in found] == [(Defect.WRONG_AMOUNT, "rounding")]


def test_check__signature_and_papers__wrong_supplier_and_duplicate() -> None:
    invoice = _invoice([10_000])
    bill = _bill(invoice.payable)

    def defects(bill: Billed, signer: bytes | None) -> list[Defect]:
        return [one.defect for one in check(invoice, bill, RATES, CONTENT, signer)]

    assert defects(bill, None) == defects(bill, STRANGER.address) == [Defect.WRONG_SUPPLIER]
    assert defects(dataclasses.replace(bill, invoices=(CONTENT,)), OWNER.address) == []
    assert defects(dataclasses.replace(bill, invoices=(b"\6" * 32,)), OWNER.address) == [Defect.DUPLICATE]


def test_rates__by_the_bills_last_day__of_its_utility() -> None:
    day = dt.timedelta(days=1)
    assert RATES.on(Utility.ELECTRICITY, LAST_DAY) == 160_000
    assert RATES.on(Utility.ELECTRICITY, LAST_DAY + day) == 130_000
    assert RATES.on(Utility.WATER, LAST_DAY + day) == 90_000
    assert RATES.on(Utility.GAS, LAST_DAY) is None
    unknown = dataclasses.replace(_bill(1), utility=Utility.GAS)
    with pytest.raises(InputError, match="no rate for gas on 2019-03-31"):
        check(_invoice([1]), unknown, RATES, CONTENT, None)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("90_000", "90_000.5", "rate.0.ppm"),
        ("water", "wine", "rate.0.utility"),
        ("2019-04-01", "2010-01-01", "two rates from one day"),
        ("[[rate]]", "[[rate", "line 3"),
    ],
)
def test_read_rates__not_a_table__named(old: str, new: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        read_rates(TABLE.decode().replace(old, new).encode())


SECRET: Final = "kept from outsiders"
ENTITIES: Final = {
    "external entity": ('<!DOCTYPE Invoice [<!ENTITY e SYSTEM "{file}">]>', "&e;"),
    "entity": (f'<!DOCTYPE Invoice [<!ENTITY e "{SECRET}">]>', "&e;"),
    "external document type": ('<!DOCTYPE Invoice SYSTEM "{file}">', "A-17"),
    "billion laughs": (
        '<!DOCTYPE Invoice [<!ENTITY e0 "laugh">'
        + "".join(f'<!ENTITY e{at + 1} "{f"&e{at};" * 10}">' for at in range(12))
        + "]>",
        "&e12;",
    ),
}


@pytest.mark.parametrize("attack", ENTITIES)
def test_read_ubl__entities__refused_and_nothing_read(attack: str, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(SECRET)
    head, text = ENTITIES[attack]
    data = _xml(_invoice([5]), head=head.replace("{file}", file.as_uri())).replace(">A-17<", f">{text}<")
    for one in (data, data.replace('currencyID="CNY"', f'currencyID="{text}"', 1)):
        with pytest.raises(InputError, match="line 1") as refused:
            read_ubl(one.encode())
        assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("</Invoice>", "", r"^line \d+: Premature end"),
        ("<cbc:IssueDate>2019-04-02", "<cbc:IssueDate>yesterday", r"^line 2: Element 'IssueDate': 'yesterday' is not"),
        ("<cac:AccountingCustomerParty><cac:Party/></cac:AccountingCustomerParty>", "", r"^line 10: .*not expected"),
        (">130<", ">380<", r"^line 1: Invoice has no cac:AdditionalDocumentReference"),
        ("0.05<", "0.055<", r"^line \d+, (lines.0.)?net: expected an amount with at most two decimals, not 0.055"),
        ("0.05<", "-0.05<", r"^line \d+, .*not -0.05"),
        ('currencyID="CNY"', 'currencyID="EUR"', r"^line 10: TaxAmount is not in CNY"),
        ("16.0000", "16.00001", r"^line 17, lines.0.rate: expected a rate in percent"),
        ("Invoice xmlns", "Order xmlns", r"^line 20: Opening and ending tag"),
    ],
)
def test_read_ubl__malformed__one_line_with_its_number(old: str, new: str, problem: str) -> None:
    data = _xml(_invoice([5]))
    assert old in data
    with pytest.raises(InputError, match=problem) as refused:
        read_ubl(data.replace(old, new).encode())
    assert "\n" not in str(refused.value)
    assert "{" not in str(refused.value)


def test_read_ubl__another_document__refused() -> None:
    with pytest.raises(InputError, match="line 1: Party is no Invoice"):
        read_ubl(f'<Party xmlns="{NAMES["cac"]}"/>'.encode())


def test_read_ubl__a_comment_in_a_number__does_not_divide_it() -> None:
    data = _xml(_invoice([5])).replace("A-17", "A-<!-- -->17<?x?>-b")
    assert read_ubl(data.encode())[0].number == "A-17-b"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("{", "[", "line 2: Expecting ',' delimiter"),
        ('"0.05"', "0.055", "lines.0.net: expected an amount with at most two decimals, not 0.055"),
        ('"0.05"', "NaN", "lines.0.net: expected an amount"),
        ('"0.05"', "true", "lines.0.net: expected an amount"),
        ('"0.05"', '"1e2"', "lines.0.net: expected an amount"),
        ('"0.00"', '"0.02"', "rounding: expected a rounding of at most 0.01"),
        ('"number": "A-17"', '"number": "A\\u001b"', "number: "),
        ('"number": "A-17"', '"number": "A", "number": "B"', "number: is given twice"),
        ('"number": "A-17"', '"numero": "A"', "number: Field required, and 1 more"),
    ],
)
def test_read_json__malformed__the_line_or_field(old: str, new: str, problem: str) -> None:
    data = _json(_invoice([5])).decode()
    assert old in data
    with pytest.raises(InputError, match=problem):
        read_json(data.replace(old, new, 1).encode())


NETS: Final = ([4_310, 5], [10_000], [77])
"""Of the three bills that the index has."""


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A supplier's three bills, an invoice among the papers of the third."""
    path = tmp_path_factory.mktemp("index") / "index.sqlite"
    bills = [
        {"block": 1, "bill": 1 << 16 | at, "supplier": 1, "utility": 1, "account": 1, "start": day_of(LAST_DAY) - 30}
        | {"days": 31, "month": 590, "quantity": 1, "amount": _invoice(nets).payable, "replaces": 0}
        for at, nets in enumerate(NETS)
    ]
    paper: dict[str, Any] = {
        "block": 1,
        "place": 1,
        "transaction": 0,
        "bill": 1 << 16 | 2,
        "kind": Kind.INVOICE,
        "defect": 0,
    }
    paper |= {"bit": 1 << Kind.INVOICE, "fells": 0, "parents": 0, "issuer": b"", "amount": 1, "tax": 0}
    paper |= {"content": CONTENT, "what": b"", "by": b""}
    owner = {"block": 1, "supplier": 1, "name": "grid & sons", "owner": OWNER.address}
    with Store(str(path)) as store:
        store.add({SUPPLIERS: [owner], BILLS: bills, DOCUMENTS: [paper]}, Cursor(1, b"\1" * 8, 1, None))
    (path.parent / "rates.toml").write_bytes(TABLE)
    return path


def _signed(path: Path, data: bytes, wallet: Wallet = OWNER) -> Path:
    path.write_bytes(data)
    path.with_name(f"{path.name}.sig").write_text(f"0x{wallet.sign_digest(personal_hash(keccak256(data))).hex()}\n")
    return path


def _call(index: Path, *files: Path, code: int) -> list[str]:
    rates = ("--rates", str(index.parent / "rates.toml"))
    done = CliRunner().invoke(cli.app, ["invoices", *map(str, files), "--index", str(index), *rates, "--json"])
    assert done.exit_code == code, done.output
    return done.stdout.splitlines()


def _defects(line: str) -> list[tuple[str, str | None, int | None]]:
    return [(one["defect"], one["field"], one["line"]) for one in json.loads(line)["defects"]]


def test_invoices__signed_and_right__accepted(index: Path, tmp_path: Path) -> None:
    first = _signed(tmp_path / "first.xml", _xml(_invoice(NETS[0])).encode())
    second = _signed(tmp_path / "second.json", _json(_invoice(NETS[1], bill=str(1 << 16 | 1), number="A-18")))
    told = [json.loads(line) for line in _call(index, first, second, code=0)]
    assert [one["accepted"] for one in told] == [True, True]
    assert told[0]["content"] == f"0x{keccak256(first.read_bytes()).hex()}"
    assert told[1]["payable"] == _invoice(NETS[1]).payable


def test_invoices__wrong_in_all_ways__each_returned_and_the_right_one_accepted(index: Path, tmp_path: Path) -> None:
    right = _invoice(NETS[0])
    forged = _signed(tmp_path / "forged.xml", _xml(right).encode(), STRANGER)
    unsigned = tmp_path / "unsigned.json"
    unsigned.write_bytes(_json(right))
    broken = _signed(tmp_path / "broken.xml", _xml(right).replace("</Invoice>", "").encode())
    taxed = _signed(tmp_path / "taxed.xml", _xml(_line(right, rate=130_000)).encode())
    good = _signed(tmp_path / "good.xml", _xml(right).encode())
    numbered = _signed(tmp_path / "numbered.json", _json(_invoice(NETS[1], bill="1/1")))
    again = _signed(tmp_path / "again.json", _json(dataclasses.replace(right, number="A-19")))
    papered = _signed(tmp_path / "papered.json", _json(_invoice(NETS[2], bill="1/2", number="A-20")))
    unknown = _signed(tmp_path / "unknown.json", _json(_invoice(NETS[2], bill="9/2", number="A-21")))
    files = (forged, unsigned, broken, taxed, good, numbered, again, papered, unknown)
    told = _call(index, *files, code=1)
    assert [_defects(line) for line in told] == [
        [("wrong supplier", None, None)],
        [("wrong supplier", None, None)],
        [("malformed", None, None)],
        [("wrong tax", "lines.0.rate", 17)],
        [],
        [("duplicate", "number", None)],
        [("duplicate", "bill", None)],
        [("duplicate", "bill", None)],
        [("other", "bill", None)],
    ]
    plain = ["invoices", str(taxed), "--index", str(index), "--rates", str(index.parent / "rates.toml")]
    done = CliRunner().invoke(cli.app, plain)
    assert f"{taxed}: returned, wrong tax: line 17, lines.0.rate: 13 %, the table has 16 %\n" in done.stdout


@given(st.binary(max_size=70))
def test_recover_address__anything__nobody_or_an_address(signature: bytes) -> None:
    from fairmeter.chain.secp import recover_address  # noqa: PLC0415

    assert recover_address(CONTENT, signature + bytes(65 - len(signature[:65]))) != OWNER.address
    assert recover_address(CONTENT, OWNER.sign_digest(CONTENT)) == OWNER.address


def test_invoices__bills_that_no_ledger_has__malformed(index: Path, tmp_path: Path) -> None:
    bills = ("99999999999999999999/1", "1/65536", "the first")
    files = [_signed(tmp_path / f"{at}.json", _json(_invoice([5], bill=bill))) for at, bill in enumerate(bills)]
    assert [_defects(line)[0][0] for line in _call(index, *files, code=1)] == ["malformed"] * 3
