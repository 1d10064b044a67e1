"""Operators that are killed at any point: processes of their own on a real node."""

from __future__ import annotations

import json
import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.oracle.quorum import DAILY, name_operators, open_homes, posting, today, usage_until
from typer.testing import CliRunner

from fairmeter import cli, commands
from fairmeter.chain.anvil import AnvilEngine
from fairmeter.chain.rpc import RpcEngine
from fairmeter.chain.wallet import FUNDER_KEY, KEY_VARIABLE, Wallet, derive_key
from fairmeter.contracts.attesting import verdict_commitment
from fairmeter.contracts.deploy import System, deploy
from fairmeter.contracts.packing import pack_verdicts
from fairmeter.contracts.session import Session
from fairmeter.errors import ToolMissingError
from fairmeter.model import Usage
from fairmeter.oracle import Meters, Oracle, write_meters
from fairmeter.units import date_of
from fairmeter.usage import ReadingMatrix

KILLS = 50
OPERATORS, QUORUM = 3, 2
ACCOUNTS, ROUNDS = 3, 8
TODAY = 1_760_000_000
"""Unix seconds."""
PRELOADED = ["fairmeter.cli", "fairmeter.commands", "fairmeter.oracle", "fairmeter.usage", "fairmeter.chain.opening"]
"""So that a process begins in a tenth of a second: it is forked from one that has imported the package."""


WORK = """
import os, sys
os.environ[{variable!r}] = {key!r}
sys.argv = ["fairmeter", "operate", *{options!r}]
from fairmeter.cli import main
main()
"""
"""What an operator's process does, until it is killed: the command line's own."""


@dataclass
class Town:
    """A chain that mines by itself, and the files that operators begin with."""

    system: System
    session: Session
    url: str
    supplier: Wallet
    usage: Usage
    meters: Meters
    folder: Path

    @property
    def options(self) -> list[str]:
        """Of the command line, for every operator."""
        given = {"deployment": "deployment.json", "usage": "usage.parquet", "meters": "meters.parquet"}
        options = [f"--{name}={self.folder / file}" for name, file in {**given, "exchange": "exchange"}.items()]
        return [*options, f"--rpc-url={self.url}", "--patience=0.2", "--pause=0.02"]

    def start(self, number: int) -> BaseProcess:
        """The process of one operator."""
        options = self.options
        code = WORK.format(variable=KEY_VARIABLE, key=derive_key(0, f"operator {number}").hex(), options=options)
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(PRELOADED)
        process = context.Process(target=exec, args=(code,), daemon=True)
        process.start()
        return process


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    try:
        node = AnvilEngine()
    except ToolMissingError as error:
        pytest.skip(f"NOT TESTED: {error}")
    with node:
        node._rpc.call("anvil_setBlockTimestampInterval", 1)
        node._rpc.call("evm_setAutomine", True)
        node.mine(TODAY)
        engine = RpcEngine(node._rpc.shown)
        session, funder = Session(engine), Wallet.on(engine, FUNDER_KEY)
        system = deploy(session, funder)
        name_operators(system, session, funder, OPERATORS, QUORUM)
        supplier, accounts = open_homes(system, session, funder, ACCOUNTS)
        usage = usage_until(today(engine))
        keys = np.arange(32 * ACCOUNTS, dtype=np.uint8).reshape(-1, 32)
        meters = Meters(np.array(accounts), np.zeros(ACCOUNTS, np.int32), keys)
        commands.write_deployment(system, tmp_path / "deployment.json")
        write_meters(tmp_path / "meters.parquet", meters, usage.customers)
        frame = {"customer_id": "home", "utility": "electricity", "quantity": usage.quantity}
        dates = [date_of(day) for day in usage.day.tolist()]
        pl.DataFrame({**frame, "date": dates}).write_parquet(tmp_path / "usage.parquet")
        yield Town(system, session, node._rpc.shown, supplier, usage, meters, tmp_path)


