"""One small protocol for every chain that Fairmeter runs on: send transactions, call, read logs, mine, move time.

Code above it cannot tell which engine it is on, except through `capabilities`. Addresses are 20 bytes, hashes and
topics 32 bytes, money of the chain itself is in wei, gas is in units of gas, time is in Unix seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Protocol, Self

import numpy as np
import pyarrow as pa

from fairmeter.errors import ChainError, RevertError
from fairmeter.model import Bools, Int64s

WORD: Final = 32
ADDRESS: Final = 20
LOG_SCHEMA: Final = pa.schema(
    [
        ("transaction", pa.int64()),  # counted as whoever made the table says
        ("log", pa.int32()),  # within the transaction
        ("address", pa.binary(ADDRESS)),
        ("topics", pa.binary()),  # 32 bytes each, one after another
        ("data", pa.binary()),
    ]
)


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """A transaction of type 2 (EIP-1559) without an access list. Gas in units of gas, the rest in wei."""

    raw: bytes
    """EIP-2718: what is sent."""
    hash: bytes
    sender: bytes
    chain_id: int
    nonce: int
    priority: int
    """Wei a unit of gas, at the most."""
    max_fee: int
    """Wei a unit of gas, base fee and priority fee together."""
    gas: int
    """Its limit."""
    to: bytes | None
    """None if it creates a contract."""
    value: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Log:
    """An event as a contract emitted it."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes
    block_number: int
    tx_index: int
    log_index: int
    """Within the block."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a transaction did; equal on every engine for the same chain of transactions."""

    tx_hash: bytes
    block_number: int
    tx_index: int
    timestamp: int
    """Of its block, Unix seconds."""
    status: bool
    """False if it was reverted."""
    gas_used: int
    contract_address: bytes | None
    """Of the contract that it created, None if it created none."""
    logs: tuple[Log, ...]
    revert_data: bytes = b""
    """What the contract reverted with, named by `Interface.decode_error`; empty for success and out of gas."""


@dataclass(frozen=True, slots=True)
class Receipts:
    """n receipts as columns, in the order of sending; one of them as an object by its place."""

    tx_hash: tuple[bytes, ...]
    block_number: Int64s
    """(n,)"""
    tx_index: Int64s
    """(n,) within the block."""
    timestamp: Int64s
    """(n,) of the block, Unix seconds."""
    status: Bools
    """(n,) False if it was reverted."""
    gas_used: Int64s
    """(n,)"""
    created: Mapping[int, bytes]
    """The contracts that were created, by place."""
    reverts: Mapping[int, bytes]
    """What reverted transactions reverted with, by place."""
    log_count: Int64s
    """(n,)"""
    first_log: Int64s
    """(n,) where a transaction's first log stands within the block; 0 where it has none."""
    logs: pa.Table
    """In LOG_SCHEMA; a transaction is counted by its place here, from 0."""

    def __len__(self) -> int:
        return len(self.tx_hash)

    def __iter__(self) -> Iterator[Receipt]:
        return (self[place] for place in range(len(self)))

    def __getitem__(self, place: int) -> Receipt:
        if not 0 <= place < len(self):
            raise IndexError(place)
        number, index, first = int(self.block_number[place]), int(self.tx_index[place]), int(self.first_log[place])
        logs = self.logs.slice(int(self.log_count[:place].sum()), int(self.log_count[place]))
        return Receipt(
            tx_hash=self.tx_hash[place],
            block_number=number,
            tx_index=index,
            timestamp=int(self.timestamp[place]),
            status=bool(self.status[place]),
            gas_used=int(self.gas_used[place]),
            contract_address=self.created.get(place),
            logs=tuple(
                Log(row["address"], split_topics(row["topics"]), row["data"], number, index, first + row["log"])
                for row in logs.to_pylist()
            ),
            revert_data=self.reverts.get(place, b""),
        )

    @classmethod
    def of(cls, receipts: Sequence[Receipt]) -> Self:
        """The columns of receipts that an engine has as objects."""
        counts = np.array([len(receipt.logs) for receipt in receipts], np.int64)
        logs = [log for receipt in receipts for log in receipt.logs]
        numbers = np.repeat(np.arange(len(receipts)), counts)
        columns = [
            numbers,
            np.arange(len(logs)) - np.repeat(np.cumsum(counts) - counts, counts),
            [log.address for log in logs],
            [b"".join(log.topics) for log in logs],
            [log.data for log in logs],
        ]
        types = zip(columns, LOG_SCHEMA, strict=True)
        return cls(
            tx_hash=tuple(receipt.tx_hash for receipt in receipts),
            block_number=np.array([receipt.block_number for receipt in receipts], np.int64),
            tx_index=np.array([receipt.tx_index for receipt in receipts], np.int64),
            timestamp=np.array([receipt.timestamp for receipt in receipts], np.int64),
            status=np.array([receipt.status for receipt in receipts], np.bool_),
            gas_used=np.array([receipt.gas_used for receipt in receipts], np.int64),
            created={i: one.contract_address for i, one in enumerate(receipts) if one.contract_address is not None},
            reverts={i: one.revert_data for i, one in enumerate(receipts) if one.revert_data},
            log_count=counts,
            first_log=np.array([one.logs[0].log_index if one.logs else 0 for one in receipts], np.int64),
            logs=pa.table([pa.array(values, field.type) for values, field in types], schema=LOG_SCHEMA),
        )


