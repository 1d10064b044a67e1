"""Any network that speaks Ethereum JSON-RPC: blocks and time come by themselves, and nothing can be taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Self

from fairmeter.chain.engine import (
    Block,
    Capabilities,
    Fees,
    Log,
    Receipt,
    Receipts,
    SignedTransaction,
    bare_revert,
)
from fairmeter.chain.jsonrpc import JsonRpc, Reply, to_bytes, to_hex, to_int
from fairmeter.chain.outbox import Outbox
from fairmeter.errors import ChainError

WINDOW: Final = 100
"""Calls in a request, at the most."""
PATIENCE_SECONDS: Final = 180.0
"""For the next receipt to come: fifteen of Ethereum's slots."""
OUTAGE_SECONDS: Final = 60.0
"""For a node that is busy or away to come back: time enough to start it again."""


class RpcEngine:
    """An `Engine` on a node. `chain_id`, if given, is what the node has to answer."""

    name = "rpc"
    capabilities = Capabilities(moves_time=False, snapshots=False)

    def __init__(self, url: str, chain_id: int | None = None) -> None:
        self._rpc = JsonRpc(url)
        with self._rpc.sense("eth_chainId"):
            self.chain_id = to_int(self._rpc.call("eth_chainId"))
        if chain_id not in {None, self.chain_id}:
            raise ChainError(f"{self._rpc.shown} is chain {self.chain_id}, expected {chain_id}")
        self.implementation = str(self._rpc.call("web3_clientVersion"))
        # from here on: at first an address may just be wrong
        self._rpc.patience = OUTAGE_SECONDS

    def send(self, raw: Sequence[bytes], timestamp: int | None = None) -> Receipts:  # noqa: ARG002
        """See `Engine.send`. A node may take transactions of other senders that come after a refused one."""
        with self._rpc.sense("eth_getTransactionByHash"):
            answers = Outbox(self._rpc, raw, PATIENCE_SECONDS).deliver()
        parts = (answers[start : start + WINDOW] for start in range(0, len(answers), WINDOW))
        return Receipts.of([receipt for part in parts for receipt in self._receipts(part)])

    def send_signed(self, signed: Sequence[SignedTransaction], timestamp: int | None = None) -> Receipts:
        """See `Engine.send_signed`."""
        return self.send([one.raw for one in signed], timestamp)

    def call(self, to: bytes, data: bytes, sender: bytes | None = None) -> bytes:
        """See `Engine.call`."""
        message = {"to": to_hex(to), "data": to_hex(data)} | ({} if sender is None else {"from": to_hex(sender)})
        reply = self._rpc.ask("eth_call", message, "latest")
        if reply.reverted:
            raise bare_revert(to, reply.data)
        with self._rpc.sense("eth_call"):
            return to_bytes(self._rpc.expect("eth_call", reply))

    def now(self) -> int:
        """See `Engine.now`."""
        return self._latest().timestamp

    def head(self) -> int:
        """See `Engine.head`."""
        return self._number("eth_blockNumber")

    def block(self, number: int) -> Block:
        """See `Engine.block`."""
        return self._parsed(self._rpc.call("eth_getBlockByNumber", to_hex(number), False), number)

    def blocks(self, numbers: range) -> list[Block]:
        """See `Engine.blocks`."""
        found: list[Block] = []
        for start in range(numbers.start, numbers.stop, WINDOW):
            part = range(start, min(start + WINDOW, numbers.stop))
            replies = self._rpc.batch([("eth_getBlockByNumber", [to_hex(number), False]) for number in part])
            for number, reply in zip(part, replies, strict=True):
                found.append(self._parsed(self._rpc.expect("eth_getBlockByNumber", reply), number))
        return found

    def balance(self, address: bytes) -> int:
        """See `Engine.balance`."""
        return self._number("eth_getBalance", to_hex(address), "latest")

    def nonce(self, address: bytes) -> int:
        """See `Engine.nonce`."""
        return self._number("eth_getTransactionCount", to_hex(address), "pending")

    def code(self, address: bytes) -> bytes:
        """See `Engine.code`."""
        with self._rpc.sense("eth_getCode"):
            return to_bytes(self._rpc.call("eth_getCode", to_hex(address), "latest"))

    def storage(self, address: bytes, slot: int) -> int:
        """See `Engine.storage`."""
        return self._number("eth_getStorageAt", to_hex(address), to_hex(slot), "latest")

    def logs(
        self,
        from_block: int,
        to_block: int | None = None,
        addresses: Sequence[bytes] = (),
        topics: Sequence[bytes] = (),
    ) -> list[Log]:
        """See `Engine.logs`."""
        query: dict[str, Any] = {
            "fromBlock": to_hex(from_block),
            "toBlock": "latest" if to_block is None else to_hex(to_block),
        }
        if addresses:
            query["address"] = [to_hex(address) for address in addresses]
        if topics:
            query["topics"] = [[to_hex(topic) for topic in topics]]
        with self._rpc.sense("eth_getLogs"):
            return [_log(fields) for fields in self._rpc.call("eth_getLogs", query)]

    def calldata(self, block: int, tx_index: int) -> bytes:
        """See `Engine.calldata`."""
        method = "eth_getTransactionByBlockNumberAndIndex"
        fields = self._rpc.call(method, to_hex(block), to_hex(tx_index))
        if fields is None:
            raise ChainError(f"{self._rpc.shown} has no transaction {tx_index} in block {block}")
        with self._rpc.sense(method):
            return to_bytes(fields["input"])

    def fees(self) -> Fees:
        """The node's tip, and twice the newest base fee: what it can rise to within six full blocks."""
        tip = self._rpc.ask("eth_maxPriorityFeePerGas")
        with self._rpc.sense("eth_maxPriorityFeePerGas"):
            priority = to_int(tip.result) if tip.error is None else 0
        return Fees(max_fee=2 * self._latest().base_fee + priority, priority=priority)

    def mine(self, timestamp: int | None = None) -> Block:  # noqa: ARG002
        """See `Engine.mine`."""
        raise ChainError(f"{self._rpc.shown} mines by itself: time cannot be moved there")

    def snapshot(self) -> bytes:
        """See `Engine.snapshot`."""
        raise ChainError(f"{self._rpc.shown} has no snapshots")

    def revert(self, snapshot: bytes) -> None:  # noqa: ARG002
        """See `Engine.revert`."""
        raise ChainError(f"{self._rpc.shown} has no snapshots")

    def close(self) -> None:
        """See `Engine.close`."""
        self._rpc.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _number(self, method: str, *params: Any) -> int:
        with self._rpc.sense(method):
            return to_int(self._rpc.call(method, *params))

    def _latest(self) -> Block:
        return self._parsed(self._rpc.call("eth_getBlockByNumber", "latest", False), "latest")

    def _parsed(self, fields: Mapping[str, Any] | None, number: int | str) -> Block:
        if fields is None:
            raise ChainError(f"{self.name} has no block {number}: the newest is {self.head()}")
        with self._rpc.sense("eth_getBlockByNumber"):
            return _block(fields)

    def _receipts(self, answers: Sequence[Mapping[str, Any]]) -> list[Receipt]:
        """Receipts with their blocks' timestamps, and with revert data where a transaction was reverted."""
        with self._rpc.sense("eth_getTransactionReceipt"):
            numbers = sorted({to_int(answer["blockNumber"]) for answer in answers})
            blocks = self._rpc.batch([("eth_getBlockByNumber", [to_hex(number), False]) for number in numbers])
            times = {n: to_int(reply.result["timestamp"]) for n, reply in zip(numbers, blocks, strict=True)}
            failed = [to_bytes(answer["transactionHash"]) for answer in answers if to_int(answer["status"]) == 0]
            reverts = dict(zip(failed, self._revert_data(failed), strict=True))
            return [_receipt(answer, times, reverts) for answer in answers]

    def _revert_data(self, hashes: Sequence[bytes]) -> list[bytes]:
        tracer = {"tracer": "callTracer", "tracerConfig": {"onlyTopCall": True}}
        replies = self._rpc.batch([("debug_traceTransaction", [to_hex(one), tracer]) for one in hashes])
        return [
            _traced_revert(reply) if reply.error is None else self._called_revert(one)
            for one, reply in zip(hashes, replies, strict=True)
        ]

    def _called_revert(self, tx_hash: bytes) -> bytes:
        """For nodes that do not trace: the transaction as a call on its parent's state. What it reverts with may differ
        if it depends on its block's time or on transactions before it in the block."""
        fields = self._rpc.call("eth_getTransactionByHash", to_hex(tx_hash))
        message = {"from": fields["from"], "to": fields["to"], "data": fields["input"], "value": fields["value"]}
        parent = to_hex(to_int(fields["blockNumber"]) - 1)
        return self._rpc.ask("eth_call", message | {"gas": fields["gas"]}, parent).data


