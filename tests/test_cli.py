"""The command line, as a script uses it: what it prints where, its exit codes, and what it leaves behind."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from fairmeter import __version__, cli, connect, judge_one
from fairmeter.chain.anvil import find_anvil, start
from fairmeter.chain.genesis import Genesis
from fairmeter.chain.jsonrpc import JsonRpc
from fairmeter.chain.wallet import FUNDER_KEY, KEY_VARIABLE
from fairmeter.errors import BundleError, ChainError, InputError, ToolMissingError
from fairmeter.units import reference_date

COMMANDS = ("run", "verdict", "fleet", "audit", "report", "deploy", "compile")
MAIN = [sys.executable, "-c", "from fairmeter.cli import main; main()"]

Invoke = Callable[..., Result]
Refused = Callable[..., str]


@pytest.fixture
def invoke() -> Invoke:
    """The command line in this process; a bug shows itself."""

    def call(*arguments: object) -> Result:
        return CliRunner().invoke(cli.app, [str(argument) for argument in arguments], catch_exceptions=False)

    return call


@pytest.fixture
def refused(invoke: Invoke) -> Refused:
    """The one line by which a call is refused with the expected exit code."""

    def call(exit_code: int, *arguments: object) -> str:
        result = invoke(*arguments)
        assert result.exit_code == exit_code, result.output
        assert result.stdout == ""
        assert re.fullmatch(r"fairmeter: [^\n]+\n", result.stderr), result.stderr
        return result.stderr

    return call


@pytest.fixture
def fleet(invoke: Invoke, tmp_path: Path) -> Path:
    """usage.parquet and bills.parquet of a few customers."""
    assert invoke("fleet", "--customers", 5, "--months", 14, "--seed", 2, "--out", tmp_path / "fleet").exit_code == 0
    return tmp_path / "fleet"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A run's folder, and what `run --json` printed."""
    folder = tmp_path_factory.mktemp("cli")
    _json_of("fleet", "--customers", 5, "--months", 14, "--seed", 2, "--out", folder / "fleet")
    inputs = ("--usage", folder / "fleet" / "usage.parquet", "--bills", folder / "fleet" / "bills.parquet")
    return folder / "run", _json_of("run", *inputs, "--out", folder / "run", "--seed", 3, "--preset", 150_000)


def _json_of(*arguments: object) -> dict[str, Any]:
    """What a call with --json prints: one object, nothing else on standard output."""
    result = CliRunner().invoke(cli.app, [*map(str, arguments), "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    printed = json.loads(result.stdout)
    assert isinstance(printed, dict)
    return printed


# the frame


@pytest.mark.parametrize("command", COMMANDS)
def test_help__each_command__names_its_options(invoke: Invoke, command: str) -> None:
    result = invoke(command, "--help")
    assert result.exit_code == 0
    assert "Usage" in result.stdout


def test_help__no_command__lists_them_all(invoke: Invoke) -> None:
    result = invoke()
    assert result.exit_code == 2
    assert all(command in result.stdout for command in COMMANDS)


def test_version__asked_for__the_packages(invoke: Invoke) -> None:
    assert invoke("--version").stdout == f"fairmeter {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["no-such-command"], "no-such-command"),
        (["verdict", "--usage", "u.csv"], "--bills"),
        (["report"], "DIR"),
        (["run", "--usage", "u", "--bills", "b", "--out", "o", "--degree", "3"], "--degree"),
        (["run", "--usage", "u", "--bills", "b", "--out", "o", "--degree", "0"], "--degree"),
        (["run", "--usage", "u", "--bills", "b", "--out", "o", "--preset", "10000001"], "--preset"),
        (["run", "--usage", "u", "--bills", "b", "--out", "o", "--preset", "-10000001"], "--preset"),
        (["run", "--usage", "u", "--bills", "b", "--out", "o", "--seed", "-1"], "--seed"),
        (["run", "--usage", "u", "--bills", "b", "--out", "o", "--engine", "hardhat"], "--engine"),
        (["verdict", "--usage", "u", "--bills", "b", "--out", "o", "--preset", "0.2"], "--preset"),
    ],
)
def test_options__wrong__one_line_that_names_it(refused: Refused, arguments: Sequence[str], named: str) -> None:
    assert named in refused(2, *arguments)


# verdict


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


def test_verdict__json__counts_the_file(fleet: Path, tmp_path: Path) -> None:
    out = tmp_path / "verdicts.parquet"
    files = ("--usage", fleet / "usage.parquet", "--bills", fleet / "bills.parquet", "--out", out)
    printed = _json_of("verdict", *files)
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


# bad input

