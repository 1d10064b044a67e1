"""A node with bills in arrears, a register, an operator, and the command line beside it."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from fairmeter import cli
from fairmeter.chain.anvil import AnvilEngine
from fairmeter.chain.rpc import RpcEngine
from fairmeter.chain.wallet import FUNDER_KEY, KEY_VARIABLE, Wallet, derive_key
from fairmeter.contracts.collecting import ArrearsRegister, Scores, commitment_of, deploy_arrears, pack_scores
from fairmeter.contracts.deploy import System, deploy
from fairmeter.contracts.packing import BillColumns, pack_bills
from fairmeter.contracts.session import Session
from fairmeter.errors import ToolMissingError
from fairmeter.model import Int64s, Tariff, TariffBlock, Utility
from fairmeter.privacy import make_key
from fairmeter.units import MAX_QUANTITY, PPM, SECONDS_A_DAY, Money

OPERATOR = derive_key(0, "operator")
DYING = """
import importlib, os, signal, sys
os.environ[{variable!r}] = {key!r}
owner = getattr(importlib.import_module({module!r}), {owner!r})
whole = getattr(owner, {function!r})
def dies(*given, **named):
    if {after!r}:
        whole(*given, **named)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(owner, {function!r}, dies)
sys.argv = ["fairmeter", *{options!r}]
from fairmeter.cli import main
main()
"""
"""The command line's own process, until it is killed before or after a function."""
PRELOADED = [
    "fairmeter.cli",
    "fairmeter.chain.opening",
    "fairmeter.privacy",
    "fairmeter.reminders",
    "fairmeter.simulation.scenario",
    "cryptography.hazmat.primitives.ciphers.aead",
    "cryptography.hazmat.primitives.kdf.hkdf",
]

BILLS = 3
TODAY = 1_760_000_000
"""Unix seconds."""


@dataclass
class Town:
    """Three bills in arrears, two of which the register says to remind of."""

    url: str
    session: Session
    system: System
    register: ArrearsRegister
    bank: Wallet
    folder: Path

    @property
    def options(self) -> list[str]:
        """Of the command line."""
        options = ["--rpc-url", self.url, "--register", f"0x{self.register.address.hex()}"]
        files = {"directory": "people.csv", "settings": "reminders.toml", "outbox": "outbox.sqlite"}
        files |= {"data-key": "data.key", "access-log": "access.jsonl"}
        options += [part for name, file in files.items() for part in (f"--{name}", str(self.folder / file))]
        return ["arrears", "remind", *options]

    def remind(self, *more: str) -> Result:
        """In this process."""
        return CliRunner().invoke(cli.app, [*self.options, *more], catch_exceptions=False)

    def remind_until_killed(self, module: str, owner: str, function: str, after: bool) -> None:
        """In a process that kills itself at a function; it must come to it."""
        given = {"variable": KEY_VARIABLE, "key": OPERATOR.hex(), "options": self.options}
        code = DYING.format(module=module, owner=owner, function=function, after=after, **given)
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(PRELOADED)
        process = context.Process(target=exec, args=(code, {}), daemon=True)
        process.start()
        process.join(60)
        assert process.exitcode == -signal.SIGKILL

    def counted(self) -> list[int]:
        """Contacts of each bill, on chain."""
        return [self.register.debt_of((1 << 16) + n).contacts for n in range(BILLS)]

    def set_most(self, contacts: int) -> None:
        """As the governor: the most contacts of a debt."""
        terms = self.register.set_terms(unit_cost=50, incremental_days=14, max_contacts=contacts)
        self.session.transact(self.bank, terms)


@dataclass
class Built:
    """What all tests begin with, on a node that mines by itself."""

    node: AnvilEngine
    session: Session
    system: System
    register: ArrearsRegister


@pytest.fixture(scope="module")
def built() -> Iterator[Built]:
    try:
        node = AnvilEngine()
    except ToolMissingError as error:
        pytest.skip(f"NOT TESTED: {error}")
    with node, RpcEngine(node._rpc.shown) as engine:
        node._rpc.call("anvil_setBlockTimestampInterval", 1)
        node._rpc.call("evm_setAutomine", True)
        node.mine(TODAY)
        session = Session(engine)
        bank = Wallet.on(engine, FUNDER_KEY)
        system = deploy(session, bank)
        register = deploy_arrears(session, system, bank)
        operator, supplier = Wallet.on(engine, OPERATOR), Wallet.on(engine, derive_key(0, "supplier"))
        engine.send([bank.sign(one.address, value=10**18, gas=21_000).raw for one in (operator, supplier)])
        session.transact(bank, *system.name_operator(bank.address, operator.address))
        bills = fall_into_arrears(session, system, operator, supplier)
        low = np.array([PPM, PPM, 0])
        scores = Scores(bills, low, low, np.ones(BILLS, np.int64), np.array([1, 2, 1]))
        session.transact(operator, register.submit_scores(bytes(32), bytes(32), pack_scores(scores)))
        commitment = commitment_of(1, 1, 3, 42, bytes(32))
        session.transact(operator, register.commit_test(1, 3, commitment))
        yield Built(node, session, system, register)


@pytest.fixture
def town(built: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    """As it was built, before each test."""
    before = built.node._rpc.call("evm_snapshot")
    monkeypatch.setenv(KEY_VARIABLE, OPERATOR.hex())
    (tmp_path / "people.csv").write_text(
        "account,name,language,channel,address\n"
        + "".join(f"{(1 << 32) + n},Li {n},zh,file,li{n}@home.example\n" for n in (1, 2, 3))
    )
    make_key(tmp_path / "data.key")
    sent = tmp_path / "sent.jsonl"
    (tmp_path / "reminders.toml").write_text(
        f'supplier = "Grid"\nquiet = ["00:00", "00:00"]\nmost_a_week = 99\n[file]\npath = "{sent}"\n'
    )
    bank = Wallet.on(built.session.engine, FUNDER_KEY)
    yield Town(built.node._rpc.shown, built.session, built.system, built.register, bank, tmp_path)
    built.node._rpc.call("evm_revert", before)


def fall_into_arrears(session: Session, system: System, operator: Wallet, supplier: Wallet) -> Int64s:
    ledger, day = system.ledger, session.engine.now() // SECONDS_A_DAY
    tariff = Tariff("grid", Utility.ELECTRICITY, 0, Money(0), (TariffBlock(MAX_QUANTITY, Money(60)),))
    ones, electricity = np.ones(BILLS, np.int64), np.full(BILLS, int(Utility.ELECTRICITY))
    opened = ledger.open_accounts(ones, electricity, [supplier.address] * BILLS)
    session.transact(supplier, ledger.register_supplier("grid"), ledger.set_tariff(1, tariff), opened)
    words = pack_bills(
        BillColumns(
            number=np.arange(1, BILLS + 1),
            start=np.full(BILLS, day - 40, np.int32),
            days=np.full(BILLS, 30, np.int32),
            quantity=np.full(BILLS, 1_000_000),
            amount=np.full(BILLS, 60_000),
            replaces=np.zeros(BILLS, np.int64),
        )
    )
    session.transact(supplier, ledger.post_bills(1, int(Utility.ELECTRICITY), words))
    pay = np.frombuffer((b"\x01" + bytes(11)) * BILLS, np.uint8).reshape(BILLS, 12)
    session.transact(operator, system.gate.submit_verdicts(1, bytes(32), words, pay))
    return (1 << 16) + np.arange(BILLS)
