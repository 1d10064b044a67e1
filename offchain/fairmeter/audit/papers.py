"""Every document of a run's bills, followed by the events alone through a state machine in its plainest form, and
compared with the documents in the bundle, with the ledger's money, and with what the replayed contract keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from fairmeter.audit.findings import MAX_FINDINGS, Check, Finding
from fairmeter.audit.money import Rebuilt
from fairmeter.audit.record import LOG_BITS, order_of
from fairmeter.bundle import Bundle
from fairmeter.chain.keccak import keccak256
from fairmeter.contracts.papering import DIGEST, NAME, BillTrace, digest_after, digest_before, document_columns
from fairmeter.model import BillState
from fairmeter.papers.kinds import APPROVALS, Defect, Kind, fallen, parents

PAPERS: Final = {
    "PAPER-01": "a document was written on those that it rests on, and stands until it, or one of these, is returned",
    "PAPER-02": "a paid voucher is of a bill that the ledger had settled, over what it settled",
    "PAPER-03": "the digest in storage is that of the documents, whose contents are in the bundle",
    "PAPER-04": "whoever applied did not approve, and nobody approved on two levels",
}
BILLS_ASKED: Final = 2_000
"""Whose papers the replayed contract is asked for, evenly spread."""
OTHERS: Final[Mapping[Kind, tuple[Kind, ...]]] = {
    Kind.TAX_CHECK: (Kind.PAYABLE,),
    Kind.VERIFICATION: (Kind.INVOICE,),
    Kind.FIRST_APPROVAL: (Kind.APPLICATION,),
    Kind.SECOND_APPROVAL: (Kind.APPLICATION, Kind.FIRST_APPROVAL),
    Kind.THIRD_APPROVAL: (Kind.APPLICATION, Kind.FIRST_APPROVAL, Kind.SECOND_APPROVAL),
}
"""Whose writer must be another person."""


@dataclass(slots=True)
class _File:
    """A bill's papers."""

    standing: int = 0
    levels: int = 0
    closed: bool = False
    digest: bytes = bytes(DIGEST)
    by: dict[Kind, int] = field(default_factory=dict)
    """The person who wrote each."""


