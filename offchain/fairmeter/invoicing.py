"""What `fairmeter invoices` does: files read, their signatures and contents checked beside the bills of an index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fairmeter import tracings
from fairmeter.chain.keccak import keccak256
from fairmeter.chain.secp import recover_address
from fairmeter.chain.wallet import personal_hash
from fairmeter.errors import InputError
from fairmeter.papers.invoices import Finding, Invoice, amount, check, read_json
from fairmeter.papers.kinds import Defect
from fairmeter.papers.rates import Rates, read_rates
from fairmeter.papers.ubl import read_ubl

if TYPE_CHECKING:
    from fairmeter.tracing.store import Store

SIGNATURE: Final = ".sig"
"""Behind the name of a file: the supplier's signature of it."""

Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """One file: what was read of it, if anything could be, and what is wrong with it; accepted if nothing is."""

    path: Path
    content: bytes
    """Keccak-256 of the file: the document's hash among the bill's papers."""
    invoice: Invoice | None = None
    findings: tuple[Finding, ...] = ()
    places: Mapping[str, int] = field(default_factory=dict)
    """Lines of the file by field, where they are known."""

    @property
    def accepted(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    def __str__(self) -> str:
        if self.invoice is not None and self.accepted:
            one = self.invoice
            return f"{self.path}: accepted, bill {one.bill}, {amount(one.payable)} {one.currency}"
        text = f"{self.path}: returned, {'; '.join(map(self._said, self.findings))}"
        return "".join(one if one.isprintable() else "?" for one in text)

    def to_json(self) -> dict[str, Any]:
        """By name; amounts in minor units."""
        return {
            "file": str(self.path),
            "content": f"0x{self.content.hex()}",
            "accepted": self.accepted,
            "number": self.invoice and self.invoice.number,
            "bill": self.invoice and self.invoice.bill,
            "payable": self.invoice and self.invoice.payable,
            "defects": [
                {
                    "defect": one.defect.label,
                    "field": one.field or None,
                    "line": self.places.get(one.field),
                    "reason": one.reason,
                }
                for one in self.findings
            ],
        }

    def _said(self, one: Finding) -> str:
        line = [f"line {self.places[one.field]}"] if one.field in self.places else []
        where = ", ".join([*line, *([one.field] if one.field else [])])
        return f"{one.defect.label}: {where}: {one.reason}" if where else f"{one.defect.label}: {one.reason}"


def check_invoices(files: Sequence[Path], index: str, rates: Path) -> list[Checked]:
    """Each file with what is wrong with it. Of two invoices with one number of a supplier, or for one bill, the second
    is a duplicate; what was returned takes nobody's place. Raises InputError for rates or an index that are none."""
    tracings.needed()
    try:
        table = read_rates(rates.read_bytes())
    except InputError as error:
        raise InputError(f"{rates}: {error}") from error
    read = [(path, path.read_bytes(), _signature(path)) for path in files]
    taken: dict[Key, Path] = {}
    with tracings.existing(index) as store:
        return [_checked(store, table, taken, *one) for one in read]


def _signature(path: Path) -> bytes:
    """The bytes of the file beside `path`; none without one, or without bytes in it."""
    beside = path.with_name(path.name + SIGNATURE)
    if not beside.is_file():
        return b""
    try:
        return bytes.fromhex(beside.read_bytes().decode("ascii").strip().removeprefix("0x"))
    except ValueError:
        return b""


def _checked(store: Store, rates: Rates, taken: dict[Key, Path], path: Path, data: bytes, signature: bytes) -> Checked:
    from fairmeter.tracing.lineage import bill_of  # noqa: PLC0415
    from fairmeter.tracing.questions import billed  # noqa: PLC0415

    content = keccak256(data)
    try:
        invoice, places = _read(path, data)
        number = bill_of(invoice.bill)
    except InputError as error:
        return Checked(path, content, findings=(Finding(Defect.MALFORMED, "", str(error)),))
    bill = billed(store, number)
    if bill is None:
        unknown = Finding(Defect.OTHER, "bill", f"the index has no bill {invoice.bill}")
        return Checked(path, content, invoice, (unknown,), places)
    signer = recover_address(personal_hash(content), signature)
    keys: dict[str, Key] = {"number": (bill.owner, bill.supplier, invoice.number), "bill": (number,)}
    findings = [
        Finding(Defect.DUPLICATE, name, f"is that of {taken[key]} too") for name, key in keys.items() if key in taken
    ] + check(invoice, bill, rates, content, signer)
    if not findings:
        taken |= dict.fromkeys(keys.values(), path)
    return Checked(path, content, invoice, tuple(findings), places)


def _read(path: Path, data: bytes) -> tuple[Invoice, Mapping[str, int]]:
    if path.suffix == ".json":
        return read_json(data), {}
    if path.suffix == ".xml":
        return read_ubl(data)
    raise InputError("expected a name that ends in .xml or .json")
