from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest

from fairmeter.report import Report, html, load
from fairmeter.report.outcome import STATES
from fairmeter.report.plots import MAX_POINTS, POINT, drawn_points, growth_plot

if TYPE_CHECKING:
    from tests.report.conftest import FinishedRun

HOSTILE = "<script>alert('&')</script>\"><img src=x>"
OUTSIDE = re.compile(r"https?:|//[a-z]|<script|<link|<img|<iframe|@import|url\(|\bsrc=|\bhref=", re.IGNORECASE)
MAX_BYTES = 1_500_000


class Tables(HTMLParser):
    """The page's tables: rows of texts under their captions; complains of tags that do not close."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self._open: list[str] = []
        self._caption = ""
        self.feed(page)
        assert self._open == []

    def handle_starttag(self, tag: str, _: list[tuple[str, str | None]]) -> None:
        if tag == "meta":
            return
        self._open.append(tag)
        if tag == "caption":
            self._caption = ""
        if tag == "tr":
            self.tables.setdefault(self._caption, []).append([])
        if tag in {"td", "th"}:
            self.tables[self._caption][-1].append("")

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Opens nothing."""

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, text: str) -> None:
        if self._open and self._open[-1] == "caption":
            self._caption += text
        if self._open and self._open[-1] in {"td", "th"}:
            self.tables[self._caption][-1][-1] += text


def _minor(text: str) -> int:
    return int(text.replace(",", "").replace(".", ""))


@pytest.fixture(scope="module")
def page(report: Report) -> str:
    return html(report)


def test_html__a_run__amounts_are_the_ledgers_totals(page: str, report: Report) -> None:
    head, *rows = Tables(page).tables["By verdict, and where the money stands at the end"]
    sums = report.manifest["sums"]
    for position, name in enumerate(head[3:], 3):
        assert _minor(rows[-1][position]) == sums[f"amount_{name.lower()}"]
        assert sum(_minor(row[position]) for row in rows[:-1]) == sums[f"amount_{name.lower()}"]
    assert _minor(rows[-1][2]) == sums["amount_billed"]
    assert {name.lower() for name in head[3:]} >= {state for state in STATES if sums[f"amount_{state}"]}


def test_html__a_run__gas_and_arrears_are_the_records(page: str, report: Report) -> None:
    tables = Tables(page).tables
    _, *gas, total = tables["Gas, a chain's measure of work, by kind of transaction"]
    assert sum(_minor(row[2]) for row in gas) == _minor(total[2]) == report.manifest["sums"]["gas_used"]
    _, *arrears = tables.get("By reason", [[], ["", "", "", "0"]])
    assert _minor(arrears[-1][3]) == report.manifest["sums"]["amount_arrears"]


def test_html__a_run__needs_nothing_from_outside(page: str) -> None:
    assert OUTSIDE.findall(page) == []


@pytest.mark.parametrize("text", ['<a href="x">', "<script>", "url(x)", 'xmlns="http://www.w3.org/2000/svg"'])
def test_outside__an_example__found(text: str) -> None:
    assert OUTSIDE.search(text)


def test_html__plots__have_a_text_for_who_cannot_see_them(page: str) -> None:
    assert len(re.findall("<svg", page)) == len(re.findall(r'<svg role="img" aria-label="[^"]+"', page)) > 3


def test_html__twice__the_same_bytes(page: str, finished: FinishedRun) -> None:
    assert html(load(finished.directory)) == page


def test_html__hostile_names__escaped(altered: Callable[..., Path]) -> None:
    def rename(name: str, table: pl.DataFrame) -> pl.DataFrame:
        if name == "transactions":
            return table.with_columns(label=pl.lit(HOSTILE))
        if name != "bills":
            return table
        names = {column: pl.lit(HOSTILE) for column in ("customer_id", "supplier")}
        return table.with_columns(**names, bill_id=pl.lit(HOSTILE) + pl.col("bill_id"))

    page = html(load(altered(rename, operators=[HOSTILE])))
    Tables(page)
    assert "&lt;script&gt;" in page
    assert re.findall(r"<(?:script|img)", page) == []


def test_html__many_bills__light_and_drawn_in_part(report: Report) -> None:
    times = 1 + 5 * MAX_POINTS // len(report.bills)
    rng = np.random.default_rng(1)
    many = pl.concat([report.bills] * times).with_columns(
        expected_ppm=pl.Series(rng.integers(-(10**6), 10**6, len(report.bills) * times)),
        actual_ppm=pl.Series(rng.integers(-(10**6), 10**12, len(report.bills) * times)),
    )
    large = replace(report, bills=many)
    assert len(drawn_points(large)) == MAX_POINTS
    page = html(large)
    assert f"of which {MAX_POINTS:,} are drawn" in page
    assert len(page.encode()) < MAX_BYTES


def test_html__no_bills__says_so(report: Report) -> None:
    page = html(replace(report, bills=report.bills.clear(), largest=()))
    assert "no bills" in page
    assert "No bill was appealed." in page
    assert "Every bill could be paid when it was due." in page


def test_drawn_points__few_bills__all_that_have_an_expected_growth(report: Report) -> None:
    known = report.bills.drop_nulls(["actual_ppm", "expected_ppm"])
    assert drawn_points(report).equals(known.select(POINT))


def test_growth_plot__a_run__a_mark_a_bill(report: Report) -> None:
    marks = re.search(r'class="mark-symbol role-mark[^>]*>(.*?)</g>', growth_plot(report))
    assert marks is not None
    assert marks[1].count("<path") == len(drawn_points(report))
