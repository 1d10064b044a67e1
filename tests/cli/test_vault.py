"""The vault from the command line: a customer, a bank, three proxies and an authority, each with its own keys."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fairmeter.chain.anvil import find_anvil, start
from fairmeter.chain.genesis import Genesis
from fairmeter.chain.jsonrpc import JsonRpc
from fairmeter.chain.keccak import keccak256
from fairmeter.chain.wallet import FUNDER_KEY, KEY_VARIABLE, Wallet
from fairmeter.errors import ToolMissingError

if TYPE_CHECKING:
    from tests.cli.conftest import Invoke

PROXIES = ("first", "second", "third")
RICH = hex(10**21)


class Office:
    """One folder, one node; each party by its name."""

    def __init__(self, folder: Path, url: str, patch: pytest.MonkeyPatch, invoke: Invoke) -> None:
        self.folder, self.url, self._patch, self.invoke = folder, url, patch, invoke
        self._node = JsonRpc(url)

    def address(self, party: str) -> str:
        return "0x" + Wallet(self._key(party), 1).address.hex()

    def call(self, party: str, command: str, *arguments: object, code: int = 0) -> str:
        """What a party's command prints."""
        self._patch.setenv(KEY_VARIABLE, self._key(party).hex())
        options: list[object] = ["--rpc-url", self.url]
        if command != "deploy":
            options += ["--vault", self.folder / "vault.json"]
        if command not in {"deploy", "proxy", "grants", "log", "authority"}:
            options += ["--store", self.folder / "store"]
        if command not in {"deploy", "proxy", "grants", "log", "authority", "check"}:
            options += ["--secret", self.folder / f"{party}.secret"]
        result = self.invoke("vault", command, *arguments, *options)
        assert result.exit_code == code, result.output
        return result.output

    def json(self, party: str, command: str, *arguments: object) -> dict[str, Any]:
        printed: dict[str, Any] = json.loads(self.call(party, command, *arguments, "--json"))
        return printed

    def fund(self, party: str) -> None:
        self._node.call("anvil_setBalance", self.address(party), RICH)

    def _key(self, party: str) -> bytes:
        return FUNDER_KEY if party == "governor" else keccak256(party.encode())


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke) -> Iterator[Office]:
    try:
        program = find_anvil()
    except ToolMissingError as error:
        pytest.skip(f"NOT TESTED: {error}")
    process, port = start(program, Genesis())
    with process:
        url = f"http://127.0.0.1:{port}"
        JsonRpc(url).call("evm_setAutomine", True)
        office = Office(tmp_path, url, monkeypatch, invoke)
        monkeypatch.setenv(KEY_VARIABLE, FUNDER_KEY.hex())
        deployment = tmp_path / "deployment.json"
        assert invoke("deploy", "--engine", "rpc", "--rpc-url", url, "--out", deployment).exit_code == 0
        office.call("governor", "deploy", "--deployment", deployment, "--out", tmp_path / "vault.json")
        for party in (*PROXIES, "customer", "bank", "authority"):
            office.fund(party)
            office.call(party, "keys")
        for party in PROXIES:
            office.call("governor", "proxy", office.address(party))
        yield office
        process.terminate()


def _put(office: Office, *options: object) -> int:
    grade, payments = office.folder / "grade.txt", office.folder / "payments.csv"
    grade.write_text("B+")
    payments.write_text("paid_on,amount\n2016-01-31,1200\n")
    done = office.json("customer", "put", f"grade={grade}", f"payments={payments}", *options)
    assert done["fields"] == ["grade", "payments"]
    return int(done["record"])


def _grant(office: Office, *options: object) -> int:
    by = [part for party in PROXIES for part in ("--by", office.address(party))]
    terms = ("--until", "2100-01-01", "--purpose", "loan", *by, *options)
    return int(office.json("customer", "grant", office.address("bank"), "--fields", "grade", *terms)["grant"])


def test_vault__a_grants_life__opened_by_two_of_three_until_revoked(office: Office) -> None:
    record, grant, out = _put(office), _grant(office), office.folder / "opened"
    asked = ("open", record, "--grant", grant, "--out", out)
    assert office.json("bank", *asked) == {"answers": 0, "needed": 2, "files": []}
    assert "answered" in office.call("first", "answer")
    assert "1 of 2 have answered" in office.call("bank", *asked)
    assert json.loads(office.call("third", "answer", "--json")) == {"grant": grant, "record": record, "refused": None}
    assert office.call("first", "answer") == "", "once"
    office.call("bank", *asked)
    assert {path.name: path.read_text() for path in out.iterdir()} == {"grade": "B+"}

    other = _grant(office)
    assert office.json("customer", "revoke", grant) == {
        "revoked": grant,
        "epoch": 1,
        "renewed": {str(other): other + 1},
    }
    assert office.json("bank", "open", record, "--grant", other, "--out", out)["answers"] == 0
    assert "grant 1, record 1: grant 1 is revoked or over" in office.call("second", "answer"), "asked before"
    rows = office.json("bank", "grants")["grants"]
    assert [(row["grant"], row["epoch"], row["valid"]) for row in rows] == [(1, 0, False), (2, 0, True), (3, 1, True)]
    assert [row["by"] for row in office.json("bank", "log", "--grant", grant)["log"]] == [
        office.address("first"),
        office.address("third"),
    ]
    before = office.json("bank", "grants", "--block", _block(office))["grants"]
    assert [row["valid"] for row in before] == [True]
    assert "purpose loan" in office.call("bank", "grants")
    later = ("open", _put(office), "--grant", other + 1, "--out", out)
    (office.folder / "store" / "requests" / "noise").write_text("no request")
    office.call("bank", *later)
    assert [office.call(party, "answer").count(f"grant {other + 1}, record 2: answered") for party in PROXIES[:2]] == [
        1,
        1,
    ]
    assert office.json("bank", *later)["files"] == [str(out / "grade")]