class Papers:
    """The papers of one run."""

    def __init__(self, bundle: Bundle, rebuilt: Rebuilt, chain_id: int) -> None:
        self._rebuilt, self._record, self._chain_id = rebuilt, rebuilt.record, chain_id
        self._ledger = self._record.contracts["PaymentLedger"]
        table = bundle.table("documents")
        self._contents = dict(zip(table["content"].to_pylist(), table["text"].to_pylist(), strict=True))
        self._files: dict[int, _File] = {}
        self._people: dict[tuple[int, bytes], tuple[int, int]] = {}
        self._limits: dict[int, tuple[int, int]] = {}
        self._findings: list[Finding] = []
        self._count = 0

    def checks(self, contract: BillTrace | None) -> Iterator[Check]:
        """One a rule; `contract` is on the replayed chain, at its end."""
        for order, kind, values in self._events():
            if kind == "Documented":
                self._document(order, values)
            elif kind == "StaffAppointed":
                key = (values["supplier"], values["key"])
                self._people[key] = (values["person"], values["duties"])
            else:
                self._limits[values["supplier"]] = (values["second"], values["third"])
        self._compare(contract)
        for name, text in PAPERS.items():
            found = tuple(one for one in self._findings if one.check == name)[:MAX_FINDINGS]
            yield Check(name, text, self._count, found)

    def _events(self) -> list[tuple[int, str, dict[str, Any]]]:
        """Documents, appointments and limits in the order in which they happened."""
        found: list[tuple[int, str, dict[str, Any]]] = []
        documents = self._record.columns(NAME, "Documented")
        told = document_columns(documents)
        for row, order in enumerate(order_of(documents).tolist()):
            numbers = {name: int(getattr(told, name)[row]) for name in ("bill", "kind", "defect", "parents", "amount")}
            bytes_ = {name: getattr(told, name)[row].tobytes() for name in ("issuer", "content", "what", "by")}
            found.append((order, "Documented", {**numbers, **bytes_}))
        staff = self._record.columns(NAME, "StaffAppointed")
        for row, order in enumerate(order_of(staff).tolist()):
            values = {name: int(staff[name][row]) for name in ("supplier", "person", "duties")}
            found.append((order, "StaffAppointed", {**values, "key": staff["key"][row, 12:].tobytes()}))
        limits = self._record.columns(NAME, "LimitsSet")
        for row, order in enumerate(order_of(limits).tolist()):
            values = {name: int(limits[name][row]) for name in ("supplier", "second", "third")}
            found.append((order, "LimitsSet", values))
        return sorted(found, key=lambda one: one[0])

    def _document(self, order: int, told: Mapping[str, Any]) -> None:
        self._count += 1
        bill, kind = told["bill"], Kind(told["kind"])
        file = self._files.setdefault(bill, _File())
        where = f"bill {bill >> 16}/{bill & 0xFFFF}, transaction {order >> LOG_BITS}, {kind.label}"
        self._same("PAPER-03", f"{where}, digest before", file.digest.hex(), digest_before(told["what"]).hex())
        file.digest = digest_after(told["what"], told["by"], told["content"])
        if kind is not Kind.PAID and told["content"] not in self._contents:
            self._same("PAPER-03", where, "a document of documents.parquet", f"0x{told['content'].hex()}")
        if told["defect"]:
            self._return(file, kind, told, where)
        else:
            self._write(order, file, kind, told, where)

    def _return(self, file: _File, kind: Kind, told: Mapping[str, Any], where: str) -> None:
        self._same("PAPER-01", f"{where}, returned", "stands", "stands" if file.standing >> kind & 1 else "does not")
        by_ledger = told["issuer"] == self._ledger and Defect(told["defect"]) is Defect.SUPERSEDED
        if file.closed or by_ledger:
            self._same("PAPER-01", f"{where}, returned by the ledger alone", kind is Kind.PAID, by_ledger)
        file.standing &= ~fallen(kind)

    def _write(self, order: int, file: _File, kind: Kind, told: Mapping[str, Any], where: str) -> None:
        bill = told["bill"]
        supplier = int(self._rebuilt.posted.accounts[self._rebuilt.posted.rows(np.array([bill]))[0]]) >> 32
        on = parents(kind, file.levels)
        self._same("PAPER-01", f"{where}, rests on", on, told["parents"])
        self._same("PAPER-01", f"{where}, all that it rests on stands", on, on & file.standing)
        self._same("PAPER-01", f"{where}, stood already", 0, file.standing >> kind & 1)
        file.standing |= 1 << kind
        if kind is Kind.PAID:
            self._voucher(order, bill, supplier, told, where)
            file.closed = True
            return
        person, duties = self._people.get((supplier, told["issuer"]), (0, 0))
        self._same("PAPER-01", f"{where}, duty", 1, duties >> kind & 1)
        for earlier in OTHERS.get(kind, ()):
            self._same("PAPER-04", f"{where}, another than wrote the {earlier.label}", True, person != file.by[earlier])
        file.by[kind] = person
        if kind is Kind.APPLICATION:
            second, third = self._limits.get(supplier, (0, 0))
            file.levels = 3 if told["amount"] > third else 2 if told["amount"] > second else 1
        elif kind in APPROVALS:
            self._same("PAPER-04", f"{where}, a level that it takes", True, APPROVALS.index(kind) < file.levels)

    def _voucher(self, order: int, bill: int, supplier: int, told: Mapping[str, Any], where: str) -> None:
        settled, judged_at = self._settled(bill, order)
        self._same("PAPER-02", f"{where}, amount", settled, told["amount"])
        self._same("PAPER-02", f"{where}, issuer", self._ledger.hex(), told["issuer"].hex())
        numbers = (self._chain_id, int.from_bytes(self._ledger, "big"), bill, supplier, told["amount"], judged_at)
        expected = keccak256(b"".join(number.to_bytes(32, "big") for number in numbers))
        self._same("PAPER-02", f"{where}, content", expected.hex(), told["content"].hex())

    def _settled(self, bill: int, order: int) -> tuple[int, int]:
        """What of a bill was settled then, its batch's bucket released, and when it was judged."""
        moves, batch = self._rebuilt.moves, bill >> 16
        row = int(self._rebuilt.posted.rows(np.array([bill]))[0])
        own = slice(*np.searchsorted(moves.row, [row, row + 1]).tolist())
        before = moves.order[own] < order
        paid = [int(BillState.SETTLED), int(BillState.PENDING)]
        amount, source, target = moves.amount[own][before], moves.source[own][before], moves.target[own][before]
        settled = int(amount[np.isin(target, paid)].sum() - amount[np.isin(source, paid)].sum())
        judged = self._record.columns("VerdictGate", "BatchJudged")
        place = int(np.flatnonzero(judged["batch"] == batch)[0])
        return settled, int(self._record.times[judged["transaction"][place]])

    def _compare(self, contract: BillTrace | None) -> None:
        """With the storage of the replayed contract."""
        if contract is None:
            return
        bills = sorted(self._files)
        for bill in bills[:: max(1, len(bills) // BILLS_ASKED)]:
            kept, file = contract.papers_of(bill), self._files[bill]
            where = f"bill {bill >> 16}/{bill & 0xFFFF}, papersOf"
            self._same("PAPER-03", f"{where}, digest", file.digest.hex(), kept["digest"].hex())
            self._same("PAPER-01", f"{where}, standing", file.standing, kept["standing"])
            self._same("PAPER-04", f"{where}, levels", file.levels, kept["levels"])

    def _same(self, name: str, where: str, expected: object, found: object) -> None:
        if expected != found:
            self._findings.append(Finding(name, where, str(expected), str(found)))