def split_topics(joined: bytes) -> tuple[bytes, ...]:
    """The topics of a log, 32 bytes each."""
    return tuple(joined[at : at + WORD] for at in range(0, len(joined), WORD))


@dataclass(frozen=True, slots=True)
class Block:
    """A block's header, as far as it identifies the block and its state."""

    number: int
    hash: bytes
    parent_hash: bytes
    state_root: bytes
    """By the node's own reckoning: anvil's is not Ethereum's, see `chain.anvil`."""
    transactions_root: bytes
    receipts_root: bytes
    timestamp: int
    gas_used: int
    gas_limit: int
    base_fee: int
    """Wei a unit of gas."""


@dataclass(frozen=True, slots=True)
class Fees:
    """What a transaction offers, wei a unit of gas (EIP-1559)."""

    max_fee: int
    priority: int


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a chain can do beyond sending and reading."""

    moves_time: bool
    """Blocks are mined at once and at the timestamps asked for; else blocks and time come by themselves."""
    snapshots: bool
    block_hashes: bool = True
    """Blocks have a hash and a state root, and BLOCKHASH gives past ones; else the three fields of `Block` are empty
    and BLOCKHASH gives noise."""
    reads_base_fee: bool = True
    """BASEFEE gives what transactions pay; else 0."""


class Engine(Protocol):
    """A chain. Every method raises ChainError, in one line, when the chain cannot be reached or answers nonsense."""

    @property
    def name(self) -> str:
        """eth-tester, revm, anvil or rpc."""

    @property
    def implementation(self) -> str:
        """The EVM and its version, for instance "py-evm 0.12.1b1" or a node's web3_clientVersion."""

    @property
    def chain_id(self) -> int:
        """EIP-155."""

    @property
    def capabilities(self) -> Capabilities:
        """What this chain can do."""

    def send(self, raw: Sequence[bytes], timestamp: int | None = None) -> Receipts:
        """Execute signed raw transactions in their order and return their receipts.

        Where time moves, each is mined in a block of its own by the rule of `block_times`; elsewhere `timestamp` is
        ignored.
        A reverted transaction has a receipt with status False. One that the chain refuses (nonce, funds, fee) raises
        ChainError that names its place; those before it stay mined, those after it are not.
        """

    def send_signed(self, signed: Sequence[SignedTransaction], timestamp: int | None = None) -> Receipts:
        """`send` for transactions that were signed in this process: who signed is known, so that an engine need not
        recover it."""

    def call(self, to: bytes, data: bytes, sender: bytes | None = None) -> bytes:
        """Run a contract on the state and in the context of the newest block, changing nothing.

        Raises RevertError whose `data` is what the contract reverted with.
        """

    def now(self) -> int:
        """The newest block's timestamp, Unix seconds."""

    def head(self) -> int:
        """The newest block's number."""

    def block(self, number: int) -> Block:
        """The block of that number; ChainError if there is none."""

    def blocks(self, numbers: range) -> list[Block]:
        """Many blocks, in their order; `numbers` with step 1."""

    def balance(self, address: bytes) -> int:
        """Wei."""

    def nonce(self, address: bytes) -> int:
        """Of the next transaction."""

    def code(self, address: bytes) -> bytes:
        """The deployed bytecode, empty where there is no contract."""

    def storage(self, address: bytes, slot: int) -> int:
        """The word in a slot of a contract's storage."""

    def logs(
        self,
        from_block: int,
        to_block: int | None = None,
        addresses: Sequence[bytes] = (),
        topics: Sequence[bytes] = (),
    ) -> list[Log]:
        """In order of emission, both ends included, None for the newest block; `addresses` and first topics filter,
        empty for all."""

    def calldata(self, block: int, tx_index: int) -> bytes:
        """What a mined transaction carried, by its place; ChainError if there is none."""

    def fees(self) -> Fees:
        """Enough for the next transactions."""

    def mine(self, timestamp: int | None = None) -> Block:
        """An empty block by the rule of `block_times`; ChainError where time does not move."""

    def snapshot(self) -> bytes:
        """Remember the state; ChainError where the chain has no snapshots."""

    def revert(self, snapshot: bytes) -> None:
        """Return to a snapshot, which is used up; later snapshots are lost."""

    def close(self) -> None:
        """Let the chain go; twice does no harm."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def block_times(now: int, count: int, timestamp: int | None) -> range:
    """Timestamps of the next `count` blocks, Unix seconds: the first at `timestamp`, or one second after `now` if that
    is later or nothing is asked for, each other one second after the one before."""
    first = now + 1 if timestamp is None else max(timestamp, now + 1)
    return range(first, first + count)


def refuse_transaction(index: int, count: int, problem: str) -> ChainError:
    """The one line for a transaction that a chain does not take."""
    return ChainError(f"transaction {index + 1} of {count} was not accepted by the chain: {problem}")


def bare_revert(to: bytes, data: bytes) -> RevertError:
    """A refused call before anyone knows the contract's errors: the selector stands for the name."""
    name = f"0x{data[:4].hex()}" if data else "no reason given"
    return RevertError(name, {}, f"contract 0x{to.hex()}", data)