def _traced_revert(reply: Reply) -> bytes:
    frame = reply.result
    return to_bytes(frame.get("output") or "0x") if "revert" in str(frame.get("error", "")).lower() else b""


def _block(fields: Mapping[str, Any]) -> Block:
    return Block(
        number=to_int(fields["number"]),
        hash=to_bytes(fields["hash"]),
        parent_hash=to_bytes(fields["parentHash"]),
        state_root=to_bytes(fields["stateRoot"]),
        transactions_root=to_bytes(fields["transactionsRoot"]),
        receipts_root=to_bytes(fields["receiptsRoot"]),
        timestamp=to_int(fields["timestamp"]),
        gas_used=to_int(fields["gasUsed"]),
        gas_limit=to_int(fields["gasLimit"]),
        base_fee=to_int(fields.get("baseFeePerGas", "0x0")),
    )


def _log(fields: Mapping[str, Any]) -> Log:
    return Log(
        address=to_bytes(fields["address"]),
        topics=tuple(to_bytes(topic) for topic in fields["topics"]),
        data=to_bytes(fields["data"]),
        block_number=to_int(fields["blockNumber"]),
        tx_index=to_int(fields["transactionIndex"]),
        log_index=to_int(fields["logIndex"]),
    )


def _receipt(fields: Mapping[str, Any], times: Mapping[int, int], reverts: Mapping[bytes, bytes]) -> Receipt:
    tx_hash, number = to_bytes(fields["transactionHash"]), to_int(fields["blockNumber"])
    status, created = to_int(fields["status"]) == 1, fields.get("contractAddress")
    return Receipt(
        tx_hash=tx_hash,
        block_number=number,
        tx_index=to_int(fields["transactionIndex"]),
        timestamp=times[number],
        status=status,
        gas_used=to_int(fields["gasUsed"]),
        contract_address=to_bytes(created) if created is not None and status else None,
        logs=tuple(_log(log) for log in fields["logs"]),
        revert_data=reverts.get(tx_hash, b""),
    )