def post_a_round(town: Town, number: int, generator: random.Random) -> None:
    """A batch for each account; one bill in three is four times what is usual."""
    start = today(town.session.engine) - 60 + 5 * number
    for account in range(1, ACCOUNTS + 1):
        quantity = 5 * DAILY * (4 if generator.random() < 1 / 3 else 1)
        town.session.transact(town.supplier, posting(town.system, start, quantity, account))


def test_operate__killed_fifty_times__judges_every_batch_once_and_as_without_kills(town: Town) -> None:
    generator = random.Random(7)
    batches = range(1, ACCOUNTS * ROUNDS + 1)
    running = [town.start(number) for number in range(OPERATORS)]
    for kill in range(KILLS):
        if kill % (KILLS // ROUNDS) == 0 and kill // (KILLS // ROUNDS) < ROUNDS:
            post_a_round(town, kill // (KILLS // ROUNDS), generator)
        time.sleep(generator.uniform(0.05, 0.6))
        victim = generator.randrange(OPERATORS)
        running[victim].kill()
        running[victim].join()
        running[victim] = town.start(victim)
    in_the_midst = sum(town.system.gate.is_judged(batch) for batch in batches)
    patience = time.monotonic() + 60
    while not all(town.system.gate.is_judged(batch) for batch in batches) and time.monotonic() < patience:
        time.sleep(0.2)
    for process in running:
        process.kill()
        process.join()

    assert in_the_midst > len(batches) // 2, "killed between two batches, not before the first"
    engine, gate = town.session.engine, town.system.gate
    judged = engine.logs(0, None, [gate.address], [gate.interface.topic("BatchJudged")])
    assert Counter(gate.interface.decode_log(log).arguments["batch"] for log in judged) == Counter(batches)
    for batch, (root, commitment) in without_kills(town).items():
        record = gate.read("verdictRecordOf", batch)
        assert (record["evidenceRoot"], record["verdictCommitment"]) == (root, commitment), batch
    left = [json.loads(path.read_text()) for path in (town.folder / "exchange").glob("*.json")]
    said = {(one["batch"], one["operator"]): one["verdict_commitment"] for one in left}
    assert len(said) == len(left), "nobody said two things of one batch"


def test_operate__once__does_what_can_be_done_and_tells_it(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    post_a_round(town, 0, random.Random(7))
    told = {}
    for number in (0, 1):
        monkeypatch.setenv(KEY_VARIABLE, derive_key(0, f"operator {number}").hex())
        ran = CliRunner().invoke(cli.app, ["operate", *town.options, "--once", "--json"], catch_exceptions=False)
        told[number] = [(one["batch"], one["act"]) for one in map(json.loads, ran.stdout.splitlines())]
    batches = range(1, ACCOUNTS + 1)
    assert told[0] == [(batch, act) for batch in batches for act in ("attested", "waiting")]
    # batches 1 and 3 are the turn of the second of two
    assert told[1] == [(1, "attested"), (1, "submitted"), (2, "attested"), (3, "attested"), (3, "submitted")]


def test_operate__key_of_no_operator__says_so_and_signs_nothing(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    post_a_round(town, 0, random.Random(7))
    monkeypatch.setenv(KEY_VARIABLE, derive_key(0, "stranger").hex())
    ran = CliRunner().invoke(cli.app, ["operate", *town.options, "--once"], catch_exceptions=False)
    assert ran.stdout.splitlines()[0] == "batch 1: left out: this operator may not sign for it"
    assert list((town.folder / "exchange").iterdir()) == []


def without_kills(town: Town) -> dict[int, tuple[bytes, bytes]]:
    """Evidence root and verdict commitment of every batch, as an operator computes them who sees it unjudged."""
    oracle = Oracle(town.system, ReadingMatrix.of(town.usage).reference, town.meters)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(town.system.gate, "is_judged", lambda _: False)
        found = oracle.watch()
    assert len(found) == ACCOUNTS * ROUNDS
    return {one.posted.batch: (one.evidence_root, verdict_commitment(pack_verdicts(one.verdicts))) for one in found}
