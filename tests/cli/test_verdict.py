from __future__ import annotations

import errno
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

from fairmeter import judge_one
from fairmeter.units import reference_date

if TYPE_CHECKING:
    from tests.cli.conftest import Invoke, JsonOf, Refused

MAIN = [sys.executable, "-c", "from fairmeter.cli import main; main()"]


def test_verdict__a_fleet__every_bill_as_judged_alone(invoke: Invoke, fleet: Path, tmp_path: Path) -> None:
    out = tmp_path / "verdicts.parquet"
    files = ("--usage", fleet / "usage.parquet", "--bills", fleet / "bills.parquet")
    assert invoke("verdict", *files, "--out", out, "--degree", 1, "--preset", 50_000).exit_code == 0
    found = pl.read_parquet(out)
    assert found.schema == {
        "bill_id": pl.Int64,
        "decision": pl.String,
        "actual_ppm": pl.Int64,
        "expected_ppm": pl.Int64,
    }
    bills, usage = pl.read_parquet(fleet / "bills.parquet"), pl.read_parquet(fleet / "usage.parquet")
    assert found["bill_id"].equals(bills["bill_id"])
    for bill, row in zip(bills.to_dicts(), found.to_dicts(), strict=True):
        mine = usage.filter(customer_id=bill["customer_id"], utility=bill["utility"])
        by_date = dict(zip(mine["date"], mine["quantity"], strict=True))
        start, end = (reference_date(bill[name]) for name in ("period_start", "period_end"))
        readings = [by_date.get(day) for day in pl.date_range(start, end, eager=True)]
        days = (bill["period_end"] - bill["period_start"]).days + 1
        alone = judge_one(readings, bill["quantity"], days, first_preset=50_000, degree=1)
        assert row["decision"] == alone.decision.name
        assert (row["actual_ppm"], row["expected_ppm"]) == (alone.actual_ppm, alone.expected_ppm)


def test_verdict__json__counts_the_file(json_of: JsonOf, fleet: Path, tmp_path: Path) -> None:
    out = tmp_path / "verdicts.parquet"
    files = ("--usage", fleet / "usage.parquet", "--bills", fleet / "bills.parquet", "--out", out)
    printed = json_of("verdict", *files)
    decisions = pl.read_parquet(out)["decision"].value_counts()
    counted = dict(zip(decisions["decision"], decisions["count"], strict=True))
    assert {name: printed[name.lower()] for name in counted} == counted
    assert printed["bills"] == sum(counted.values())


def test_verdict__twice__replaces_its_file(invoke: Invoke, fleet: Path, tmp_path: Path) -> None:
    out = tmp_path / "verdicts.parquet"
    files = ("--usage", fleet / "usage.parquet", "--bills", fleet / "bills.parquet", "--out", out)
    invoke("verdict", *files, "--preset", -1_000_000)
    first = out.read_bytes()
    invoke("verdict", *files)
    assert out.read_bytes() != first
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == [out.name]


def test_verdict__the_disk_fills_up__one_line_and_the_file_before_kept(
    refused: Refused, fleet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(_: pl.DataFrame, part: Path) -> None:
        part.write_bytes(b"PAR1")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pl.DataFrame, "write_parquet", half)
    out = tmp_path / "verdicts.parquet"
    out.write_bytes(b"before")
    files = ("--usage", fleet / "usage.parquet", "--bills", fleet / "bills.parquet", "--out", out)
    assert "No space left" in refused(2, "verdict", *files)
    assert out.read_bytes() == b"before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fleet", out.name]


@pytest.mark.parametrize("out", ["no-such-folder/v.parquet", "verdicts.csv", "."])
def test_verdict__out_that_cannot_be__refused(refused: Refused, fleet: Path, tmp_path: Path, out: str) -> None:
    files = ("--usage", fleet / "usage.parquet", "--bills", fleet / "bills.parquet")
    assert "expected" in (line := refused(2, "verdict", *files, "--out", tmp_path / out)) or "folder" in line


def test_verdict__loading__no_chain() -> None:
    code = (
        "import sys, fairmeter.cli, fairmeter.commands, fairmeter.usage, fairmeter.verdict\n"
        "print([name for name in ('web3', 'eth', 'eth_tester', 'altair', 'solcx') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_verdict__real_bills__within_five_seconds(shared: Path, tmp_path: Path) -> None:
    files = ("--usage", shared / "data/usage/daily.open.parquet", "--bills", shared / "data/bills/bills.open.parquet")
    call = [*MAIN, "verdict", *map(str, files), "--out", str(tmp_path / "v.parquet"), "--json"]
    started = time.perf_counter()
    done = subprocess.run(call, capture_output=True, text=True, check=True)
    assert time.perf_counter() - started < 5
    assert json.loads(done.stdout)["bills"] == pl.read_parquet(tmp_path / "v.parquet").height > 8_000
