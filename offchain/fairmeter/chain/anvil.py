"""anvil, started for the run: another implementation of the EVM (revm), with the same genesis as eth-tester's chain.

The same transactions give the same receipts on both, so that one checks the other, and headers that differ in three
fields: anvil draws prevrandao from keccak256(parent's hash ‖ number); its state root contains empty accounts that were
touched, and storage slots that are zero as soon as they are read or cleared, where Ethereum leaves both out; and the
parent's hash follows. `history_digest` binds what is the same.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from eth.abc import BlockHeaderAPI
from eth.constants import BLANK_ROOT_HASH, EMPTY_SHA256

from fairmeter.chain.engine import Block, Capabilities, Fees, Receipt, Receipts, block_times, refuse_transaction
from fairmeter.chain.eth_tester import FixedTimeBackend
from fairmeter.chain.genesis import HARDFORK, Genesis
from fairmeter.chain.jsonrpc import Reply, parse_reply, to_hex
from fairmeter.chain.keccak import keccak256
from fairmeter.chain.rpc import RpcEngine
from fairmeter.chain.wallet import LOCAL_FEES
from fairmeter.errors import ChainError, ToolMissingError

PATH_VARIABLE: Final = "FAIRMETER_ANVIL"
NPM_PATH: Final = Path("contracts/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil")
"""Below the repository's root."""
START_SECONDS: Final = 20.0
ANSWER_SECONDS: Final = 120.0
"""For one answer in the pipeline: a block of the largest transactions takes a fraction of it."""
WINDOW: Final = 32
"""Transactions on their way at once: enough to hide the round trip, few enough for the answers to fit the socket."""
STATES_KEPT: Final = 4 * WINDOW
"""States of past blocks that anvil holds, so that a window can be rolled back."""


class AnvilEngine(RpcEngine):
    """An `Engine` on an anvil of its own, which ends with it."""

    name = "anvil"
    capabilities = Capabilities(moves_time=True, snapshots=True)

    def __init__(self, genesis: Genesis | None = None) -> None:
        self.genesis = Genesis() if genesis is None else genesis
        process, port = start(find_anvil(), self.genesis)
        # kills it at the latest when the interpreter ends
        self._stop = weakref.finalize(self, _end, process)
        try:
            super().__init__(f"http://127.0.0.1:{port}", self.genesis.chain_id)
            # it is nobody else's: if it is gone, it does not come back
            self._rpc.patience = 0.0
            self._pipeline = Pipeline(port)
        except ChainError:
            self._stop()
            raise
        self.implementation = f"revm (anvil {self.implementation.removeprefix('anvil/v')})"

    def send(self, raw: Sequence[bytes], timestamp: int | None = None) -> Receipts:
        """See `Engine.send`."""
        head = self._latest()
        times = block_times(head.timestamp, len(raw), timestamp)
        receipts: list[Receipt] = []
        for start_index in range(0, len(raw), WINDOW):
            window = range(start_index, min(start_index + WINDOW, len(raw)))
            calls: list[tuple[str, list[Any]]] = []
            for index in window:
                calls += [("eth_sendRawTransaction", [to_hex(raw[index])]), ("evm_mine", [to_hex(times[index])])]
            replies = self._pipeline.run(calls)
            for index, sent, mined in zip(window, replies[::2], replies[1::2], strict=True):
                self._rpc.expect("evm_mine", mined)
                if sent.error is not None:
                    self._roll_back(window.stop - index)
                    raise refuse_transaction(index, len(raw), sent.error)
            receipts += self._receipts(self._mined(raw, window, head.number + 1))
        return Receipts.of(receipts)

    def fees(self) -> Fees:
        """See `Engine.fees`."""
        return LOCAL_FEES

    def mine(self, timestamp: int | None = None) -> Block:
        """See `Engine.mine`."""
        self._rpc.call("evm_mine", to_hex(block_times(self.now(), 1, timestamp)[0]))
        return self._latest()

    def snapshot(self) -> bytes:
        """See `Engine.snapshot`."""
        return str(self._rpc.call("evm_snapshot")).encode()

    def revert(self, snapshot: bytes) -> None:
        """See `Engine.revert`."""
        if self._rpc.call("evm_revert", snapshot.decode(errors="replace")) is not True:
            raise ChainError(f"{self.name} has no snapshot {snapshot.decode(errors='replace')}")

    def close(self) -> None:
        """See `Engine.close`."""
        self._pipeline.close()
        super().close()
        self._stop()

    def _mined(self, raw: Sequence[bytes], window: range, first_block: int) -> list[Any]:
        """anvil's receipts of a window of `raw`, which begins at `first_block` and has a block for each.

        anvil keeps a transaction whose nonce is too high without a word; its block is then empty.
        """
        replies = self._rpc.batch([("eth_getTransactionReceipt", [to_hex(keccak256(raw[i]))]) for i in window])
        for index, reply in zip(window, replies, strict=True):
            answer = self._rpc.expect("eth_getTransactionReceipt", reply)
            if answer is None or int(answer["blockNumber"], 16) != first_block + index:
                self._rpc.call("anvil_dropAllTransactions")
                self._roll_back(window.stop - index)
                raise refuse_transaction(index, len(raw), "its nonce is not the sender's next")
        return [reply.result for reply in replies]

    def _roll_back(self, blocks: int) -> None:
        self._rpc.call("anvil_rollback", blocks)


