"""`fairmeter score`: grades of a file, and refusals in one line."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

JsonOf = Callable[..., dict[str, Any]]
Refused = Callable[..., str]


@pytest.fixture
def files(tmp_path: Path) -> tuple[object, ...]:
    """--history and --accounts."""
    rng = np.random.default_rng(2)
    late = rng.integers(0, 5, 1200)
    default = rng.random(1200) < 0.05 + 0.15 * late
    frame = pl.DataFrame({"account": np.arange(1200), "months late": late, "use": rng.random(1200), "default": default})
    frame.write_parquet(tmp_path / "history.parquet")
    frame.drop("default").head(50).write_csv(tmp_path / "accounts.csv")
    return "--history", tmp_path / "history.parquet", "--accounts", tmp_path / "accounts.csv"


def test_score__accounts__graded_in_their_order_with_reasons(
    json_of: JsonOf, files: tuple[object, ...], tmp_path: Path
) -> None:
    printed = json_of("score", *files, "--out", tmp_path / "scores.parquet")
    scores = pl.read_parquet(tmp_path / "scores.parquet")
    assert scores.columns == ["account", "probability", "points", "grade", "reasons"]
    assert scores["account"].to_list() == list(range(50))
    assert printed["accounts"] == sum(printed["grades"].values()) == 50
    late = pl.read_csv(str(files[3]))["months late"]
    assert (scores.filter(late == 4)["probability"] > scores.filter(late == 0)["probability"].max()).all()
    assert scores.filter(late == 4)["reasons"].str.contains("months late is above 3").all()
    assert not scores.filter(late == 0)["reasons"].str.contains("months late").any()


def test_score__leaking_feature__refused_and_nothing_written(
    refused: Refused, files: tuple[object, ...], tmp_path: Path
) -> None:
    history = pl.read_parquet(str(files[1]))
    history.with_columns(written_off=pl.col("default") * 100.0).write_parquet(str(files[1]))
    out = tmp_path / "scores.parquet"
    assert "features leaking the answer: written_off" in refused(2, "score", *files, "--out", out)
    assert not out.exists()


def test_score__what_is_missing__named(refused: Refused, files: tuple[object, ...], tmp_path: Path) -> None:
    out = ("--out", tmp_path / "scores.parquet")
    assert "--out missing" in refused(2, "score", *files)
    assert "--history beside --evaluate" in refused(2, "score", "--evaluate", *files[:2])
    assert "--forest beside --history" in refused(2, "score", "--forest", *files[:2])
    assert "holds none of payments/" in refused(2, "score", "--evaluate", "--data", tmp_path)
    assert "the column unpaid is missing" in refused(2, "score", *files, *out, "--target", "unpaid")
    pl.read_csv(str(files[3])).drop("use").write_csv(str(files[3]))
    assert "features missing: use" in refused(2, "score", *files, *out)


def test_score__without_scikit_learn__one_line(
    refused: Refused, files: tuple[object, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith(("sklearn", "fairmeter.arrears"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.setitem(sys.modules, "sklearn.ensemble", None)
    said = refused(3, "score", *files, "--out", tmp_path / "scores.parquet")
    assert "scores need scikit-learn: pip install 'fairmeter[arrears]'" in said


@pytest.mark.skipif(find_spec("econml") is not None, reason="econml is installed")
def test_score_evaluate__forest_without_econml__one_line(refused: Refused, shared: Path) -> None:
    said = refused(3, "score", "--evaluate", "--forest", "--data", shared / "data")
    assert "intervals for each person need econml: pip install 'fairmeter[forest]'" in said


def test_score_evaluate__a_set__every_figure_and_the_plot(json_of: JsonOf, shared: Path, tmp_path: Path) -> None:
    data, plot = tmp_path / "data", tmp_path / "grades.png"
    (data / "payments").mkdir(parents=True)
    german = "payments/german_credit.open.parquet"
    (data / german).write_bytes((shared / "data" / german).read_bytes())
    printed = json_of("score", "--evaluate", "--data", data, "--plot", plot)
    assert [one["set"] for one in printed["default"]] == ["german_credit"]
    assert "payments/uci_credit_default.open.parquet" in printed["absent"]
    area = printed["default"][0]["models"][0]["area"]
    assert area["low"] < area["value"] < area["high"]
    assert plot.read_bytes().startswith(b"\x89PNG")
