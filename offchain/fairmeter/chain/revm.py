"""revm in the process: hundreds of thousands of bills a second, with the receipts of every other engine.

The EVM executes; this module does what a node does around it: recovers senders, checks nonces, fees and funds, burns
the base fee, and derives receipts and roots. What eth-wake lacks is in `capabilities`: blocks have no hash and no state
root, BASEFEE gives 0 though the base fee is paid, BLOCKHASH gives noise. It also accepts contracts of any size that
other contracts create (EIP-170); those that a transaction creates are checked here.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from types import TracebackType
from typing import Any, Final, Self

import pyarrow as pa

from fairmeter.chain import wake_host
from fairmeter.chain.columns import LogColumns, compress, decompress, log_table, pack_logs, select_logs, to_logs
from fairmeter.chain.engine import (
    Block,
    Capabilities,
    Fees,
    Log,
    Receipt,
    bare_revert,
    block_times,
    refuse_transaction,
)
from fairmeter.chain.genesis import HARDFORK, Genesis
from fairmeter.chain.roots import EMPTY_ROOT, encode_receipt, single_root
from fairmeter.chain.signed import Signed, decode_signed
from fairmeter.chain.wake_host import RawLog, StoppedError
from fairmeter.chain.wallet import DYNAMIC_FEE_TYPE, LOCAL_FEES, created_address
from fairmeter.errors import ChainError

ZERO_ADDRESS: Final = bytes(20)
MAX_CODE: Final = 24_576
"""Bytes of a deployed contract (EIP-170)."""
MAX_CREATION_CODE: Final = 2 * MAX_CODE
"""EIP-3860."""
SPEC: Final = HARDFORK.capitalize()
ELASTICITY: Final = 2
"""Gas limit over gas target (EIP-1559)."""
FEE_CHANGE_DENOMINATOR: Final = 8
"""The most that the base fee changes a block is 1/8 of it (EIP-1559)."""


@dataclass(frozen=True, slots=True)
class _Executed:
    """What became of a transaction, as far as a receipt needs it."""

    status: bool
    gas_used: int
    revert_data: bytes
    logs: list[RawLog]


class _History:
    """What the engine keeps of each block: eight-byte numbers in arrays, transactions and logs compressed."""

    def __init__(self, genesis: Genesis) -> None:
        self.times = array("q", [genesis.timestamp])
        self.gas_used = array("q", [0])
        self.base_fees = [genesis.base_fee]
        self.status = bytearray(1)
        self.raw: list[bytes | None] = [None]
        self.logs: list[bytes | None] = [None]
        self.roots: dict[int, tuple[bytes, bytes]] = {}

    def __len__(self) -> int:
        return len(self.times)

    def append_empty(self, time: int, base_fee: int) -> None:
        """A block without a transaction."""
        self._append(time, base_fee, None, None, gas_used=0, status=False)

    def append(self, time: int, base_fee: int, raw: bytes, executed: _Executed) -> None:
        """A block with one transaction."""
        logs = executed.logs
        packed = pack_logs([log.address for log in logs], [log.topics for log in logs], [log.data for log in logs])
        self._append(
            time, base_fee, compress(raw), packed if logs else None, gas_used=executed.gas_used, status=executed.status
        )

    def _append(
        self, time: int, base_fee: int, raw: bytes | None, logs: bytes | None, *, gas_used: int, status: bool
    ) -> None:
        self.times.append(time)
        self.base_fees.append(base_fee)
        self.raw.append(raw)
        self.logs.append(logs)
        self.gas_used.append(gas_used)
        self.status.append(status)

    def truncate(self, length: int) -> None:
        """Forget the blocks from `length` on."""
        for column in (self.times, self.gas_used, self.base_fees, self.status, self.raw, self.logs):
            del column[length:]
        self.roots = {number: roots for number, roots in self.roots.items() if number < length}


NO_LOGS: Final = LogColumns.unpack(pack_logs([], [], []))


class RevmEngine:
    """An `Engine` inside the process; needs eth-wake."""

    name = "revm"
    capabilities = Capabilities(moves_time=True, snapshots=True, block_hashes=False, reads_base_fee=False)

    def __init__(self, genesis: Genesis | None = None) -> None:
        self.genesis = Genesis() if genesis is None else genesis
        self.chain_id = self.genesis.chain_id
        self._wake = wake_host.load()
        self.implementation = f"revm (eth-wake {version('eth-wake')})"
        self._chain = wake_host.connect(self._wake, self.chain_id, SPEC)
        self._chain.block_gas_limit = self.genesis.gas_limit
        self._chain.accounts[0].balance = 0
        for address, account in self.genesis.accounts().items():
            self._account(address).balance = account.balance
            if account.code:
                self._account(address).code = account.code
        self._coinbase = self._chain.coinbase
        self._history = _History(self.genesis)
        self._snapshots: dict[bytes, int] = {}

    def send(self, raw: Sequence[bytes], timestamp: int | None = None) -> list[Receipt]:
        """See `Engine.send`."""
        times = block_times(self.now(), len(raw), timestamp)
        receipts = []
        for index, (transaction, time) in enumerate(zip(raw, times, strict=True)):
            signed, executed = self._mine_transaction(transaction, time, index, len(raw))
            receipts.append(self._receipt(signed, executed, logs=True))
        return receipts

    def send_columns(self, raw: Sequence[bytes], timestamp: int | None = None) -> tuple[list[Receipt], pa.Table]:
        """`send` without an object a log: receipts whose `logs` are empty, and all their logs in LOG_SCHEMA."""
        times = block_times(self.now(), len(raw), timestamp)
        first = len(self._history)
        receipts = []
        for index, (transaction, time) in enumerate(zip(raw, times, strict=True)):
            signed, executed = self._mine_transaction(transaction, time, index, len(raw))
            receipts.append(self._receipt(signed, executed, logs=False))
        return receipts, self.log_table(first)

    def call(self, to: bytes, data: bytes, sender: bytes | None = None) -> bytes:
        """See `Engine.call`."""
        origin = self._account(ZERO_ADDRESS if sender is None else sender)
        try:
            return bytes(self._account(to).call(data=data, from_=origin, gas_limit=self.genesis.gas_limit))
        except StoppedError as error:
            raise bare_revert(to, error.data) from None

    def now(self) -> int:
        """See `Engine.now`."""
        return self._history.times[-1]

    def head(self) -> int:
        """See `Engine.head`."""
        return len(self._history) - 1

    def block(self, number: int) -> Block:
        """See `Engine.block`; `hash`, `parent_hash` and `state_root` are empty."""
        if not 0 <= number <= self.head():
            raise ChainError(f"{self.name} has no block {number}: the newest is {self.head()}")
        transactions_root, receipts_root = self._roots(number)
        return Block(
            number=number,
            hash=b"",
            parent_hash=b"",
            state_root=b"",
            transactions_root=transactions_root,
            receipts_root=receipts_root,
            timestamp=self._history.times[number],
            gas_used=self._history.gas_used[number],
            gas_limit=self.genesis.gas_limit,
            base_fee=self._history.base_fees[number],
        )

    def blocks(self, numbers: range) -> list[Block]:
        """See `Engine.blocks`."""
        return [self.block(number) for number in numbers]

    def balance(self, address: bytes) -> int:
        """See `Engine.balance`."""
        return int(self._account(address).balance)

    def nonce(self, address: bytes) -> int:
        """See `Engine.nonce`."""
        return int(self._account(address).nonce)

    def code(self, address: bytes) -> bytes:
        """See `Engine.code`."""
        return bytes(self._account(address).code)

    def logs(
        self,
        from_block: int,
        to_block: int | None = None,
        addresses: Sequence[bytes] = (),
        topics: Sequence[bytes] = (),
    ) -> list[Log]:
        """See `Engine.logs`."""
        return to_logs(select_logs(self.log_table(from_block, to_block), addresses, topics))

    def log_table(self, from_block: int, to_block: int | None = None) -> pa.Table:
        """The logs of some blocks, both ends included, in LOG_SCHEMA."""
        stop = len(self._history) if to_block is None else min(to_block + 1, len(self._history))
        found = [(n, packed) for n in range(from_block, stop) if (packed := self._history.logs[n]) is not None]
        return log_table([number for number, _ in found], [LogColumns.unpack(packed) for _, packed in found])

    def calldata(self, block: int, tx_index: int) -> bytes:
        """See `Engine.calldata`."""
        raw = self._history.raw[block] if 0 <= block <= self.head() and tx_index == 0 else None
        if raw is None:
            raise ChainError(f"{self.name} has no transaction {tx_index} in block {block}")
        return decode_signed(decompress(raw), self._wake.keccak256).data

    def fees(self) -> Fees:
        """See `Engine.fees`."""
        return LOCAL_FEES

    def mine(self, timestamp: int | None = None) -> Block:
        """See `Engine.mine`."""
        time = block_times(self.now(), 1, timestamp)[0]
        base_fee = self._next_base_fee()
        self._chain.set_next_block_timestamp(time)
        self._chain.mine()
        self._history.append_empty(time, base_fee)
        return self.block(self.head())

    def snapshot(self) -> bytes:
        """See `Engine.snapshot`."""
        name = str(self._chain.snapshot()).encode()
        self._snapshots[name] = len(self._history)
        return name

    def revert(self, snapshot: bytes) -> None:
        """See `Engine.revert`."""
        length = self._snapshots.get(snapshot)
        if length is None:
            raise ChainError(f"{self.name} has no snapshot {snapshot.decode(errors='replace')}")
        self._chain.revert(snapshot.decode())
        self._snapshots = {name: at for name, at in self._snapshots.items() if int(name) < int(snapshot)}
        self._history.truncate(length)

    def close(self) -> None:
        """See `Engine.close`."""
        wake_host.release(self._chain)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _account(self, address: bytes) -> Any:
        return self._wake.Account(int.from_bytes(address, "big"), self._chain)

    def _mine_transaction(self, raw: bytes, time: int, index: int, count: int) -> tuple[Signed, _Executed]:
        """A block with one transaction."""
        base_fee = self._next_base_fee()
        try:
            signed = decode_signed(raw, self._wake.keccak256)
            sender = self._account(signed.sender)
            self._admit(signed, sender, base_fee)
            self._chain.set_next_block_timestamp(time)
            executed = self._execute(signed, sender, base_fee)
        # wake_rs says with a RuntimeError that a transaction is not valid
        except (ChainError, RuntimeError) as error:
            raise refuse_transaction(index, count, str(error)) from error
        self._chain.mine()
        self._history.append(time, base_fee, raw, executed)
        return signed, executed

    def _admit(self, signed: Signed, sender: Any, base_fee: int) -> None:
        """What a node checks before it executes and wake_rs leaves out, or does by other rules."""
        if signed.chain_id != self.chain_id:
            raise ChainError(f"it is signed for chain {signed.chain_id}, this is chain {self.chain_id}")
        if signed.nonce != (expected := sender.nonce):
            raise ChainError(f"its nonce is {signed.nonce}, the sender's next is {expected}")
        if signed.max_fee < max(base_fee, signed.priority):
            raise ChainError(f"it offers {signed.max_fee} wei a gas, below its priority fee or the base fee {base_fee}")
        if (cost := signed.gas * signed.max_fee + signed.value) > (balance := sender.balance):
            raise ChainError(f"it may cost {cost} wei, its sender has {balance}")
        if signed.to is None and len(signed.data) > MAX_CREATION_CODE:
            raise ChainError(f"its creation code has {len(signed.data)} bytes, the most is {MAX_CREATION_CODE}")

    def _execute(self, signed: Signed, sender: Any, base_fee: int) -> _Executed:
        arguments: dict[str, Any] = {
            "from_": sender,
            "value": signed.value,
            "gas_limit": signed.gas,
            "gas_price": min(signed.max_fee, base_fee + signed.priority),
        }
        try:
            if signed.to is None:
                transaction = self._create(signed, arguments)
            else:
                transaction = self._account(signed.to).transact(data=signed.data, **arguments)
        except StoppedError as error:
            executed = _Executed(False, error.tx.gas_used, error.data, [])
        else:
            executed = _Executed(True, transaction.gas_used, b"", wake_host.raw_logs(transaction))
        # the base fee is burnt: wake_rs, whose blocks have none, pays all of the price to the coinbase
        self._coinbase.balance = self._coinbase.balance - base_fee * executed.gas_used
        return executed

    def _create(self, signed: Signed, arguments: dict[str, Any]) -> Any:
        try:
            code = self._chain.deploy(signed.data, request_type="call", block="pending", **arguments)
        except StoppedError:
            code = b""
        if len(code) > MAX_CODE:
            raise ChainError(f"the contract that it creates has {len(code)} bytes, the most is {MAX_CODE}")
        return self._chain.deploy(signed.data, return_tx=True, **arguments)

    def _receipt(self, signed: Signed, executed: _Executed, *, logs: bool) -> Receipt:
        """Of the newest block's transaction, with its logs if they are asked for."""
        number = self.head()
        created = created_address(signed.sender, signed.nonce) if signed.to is None and executed.status else None
        return Receipt(
            tx_hash=signed.hash,
            block_number=number,
            tx_index=0,
            timestamp=self.now(),
            status=executed.status,
            gas_used=executed.gas_used,
            contract_address=created,
            logs=_logs(executed.logs, number) if logs else (),
            revert_data=executed.revert_data,
        )

    def _roots(self, number: int) -> tuple[bytes, bytes]:
        """Of transactions and receipts, computed once."""
        packed = self._history.raw[number]
        if packed is None:
            return EMPTY_ROOT, EMPTY_ROOT
        roots = self._history.roots.get(number)
        if roots is None:
            keccak = self._wake.keccak256
            kept = self._history.logs[number]
            logs = NO_LOGS if kept is None else LogColumns.unpack(kept)
            status, gas_used = bool(self._history.status[number]), self._history.gas_used[number]
            receipt = encode_receipt(DYNAMIC_FEE_TYPE, status, gas_used, logs, keccak)
            roots = single_root(decompress(packed), keccak), single_root(receipt, keccak)
            self._history.roots[number] = roots
        return roots

    def _next_base_fee(self) -> int:
        """EIP-1559, from the newest block."""
        base_fee, gas_used = self._history.base_fees[-1], self._history.gas_used[-1]
        target = self.genesis.gas_limit // ELASTICITY
        change = base_fee * abs(gas_used - target) // target // FEE_CHANGE_DENOMINATOR
        if gas_used > target:
            return base_fee + max(change, 1)
        return base_fee - change


def _logs(logs: Sequence[RawLog], block: int) -> tuple[Log, ...]:
    return tuple(Log(log.address, tuple(log.topics), log.data, block, 0, index) for index, log in enumerate(logs))