class Pipeline:
    """One connection on which requests are written without waiting: HTTP/1.1 servers answer them in their order, where
    the calls of a JSON batch may overtake each other."""

    def __init__(self, port: int) -> None:
        try:
            self._socket = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_SECONDS)
        except OSError as error:
            raise ChainError(f"anvil at port {port} cannot be reached: {error.strerror}") from error
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._answers = self._socket.makefile("rb")

    def run(self, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Reply]:
        """Make calls one after another; ChainError if anvil dies before it has answered all."""
        try:
            self._socket.sendall(b"".join(_request(method, params) for method, params in calls))
            return [parse_reply(self._body()) for _ in calls]
        except (OSError, ValueError) as error:
            raise ChainError(f"anvil died in the middle of a run: {error}") from error

    def close(self) -> None:
        """Close the connection."""
        self._answers.close()
        self._socket.close()

    def _acknowledge_at_once(self) -> None:
        """anvil holds an answer back until the one before is acknowledged (RFC 896), which Linux would put off for
        40 ms; the kernel forgets the wish with every packet."""
        if sys.platform == "linux":
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def _body(self) -> bytes:
        self._acknowledge_at_once()
        length = None
        while (line := self._answers.readline()) not in {b"\r\n", b""}:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if length is None:
            raise OSError("the connection was broken off")
        return self._answers.read(length)


def find_anvil() -> Path:
    """The anvil to use: FAIRMETER_ANVIL's, PATH's, or the one that npm installed beside the contracts."""
    named = os.environ.get(PATH_VARIABLE)
    on_path = shutil.which("anvil")
    beside = Path(__file__).parents[3] / NPM_PATH
    candidates = [Path(named)] if named else [*([Path(on_path)] if on_path else []), beside]
    for candidate in candidates:
        if os.access(candidate, os.X_OK) and candidate.is_file():
            return candidate
    if named:
        raise ToolMissingError(f"environment variable {PATH_VARIABLE} names {named}, which is not a program")
    raise ToolMissingError(
        f"anvil is not installed: run npm ci in contracts/, or install Foundry, or set {PATH_VARIABLE} to its path"
    )


def start(program: Path, genesis: Genesis) -> tuple[subprocess.Popen[bytes], int]:
    """Run anvil on a free port of the loopback interface; returns when it answers there."""
    with tempfile.TemporaryDirectory(prefix="fairmeter-anvil-") as folder:
        state = Path(folder) / "genesis.json"
        state.write_text(json.dumps(_genesis_state(genesis)), encoding="utf-8")
        port = _free_port()
        options = {
            "--load-state": state,
            "--port": port,
            "--accounts": 0,
            "--hardfork": HARDFORK,
            "--chain-id": genesis.chain_id,
            "--timestamp": genesis.timestamp,
            "--prune-history": STATES_KEPT,
        }
        command = [str(program), "--quiet", "--no-mining", "--no-request-size-limit"]
        command += [str(word) for pair in options.items() for word in pair]
        try:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)  # noqa: S603
        except OSError as error:
            raise ToolMissingError(f"{program} does not run: {error.strerror}") from error
        _wait_for(process, port)
        return process, port


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    ended = process.poll()
    _end(process)
    problem = f"ended with exit code {ended}" if ended is not None else f"did not answer within {START_SECONDS:.0f} s"
    raise ChainError(f"anvil {problem}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _request(method: str, params: Sequence[Any]) -> bytes:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}).encode()
    head = (
        f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _genesis_state(genesis: Genesis) -> dict[str, Any]:
    """anvil's state file, with the genesis header that eth-tester's chain has: of itself anvil begins with a state root
    of no state."""
    header = FixedTimeBackend(genesis).head
    environment = {
        "number": to_hex(header.block_number),
        "beneficiary": to_hex(header.coinbase),
        "timestamp": to_hex(header.timestamp),
        "gas_limit": header.gas_limit,
        "basefee": header.base_fee_per_gas,
        "difficulty": to_hex(header.difficulty),
        "prevrandao": to_hex(header.mix_hash),
        "blob_excess_gas_and_price": {"excess_blob_gas": header.excess_blob_gas, "blob_gasprice": 1},
        "slot_num": 0,
    }
    accounts = {
        to_hex(address): {"nonce": 0, "balance": to_hex(account.balance), "code": to_hex(account.code), "storage": {}}
        for address, account in genesis.accounts().items()
    }
    block: dict[str, Any] = {
        "header": _header_json(header, genesis),
        "transactions": [],
        "ommers": [],
        "withdrawals": None,
    }
    return {
        "block": environment,
        "accounts": accounts,
        "best_block_number": header.block_number,
        "blocks": [block],
        "transactions": [],
        "historical_states": None,
    }


def _header_json(header: BlockHeaderAPI, genesis: Genesis) -> dict[str, str]:
    """A genesis header as JSON-RPC names its fields."""
    fields: dict[str, bytes | int] = {
        "parentHash": header.parent_hash,
        "sha3Uncles": header.uncles_hash,
        "miner": header.coinbase,
        "stateRoot": header.state_root,
        "transactionsRoot": BLANK_ROOT_HASH,
        "receiptsRoot": BLANK_ROOT_HASH,
        "logsBloom": bytes(256),
        "difficulty": header.difficulty,
        "number": header.block_number,
        "gasLimit": header.gas_limit,
        "gasUsed": header.gas_used,
        "timestamp": header.timestamp,
        "extraData": header.extra_data,
        "mixHash": header.mix_hash,
        "nonce": header.nonce,
        "baseFeePerGas": genesis.base_fee,
        "withdrawalsRoot": BLANK_ROOT_HASH,
        "blobGasUsed": header.blob_gas_used,
        "excessBlobGas": header.excess_blob_gas,
        "parentBeaconBlockRoot": bytes(32),
        "requestsHash": EMPTY_SHA256,
    }
    return {name: to_hex(value) for name, value in fields.items()}
