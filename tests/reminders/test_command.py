"""`fairmeter arrears remind` on a real node: the register's word, and a file in which each reminder stands once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from fairmeter import cli
from fairmeter.chain.anvil import AnvilEngine
from fairmeter.chain.wallet import Wallet, derive_key, funder_key
from fairmeter.contracts.collecting import ArrearsRegister, Scores, deploy_arrears, pack_scores
from fairmeter.contracts.deploy import System, deploy
from fairmeter.contracts.packing import BillColumns, pack_bills
from fairmeter.contracts.session import Session
from fairmeter.errors import ToolMissingError
from fairmeter.model import Int64s, Tariff, TariffBlock, Utility
from fairmeter.privacy import AccessLog, Custody, Kind, make_key, read_key
from fairmeter.units import MAX_QUANTITY, PPM, SECONDS_A_DAY, Money

BILLS = 3


@dataclass
class Town:
    """Three bills in arrears, two of which the register says to remind of."""

    url: str
    session: Session
    system: System
    register: ArrearsRegister
    bank: Wallet
    folder: Path

    def remind(self, *more: str) -> Result:
        options = ["--rpc-url", self.url, "--register", f"0x{self.register.address.hex()}"]
        files = {"directory": "people.csv", "settings": "reminders.toml", "outbox": "outbox.sqlite"}
        files |= {"data-key": "data.key", "access-log": "access.jsonl"}
        options += [part for name, file in files.items() for part in (f"--{name}", str(self.folder / file))]
        return CliRunner().invoke(cli.app, ["arrears", "remind", *options, *more], catch_exceptions=False)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    try:
        engine = AnvilEngine()
    except ToolMissingError as error:
        pytest.skip(f"NOT TESTED: {error}")
    with engine:
        session = Session(engine)
        bank = Wallet.on(engine, funder_key(engine))
        system = deploy(session, bank)
        register = deploy_arrears(session, system, bank)
        operator = Wallet.on(engine, derive_key(0, "operator"))
        supplier = Wallet.on(engine, derive_key(0, "supplier"))
        session.transact(bank, *system.name_operator(bank.address, operator.address))
        bills = _arrears(session, system, operator, supplier)
        low = np.array([PPM, PPM, 0])
        scores = Scores(bills, low, low, np.ones(BILLS, np.int64), np.array([1, 2, 1]))
        session.transact(operator, register.submit_scores(bytes(32), bytes(32), pack_scores(scores)))
        (tmp_path / "people.csv").write_text(
            "account,name,language,channel,address\n"
            + "".join(f"{(1 << 32) + n},Li {n},zh,file,li{n}@home.example\n" for n in (1, 2, 3))
        )
        make_key(tmp_path / "data.key")
        sent = tmp_path / "sent.jsonl"
        (tmp_path / "reminders.toml").write_text(
            f'supplier = "Grid"\nquiet = ["00:00", "00:00"]\n[file]\npath = "{sent}"\n'
        )
        yield Town(engine._rpc.shown, session, system, register, bank, tmp_path)


def _arrears(session: Session, system: System, operator: Wallet, supplier: Wallet) -> Int64s:
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


def test_remind__twice_with_a_payment_between__what_the_register_says_once(town: Town) -> None:
    first = town.remind("--json")
    assert first.exit_code == 0, first.output
    assert json.loads(first.stdout)["sent"] == 2
    lines = [json.loads(line) for line in (town.folder / "sent.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["address"] for line in lines] == ["li1@home.example", "li2@home.example"]
    assert "600.00" in lines[0]["text"]
    ledger, currency = town.system.ledger, town.system.currency
    town.session.transact(
        town.bank,
        currency.mint(town.bank.address, 60_000),
        currency.approve(ledger.address, 60_000),
        ledger.write("payArrears", 1 << 16, 60_000),
    )
    again = town.remind()
    assert (again.exit_code, again.stdout) == (0, "nothing to do\n")


def test_remind__sealed_contacts__sent_and_every_reading_in_the_log(town: Town) -> None:
    key, log = read_key(town.folder / "data.key"), AccessLog(town.folder / "access.jsonl")
    Custody("test", key, log).seal(town.folder / "people.csv", Kind.CONTACTS)
    (town.folder / "people.csv").unlink()
    done = town.remind("--directory", str(town.folder / "people.csv.sealed"), "--json")
    assert json.loads(done.stdout)["sent"] == 2
    read = [one for one in log.entries() if one["act"] == "read"]
    assert [(one["name"], one["purpose"]) for one in read] == [
        ("people.csv", "arrears remind"), ("outbox.sqlite", "arrears remind"),
    ]  # fmt: skip
    left = b"".join(path.read_bytes() for path in town.folder.iterdir() if path.name != "sent.jsonl")
    assert b"home.example" not in left
    again = town.remind(
        "--directory", str(town.folder / "people.csv.sealed"), "--data-key", str(_another_key(town.folder))
    )
    assert "is sealed with the key" in again.stderr


def _another_key(folder: Path) -> Path:
    make_key(folder / "another.key")
    return folder / "another.key"


def test_remind__what_is_wrong__one_line(town: Town) -> None:
    assert "expected an address of 20 bytes" in town.remind("--register", "0x12").stderr
    assert "has no contract" in town.remind("--register", "0x" + "77" * 20).stderr
    (town.folder / "reminders.toml").write_text('supplier = "Grid"\nquiet = ["25:00", "08:00"]\n')
    assert "quiet" in town.remind().stderr
    assert not (town.folder / "outbox.sqlite").exists()
