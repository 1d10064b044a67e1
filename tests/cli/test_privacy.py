"""`fairmeter privacy`, and the commands that read sealed files: keys, a log that tells, refusals in one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from typer.testing import Result

Invoke = Callable[..., Result]
JsonOf = Callable[..., dict[str, Any]]
Refused = Callable[..., str]


@pytest.fixture
def files(tmp_path: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A key, a log, and what is known of customers, sealed."""
    monkeypatch.setenv("FAIRMETER_ACCESS_LOG", str(tmp_path / "access.jsonl"))
    monkeypatch.delenv("FAIRMETER_DATA_KEY", raising=False)
    rng = np.random.default_rng(2)
    late = rng.integers(0, 5, 400)
    default = rng.random(400) < 0.05 + 0.15 * late
    frame = pl.DataFrame({"account": np.arange(400), "months late": late, "use": rng.random(400), "default": default})
    frame.write_parquet(tmp_path / "history.parquet")
    frame.drop("default").head(20).write_csv(tmp_path / "accounts.csv")
    assert invoke("privacy", "key", "--out", tmp_path / "data.key").exit_code == 0
    clear = (tmp_path / "history.parquet", tmp_path / "accounts.csv")
    done = invoke("privacy", "seal", *clear, "--kind", "features", "--data-key", tmp_path / "data.key")
    assert done.exit_code == 0, done.output
    assert "is still there in the clear: delete it" in done.stdout
    for path in clear:
        path.unlink()
    return tmp_path


def scored(files: Path) -> tuple[object, ...]:
    known = ("--history", files / "history.parquet.sealed", "--accounts", files / "accounts.csv.sealed")
    return ("score", *known, "--out", files / "scores.parquet.sealed")


def test_score__all_sealed__graded_and_every_step_in_the_log(
    files: Path, json_of: JsonOf, invoke: Invoke, refused: Refused
) -> None:
    key = ("--data-key", files / "data.key")
    assert json_of(*scored(files), *key)["accounts"] == 20
    found = json_of("privacy", "log")["accesses"]
    assert [(one["act"], one["name"], one["kind"], one["purpose"]) for one in found] == [
        ("sealed", "history.parquet", "features", "privacy seal"),
        ("sealed", "accounts.csv", "features", "privacy seal"),
        ("read", "history.parquet", "features", "score"),
        ("read", "accounts.csv", "features", "score"),
        ("sealed", "scores.parquet", "scores", "score"),
    ]
    assert found[3]["columns"] == ["account", "months late", "use"]
    assert found[2]["rows"] == 400
    assert json_of("vault", "collect", 7, "--scores", files / "scores.parquet.sealed", "--out", files / "7", *key)
    assert "purpose vault collect" in invoke("privacy", "log", "--expect", found[-1]["line"]).stdout
    log = files / "access.jsonl"
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:-2]))
    assert "lines were cut off" in refused(9, "privacy", "log", "--expect", found[-1]["line"])
    log.write_bytes(log.read_bytes().replace(b'"rows": 20', b'"rows": 2'))
    assert "line 3 does not follow" in refused(9, "privacy", "log")


def test_score__key_of_the_environment__the_same_as_of_the_file(
    files: Path, json_of: JsonOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIRMETER_DATA_KEY", (files / "data.key").read_text().strip())
    assert json_of(*scored(files))["accounts"] == 20


def test_open__with_a_purpose__in_the_clear_and_logged(files: Path, json_of: JsonOf, refused: Refused) -> None:
    sealed, key = files / "accounts.csv.sealed", ("--data-key", files / "data.key")
    out = ("--out", files / "out.csv", "--purpose", "a customer asks")
    assert json_of("privacy", "open", sealed, *out, *key)["rows"] == 20
    assert json_of("privacy", "log")["accesses"][-1]["purpose"] == "privacy open: a customer asks"
    assert "exists: choose another" in refused(2, "privacy", "open", sealed, *out, *key)


def test_rotate__files_and_twice__the_new_key_alone_opens(
    files: Path, json_of: JsonOf, invoke: Invoke, refused: Refused
) -> None:
    old, new = files / "data.key", files / "new.key"
    json_of("privacy", "key", "--out", new)
    sealed = (files / "history.parquet.sealed", files / "accounts.csv.sealed")
    first = invoke("privacy", "rotate", sealed[0], "--new-key", new, "--data-key", old)
    assert "sealed again with" in first.stdout
    again = invoke("privacy", "rotate", *sealed, "--new-key", new, "--data-key", old)
    assert "was sealed before with" in again.stdout.splitlines()[0]
    assert json_of(*scored(files), "--data-key", new)["accounts"] == 20
    assert "is sealed with the key" in refused(9, *scored(files), "--data-key", old)


def test_score__what_is_missing_or_wrong__one_line_and_nothing_written(files: Path, refused: Refused) -> None:
    assert "give its key by --data-key" in refused(2, *scored(files))
    key = ("--data-key", files / "data.key")
    assert "expected features, scores, contacts" in refused(2, "privacy", "seal", "a.csv", "--kind", "x", *key)
    assert "--data-key beside --evaluate" in refused(2, "score", "--evaluate", *key)
    assert "there is no such access log" in refused(2, "privacy", "log", "--access-log", files / "no.jsonl")
    sealed = files / "accounts.csv.sealed"
    content = sealed.read_bytes()
    for wrong, problem in (
        (content[:-1], "is cut short"),
        (content[:-1] + bytes([content[-1] ^ 1]), "has been altered: part 1 of 1 does not open"),
        ((files / "history.parquet.sealed").read_bytes(), "was sealed as history.parquet.sealed"),
    ):
        sealed.write_bytes(wrong)
        assert problem in refused(9, *scored(files), *key)
    assert not (files / "scores.parquet.sealed").exists()