USAGE = "customer_id,utility,date,quantity\n" + "".join(
    f"home,{utility},2015-{month:02}-{day:02},{quantity}\n"
    for utility, quantity in (("electricity", 9_000), ("water", 300))
    for month, days in ((1, 31), (2, 28))
    for day in range(1, days + 1)
)
BILLS = (
    "bill_id,customer_id,utility,supplier,period_start,period_end,quantity,amount\n"
    "1,home,electricity,grid,2016-01-01,2016-01-31,280000,16800\n"
    "2,home,electricity,grid,2016-02-01,2016-02-29,262000,15720\n"
    "3,home,water,works,2016-01-01,2016-01-31,9400,2820\n"
)

BAD_BILLS = {
    "missing column": (("period_end,", ""), ("missing column period_end",)),
    "wrong type": ((",280000,", ",much,"), ("row 1, column quantity", "'much'")),
    "fraction": ((",280000,", ",280000.5,"), ("row 1, column quantity", "280000.5")),
    "negative": ((",280000,", ",-1,"), ("row 1, column quantity", "-1")),
    "too large": ((",280000,", ",102254782775297,"), ("row 1, column quantity", "102254782775297")),
    "no amount": ((",16800", ",0"), ("row 1, column amount",)),
    "reversed": (("2016-01-31,280000", "2015-12-31,280000"), ("row 1, column period_end", "before")),
    "unreadable date": (("2016-01-31,280000", "31.01.2016,280000"), ("row 1, column period_end", "31.01.2016")),
    "no such date": (("2016-02-29", "2016-02-30"), ("row 2, column period_end", "2016-02-30")),
    "duplicate": (("2,home", "1,home"), ("row 2, column bill_id", "row 1")),
    "unknown customer": (("3,home", "3,stranger"), ("row 3, column customer_id", "stranger")),
    "unknown utility": (("3,home,water", "3,home,steam"), ("row 3, column utility", "steam")),
    "utility without readings": (("3,home,water", "3,home,gas"), ("row 3, column utility", "gas")),
    "overlap": (("2016-02-01", "2016-01-31"), ("row 2, column period_start", "overlaps bill 1")),
    "empty": ((BILLS, ""), ("is empty",)),
    "no rows": ((BILLS.split("\n", 1)[1], ""), ("has no rows",)),
}
BAD_USAGE = {
    "missing column": (("date,", ""), ("missing column date",)),
    "wrong type": (("01-02,9000", "01-02,x"), ("row 2, column quantity", "'x'")),
    "negative": (("01-02,9000", "01-02,-5"), ("row 2, column quantity", "-5")),
    "too large": (("01-02,9000", "01-02,1099511627776"), ("row 2, column quantity",)),
    "unreadable date": (("2015-01-02,9000", "soon,9000"), ("row 2, column date", "soon")),
    "duplicate": (("2015-01-02,9000", "2015-01-01,9000"), ("row 2, column date", "row 1")),
    "unknown utility": (("home,water,2015-02-28", "home,steam,2015-02-28"), ("row 118, column utility",)),
    "empty": ((USAGE, ""), ("is empty",)),
}


def _files(folder: Path, usage: str, bills: str) -> tuple[object, ...]:
    (folder / "usage.csv").write_text(usage)
    (folder / "bills.csv").write_text(bills)
    return "--usage", folder / "usage.csv", "--bills", folder / "bills.csv"


@pytest.mark.parametrize("command", ["verdict", "run"])
@pytest.mark.parametrize(
    ("file", "edit", "named"),
    [
        *(pytest.param("bills.csv", *case, id=f"bills-{name}") for name, case in BAD_BILLS.items()),
        *(pytest.param("usage.csv", *case, id=f"usage-{name}") for name, case in BAD_USAGE.items()),
    ],
)
def test_input__wrong__one_line_and_nothing_written(
    refused: Refused, tmp_path: Path, command: str, file: str, edit: tuple[str, str], named: Sequence[str]
) -> None:
    texts = {"usage.csv": USAGE, "bills.csv": BILLS}
    texts[file] = texts[file].replace(*edit, 1)
    assert texts[file] not in (USAGE, BILLS)
    out = tmp_path / "out.parquet"
    line = refused(InputError.exit_code, command, *_files(tmp_path, *texts.values()), "--out", out)
    assert all(part in line for part in named), line
    assert {path.name for path in tmp_path.iterdir()} == {"usage.csv", "bills.csv"}


def test_input__right__judged(invoke: Invoke, tmp_path: Path) -> None:
    assert invoke("verdict", *_files(tmp_path, USAGE, BILLS), "--out", tmp_path / "v.parquet").exit_code == 0


def test_input__many_bad_rows__ten_and_the_count(refused: Refused, tmp_path: Path) -> None:
    files = _files(tmp_path, USAGE.replace(",9000", ",-1"), BILLS)
    assert "and 49 more" in refused(2, "verdict", *files, "--out", tmp_path / "v.parquet")


