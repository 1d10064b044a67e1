from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fairmeter import connect
from fairmeter.chain.anvil import find_anvil, start
from fairmeter.chain.genesis import Genesis
from fairmeter.chain.jsonrpc import JsonRpc
from fairmeter.chain.wallet import FUNDER_KEY, KEY_VARIABLE
from fairmeter.errors import ChainError, InputError, ToolMissingError

if TYPE_CHECKING:
    from tests.cli.conftest import Invoke, JsonOf, Refused


@pytest.mark.parametrize("options", [("--engine", "rpc"), ("--rpc-url", "http://127.0.0.1:1")])
def test_deploy__engine_and_address_apart__refused(
    refused: Refused, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "URL" in refused(2, "deploy", *options)
    assert list(tmp_path.iterdir()) == []


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


def test_deploy__json__addresses_abis_and_snippet(json_of: JsonOf, tmp_path: Path) -> None:
    printed = json_of("deploy", "--out", tmp_path / "deployment.json")
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


def test_connect__another_chain_or_no_contract__refused(json_of: JsonOf, node: str, tmp_path: Path) -> None:
    path = tmp_path / "deployment.json"
    json_of("deploy", "--out", path)
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
