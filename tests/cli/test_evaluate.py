from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest

from fairmeter.usage import write_fleet

if TYPE_CHECKING:
    from tests.cli.conftest import JsonOf, Refused

Evaluated = tuple[Path, dict[str, Any], Path]


@pytest.fixture
def readings_and_bills(large_fleet: Path) -> tuple[str, ...]:
    return "--usage", str(large_fleet / "usage.parquet"), "--bills", str(large_fleet / "bills.parquet")


@pytest.fixture(scope="module")
def of_fewer(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """Of customers enough to fit policies to and to measure them by."""
    usage, bills = write_fleet(tmp_path_factory.mktemp("measured"), 28, 16, seed=7)
    return "--usage", str(usage), "--bills", str(bills)


def test_evaluate__a_fleet__calibrated_beside_its_peers_on_both_splits(
    json_of: JsonOf, of_fewer: tuple[str, ...], tmp_path: Path
) -> None:
    plot = tmp_path / "recall.png"
    peers = ("calibrated", "trend", "last-28-days", "isolation-forest")
    asked = [part for name in peers for part in ("--policy", name)]
    printed = json_of("evaluate", *of_fewer, *asked, "--plot", plot)
    compared = printed["compared"]
    assert [one["policy"] for one in compared] == [name for name in peers for _ in range(2)]
    area = {(one["policy"], one["split"]): one["evaluation"]["quality"]["area"] for one in compared}
    assert area["calibrated", "other customers"] > area["trend", "other customers"]
    for one in compared:
        low, quality, high = (one["evaluation"][name] for name in ("low", "quality", "high"))
        assert 0 <= low["area"] <= high["area"] <= 1
        assert sum(part["bills"] for part in one["by_class"].values()) == quality["bills"]
        assert one["curve"] == sorted(one["curve"])
        assert [rate["set"] for rate in one["rates"]] == ([0.005, 0.01, 0.02] if one["policy"] == "calibrated" else [])
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_evaluate__one_customer_in_three__those_of_the_seed(
    json_of: JsonOf, readings_and_bills: tuple[str, ...]
) -> None:
    def bills(*asked: str) -> list[int]:
        compared = json_of("evaluate", *readings_and_bills, "--policy", "last-28-days", *asked)["compared"]
        return [one["evaluation"]["quality"]["bills"] for one in compared]

    every, third = bills(), bills("--one-in", "3")
    assert bills("--one-in", "3", "--seed", "1") != third
    assert all(0.2 < some / whole < 0.5 for some, whole in zip(third, every, strict=True))


def test_evaluate__wrong_input__one_line(refused: Refused, readings_and_bills: tuple[str, ...], tmp_path: Path) -> None:
    assert "expected calibrated, trend" in refused(2, "evaluate", *readings_and_bills, "--policy", "guess")
    assert "one customer in 1000000000" in refused(2, "evaluate", *readings_and_bills, "--one-in", "1000000000")
    assert ".png or .html" in refused(2, "evaluate", *readings_and_bills, "--plot", tmp_path / "recall.pdf")
    unlabelled = tmp_path / "bills.parquet"
    pl.read_parquet(readings_and_bills[3]).drop("true_quantity", "fault").write_parquet(unlabelled)
    assert "label columns" in refused(2, "evaluate", *readings_and_bills[:2], "--bills", unlabelled)


def test_evaluate__scikit_learn_missing__says_what_to_install(readings_and_bills: tuple[str, ...]) -> None:
    program = "import sys\nsys.modules['sklearn'] = None\nfrom fairmeter.cli import main\nmain()"
    call = [sys.executable, "-c", program, "evaluate", *readings_and_bills]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert done.stderr.startswith("fairmeter: the calibrated policy needs scikit-learn: pip install")
    assert done.stderr.count("\n") == 1


def test_verdict_calibrated__a_customer_never_read__judged_with_the_rest(
    json_of: JsonOf, of_fewer: tuple[str, ...], tmp_path: Path
) -> None:
    bills = pl.read_parquet(of_fewer[3])
    new = bills["customer_id"][0]
    usage, out = tmp_path / "usage.parquet", tmp_path / "verdicts.parquet"
    pl.read_parquet(of_fewer[1]).filter(pl.col("customer_id") != new).write_parquet(usage)
    printed = json_of(
        "verdict", "--policy", "calibrated", "--rate", 0.02, "--usage", usage, *of_fewer[2:], "--out", out
    )
    judged = pl.read_parquet(out)
    assert judged.schema == {
        "bill_id": pl.Int64, "decision": pl.String, "score": pl.Float64, "expected_quantity": pl.Int64,
        "low": pl.Int64, "high": pl.Int64, "reason": pl.String,
    }  # fmt: skip
    assert judged["bill_id"].equals(bills["bill_id"])
    assert printed["unread"] == bills.filter(customer_id=new).height > 0
    assert printed["appeal"] == (judged["decision"] == "APPEAL").sum()
    assert judged.select(((pl.col("decision") == "APPEAL") == pl.col("reason").is_not_null()).all()).item()
    assert judged.select((pl.col("low") <= pl.col("expected_quantity")).all()).item()
    assert judged.select((pl.col("expected_quantity") <= pl.col("high")).all()).item()
    width = judged.select(pl.col("high") / pl.col("low").clip(1)).to_series().to_numpy()
    strange = (bills["customer_id"] == new).to_numpy()
    assert np.median(width[strange]) > 2 * np.median(width[~strange])