def test_run__an_amount_that_no_price_gives__refused_and_nothing_written(refused: Refused, tmp_path: Path) -> None:
    files = _files(tmp_path, USAGE, BILLS.replace(",16800", ",16900"))
    line = refused(2, "run", *files, "--out", tmp_path / "out")
    assert "row 1, column amount" in line
    assert "bill 1 has 16900" in line
    assert not (tmp_path / "out").exists()


def test_run__an_amount_that_the_tariffs_do_not_give__refused(refused: Refused, tmp_path: Path) -> None:
    tariffs = "".join(
        f'[[tariff]]\nsupplier = "{name}"\nutility = "{utility}"\nfrom = 2015-01-01\nstanding = 0\n'
        f"blocks = [{{ price = {price} }}]\n"
        for name, utility, price in (("grid", "electricity", 61), ("works", "water", 300))
    )
    (tmp_path / "tariffs.toml").write_text(tariffs)
    files = _files(tmp_path, USAGE, BILLS)
    line = refused(2, "run", *files, "--tariffs", tmp_path / "tariffs.toml", "--out", tmp_path / "out")
    assert "gives 17080" in line
    assert not (tmp_path / "out").exists()


def test_run__a_folder_that_is_not_empty__refused_and_left_alone(refused: Refused, fleet: Path) -> None:
    files = ("--usage", fleet / "usage.parquet", "--bills", fleet / "bills.parquet")
    before = sorted(fleet.iterdir())
    assert "not empty" in refused(2, "run", *files, "--out", fleet)
    assert sorted(fleet.iterdir()) == before


