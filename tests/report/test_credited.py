from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from fairmeter.report.credited import CREDIT_EVENTS, credit_report, section

ACCOUNT = 2**32 + 7


def _events(**rows: list[tuple[int, ...]]) -> Mapping[str, pl.DataFrame]:
    """Of each event its kept columns and when, as rows."""
    return {
        name: pl.DataFrame(rows.get(name, []), schema=dict.fromkeys((*kept.values(), "at"), pl.Int64), orient="row")
        for name, kept in CREDIT_EVENTS.items()
    }


def _scores(*rows: tuple[int, int, int, int]) -> pl.DataFrame:
    names = ("bill", "class", "probability", "at")
    told = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.Int64), orient="row")
    return told.with_columns(owed=pl.lit(0), step=pl.lit(0), strategy=pl.lit(0))


def test_credit_report__every_fate__sums_of_line_and_class() -> None:
    events = _events(
        CreditFunded=[(1, 1_000, 0), (1, 500, 1), (2, 9, 1)],
        CreditTaken=[(1, 30, 99)],
        CreditDrawn=[(1, ACCOUNT, 100, 10), (2, ACCOUNT, 200, 10), (3, ACCOUNT, 300, 20), (4, ACCOUNT, 50, 20)],
        CreditWrittenOff=[(1, 100, 40), (2, 200, 40), (2, 150, 60)],
        CreditReopened=[(2, 200, 50)],
        CreditRepaid=[(2, 50, 50), (3, 120, 30)],
        CreditReturned=[(3, 80, 70)],
    )
    scores = _scores((1, 5, 900_000, 1), (1, 5, 500_000, 9), (2, 5, 600_000, 9), (3, 6, 400_000, 9), (4, 6, 1, 9))
    found = credit_report(events, scores, {1: "grid & co", 2: "power"})
    grid, power = found.lines.to_dicts()
    assert grid == {
        "supplier": "grid & co", "funded": 1_500, "taken": 30, "bills": 4,
        "drawn": 650, "repaid": 170, "returned": 80, "lost": 250, "open": 150,
    }  # fmt: skip
    assert (power["supplier"], power["funded"], power["drawn"], power["bills"]) == ("power", 9, 0, 0)
    five, six = found.classes.to_dicts()
    # by the last scores before each draw
    assert (five["expected"], five["late"], five["lost"]) == (50 + 120, 1, 250)
    assert (six["expected"], six["late"], six["repaid"], six["open"]) == (120, 0, 120, 150)
    page = section(found)
    assert "grid &amp; co" in page
    assert "2.50 of 6.50" in page


def test_section__nobody_has_a_line__nothing() -> None:
    assert section(None) == ""


def test_credit_report__nothing_drawn__rows_of_lines_alone() -> None:
    found = credit_report(_events(CreditFunded=[(1, 10, 0)]), _scores(), {1: "grid"})
    assert found.lines.to_dicts()[0]["drawn"] == 0
    assert found.classes.is_empty()
