"""A bill's lineage for people: a tree in the terminal, a page with a timeline, an object for programs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from fairmeter.papers.kinds import Defect
from fairmeter.report import markup
from fairmeter.report.figures import growth, money, period, quantity
from fairmeter.report.tables import titled
from fairmeter.tracing.lineage import Document, Lineage, Move, block_of
from fairmeter.tracing.questions import Found, Question

SHOWN = 20
"""Bills that a terminal shows."""
MEANS = {
    Question.WITHOUT_INVOICE: "Bills without an invoice",
    Question.WITHOUT_VOUCHER: "Payments without a paid voucher",
    Question.TWO_LEVELS: "Bills that one person approved on two levels",
}


def tree(found: Lineage) -> Tree:
    """Money, papers and gaps."""
    root = Tree(Text(_title(found), style="bold"))
    for name, value in _facts(found):
        root.add(Text(f"{name}: {value}"))
    moves = root.add("money")
    for move in found.moves:
        moves.add(Text(f"{_time(move.at)}  {_said(move)}"))
    papers = root.add("papers")
    for one in found.documents:
        papers.add(Text(f"{_time(one.at)}  {_told(one)}", style="dim" if one.returned_by else ""))
    gaps = root.add("gaps")
    for gap in found.gaps() or ["none"]:
        gaps.add(Text(gap, style="red" if gap != "none" else ""))
    return root


def to_json(found: Lineage) -> dict[str, Any]:
    """All of it; hashes and addresses in hexadecimal, money in minor units."""
    return {
        "bill": f"{found.bill >> 16}/{found.bill & 0xFFFF}",
        **{name: getattr(found, name) for name in ("supplier", "utility", "account", "start", "days", "quantity")},
        **{name: getattr(found, name) for name in ("amount", "replaces", "verdict", "actual_ppm", "expected_ppm")},
        "paid": found.paid,
        "moves": [_move_json(found, move) for move in found.moves],
        "documents": [_document_json(found, one) for one in found.documents],
        "gaps": found.gaps(),
    }


def html(found: Lineage) -> str:
    """A page with everything on one timeline."""
    steps = sorted(
        [(move.place, move.at, "money", _said(move)) for move in found.moves]
        + [(one.place, one.at, "papers", _told(one)) for one in found.documents]
    )
    rows = [[_time(at), kind, said, f"{block_of(place):,}"] for place, at, kind, said in steps]
    facts = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in _facts(found))
    gaps = "".join(f"<li>{escape(gap)}</li>" for gap in found.gaps()) or "<li>none</li>"
    documents = [
        [
            *(str(one.number), one.kind.label, one.defect.label if one.defect else "written"),
            *(", ".join(map(str, one.parents)), f"0x{one.content.hex()}", f"0x{one.issuer.hex()}", _outcome(one)),
        ]
        for one in found.documents
    ]
    heads = ["No.", "Document", "Written or returned", "Rests on", "Content", "Issuer", "Now"]
    body = (
        f'<header><h1>{escape(_title(found))}</h1></header>\n<dl class="record">{facts}</dl>\n'
        f"<section><h2>Gaps</h2>\n<ul>{gaps}</ul></section>\n"
        f"<section class='words'><h2>Timeline</h2>\n{_timeline(found)}\n"
        f"{markup.table(None, ['When (UTC)', 'What', 'Event', 'Block'], rows)}</section>\n"
        f"<section class='words'><h2>Papers</h2>\n{markup.table(None, heads, documents)}</section>"
    )
    return markup.document(_title(found), body)


def answer_tables(question: Question, found: Sequence[Found]) -> Group:
    """Sums by supplier and month, and the first bills."""
    sums: dict[tuple[str, int], list[int]] = {}
    for one in found:
        entry = sums.setdefault((one.supplier, one.month), [0, 0])
        entry[0], entry[1] = entry[0] + 1, entry[1] + one.amount
    title, table = titled(f"{MEANS[question]}: {len(found):,}", "supplier", "month", "bills", "billed")
    for (supplier, month), (bills, amount) in sums.items():
        table.add_row(supplier, month_text(month), f"{bills:,}", money(amount))
    return Group(title, table, _first(found))


def answer_json(question: Question, found: Sequence[Found]) -> dict[str, Any]:
    """Every bill."""
    bills = [
        {"bill": _name(one.bill), "supplier": one.supplier, "month": month_text(one.month), "amount": one.amount}
        for one in found
    ]
    return {"question": question.value, "count": len(found), "bills": bills}


def month_text(month: int) -> str:
    """2017-03 of a month counted from January 1970."""
    return f"{1970 + month // 12}-{month % 12 + 1:02}"


def _first(found: Sequence[Found]) -> Table:
    _, table = titled("", "bill", "month", "billed")
    for one in found[:SHOWN]:
        table.add_row(_name(one.bill), month_text(one.month), money(one.amount))
    return table


def _name(bill: int) -> str:
    return f"{bill >> 16}/{bill & 0xFFFF}"


def _title(found: Lineage) -> str:
    return f"Bill {_name(found.bill)} of {found.supplier}"


def _facts(found: Lineage) -> list[tuple[str, str]]:
    facts = [
        ("period", f"{found.utility}, {period(found.start, found.start + found.days - 1)}, account {found.account}"),
        ("billed", f"{quantity(found.quantity, found.utility)}, {money(found.amount)}"),
        ("verdict", _verdict(found)),
        ("paid", f"{money(found.paid)}, {'released' if found.released else 'not released'}"),
    ]
    return [*facts, ("replaces", _name(found.replaces))] if found.replaces else facts


def _verdict(found: Lineage) -> str:
    if found.verdict is None:
        return "not judged by operators"
    return f"{found.verdict}, actual growth {growth(found.actual_ppm)}, expected {growth(found.expected_ppm)}"


def _said(move: Move) -> str:
    detail = ", ".join(f"{name} {value}" for name, value in move.detail.items())
    of = ", all bills of the batch" if move.whole_batch else ""
    return f"{move.contract}.{move.event}{of}{': ' + detail if detail else ''}"


def _told(one: Document) -> str:
    who = f"person {one.person}" if one.person else f"0x{one.issuer.hex()[:8]}…"
    on = f", on {', '.join(map(str, one.parents))}" if one.parents else ""
    if one.defect is not Defect.NONE:
        return f"{one.number}. {one.kind.label} returned{on}: {one.defect.label}, by {who}, {one.content.hex()[:12]}…"
    amount = f"{money(one.amount)}" + (f", tax {one.tax / 10_000:g} %" if one.tax else "")
    back = f" (returned by {one.returned_by})" if one.returned_by else ""
    return f"{one.number}. {one.kind.label}{on}: {amount}, by {who}, {one.content.hex()[:12]}…{back}"


def _outcome(one: Document) -> str:
    if one.defect is not Defect.NONE:
        return ""
    return f"returned by {one.returned_by}" if one.returned_by else "stands"


def _time(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _timeline(found: Lineage) -> str:
    """Dots on a line: money above it, papers below."""
    steps = [(move.at, 30, _said(move)) for move in found.moves]
    steps += [(one.at, 70, _told(one)) for one in found.documents]
    begin, end = min((at for at, _, _ in steps), default=0), max((at for at, _, _ in steps), default=1)
    span = max(end - begin, 1)
    dots = "".join(
        f'<circle cx="{20 + 960 * (at - begin) / span:.1f}" cy="{y}" r="5">'
        f"<title>{escape(f'{_time(at)} {said}')}</title></circle>"
        for at, y, said in steps
    )
    return (
        '<svg viewBox="0 0 1000 100" role="img" aria-label="Money above the line, papers below, in the order of time">'
        f'<line x1="20" y1="50" x2="980" y2="50" stroke="currentColor"/>{dots}'
        f'<text x="20" y="14" font-size="12">{_time(begin)}</text>'
        f'<text x="980" y="14" font-size="12" text-anchor="end">{_time(end)}</text></svg>'
    )


def _block_json(found: Lineage, place: int) -> dict[str, Any]:
    hash_ = found.block_hashes[block_of(place)]
    return {"block": block_of(place), "block_hash": None if hash_ is None else f"0x{hash_.hex()}"}


def _move_json(found: Lineage, move: Move) -> dict[str, Any]:
    names = ("at", "transaction", "contract", "event", "whole_batch", "paid")
    return {**_block_json(found, move.place), **{n: getattr(move, n) for n in names}, "detail": dict(move.detail)}


def _document_json(found: Lineage, one: Document) -> dict[str, Any]:
    names = ("number", "at", "transaction", "person", "amount", "tax", "returned_by")
    return {
        **_block_json(found, one.place),
        **{name: getattr(one, name) for name in names},
        "kind": one.kind.name.lower(),
        "defect": one.defect.name.lower(),
        "parents": list(one.parents),
        "issuer": f"0x{one.issuer.hex()}",
        "content": f"0x{one.content.hex()}",
    }