def _block(office: Office) -> int:
    """Of the first answer."""
    return int(office.json("bank", "log")["log"][0]["block"])


def test_check__objects_altered__each_named(office: Office) -> None:
    for _ in range(2):
        _put(office)
    assert office.call("auditor", "check") == ""
    for path in (office.folder / "store" / "objects").iterdir():
        path.write_bytes(b"")
    told = office.call("auditor", "check", code=1).splitlines()
    assert len(told) == 4, "two fields of two records"
    assert all("RecordPut" in line and "is another one" in line for line in told)


def test_vault__customer_online__answers_itself(office: Office) -> None:
    record, out = _put(office, "--online"), office.folder / "opened"
    bank = office.address("bank")
    terms = ("--fields", "grade,payments", "--until", "2100-01-01T12:00:00", "--purpose", "loan")
    grant = office.json("customer", "grant", bank, *terms)["grant"]
    office.call("bank", "open", record, "--grant", grant, "--out", out)
    assert "answered" in office.call("customer", "answer")
    assert office.json("bank", "open", record, "--grant", grant, "--out", out)["files"] == [
        str(out / "grade"),
        str(out / "payments"),
    ]
    assert office.json("customer", "revoke", grant, "--keep-epoch")["epoch"] == 0
    office.call("customer", "open", record, "--out", office.folder / "own")
    assert (office.folder / "own" / "grade").read_text() == "B+"


def test_vault__policy__opened_by_attributes_until_withdrawn(office: Office) -> None:
    authority, bank, out = office.address("authority"), office.address("bank"), office.folder / "opened"
    parameters = office.json("authority", "parameters")["parameters"]
    office.call("governor", "authority", authority, "--parameters", parameters)
    key = office.json("authority", "issue", bank, "role=bank", "region=Shandong", "--until", "2100-01-01")["key"]
    policy = ("--policy", "role = bank AND region = Shandong OR auditor", "--authority", authority)
    customer = office.address("customer")
    held = ("--customer", customer, "--authority", authority, "--key", key, "--out", out)
    office.call("bank", "open", _put(office, *policy), *held)
    assert (out / "grade").read_text() == "B+"
    office.call("authority", "withdraw", bank, "role=bank")
    assert "does not open" in office.call("bank", "open", _put(office, *policy), *held, code=7)
    office.call("governor", "authority", authority)
    grade = f"grade={office.folder / 'grade.txt'}"
    assert "is no authority" in office.call("customer", "put", grade, *policy, code=7)


def test_collect__payments_of_everybody__a_file_to_put_away(office: Office) -> None:
    table, out = office.folder / "payments.csv", office.folder / "data"
    table.write_text("customer_id,paid_on,amount\n7,2016-01-31,1200\n8,2016-01-31,900\n")
    collected = office.invoke("vault", "collect", 7, "--payments", table, "--out", out)
    assert collected.exit_code == 0, collected.output
    assert office.json("customer", "put", f"payments={out / 'payments'}")["fields"] == ["payments"]
    office.call("customer", "open", 1, "--out", office.folder / "own")
    assert (office.folder / "own" / "payments").read_text() == "paid_on,amount\n2016-01-31,1200\n"


@pytest.mark.parametrize(
    ("command", "arguments", "problem"),
    [
        ("put", ["grade"], "expected FIELD=FILE"),
        ("put", ["colour=x"], "expected some of grade"),
        ("put", ["grade=/none/such"], "/none/such: cannot be read"),
        ("put", ["grade=x", "--policy", "a"], "a policy needs an authority"),
        ("grant", ["0x12", "--fields", "grade", "--until", "2100-01-01", "--purpose", "loan"], "is not an address"),
        ("open", [1, "--out", "x", "--customer", "0x12"], "--customer needs --authority and --key"),
        ("answer", [], "vault.secret: cannot be read"),
        ("grants", [], "vault.json: cannot be read"),
    ],
)
def test_vault__wrong_input__one_line(
    invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, arguments: list[object], problem: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = invoke("vault", command, *arguments, "--rpc-url", "http://127.0.0.1:1")
    assert (result.exit_code, result.stdout) == (2, "")
    assert problem in result.stderr
    assert result.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_keys__secret_file__its_owners_alone(office: Office) -> None:
    path = office.folder / "bank.secret"
    before = path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    office.call("bank", "keys", "--online")
    assert path.read_text() == before
    path.write_text("too short")
    assert "expected 64 hexadecimal digits" in office.call("bank", "keys", code=2)
    (office.folder / "vault.json").write_text("{}")
    assert "is not a file that" in office.call("bank", "grants", code=2)
