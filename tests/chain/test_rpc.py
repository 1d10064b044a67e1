"""A node that Fairmeter did not start, and everything that can go wrong with one."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from fairmeter.chain import anvil as anvil_module
from fairmeter.chain import rpc as rpc_module
from fairmeter.chain.anvil import AnvilEngine, find_anvil
from fairmeter.chain.artifact import Artifact
from fairmeter.chain.engine import Fees
from fairmeter.chain.genesis import Genesis
from fairmeter.chain.jsonrpc import JsonRpc
from fairmeter.chain.rpc import RpcEngine
from fairmeter.chain.wallet import FUNDER_KEY, KEY_VARIABLE, Wallet, funder_key
from fairmeter.errors import ChainError, InputError, RevertError, ToolMissingError

GAS = 3_000_000


@pytest.fixture
def node(anvil: AnvilEngine) -> Iterator[RpcEngine]:
    """Someone else's node: it mines by itself, and is reached by its address alone."""
    node = JsonRpc(address(anvil))
    node.call("evm_setAutomine", True)
    with RpcEngine(address(anvil), chain_id=anvil.chain_id) as engine:
        yield engine
    node.close()


def address(engine: AnvilEngine) -> str:
    return engine._rpc.shown


def process_of(engine: AnvilEngine) -> subprocess.Popen[bytes]:
    alive = engine._stop.peek()
    assert alive is not None
    process: subprocess.Popen[bytes] = alive[2][0]
    return process


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_send__on_a_node__receipts_logs_and_named_reverts(
    node: RpcEngine, probe: Artifact, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, FUNDER_KEY.hex())
    deployer, interface = Wallet.on(node, funder_key(node)), probe.interface()
    (created,) = node.send([deployer.sign(None, probe.bytecode + interface.encode_constructor(bytes(20)), gas=GAS).raw])
    contract = created.contract_address
    assert contract is not None
    calls = [interface.encode_call("set", 1, 4), interface.encode_call("refuse", 5, 2)] * 60
    receipts = node.send([deployer.sign(contract, data, gas=GAS).raw for data in calls])
    assert [receipt.status for receipt in receipts] == [True, False] * 60
    assert interface.decode_log(receipts[0].logs[0]).arguments["value"] == 4
    assert interface.decode_error(receipts[1].revert_data, "it").arguments["value"] == 5
    assert all(receipt.timestamp == node.block(receipt.block_number).timestamp for receipt in list(receipts)[:3])
    assert node.logs(0) == [log for receipt in receipts for log in receipt.logs]
    with pytest.raises(RevertError):
        node.call(contract, interface.encode_call("refuse", 1, 1))


def test_revert_data__node_without_traces__by_a_call_on_the_parent(node: RpcEngine, probe: Artifact) -> None:
    deployer, interface = Wallet.on(node, FUNDER_KEY), probe.interface()
    (created,) = node.send([deployer.sign(None, probe.bytecode + interface.encode_constructor(bytes(20)), gas=GAS).raw])
    refused = deployer.sign(created.contract_address, interface.encode_call("refuse", 5, 2), gas=GAS)
    (receipt,) = node.send([refused.raw])
    assert node._called_revert(refused.hash) == receipt.revert_data != b""


def test_send__same_transactions_again__not_sent_twice(node: RpcEngine) -> None:
    deployer = Wallet.on(node, FUNDER_KEY)
    JsonRpc(node._rpc.shown).call("evm_setAutomine", False)
    payment = deployer.sign(bytes(19) + b"\x99", value=1, gas=21_000)
    JsonRpc(node._rpc.shown).call("eth_sendRawTransaction", f"0x{payment.raw.hex()}")
    timer = threading.Timer(0.3, lambda: JsonRpc(node._rpc.shown).call("evm_mine"))
    timer.start()
    (receipt,) = node.send([payment.raw])
    timer.join()
    assert receipt.status
    assert node.balance(bytes(19) + b"\x99") == 1


def test_fees__on_a_node__cover_the_base_fee(node: RpcEngine) -> None:
    fees = node.fees()
    assert isinstance(fees, Fees)
    assert fees.max_fee >= 2 * Genesis().base_fee + fees.priority


