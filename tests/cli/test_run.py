from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fairmeter.errors import BundleError

if TYPE_CHECKING:
    from tests.cli.conftest import Finished, Invoke, JsonOf, Refused

# pyarrow looks for pandas when it makes its first array, and swallows what a signal raises meanwhile
MAIN = [sys.executable, "-c", "import pyarrow; pyarrow.array(['']); from fairmeter.cli import main; main()"]


def test_run__json__sums_to_what_was_billed(finished: Finished) -> None:
    directory, printed = finished
    outcomes = ("settled", "appealed", "insufficient", "arrears")
    states = ("unjudged", "waiting", "pending", "settled", "held", "arrears", "void")
    assert sum(printed[name] for name in outcomes) == printed["bills"] == 10
    assert sum(printed[f"amount_{state}"] for state in states) == printed["amount_billed"]
    assert {"transactions", "gas_used", "seconds", "engine", "bundle"} <= set(printed)
    assert Path(printed["bundle"]) == directory / "bundle"
    assert Path(printed["report"]).read_text().startswith("<!doctype html>")


def test_run__options__reach_the_scenario(finished: Finished) -> None:
    scenario = json.loads((finished[0] / "bundle" / "manifest.json").read_text())["scenario"]
    assert scenario["seed"] == 3
    assert scenario["presets"] == {"first": 150_000, "second": 0, "degree": 1}


def test_report__json__agrees_with_the_run(json_of: JsonOf, finished: Finished) -> None:
    directory, printed = finished
    reported = json_of("report", directory)
    assert {name: reported[name] for name in reported if name.startswith("amount_")} == {
        name: printed[name] for name in printed if name.startswith("amount_")
    }


def test_report__a_run__tables_and_the_pages_place(invoke: Invoke, finished: Finished) -> None:
    before = (finished[0] / "report.html").read_bytes()
    result = invoke("report", finished[0])
    assert result.exit_code == 0
    assert "10 bills" in result.stdout
    assert str(finished[0] / "report.html") in result.stdout
    assert (finished[0] / "report.html").read_bytes() == before


def test_audit__a_run__passes_with_its_anchors_and_source(
    json_of: JsonOf, finished: Finished, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")  # no compiler: compiling again takes long, and the audit's own tests do it
    directory = finished[0]
    source = directory.parent / "fleet" / "usage.parquet"
    printed = json_of("audit", directory, "--expect", directory / "anchors.json", "--usage", source)
    assert printed["passed"] is True
    assert printed["standing"] == "anchored"


@pytest.mark.parametrize("harm", ["changed", "missing", "added"])
@pytest.mark.parametrize("command", ["audit", "report"])
def test_bundle__a_file_harmed__named_and_not_zero(
    invoke: Invoke, finished: Finished, tmp_path: Path, command: str, harm: str
) -> None:
    shutil.copytree(finished[0], tmp_path / "run")
    path = tmp_path / "run" / "bundle" / "verdicts.parquet"
    if harm == "changed":
        content = bytearray(path.read_bytes())
        content[10] ^= 1
        path.write_bytes(bytes(content))
    elif harm == "missing":
        path.unlink()
    else:
        path = path.with_name("notes.txt")
        path.write_text("a file more")
    result = invoke(command, tmp_path / "run")
    assert result.exit_code != 0
    assert path.name in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize("command", ["audit", "report"])
def test_bundle__none__refused(refused: Refused, tmp_path: Path, command: str) -> None:
    assert "holds no bundle" in refused(BundleError.exit_code, command, tmp_path)


@pytest.mark.parametrize(("sent", "said"), [(signal.SIGINT, "interrupted"), (signal.SIGTERM, "terminated")])
def test_run__interrupted__one_line_and_nothing_written(
    invoke: Invoke, tmp_path: Path, sent: signal.Signals, said: str
) -> None:
    invoke("fleet", "--customers", 60, "--months", 24, "--seed", 2, "--out", tmp_path / "fleet")
    files = ("--usage", tmp_path / "fleet" / "usage.parquet", "--bills", tmp_path / "fleet" / "bills.parquet")
    call = [*MAIN, "run", *map(str, files), "--out", str(tmp_path / "out")]
    with subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ) as process:
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob(".out-*/bundle/*")) and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(sent)
        printed, line = process.communicate(timeout=60)
    assert (process.returncode, printed, line) == (128 + sent, "", f"fairmeter: {said}\n")
    assert [path.name for path in tmp_path.iterdir()] == ["fleet"]


def test_run__option_beside_a_scenario__refused(refused: Refused, fleet: Path, tmp_path: Path) -> None:
    scenario = tmp_path / "scenario.toml"
    scenario.write_text("seed = 7\n")
    inputs = ("--usage", fleet / "usage.parquet", "--bills", fleet / "bills.parquet", "--out", tmp_path / "out")
    said = refused(2, "run", *inputs, "--scenario", scenario, "--seed", 7, "--degree", 1)
    assert "--seed, --degree beside --scenario" in said
    assert not (tmp_path / "out").exists()


def test_run__default_scenario_from_a_file__gives_the_same_bundle(invoke: Invoke, fleet: Path, tmp_path: Path) -> None:
    scenario = tmp_path / "scenario.toml"
    scenario.write_text("[operators]\ncount = 1\nquorum = 1\n")
    inputs = ("--usage", fleet / "usage.parquet", "--bills", fleet / "bills.parquet")
    assert invoke("run", *inputs, "--out", tmp_path / "plain").exit_code == 0
    assert invoke("run", *inputs, "--out", tmp_path / "given", "--scenario", scenario).exit_code == 0
    plain, given = (sorted((tmp_path / name / "bundle").iterdir()) for name in ("plain", "given"))
    assert [path.read_bytes() for path in plain] == [path.read_bytes() for path in given]
    assert [path.name for path in (tmp_path / "given").iterdir()].count("wrongs.parquet") == 0
