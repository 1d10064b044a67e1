"""revm in the process: hundreds of thousands of bills a second, with the receipts of every other engine.

The EVM executes; this module does what a node does around it: recovers senders, checks nonces, fees and funds, burns
the base fee, and derives receipts and roots. What eth-wake lacks is in `capabilities`: blocks have no hash and no state
root, BASEFEE gives 0 though the base fee is paid, BLOCKHASH gives noise. It also accepts contracts of any size that
other contracts create (EIP-170); those that a transaction creates are checked here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from types import TracebackType
from typing import Any, Final, Self

import numpy as np

from fairmeter.chain import wake_host
from fairmeter.chain.columns import LogColumns, log_table, select_logs, to_logs
from fairmeter.chain.engine import (
    Block,
    Capabilities,
    Fees,
    Log,
    Receipts,
    SignedTransaction,
    bare_revert,
    block_times,
    refuse_transaction,
)
from fairmeter.chain.genesis import HARDFORK, Genesis
from fairmeter.chain.rooting import Rooting
from fairmeter.chain.signed import decode_signed
from fairmeter.chain.spool import History, Mined
from fairmeter.chain.transaction import decode_transaction
from fairmeter.chain.wake_host import RawLog, StoppedError
from fairmeter.chain.wallet import LOCAL_FEES, created_address
from fairmeter.errors import ChainError

ZERO_ADDRESS: Final = bytes(20)
MAX_CODE: Final = 24_576
"""Bytes of a deployed contract (EIP-170)."""
MAX_CREATION_CODE: Final = 2 * MAX_CODE
"""EIP-3860."""
SLOT_READER: Final = bytes.fromhex("5f35545f5260205ff3")
"""PUSH0 CALLDATALOAD SLOAD PUSH0 MSTORE PUSH1 32 PUSH0 RETURN."""
READER_GAS: Final = 100_000
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


class _Done:
    """What became of the transactions of one list so far: what their blocks and receipts need."""

    def __init__(self) -> None:
        self.signed: list[SignedTransaction] = []
        self.times: list[int] = []
        self.base_fees: list[int] = []
        self.status: list[bool] = []
        self.gas_used: list[int] = []
        self.created: dict[int, bytes] = {}
        self.reverts: dict[int, bytes] = {}
        self.logs: list[list[RawLog]] = []

    def mined(self) -> Mined:
        """As columns."""
        logs = [log for own in self.logs for log in own]
        return Mined(
            times=self.times,
            base_fees=self.base_fees,
            raw=[one.raw for one in self.signed],
            status=np.array(self.status, np.bool_),
            gas_used=np.array(self.gas_used, np.int64),
            log_count=np.fromiter(map(len, self.logs), np.int64, len(self.logs)),
            logs=LogColumns.of([log.address for log in logs], [log.topics for log in logs], [log.data for log in logs]),
        )


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
        self._history = History(self.genesis)
        self._snapshots: dict[bytes, int] = {}
        self._rooting = Rooting(self._history)

    def send(self, raw: Sequence[bytes], timestamp: int | None = None) -> Receipts:
        """See `Engine.send`."""
        return self._send((decode_signed(one, self._wake.keccak256) for one in raw), len(raw), timestamp)

    def send_signed(self, signed: Sequence[SignedTransaction], timestamp: int | None = None) -> Receipts:
        """See `Engine.send_signed`: senders are not recovered."""
        return self._send(iter(signed), len(signed), timestamp)

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
        return self.blocks(range(number, number + 1))[0]

    def blocks(self, numbers: range) -> list[Block]:
        """See `Engine.blocks`."""
        for number in numbers:
            if not 0 <= number <= self.head():
                raise ChainError(f"{self.name} has no block {number}: the newest is {self.head()}")
        history = self._history
        return [
            Block(
                number=number,
                hash=b"",
                parent_hash=b"",
                state_root=b"",
                transactions_root=transactions_root,
                receipts_root=receipts_root,
                timestamp=history.times[number],
                gas_used=history.gas_used[number],
                gas_limit=self.genesis.gas_limit,
                base_fee=history.base_fees[number],
            )
            for number, (transactions_root, receipts_root) in zip(numbers, self._rooting.roots(numbers), strict=True)
        ]

    def balance(self, address: bytes) -> int:
        """See `Engine.balance`."""
        return int(self._account(address).balance)

    def nonce(self, address: bytes) -> int:
        """See `Engine.nonce`."""
        return int(self._account(address).nonce)

    def code(self, address: bytes) -> bytes:
        """See `Engine.code`."""
        return bytes(self._account(address).code)

    def storage(self, address: bytes, slot: int) -> int:
        """See `Engine.storage`."""
        # wake_rs reads no storage: for one call the contract's code is one that returns a slot
        account = self._account(address)
        code = account.code
        if not code:
            return 0
        account.code = SLOT_READER
        try:
            asked = {"from_": self._account(ZERO_ADDRESS), "gas_limit": READER_GAS, "block": "pending"}
            return int.from_bytes(account.call(data=slot.to_bytes(32, "big"), **asked), "big")
        finally:
            account.code = code

    def logs(
        self,
        from_block: int,
        to_block: int | None = None,
        addresses: Sequence[bytes] = (),
        topics: Sequence[bytes] = (),
    ) -> list[Log]:
        """See `Engine.logs`."""
        stop = len(self._history) if to_block is None else min(to_block + 1, len(self._history))
        return to_logs(select_logs(self._history.log_table(from_block, stop, topics), addresses, topics))

    def calldata(self, block: int, tx_index: int) -> bytes:
        """See `Engine.calldata`."""
        segment = next(self._history.segments(block, block + 1), None) if block >= 0 == tx_index else None
        if segment is None:
            raise ChainError(f"{self.name} has no transaction {tx_index} in block {block}")
        return decode_transaction(self._history.raw(segment)[block - segment.first]).data

    def fees(self) -> Fees:
        """See `Engine.fees`."""
        return LOCAL_FEES

    def mine(self, timestamp: int | None = None) -> Block:
        """See `Engine.mine`."""
        time = block_times(self.now(), 1, timestamp)[0]
        base_fee = self._next_base_fee(self._history.base_fees[-1], self._history.gas_used[-1])
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
        self._rooting.forget(length)

    def close(self) -> None:
        """See `Engine.close`."""
        self._rooting.close()
        self._history.close()
        wake_host.release(self._chain)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _account(self, address: bytes) -> Any:
        return self._wake.Account(int.from_bytes(address, "big"), self._chain)

    def _send(self, signed: Iterator[SignedTransaction], count: int, timestamp: int | None) -> Receipts:
        """A block a transaction; those before one that is refused are kept."""
        done, first = _Done(), len(self._history)
        base_fee = self._next_base_fee(self._history.base_fees[-1], self._history.gas_used[-1])
        try:
            for time in block_times(self.now(), count, timestamp):
                self._mine_transaction(signed, time, base_fee, done)
                base_fee = self._next_base_fee(base_fee, done.gas_used[-1])
        # wake_rs says with a RuntimeError that a transaction is not valid
        except (ChainError, RuntimeError) as error:
            raise refuse_transaction(len(done.signed), count, str(error)) from error
        finally:
            mined = done.mined()
            if done.signed:
                self._history.append(mined)
                self._rooting.mined(first, mined)
        places = np.arange(count)
        return Receipts(
            tx_hash=tuple(one.hash for one in done.signed),
            block_number=first + places,
            tx_index=np.zeros(count, np.int64),
            timestamp=np.array(done.times, np.int64),
            status=mined.status,
            gas_used=mined.gas_used,
            created=done.created,
            reverts=done.reverts,
            log_count=mined.log_count,
            first_log=np.zeros(count, np.int64),
            logs=log_table(places, mined.log_count, mined.logs),
        )

    def _mine_transaction(
        self, transactions: Iterator[SignedTransaction], time: int, base_fee: int, done: _Done
    ) -> None:
        """A block with the next transaction."""
        signed = next(transactions)
        sender = self._account(signed.sender)
        self._admit(signed, sender, base_fee)
        self._chain.set_next_block_timestamp(time)
        executed = self._execute(signed, sender, base_fee)
        self._chain.mine()
        place = len(done.signed)
        if executed.status and signed.to is None:
            done.created[place] = created_address(signed.sender, signed.nonce)
        if executed.revert_data:
            done.reverts[place] = executed.revert_data
        done.signed.append(signed)
        done.times.append(time)
        done.base_fees.append(base_fee)
        done.status.append(executed.status)
        done.gas_used.append(executed.gas_used)
        done.logs.append(executed.logs)

    def _admit(self, signed: SignedTransaction, sender: Any, base_fee: int) -> None:
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

    def _execute(self, signed: SignedTransaction, sender: Any, base_fee: int) -> _Executed:
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
        if base_fee:
            # it is burnt: wake_rs, whose blocks have none, pays all of the price to the coinbase
            self._coinbase.balance = self._coinbase.balance - base_fee * executed.gas_used
        return executed

    def _create(self, signed: SignedTransaction, arguments: dict[str, Any]) -> Any:
        try:
            code = self._chain.deploy(signed.data, request_type="call", block="pending", **arguments)
        except StoppedError:
            code = b""
        if len(code) > MAX_CODE:
            raise ChainError(f"the contract that it creates has {len(code)} bytes, the most is {MAX_CODE}")
        return self._chain.deploy(signed.data, return_tx=True, **arguments)

    def _next_base_fee(self, base_fee: int, gas_used: int) -> int:
        """EIP-1559, from the block before."""
        target = self.genesis.gas_limit // ELASTICITY
        change = base_fee * abs(gas_used - target) // target // FEE_CHANGE_DENOMINATOR
        if gas_used > target:
            return base_fee + max(change, 1)
        return base_fee - change