def test_capabilities__on_a_node__says_what_it_cannot(node: RpcEngine) -> None:
    assert not node.capabilities.moves_time
    assert not node.capabilities.snapshots
    for attempt in (node.mine, node.snapshot, lambda: node.revert(b"0x1")):
        with pytest.raises(ChainError, match=r"^http://127\.0\.0\.1:\d+ (mines by itself|has no snapshots)"):
            attempt()


def test_open__another_chain_id__refused(anvil: AnvilEngine) -> None:
    with pytest.raises(ChainError, match=r"is chain 31337, expected 1$"):
        RpcEngine(address(anvil), chain_id=1)


def test_open__nobody_there__one_line_without_the_secret() -> None:
    port = free_port()
    with pytest.raises(ChainError) as caught:
        RpcEngine(f"http://user:secret@127.0.0.1:{port}/key")
    assert str(caught.value) == f"http://127.0.0.1:{port} cannot be reached: the connection was refused or broken off"


@pytest.mark.parametrize("url", ["", "localhost:8545", "ws://127.0.0.1:8545", "http://"])
def test_open__not_an_address__one_line(url: str) -> None:
    with pytest.raises(InputError, match=r"^RPC address .*: expected http://host:port or https://host$"):
        RpcEngine(url)


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (200, b"<html>", "does not speak Ethereum JSON-RPC"),
        (502, b"", "answers with HTTP status 502"),
        (200, b'{"jsonrpc":"2.0","id":0,"result":{}}', "answers eth_chainId with something else than expected"),
        (
            200,
            b'{"jsonrpc":"2.0","id":0,"error":{"code":-32601,"message":"not\\nhere"}}',
            "refuses eth_chainId: not here",
        ),
    ],
)
def test_open__no_node_at_all__one_line(status: int, body: bytes, message: str) -> None:
    class Page(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        with pytest.raises(ChainError, match=message) as caught:
            RpcEngine(f"http://127.0.0.1:{server.server_port}")
        thread.join()
    assert "\n" not in str(caught.value)


def test_send__node_dies_while_waiting__one_line(anvil: AnvilEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rpc_module, "OUTAGE_SECONDS", 1.0)
    with RpcEngine(address(anvil)) as node:
        payment = Wallet.on(node, FUNDER_KEY).sign(bytes(20), gas=21_000)
        timer = threading.Timer(0.4, process_of(anvil).kill)
        timer.start()
        with pytest.raises(ChainError, match=r"cannot be reached: the connection was refused or broken off$"):
            node.send([payment.raw])
        timer.join()


def test_send__node_never_mines__one_line(anvil: AnvilEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rpc_module, "PATIENCE_SECONDS", 0.2)
    with RpcEngine(address(anvil)) as node:
        payment = Wallet.on(node, FUNDER_KEY).sign(bytes(20), gas=21_000)
        with pytest.raises(ChainError, match=rf"took transaction 0x{payment.hash.hex()} but did not mine it within"):
            node.send([payment.raw])


def test_send__anvil_dies_in_the_middle__one_line(anvil: AnvilEngine) -> None:
    payer = Wallet.on(anvil, FUNDER_KEY)
    payments = [payer.sign(bytes(20), value=1, gas=21_000).raw for _ in range(3_000)]
    timer = threading.Timer(0.3, process_of(anvil).kill)
    timer.start()
    with pytest.raises(ChainError, match=r"died in the middle|cannot be reached") as caught:
        anvil.send(payments)
    timer.join()
    assert "\n" not in str(caught.value)
    with pytest.raises(ChainError, match="cannot be reached"):
        anvil.head()


def test_close__anvil__its_process_is_gone() -> None:
    try:
        engine = AnvilEngine()
    except ToolMissingError as error:
        pytest.skip(str(error))
    process = process_of(engine)
    assert process.poll() is None
    engine.close()
    assert process.poll() is not None


def test_find_anvil__nowhere__says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(anvil_module.PATH_VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(anvil_module, "NPM_PATH", tmp_path / "none")
    with pytest.raises(ToolMissingError, match=r"^anvil is not installed: run npm ci in contracts/"):
        find_anvil()


def test_find_anvil__named_but_not_there__says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(anvil_module.PATH_VARIABLE, str(tmp_path / "none"))
    with pytest.raises(ToolMissingError, match="which is not a program"):
        find_anvil()


def test_start__program_that_ends_at_once__one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(anvil_module.PATH_VARIABLE, "/bin/false")
    with pytest.raises(ChainError, match=r"^anvil ended with exit code 1$"):
        AnvilEngine()
