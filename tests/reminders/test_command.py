"""`fairmeter arrears remind` on a real node: the register's word, a file in which each reminder stands once, and what
the register has counted; processes that are killed in the middle."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.reminders.conftest import LOCAL, MailServer
from tests.reminders.town import OPERATOR, Town
from typer.testing import CliRunner

from fairmeter import cli
from fairmeter.chain.jsonrpc import JsonRpc
from fairmeter.chain.wallet import KEY_VARIABLE, Wallet, derive_key
from fairmeter.contracts.collecting import Scores, pack_scores
from fairmeter.errors import ChainError
from fairmeter.privacy import AccessLog, Custody, DataKey, Kind, make_key, read_key
from fairmeter.reminders import Outbox, alone

KILLS = [
    ("fairmeter.reminders.channels", "FileChannel", "send", True),
    ("fairmeter.reminders.outbox", "Outbox", "sign", False),
    ("fairmeter.reminders.outbox", "Outbox", "sign", True),
    ("fairmeter.chain.rpc", "RpcEngine", "send", True),
]
"""Handed over and not noted; sent and not signed for; signed and not sent; mined and not recorded."""


def test_remind__twice_with_a_payment_between__what_the_register_says_once(town: Town) -> None:
    first = town.remind("--json")
    assert first.exit_code == 0, first.output
    told = json.loads(first.stdout)
    assert (told["sent"], told["noted"], told["contacts"]) == (2, 2, {"1/0": 1, "1/1": 1})
    assert town.counted() == [1, 1, 0]
    lines = [json.loads(line) for line in (town.folder / "sent.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["address"] for line in lines] == ["li1@home.example", "li2@home.example"]
    assert "600.00" in lines[0]["text"]
    _pay(town)
    again = town.remind()
    assert (again.exit_code, again.stdout) == (0, "1 sent, 1 noted\nnoted: bill 1/1, contact 2\n")
    assert town.counted() == [0, 2, 0]


def test_remind__killed_anywhere__each_contact_sent_once_and_counted_once(town: Town) -> None:
    town.set_most(63)
    for number, kill in enumerate(KILLS, 1):
        town.remind_until_killed(*kill)
        done = town.remind()
        assert done.exit_code == 0, done.output
        sent = _sent(town)
        assert sent == {"1/0": town.counted()[0], "1/1": town.counted()[1]}, (number, kill)
        assert len(set(_keys(town))) == len(_keys(town))
    assert town.counted()[0] == town.counted()[1] >= len(KILLS)


def test_remind__killed_while_it_is_on_its_way__mined_once(town: Town) -> None:
    rpc = JsonRpc(town.url)
    town.remind_until_killed("fairmeter.reminders.outbox", "Outbox", "sign", True)
    with Outbox.open(town.folder / "outbox.sqlite", _key(town)) as box:
        raw = box.transaction()
    assert raw is not None
    rpc.call("evm_setAutomine", False)
    rpc.call("eth_sendRawTransaction", "0x" + raw.hex())
    assert town.counted() == [0, 0, 0]
    rpc.call("evm_setAutomine", True)
    rpc.call("evm_mine")
    assert town.remind("--json").exit_code == 0
    assert _sent(town) == {"1/0": town.counted()[0], "1/1": town.counted()[1]}


def test_remind__another_transaction_took_its_nonce__counted_by_a_new_one_once(town: Town) -> None:
    town.remind_until_killed("fairmeter.reminders.outbox", "Outbox", "sign", True)
    operator = Wallet.on(town.session.engine, OPERATOR)
    town.session.engine.send([operator.sign(bytes(19) + b"\x01", gas=21_000).raw])
    done = town.remind("--json")
    told = json.loads(done.stdout)
    assert (told["sent"], told["noted"]) == (0, 2)
    assert "nonce" in told["problems"][0]
    assert town.counted() == [1, 1, 0]


def test_remind__counted_by_hand_meanwhile__not_counted_again(town: Town) -> None:
    town.remind_until_killed("fairmeter.reminders.outbox", "Outbox", "sign", False)
    zero = np.zeros(1, np.int64)
    words = pack_scores(Scores(zero + (1 << 16), zero, zero, zero + 1, zero))
    town.session.transact(Wallet.on(town.session.engine, OPERATOR), town.register.record_contacts(words))
    (town.folder / "reminders.toml").write_text((town.folder / "reminders.toml").read_text().replace("99", "1"))
    told = json.loads(town.remind("--json").stdout)
    assert (told["sent"], told["contacts"], town.counted()) == (0, {"1/1": 1}, [1, 1, 0])


def test_remind__mail_in_doubt__counted_as_made_and_told_once(town: Town, mail_server: MailServer) -> None:
    people = town.folder / "people.csv"
    people.write_text(people.read_text().replace("zh,file,li1@", "en,smtp,li1@"))
    (town.folder / "reminders.toml").write_text(
        'supplier = "Grid"\nquiet = ["00:00", "00:00"]\n[smtp]\n'
        f'host = "{LOCAL}"\nport = {mail_server.port}\nsender = "b@grid.example"\nstarttls = false\n'
    )
    town.set_most(1)
    town.remind_until_killed("fairmeter.reminders.channels", "SmtpChannel", "send", True)
    assert (len(mail_server.box.mails), town.counted()) == (1, [0, 0, 0])
    done = town.remind("--json")
    told = json.loads(done.stdout)
    assert (done.exit_code, told["sent"], told["in_doubt"], told["noted"]) == (8, 0, 1, 1)
    assert town.remind().stdout == "1 unknown\n"
    assert (len(mail_server.box.mails), town.counted()) == (1, [1, 0, 0])


def test_remind__the_registers_cap__nothing_sent_beyond_it(town: Town) -> None:
    town.set_most(0)
    none = town.remind()
    assert none.stdout == "2 forbidden\na debt has had 0 contacts, of at most 0\n"
    assert not (town.folder / "sent.jsonl").exists()
    town.set_most(2)
    assert [town.remind("--json").exit_code for _ in range(3)] == [0, 0, 0]
    assert _sent(town) == {"1/0": 2, "1/1": 2}
    assert town.counted() == [2, 2, 0]


def test_remind__paid_before_it_was_counted__late_and_not_asked_again(town: Town) -> None:
    town.remind_until_killed("fairmeter.reminders.outbox", "Outbox", "sign", False)
    _pay(town)
    told = json.loads(town.remind("--json").stdout)
    assert (told["late"], told["noted"], told["sent"]) == (1, 1, 0)
    assert "late" not in town.remind().stdout


def test_remind__nobody_who_may_count__refused_before_anything_is_sent(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, derive_key(0, "stranger").hex())
    assert "is no operator" in town.remind().stderr
    monkeypatch.delenv(KEY_VARIABLE)
    assert f"environment variable {KEY_VARIABLE} is not set" in town.remind().stderr
    assert not (town.folder / "sent.jsonl").exists()


def test_remind__node_gone_after_it_was_sent__told_and_counted_in_the_next_round(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise ChainError("the node is gone")

    with monkeypatch.context() as patch:
        patch.setattr("fairmeter.chain.rpc.RpcEngine.send", gone)
        done = town.remind()
    assert (done.exit_code, done.stdout) == (8, "2 sent, 2 uncounted\nnot counted yet: the node is gone\n")
    told = json.loads(town.remind("--json").stdout)
    assert told["contacts"] == {"1/0": 2, "1/1": 2}
    assert (told["noted"], told["sent"], town.counted()) == (4, 2, [2, 2, 0])


def _pay(town: Town) -> None:
    ledger, currency = town.system.ledger, town.system.currency
    town.session.transact(
        town.bank,
        currency.mint(town.bank.address, 60_000),
        currency.approve(ledger.address, 60_000),
        ledger.write("payArrears", 1 << 16, 60_000),
    )


def _lines(town: Town) -> list[dict[str, str]]:
    return [json.loads(line) for line in (town.folder / "sent.jsonl").read_text(encoding="utf-8").splitlines()]


def _keys(town: Town) -> list[str]:
    return [line["key"] for line in _lines(town)]


def _sent(town: Town) -> dict[str, int]:
    """Messages by bill."""
    bills = [int(line["bill"]) for line in _lines(town)]
    return {f"{one >> 16}/{one & 0xFFFF}": bills.count(one) for one in sorted(set(bills))}


def _key(town: Town) -> DataKey:
    key = read_key(town.folder / "data.key")
    assert key is not None
    return key


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


def test_rotate__an_outbox__its_new_key_alone_goes_on_and_nothing_is_sent_twice(town: Town) -> None:
    assert town.remind("--json").exit_code == 0
    outbox, new = town.folder / "outbox.sqlite", _another_key(town.folder)
    words = ["privacy", "rotate", str(outbox), "--new-key", str(new), "--data-key", str(town.folder / "data.key")]
    words += ["--access-log", str(town.folder / "access.jsonl"), "--json"]
    with alone(outbox):
        assert "another command is at work with it" in CliRunner().invoke(cli.app, words).stderr
        assert "another command is at work with it" in town.remind().stderr
    turned = [json.loads(CliRunner().invoke(cli.app, words).stdout)["turned"] for _ in range(2)]
    assert turned == [True, False]
    assert "is sealed with the key" in town.remind().stderr
    town.set_most(1)
    assert town.remind("--data-key", str(new)).exit_code == 0
    assert _sent(town) == {"1/0": 1, "1/1": 1}
    acts = [one["act"] for one in AccessLog(town.folder / "access.jsonl").entries() if one["name"] == outbox.name]
    assert acts[:3] == ["read", "read", "rotated"]


def test_remind__what_is_wrong__one_line(town: Town) -> None:
    assert "expected an address of 20 bytes" in town.remind("--register", "0x12").stderr
    assert "has no contract" in town.remind("--register", "0x" + "77" * 20).stderr
    (town.folder / "reminders.toml").write_text('supplier = "Grid"\nquiet = ["25:00", "08:00"]\n')
    assert "quiet" in town.remind().stderr
    assert not (town.folder / "outbox.sqlite").exists()
