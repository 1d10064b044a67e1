"""Transactions through a proxy that does everything a network can do to requests and answers: each is mined once."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from fairmeter.chain import jsonrpc as jsonrpc_module
from fairmeter.chain import outbox as outbox_module
from fairmeter.chain import rpc as rpc_module
from fairmeter.chain.anvil import AnvilEngine
from fairmeter.chain.jsonrpc import JsonRpc
from fairmeter.chain.rpc import RpcEngine
from fairmeter.chain.wallet import FUNDER_KEY, Wallet
from fairmeter.errors import ChainError

PAYEE = bytes(19) + b"\x99"
MISCHIEF = ("drop", "busy", "later", "truncate", "hang up", "shuffle", "repeat", "none", "none")


class Proxy(BaseHTTPRequestHandler):
    """Forwards to `node` and does `mischief` to what comes back, by `chance`."""

    node = ""
    address = ""
    mischief: tuple[str, ...] = ()
    chance = random.Random(1)
    seen: list[int]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        trick = self.chance.choice(self.mischief) if self.mischief else "none"
        calls = json.loads(body)
        if isinstance(calls, list):
            self.seen.append(sum(call["method"] == "eth_sendRawTransaction" for call in calls))
        if trick in {"busy", "later"}:
            self._answer(429 if trick == "busy" else 503, b"")
            return
        answer = requests.post(self.node, data=body, headers={"Content-Type": "application/json"}, timeout=20).content
        if trick == "drop":  # forwarded, and its answer lost
            self.close_connection = True
            return
        self._return(trick, answer)

    def _return(self, trick: str, answer: bytes) -> None:
        parsed: Any = json.loads(answer)
        if isinstance(parsed, list) and trick == "shuffle":
            self.chance.shuffle(parsed)
            answer = json.dumps(parsed).encode()
        if isinstance(parsed, list) and trick == "repeat":
            answer = json.dumps(parsed + parsed[:2]).encode()
        if trick == "truncate":
            self._answer(200, answer[: len(answer) // 2])
        elif trick == "hang up":
            self._answer(200, answer[: len(answer) // 2], claimed=len(answer))
            self.close_connection = True
        else:
            self._answer(200, answer)

    def _answer(self, status: int, body: bytes, claimed: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body) if claimed is None else claimed))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def proxy(node: str, mischief: tuple[str, ...] = (), seed: int = 1) -> Iterator[type[Proxy]]:
    handler: Any = type("Handler", (Proxy,), {"node": node, "chance": random.Random(seed), "seen": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        handler.address = f"http://127.0.0.1:{server.server_port}"
        handler.mischief = mischief
        try:
            yield handler
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def node(anvil: AnvilEngine) -> str:
    """Someone else's node, which mines once a second."""
    address = anvil._rpc.shown
    JsonRpc(address).call("evm_setIntervalMining", 1)
    return address


def connect(handler: type[Proxy]) -> RpcEngine:
    mischief, handler.mischief = handler.mischief, ()
    engine = RpcEngine(handler.address)
    handler.mischief = mischief
    return engine


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_send__through_a_hostile_network__each_mined_once_in_order(
    node: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jsonrpc_module, "TIMEOUT_SECONDS", 3.0)
    with proxy(node, MISCHIEF, seed) as handler, connect(handler) as engine:
        handler.mischief = ()
        payer = Wallet.on(engine, FUNDER_KEY)
        handler.mischief = MISCHIEF
        payments = [payer.sign(PAYEE, value=1, gas=21_000) for _ in range(250)]
        receipts = engine.send([one.raw for one in payments])
        handler.mischief = ()
        assert list(receipts.tx_hash) == [one.hash for one in payments]
        assert receipts.status.all()
        assert engine.balance(PAYEE) == len(payments)
        assert engine.nonce(payer.address) == len(payments)


@pytest.mark.parametrize("trick", sorted(set(MISCHIEF)))
def test_send__one_kind_of_mischief_half_the_time__mined_once(node: str, trick: str) -> None:
    with proxy(node, (trick, "none")) as handler, connect(handler) as engine:
        handler.mischief = ()
        payer = Wallet.on(engine, FUNDER_KEY)
        handler.mischief = (trick, "none")
        engine.send([payer.sign(PAYEE, value=1, gas=21_000).raw for _ in range(30)])
        handler.mischief = ()
        assert (engine.balance(PAYEE), engine.nonce(payer.address)) == (30, 30)


class LosesFirst(random.Random):
    """Loses the first answer, and counts the requests."""

    asked = 0

    def choice(self, _: Any) -> Any:
        self.asked += 1
        return "drop" if self.asked == 1 else "none"


def test_send__answer_lost_and_all_of_it_mined__asked_about_in_one_request(anvil: AnvilEngine) -> None:
    address = anvil._rpc.shown
    JsonRpc(address).call("evm_setAutomine", True)
    with proxy(address) as handler, connect(handler) as engine:
        payer = Wallet.on(engine, FUNDER_KEY)
        handler.chance, handler.mischief = LosesFirst(), MISCHIEF
        engine.send([payer.sign(PAYEE, value=1, gas=21_000).raw for _ in range(40)])
        assert handler.chance.asked < 10
        assert (engine.balance(PAYEE), engine.nonce(payer.address)) == (40, 40)


def test_send__node_that_does_not_mine__no_more_than_allowed_on_their_way(
    anvil: AnvilEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rpc_module, "PATIENCE_SECONDS", 0.5)
    monkeypatch.setattr(outbox_module, "IN_FLIGHT", 25)
    monkeypatch.setattr(outbox_module, "BATCH", 10)
    with proxy(anvil._rpc.shown) as handler, connect(handler) as engine:
        payer = Wallet.on(engine, FUNDER_KEY)
        with pytest.raises(ChainError, match="did not mine it"):
            engine.send([payer.sign(PAYEE, value=1, gas=21_000).raw for _ in range(60)])
        assert (sum(handler.seen), max(handler.seen)) == (25, 10)


