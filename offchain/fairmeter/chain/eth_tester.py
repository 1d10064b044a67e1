"""The default chain: eth-tester's py-evm backend, in the process, with time and randomness taken out of it.

eth-tester stamps pending blocks with the wall clock and gives each a random prevrandao, so no two runs agree and no
bill can be older than today. Here both are set before a transaction is executed: the same transactions give the same
block hashes in every run.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from importlib.metadata import version
from types import TracebackType
from typing import Any, Final, Self

from eth.abc import (
    BlockAPI,
    BlockHeaderAPI,
    ComputationAPI,
    ReceiptAPI,
    SignedTransactionAPI,
)
from eth.exceptions import HeaderNotFound, Revert
from eth_tester.backends.pyevm.main import PyEVMBackend
from eth_utils.exceptions import ValidationError
from rlp.exceptions import RLPException

from fairmeter.chain.engine import (
    Block,
    Capabilities,
    Fees,
    Log,
    Receipt,
    Receipts,
    SignedTransaction,
    bare_revert,
    block_times,
    refuse_transaction,
)
from fairmeter.chain.genesis import Genesis
from fairmeter.chain.keccak import keccak256
from fairmeter.chain.wallet import LOCAL_FEES
from fairmeter.errors import ChainError

ZERO_ADDRESS: Final = bytes(20)
BYTES_LITERAL: Final = re.compile(r"""b('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""")
NO_CHANCE: Final = bytes(32)
"""Every block's prevrandao. anvil has its own: no contract may depend on it, nor on the hash of a past block."""


class FixedTimeBackend(PyEVMBackend):  # type: ignore[misc]
    """eth-tester's backend, with every block's context a function of its parent and of the timestamp asked for."""

    def __init__(self, genesis: Genesis) -> None:
        fields = {
            "timestamp": genesis.timestamp,
            "gas_limit": genesis.gas_limit,
            "base_fee_per_gas": genesis.base_fee,
            "mix_hash": NO_CHANCE,
            "parent_beacon_block_root": bytes(32),
        }
        state = {
            address: {"balance": account.balance, "nonce": 0, "code": account.code, "storage": {}}
            for address, account in genesis.accounts().items()
        }
        super().__init__(self.generate_genesis_params() | fields, state)
        type(self.chain).chain_id = genesis.chain_id

    @property
    def head(self) -> BlockHeaderAPI:
        """The newest block's header."""
        header: BlockHeaderAPI = self.chain.get_canonical_head()
        return header

    def open_block(self, timestamp: int) -> None:
        """Give the next transaction its block's context."""
        parent = self.head
        self.chain.header = self.chain.create_header_from_parent(
            parent,
            timestamp=timestamp,
            mix_hash=NO_CHANCE,
            coinbase=ZERO_ADDRESS,
            parent_beacon_block_root=bytes(32),
        )

    def close_block(self) -> BlockHeaderAPI:
        """Mine what was applied since `open_block`."""
        block: BlockAPI = self.chain.mine_block(coinbase=ZERO_ADDRESS, blob_gas_used=0)
        return block.header


class EthTesterEngine:
    """An `Engine` inside the process; nothing needs to be installed or started."""

    name = "eth-tester"
    capabilities = Capabilities(moves_time=True, snapshots=True)

    def __init__(self, genesis: Genesis | None = None) -> None:
        self.genesis = Genesis() if genesis is None else genesis
        self.implementation = f"py-evm {version('py-evm')}"
        self.chain_id = self.genesis.chain_id
        self._backend = FixedTimeBackend(self.genesis)
        self._logs: list[tuple[Log, ...]] = [()]

    def send(self, raw: Sequence[bytes], timestamp: int | None = None) -> Receipts:
        """See `Engine.send`."""
        times = block_times(self.now(), len(raw), timestamp)
        receipts = []
        for index, (transaction, time) in enumerate(zip(raw, times, strict=True)):
            try:
                receipts.append(self._execute(transaction, time))
            except (ValidationError, RLPException, ValueError, TypeError) as error:
                raise refuse_transaction(index, len(raw), _readable(str(error))) from error
        return Receipts.of(receipts)

    def send_signed(self, signed: Sequence[SignedTransaction], timestamp: int | None = None) -> Receipts:
        """See `Engine.send_signed`."""
        return self.send([one.raw for one in signed], timestamp)

    def call(self, to: bytes, data: bytes, sender: bytes | None = None) -> bytes:
        """See `Engine.call`."""
        origin = ZERO_ADDRESS if sender is None else sender
        head = self._backend.head
        vm = self._backend.chain.get_vm(head)
        code = vm.state.get_code(to)
        result = vm.execute_bytecode(origin, 0, head.gas_limit, to, origin, 0, data, code)
        if result.is_error:
            raise bare_revert(to, _revert_data(result))
        return bytes(result.output)

    def now(self) -> int:
        """See `Engine.now`."""
        return int(self._backend.head.timestamp)

    def head(self) -> int:
        """See `Engine.head`."""
        return int(self._backend.head.block_number)

    def block(self, number: int) -> Block:
        """See `Engine.block`."""
        if not 0 <= number <= self.head():
            raise ChainError(f"{self.name} has no block {number}: the newest is {self.head()}")
        return self._block(number)

    def blocks(self, numbers: range) -> list[Block]:
        """See `Engine.blocks`."""
        return [self.block(number) for number in numbers]

    def _block(self, number: int) -> Block:
        header = self._backend.chain.get_canonical_block_header_by_number(number)
        return Block(
            number=header.block_number,
            hash=header.hash,
            parent_hash=header.parent_hash,
            state_root=header.state_root,
            transactions_root=header.transaction_root,
            receipts_root=header.receipt_root,
            timestamp=header.timestamp,
            gas_used=header.gas_used,
            gas_limit=header.gas_limit,
            base_fee=header.base_fee_per_gas,
        )

    def balance(self, address: bytes) -> int:
        """See `Engine.balance`."""
        return int(self._state().get_balance(address))

    def nonce(self, address: bytes) -> int:
        """See `Engine.nonce`."""
        return int(self._state().get_nonce(address))

    def code(self, address: bytes) -> bytes:
        """See `Engine.code`."""
        return bytes(self._state().get_code(address))

    def storage(self, address: bytes, slot: int) -> int:
        """See `Engine.storage`."""
        return int(self._state().get_storage(address, slot))

    def logs(
        self,
        from_block: int,
        to_block: int | None = None,
        addresses: Sequence[bytes] = (),
        topics: Sequence[bytes] = (),
    ) -> list[Log]:
        """See `Engine.logs`."""
        end = len(self._logs) if to_block is None else to_block + 1
        return [
            log
            for block in self._logs[from_block:end]
            for log in block
            if (not addresses or log.address in addresses)
            and (not topics or (log.topics[:1] and log.topics[0] in topics))
        ]

    def calldata(self, block: int, tx_index: int) -> bytes:
        """See `Engine.calldata`."""
        if not 0 < block <= self.head():
            raise ChainError(f"{self.name} has no transaction {tx_index} in block {block}")
        transactions = self._backend.chain.get_canonical_block_by_number(block).transactions
        if not 0 <= tx_index < len(transactions):
            raise ChainError(f"{self.name} has no transaction {tx_index} in block {block}")
        return bytes(transactions[tx_index].data)

    def fees(self) -> Fees:
        """See `Engine.fees`."""
        return LOCAL_FEES

    def mine(self, timestamp: int | None = None) -> Block:
        """See `Engine.mine`."""
        self._backend.open_block(block_times(self.now(), 1, timestamp)[0])
        header = self._backend.close_block()
        self._logs.append(())
        return self.block(header.block_number)

    def snapshot(self) -> bytes:
        """See `Engine.snapshot`."""
        return bytes(self._backend.head.hash)

    def revert(self, snapshot: bytes) -> None:
        """See `Engine.revert`."""
        try:
            self._backend.revert_to_snapshot(snapshot)
        except HeaderNotFound as error:
            raise ChainError(f"{self.name} has no snapshot 0x{snapshot.hex()}") from error
        del self._logs[self.head() + 1 :]

    def close(self) -> None:
        """See `Engine.close`."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _state(self) -> Any:
        return self._backend.chain.get_vm(self._backend.head).state

    def _execute(self, raw: bytes, timestamp: int) -> Receipt:
        chain = self._backend.chain
        transaction: SignedTransactionAPI = chain.get_transaction_builder().decode(raw)
        # py-evm leaves this to whoever holds the pool of transactions
        if transaction.chain_id not in {None, self.chain_id}:
            raise ValidationError(f"it is signed for chain {transaction.chain_id}, this is chain {self.chain_id}")
        self._backend.open_block(timestamp)
        _, receipt, computation = chain.apply_transaction(transaction)
        number = int(self._backend.close_block().block_number)
        logs = _logs(receipt, number)
        self._logs.append(logs)
        status = not computation.is_error
        return Receipt(
            tx_hash=keccak256(raw),
            block_number=number,
            tx_index=0,
            timestamp=timestamp,
            status=status,
            gas_used=int(receipt.gas_used),
            contract_address=bytes(computation.msg.storage_address) if computation.msg.is_create and status else None,
            logs=logs,
            revert_data=_revert_data(computation),
        )


def _readable(message: str) -> str:
    """py-evm's message with addresses as people write them."""
    return BYTES_LITERAL.sub(lambda literal: f"0x{ast.literal_eval(literal[0]).hex()}", message)


def _revert_data(computation: ComputationAPI) -> bytes:
    return bytes(computation.output) if computation.is_error and isinstance(computation.error, Revert) else b""


def _logs(receipt: ReceiptAPI, block_number: int) -> tuple[Log, ...]:
    return tuple(
        Log(
            address=bytes(log.address),
            topics=tuple(int(topic).to_bytes(32, "big") for topic in log.topics),
            data=bytes(log.data),
            block_number=block_number,
            tx_index=0,
            log_index=index,
        )
        for index, log in enumerate(receipt.logs)
    )
