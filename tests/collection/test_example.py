"""The example of docs/arrears.md, line by line on a real node, and what is refused around it."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.reminders.town import BILLS, TODAY, fall_into_arrears
from typer.testing import CliRunner, Result

from fairmeter import cli, commands
from fairmeter.arrears.strategy import assign
from fairmeter.chain.anvil import AnvilEngine
from fairmeter.chain.rpc import RpcEngine
from fairmeter.chain.wallet import FUNDER_KEY, KEY_VARIABLE, Wallet, derive_key
from fairmeter.contracts.collecting import ArrearsRegister, Step, register_at
from fairmeter.contracts.deploy import deploy
from fairmeter.contracts.session import Session
from fairmeter.errors import ToolMissingError
from fairmeter.privacy import AccessLog

HEADING = "## From the register to the reminders"
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass
class Example:
    """A folder in which the lines of the page were run."""

    folder: Path
    url: str
    engine: RpcEngine
    outputs: dict[str, Result]
    """By line."""

    @property
    def register(self) -> ArrearsRegister:
        return register_at(self.engine, str(self.folder / "arrears.json"))

    def run(self, line: str) -> Result:
        """A line of the page."""
        words = [word.replace("$NODE", self.url) for word in shlex.split(line)]
        assert words.pop(0) == "fairmeter"
        return CliRunner().invoke(cli.app, words, catch_exceptions=False)

    def line(self, name: str) -> str:
        """The line of the page that begins so."""
        (found,) = [line for line in self.outputs if line.startswith(f"fairmeter {name}")]
        return found

    def seeds(self) -> dict[str, dict[str, int]]:
        """By class and test."""
        found: dict[str, dict[str, int]] = json.loads((self.folder / "tests.seeds").read_text())["tests"]
        return found


@pytest.fixture(scope="module")
def example(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Example]:
    try:
        node = AnvilEngine()
    except ToolMissingError as error:
        pytest.skip(f"NOT TESTED: {error}")
    page = (root / "docs" / "arrears.md").read_text(encoding="utf-8").split(HEADING)[1].split("\n## ")[0]
    (lines,) = [text for kind, text in FENCE.findall(page) if not kind]
    (settings,) = [text for kind, text in FENCE.findall(page) if kind == "toml"]
    folder = tmp_path_factory.mktemp("example")
    with node, RpcEngine(node._rpc.shown) as engine, pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv(KEY_VARIABLE, FUNDER_KEY.hex())
        node._rpc.call("anvil_setBlockTimestampInterval", 1)
        node._rpc.call("evm_setAutomine", True)
        node.mine(TODAY)
        _prepare(engine, folder)
        (folder / "arrears.toml").write_text(settings)
        made = Example(folder, node._rpc.shown, engine, {})
        for line in lines.splitlines():
            made.outputs[line] = made.run(line)
        yield made


def _prepare(engine: RpcEngine, folder: Path) -> None:
    """Contracts, an operator, bills in arrears; and what is known of customers, three of whom owe."""
    session, bank = Session(engine), Wallet.on(engine, FUNDER_KEY)
    system = deploy(session, bank)
    supplier = Wallet.on(engine, derive_key(0, "supplier"))
    engine.send([bank.sign(supplier.address, value=10**18, gas=21_000).raw])
    session.transact(bank, *system.name_operator(bank.address, bank.address))
    fall_into_arrears(session, system, bank, supplier)
    commands.write_deployment(system, folder / "deployment.json")
    rng = np.random.default_rng(2)
    late = rng.integers(0, 5, 400)
    default = rng.random(400) < 0.05 + 0.15 * late
    history = pl.DataFrame({"account": np.arange(400), "late": late, "default": default})
    history.write_parquet(folder / "history.parquet")
    accounts = [(1 << 32) + number for number in (1, 2, 3, 9)]
    pl.DataFrame({"account": accounts, "late": [0, 1, 4, 2]}).write_parquet(folder / "owing.parquet")
    rows = [f"{account},Li {account & 9},zh,file,li{account & 9}@home.example\n" for account in accounts]
    (folder / "customers.csv").write_text("account,name,language,channel,address\n" + "".join(rows))
    (folder / "reminders.toml").write_text(
        'supplier = "Grid"\nquiet = ["00:00", "00:00"]\n[file]\npath = "sent.jsonl"\n'
    )


def test_example__every_line__does_what_the_page_says(example: Example) -> None:
    assert {line: result.output for line, result in example.outputs.items() if result.exit_code} == {}
    told = example.outputs[example.line("arrears submit")].stdout
    assert "3 debts scored" in told
    assert "0 debts without a score, 1 scores without a debt" in told
    seeds, grades, sent = example.seeds(), _grades(example), 0
    for number in range(BILLS):
        account = (1 << 32) + number + 1
        draw = seeds["2/1" if grades[account] in "DE" else "1/1"]
        arm = int(assign(np.array([account]), draw["arms"], draw["seed"])[0])
        debt = example.register.debt_of((1 << 16) + number)
        assert (debt.strategy, debt.step is Step.REMIND, debt.contacts) == (arm, arm > 0, int(arm > 0))
        sent += arm > 0
    lines = (example.folder / "sent.jsonl").read_text().splitlines() if sent else []
    assert len(lines) == sent
    assert (example.register.horizon_of(1), example.register.horizon_of(2)) == (14, None)


def _grades(example: Example) -> dict[int, str]:
    line = "fairmeter privacy open scores.parquet.sealed --out clear.parquet --purpose test"
    assert example.run(f"{line} --data-key data.key --access-log access.jsonl").exit_code == 0
    return dict(pl.read_parquet(example.folder / "clear.parquet").select("account", "grade").iter_rows())


def test_example__its_log_and_files__nothing_read_unseen_and_no_seed_for_others(example: Example) -> None:
    done = [(one["act"], one["name"]) for one in AccessLog(example.folder / "access.jsonl").entries()]
    assert done[:9] == [
        ("sealed", "history.parquet"), ("sealed", "owing.parquet"), ("sealed", "customers.csv"),
        ("read", "history.parquet"), ("read", "owing.parquet"), ("sealed", "scores.parquet"),
        ("read", "scores.parquet"), ("read", "customers.csv"), ("read", "outbox.sqlite"),
    ]  # fmt: skip
    for name in ("tests.seeds", "outbox.sqlite", "access.jsonl", "data.key"):
        assert (example.folder / name).stat().st_mode & 0o077 == 0


def test_begin__again__the_running_test_stays_and_the_ended_one_has_a_successor(example: Example) -> None:
    before = example.seeds()
    for _ in range(2):
        told = json.loads(example.run(example.line("arrears begin") + " --json").stdout)
        assert told["tests"] == {"1": 2, "2": 1}
    after = example.seeds()
    assert {name: after[name] for name in before} == before
    assert sorted(after) == ["1/1", "1/2", "2/1"]


def test_begin__killed_before_the_commitment__the_same_seed_again(
    example: Example, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Crash(BaseException):
        pass

    def dies(*_: object) -> None:
        raise Crash

    example.run(example.line("arrears reveal").replace("reveal 1", "reveal 2"))
    with monkeypatch.context() as patch:
        patch.setattr("fairmeter.contracts.collecting.ArrearsRegister.commit_test", dies)
        with pytest.raises(Crash):
            example.run(example.line("arrears begin"))
    seeds = example.seeds()
    assert example.run(example.line("arrears begin")).exit_code == 0
    assert example.seeds() == seeds


def test_submit__again_and_when_one_has_paid__those_that_still_owe(example: Example) -> None:
    assert "3 debts scored" in example.run(example.line("arrears submit")).stdout
    session, bank = Session(example.engine), Wallet.on(example.engine, FUNDER_KEY)
    with commands.connect(example.folder / "deployment.json", example.url) as system:
        paying = system.ledger.write("payArrears", 1 << 16, 60_000)
        money = (system.currency.mint(bank.address, 60_000), system.currency.approve(system.ledger.address, 60_000))
        session.transact(bank, *money, paying)
    told = example.run(example.line("arrears submit")).stdout
    assert "2 debts scored" in told
    assert "0 debts without a score, 2 scores without a debt" in told


def test_commands__what_they_may_not_or_cannot__one_line(example: Example, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "exists: choose another --out" in example.run(example.line("arrears deploy")).stderr
    other = example.line("arrears submit").replace("tests.seeds", "others.seeds")
    assert "has no seed of test" in example.run(other).stderr
    (example.folder / "others.seeds").write_text('{"chain_id": 1, "register": "0x", "tests": {}}')
    assert "has the seeds of another register" in example.run(other).stderr
    (example.folder / "broken.json").write_text("{}")
    broken = example.line("arrears begin").replace("arrears.json", "broken.json")
    assert "is not a file that `fairmeter arrears deploy` writes" in example.run(broken).stderr
    monkeypatch.setenv(KEY_VARIABLE, derive_key(0, "stranger").hex())
    for name in ("begin", "submit", "reveal"):
        assert "is no operator" in example.run(example.line(f"arrears {name}")).stderr
    refused = example.run(example.line("arrears terms"))
    assert (refused.exit_code, "Managed_Unauthorized" in refused.stderr) == (5, True)
    refused = example.run(example.line("arrears deploy").replace("arrears.json", "another.json"))
    assert (refused.exit_code, "AccessManagerUnauthorizedAccount" in refused.stderr) == (5, True)
    assert not (example.folder / "another.json").exists()
    assert example.engine.nonce(Wallet(derive_key(0, "stranger"), 1).address) == 0