def test_send__blocks_that_fill_up_on_a_node_that_mines_at_once__nothing_left_over(anvil: AnvilEngine) -> None:
    """Such a node mines when something comes, and leaves what did not fit."""
    address = anvil._rpc.shown
    JsonRpc(address).call("evm_setAutomine", True)
    JsonRpc(address).call("evm_setBlockGasLimit", hex(30_000_000))
    # burns gas until five million are left: JUMPDEST PUSH3 GAS GT PUSH1 JUMPI STOP, and what deploys it
    burner = bytes.fromhex("5b62") + (5_000_000).to_bytes(3, "big") + bytes.fromhex("5a1160005700")
    creation = bytes.fromhex(f"60{len(burner):02x}600c60003960{len(burner):02x}6000f3") + burner
    with RpcEngine(address) as engine:
        payer = Wallet.on(engine, FUNDER_KEY)
        contract = engine.send_signed([payer.sign(None, creation, gas=200_000)])[0].contract_address
        assert contract is not None
        receipts = engine.send([payer.sign(contract, gas=12_000_000).raw for _ in range(7)])
        assert receipts.status.all()
        assert (receipts.gas_used > 6_000_000).all()


def test_send__large_transactions__requests_of_bounded_size(node: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "BATCH_BYTES", 2_200)
    with proxy(node) as handler, connect(handler) as engine:
        payer = Wallet.on(engine, FUNDER_KEY)
        engine.send([payer.sign(PAYEE, bytes(900), gas=100_000).raw for _ in range(6)])
        assert [count for count in handler.seen if count] == [2, 2, 2]


def test_send__left_by_a_node_that_says_it_mines_at_once__mined_when_asked(
    anvil: AnvilEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {"jsonrpc": "2.0", "id": 0, "result": True}
    post = Proxy._return

    def claim(self: Proxy, trick: str, answer: bytes) -> None:
        asked = isinstance(parsed := json.loads(answer), list) and [one.get("result") for one in parsed] == [False]
        post(self, trick, json.dumps([said]).encode() if asked else answer)

    monkeypatch.setattr(Proxy, "_return", claim)
    with proxy(anvil._rpc.shown) as handler, connect(handler) as engine:
        payment = Wallet.on(engine, FUNDER_KEY).sign(PAYEE, value=1, gas=21_000)
        (receipt,) = engine.send([payment.raw])
        assert (receipt.tx_hash, engine.balance(PAYEE)) == (payment.hash, 1)


def test_send__transaction_dropped_by_the_node__sent_again_as_it_is(
    anvil: AnvilEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_module, "LOOK_AFTER_SECONDS", 0.3)
    node = JsonRpc(anvil._rpc.shown)
    with RpcEngine(anvil._rpc.shown) as engine:
        payment = Wallet.on(engine, FUNDER_KEY).sign(PAYEE, value=1, gas=21_000)
        dropped = threading.Timer(0.15, lambda: node.call("anvil_dropTransaction", f"0x{payment.hash.hex()}"))
        mined = threading.Timer(1.5, lambda: node.call("evm_mine"))
        dropped.start()
        mined.start()
        (receipt,) = engine.send([payment.raw])
        dropped.join()
        mined.join()
        assert (receipt.tx_hash, engine.balance(PAYEE)) == (payment.hash, 1)


def test_send__transaction_replaced_by_another__said_so(anvil: AnvilEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "LOOK_AFTER_SECONDS", 0.3)
    node = JsonRpc(anvil._rpc.shown)
    with RpcEngine(anvil._rpc.shown) as engine:
        payment = Wallet.on(engine, FUNDER_KEY).sign(PAYEE, value=1, gas=21_000)
        other = Wallet(FUNDER_KEY, engine.chain_id, nonce=payment.nonce).sign(PAYEE, value=2, gas=21_000)

        def replace() -> None:
            node.call("anvil_dropTransaction", f"0x{payment.hash.hex()}")
            node.call("eth_sendRawTransaction", f"0x{other.raw.hex()}")
            node.call("evm_mine")

        timer = threading.Timer(0.15, replace)
        timer.start()
        with pytest.raises(ChainError, match=r"was replaced: another transaction of 0x\w{40} has its nonce 0$"):
            engine.send([payment.raw])
        timer.join()
        assert engine.balance(PAYEE) == 2


def test_send__nonce_that_another_used__refused_at_once(node: str) -> None:
    with RpcEngine(node) as engine:
        payer = Wallet.on(engine, FUNDER_KEY)
        engine.send([payer.sign(PAYEE, value=1, gas=21_000).raw])
        late = Wallet(FUNDER_KEY, engine.chain_id, nonce=0).sign(PAYEE, value=5, gas=21_000)
        with pytest.raises(ChainError, match="transaction 1 of 1 was not accepted by the chain: nonce too low"):
            engine.send([late.raw])


def test_send__node_away_for_longer_than_an_outage__one_line(node: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rpc_module, "OUTAGE_SECONDS", 0.5)
    with proxy(node) as handler, connect(handler) as engine:
        payment = Wallet.on(engine, FUNDER_KEY).sign(PAYEE, value=1, gas=21_000)
        handler.mischief = ("later",)
        with pytest.raises(ChainError, match=r"answers with HTTP status 503$"):
            engine.send([payment.raw])
