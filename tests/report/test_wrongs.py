"""Wrong verdicts in sums: nothing is counted twice, and what stands is somebody's word."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairmeter.errors import BundleError
from fairmeter.report.wrongs import (
    FIGURES,
    MECHANISMS,
    MOVES,
    SCHEMA,
    STANDS,
    bond_rows,
    by_mechanism,
    by_signers,
    load_wrongs,
)

AMOUNTS = st.integers(0, 10**12)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "bill_id": st.text("0123456789", min_size=1, max_size=4),
            "committed": st.sampled_from(["PAY", "APPEAL"]),
            "right": st.sampled_from(["PAY", "APPEAL", "INSUFFICIENT"]),
            **dict.fromkeys(MOVES, AMOUNTS),
            "mechanism": st.sampled_from([*MECHANISMS[:-1], None]),
            "challenger": st.sampled_from(["watchers", "operators", "customers", None]),
            "signers": st.lists(st.sampled_from(["0xaa", "0xbb", "0xcc"]), min_size=1, max_size=3, unique=True),
        }
    ),
    max_size=20,
)


@given(ROWS)
def test_by_mechanism__any_wrongs__sum_to_all_of_them(rows: list[dict[str, object]]) -> None:
    frame = pl.DataFrame(rows, SCHEMA)
    sums = by_mechanism(frame)
    assert sums["bills"].sum() == len(frame)
    assert [sums[move].sum() for move in MOVES] == [frame[move].sum() for move in MOVES]
    assert sums[FIGURES].sum() == len(frame.filter(pl.col("committed") == pl.col("right")))
    named = {name for row in sums["users"].to_list() for name in row.split(", ") if name}
    assert named == set(frame["challenger"].drop_nulls())


@given(ROWS)
def test_by_signers__any_wrongs__sum_to_what_stands(rows: list[dict[str, object]]) -> None:
    frame = pl.DataFrame(rows, SCHEMA)
    stands = by_mechanism(frame).filter(pl.col("mechanism") == STANDS)
    assert by_signers(frame)["bills"].sum() == stands["bills"].sum()
    assert [by_signers(frame)[move].sum() for move in MOVES] == [stands[move].sum() for move in MOVES]


HOLDERS = ("0xaa", "0xbb", "0xcc", "0xdd", None)


@given(st.lists(st.tuples(st.sampled_from(HOLDERS), AMOUNTS, AMOUNTS), unique_by=lambda row: row[0]))
def test_bond_rows__any_bonds__sum_to_all_of_them_with_operators_named(rows: list[tuple[str | None, int, int]]) -> None:
    bonds = pl.DataFrame(rows, {"holder": pl.String, "slashed": pl.Int64, "rewarded": pl.Int64}, orient="row")
    told = bond_rows({"operators": ["0xbb", "0xaa"]}, bonds)
    assert sum(slashed for _, slashed, _ in told) == bonds["slashed"].sum()
    assert sum(rewarded for *_, rewarded in told) == bonds["rewarded"].sum()
    names = [name for name, *_ in told if name.startswith("operator")]
    held = {holder for holder, *_ in rows}
    assert names == [name for name, of in (("operator 0, 0xbb", "0xbb"), ("operator 1, 0xaa", "0xaa")) if of in held]


def test_load_wrongs__none_or_another_table__is_none_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "wrongs.parquet"
    assert load_wrongs(path) is None
    pl.DataFrame({"bill_id": ["7"]}).write_parquet(path)
    with pytest.raises(BundleError, match="is not what a run writes"):
        load_wrongs(path)