def test_run__nobody_at_the_address__refused_and_nothing_written(refused: Refused, fleet: Path, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    files = ("--usage", fleet / "usage.parquet", "--bills", fleet / "bills.parquet")
    line = refused(ChainError.exit_code, "run", *files, "--out", tmp_path / "out", "--engine", "rpc", "--rpc-url", url)
    assert url in line
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fleet"]


@pytest.mark.parametrize("options", [("--engine", "rpc"), ("--rpc-url", "http://127.0.0.1:1")])
def test_deploy__engine_and_address_apart__refused(
    refused: Refused, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "URL" in refused(2, "deploy", *options)
    assert list(tmp_path.iterdir()) == []


# run, report, audit


def test_run__json__sums_to_what_was_billed(finished: tuple[Path, dict[str, Any]]) -> None:
    directory, printed = finished
    outcomes = ("settled", "appealed", "insufficient", "arrears")
    states = ("unjudged", "waiting", "pending", "settled", "held", "arrears", "void")
    assert sum(printed[name] for name in outcomes) == printed["bills"] == 10
    assert sum(printed[f"amount_{state}"] for state in states) == printed["amount_billed"]
    assert {"transactions", "gas_used", "seconds", "engine", "bundle"} <= set(printed)
    assert Path(printed["bundle"]) == directory / "bundle"
    assert Path(printed["report"]).read_text().startswith("<!doctype html>")


def test_run__options__reach_the_scenario(finished: tuple[Path, dict[str, Any]]) -> None:
    scenario = json.loads((finished[0] / "bundle" / "manifest.json").read_text())["scenario"]
    assert scenario["seed"] == 3
    assert scenario["presets"] == {"first": 150_000, "second": 0, "degree": 2}


def test_run__inferred_tariffs__noted_beside_the_json(invoke: Invoke, tmp_path: Path) -> None:
    result = invoke("run", *_files(tmp_path, USAGE, BILLS), "--out", tmp_path / "run", "--json")
    assert json.loads(result.stdout)["bills"] == 3
    assert "inferred tariff: grid, electricity: 60 minor units per 1,000 Wh" in result.stderr


def test_report__json__agrees_with_the_run(finished: tuple[Path, dict[str, Any]]) -> None:
    directory, printed = finished
    reported = _json_of("report", directory)
    assert {name: reported[name] for name in reported if name.startswith("amount_")} == {
        name: printed[name] for name in printed if name.startswith("amount_")
    }


def test_report__a_run__tables_and_the_pages_place(invoke: Invoke, finished: tuple[Path, dict[str, Any]]) -> None:
    before = (finished[0] / "report.html").read_bytes()
    result = invoke("report", finished[0])
    assert result.exit_code == 0
    assert "10 bills" in result.stdout
    assert str(finished[0] / "report.html") in result.stdout
    assert (finished[0] / "report.html").read_bytes() == before


def test_audit__a_run__passes_with_its_anchors_and_source(
    finished: tuple[Path, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")  # no compiler: compiling again takes long, and the audit's own tests do it
    directory = finished[0]
    source = directory.parent / "fleet" / "usage.parquet"
    printed = _json_of("audit", directory, "--expect", directory / "anchors.json", "--usage", source)
    assert printed["passed"] is True
    assert printed["standing"] == "anchored"


@pytest.mark.parametrize("harm", ["changed", "missing", "added"])
@pytest.mark.parametrize("command", ["audit", "report"])
def test_bundle__a_file_harmed__named_and_not_zero(
    invoke: Invoke, finished: tuple[Path, dict[str, Any]], tmp_path: Path, command: str, harm: str
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


# deploy and compile


def test_deploy__in_the_process__a_snippet_that_runs(
    invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = invoke("deploy")
    assert result.exit_code == 0
    assert "ended with this process" in result.stdout
    assert list(tmp_path.iterdir()) == []
    snippet = result.stdout[result.stdout.index("import fairmeter") :]
    ran = subprocess.run([sys.executable, "-c", snippet], capture_output=True, text=True, check=True)
    address = re.search(r"PaymentLedger +0x(\w+)", result.stdout)
    assert address is not None
    assert ran.stdout.startswith(address[1])


def test_deploy__json__addresses_abis_and_snippet(tmp_path: Path) -> None:
    printed = _json_of("deploy", "--out", tmp_path / "deployment.json")
    assert set(printed["contracts"]) == set(printed["abi"])
    assert "fairmeter.deploy('eth-tester')" in printed["snippet"]
    written = json.loads((tmp_path / "deployment.json").read_text())
    assert {name: written[name] for name in ("chain_id", "contracts", "abi")} == {
        name: printed[name] for name in ("chain_id", "contracts", "abi")
    }


def test_deploy__a_file_that_exists__kept(refused: Refused, tmp_path: Path) -> None:
    out = tmp_path / "deployment.json"
    out.write_text("addresses of real contracts")
    assert "exists" in refused(2, "deploy", "--out", out)
    assert out.read_text() == "addresses of real contracts"


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a node on which the deployer's key has money."""
    try:
        program = find_anvil()
    except ToolMissingError as error:
        pytest.skip(f"NOT TESTED: {error}")
    process, port = start(program, Genesis())
    monkeypatch.setenv(KEY_VARIABLE, FUNDER_KEY.hex())
    with process:
        url = f"http://127.0.0.1:{port}"
        JsonRpc(url).call("evm_setAutomine", True)
        yield url
        process.terminate()


def test_deploy__on_a_node__a_file_and_a_snippet_that_runs(
    invoke: Invoke, refused: Refused, node: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = invoke("deploy", "--engine", "rpc", "--rpc-url", node)
    assert result.exit_code == 0
    assert FUNDER_KEY.hex() not in result.output
    contracts = json.loads((tmp_path / "deployment.json").read_text())["contracts"]
    snippet = result.stdout[result.stdout.index("from pathlib") :]
    ran = subprocess.run([sys.executable, "-c", snippet], capture_output=True, text=True, check=True)
    assert ran.stdout.startswith(contracts["PaymentLedger"].removeprefix("0x"))
    assert "exists" in refused(2, "deploy", "--engine", "rpc", "--rpc-url", node)


def test_deploy__on_a_node_without_a_key__refused(
    refused: Refused, node: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(KEY_VARIABLE)
    out = tmp_path / "deployment.json"
    assert KEY_VARIABLE in refused(2, "deploy", "--engine", "rpc", "--rpc-url", node, "--out", out)
    assert not out.exists()


def test_connect__another_chain_or_no_contract__refused(node: str, tmp_path: Path) -> None:
    path = tmp_path / "deployment.json"
    _json_of("deploy", "--out", path)
    with pytest.raises(ChainError, match="has no contract at the address of Governance"), connect(path, node):
        pass
    path.write_text(json.dumps({**json.loads(path.read_text()), "chain_id": 1}))
    with pytest.raises(ChainError, match="of chain 1"), connect(path, node):
        pass


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"contracts": {}}'])
def test_connect__a_file_that_is_no_deployments__refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "deployment.json"
    path.write_text(text)
    with pytest.raises(InputError, match="deploy"), connect(path, "http://127.0.0.1:1"):
        pass


def test_compile__no_project__refused(refused: Refused, tmp_path: Path) -> None:
    assert str(tmp_path) in refused(2, "compile", "--contracts", tmp_path)


# interruption


def test_run__interrupted__one_line_and_nothing_written(invoke: Invoke, tmp_path: Path) -> None:
    invoke("fleet", "--customers", 60, "--months", 24, "--seed", 2, "--out", tmp_path / "fleet")
    files = ("--usage", tmp_path / "fleet" / "usage.parquet", "--bills", tmp_path / "fleet" / "bills.parquet")
    call = [*MAIN, "run", *map(str, files), "--out", str(tmp_path / "out")]
    with subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ) as process:
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob(".out-*/bundle/*")) and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        printed, line = process.communicate(timeout=60)
    assert (process.returncode, printed, line) == (130, "", "fairmeter: interrupted\n")
    assert [path.name for path in tmp_path.iterdir()] == ["fleet"]
