"""Single transactions of a chain executed on py-evm, from the state that they met: the second opinion of another EVM
where executing the whole chain on it would take hours."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import Any, Final

from eth.consensus.context import ConsensusContext
from eth.constants import BLANK_ROOT_HASH
from eth.db.account import AccountDB
from eth.db.atomic import AtomicDB
from eth.db.chain import ChainDB
from eth.vm.chain_context import ChainContext
from eth.vm.forks.prague import PragueVM
from eth.vm.forks.prague.blocks import PragueBlockHeader
from eth.vm.forks.prague.state import PragueState
from eth_typing import Address, BlockNumber, Hash32
from eth_utils.exceptions import ValidationError

from fairmeter.chain.engine import Engine, Log, Receipt
from fairmeter.chain.genesis import Genesis
from fairmeter.chain.keccak import keccak256
from fairmeter.errors import ChainError

MOST_ROUNDS: Final = 4
"""What is read depends on what was read before; one round finds all of it but in odd cases, the next proves it."""


class Witness:
    """py-evm on the newest state of `engine`, of which it asks for what a transaction touches, and nothing else."""

    def __init__(self, engine: Engine, genesis: Genesis) -> None:
        self.implementation = f"py-evm {version('py-evm')}"
        self._engine, self._genesis = engine, genesis

    def execute(self, raw: bytes, number: int, timestamp: int) -> Receipt:
        """What the transaction does as the only one of the next block, `number`, at `timestamp`; changes nothing.

        Raises ChainError if py-evm refuses it.
        """
        known = _Known(self._engine)
        for _ in range(MOST_ROUNDS):
            before = known.size()
            receipt = self._once(raw, number, timestamp, known)
            if known.size() == before:
                return receipt
        raise ChainError(f"py-evm reads other state of transaction 0x{keccak256(raw).hex()} every time")

    def _header(self, root: bytes, number: int, timestamp: int) -> PragueBlockHeader:
        return PragueBlockHeader(
            difficulty=0,
            block_number=BlockNumber(number),
            gas_limit=self._genesis.gas_limit,
            timestamp=timestamp,
            coinbase=Address(bytes(20)),
            state_root=Hash32(root),
            mix_hash=Hash32(bytes(32)),
            base_fee_per_gas=self._genesis.base_fee,
            withdrawals_root=BLANK_ROOT_HASH,
            blob_gas_used=0,
            excess_blob_gas=0,
            parent_beacon_block_root=Hash32(bytes(32)),
        )

    def _once(self, raw: bytes, number: int, timestamp: int, known: _Known) -> Receipt:
        database = AtomicDB()
        root = known.store(database)
        header = self._header(root, number, timestamp)
        vm = _vm_that_asks(known)(
            header, ChainDB(database), ChainContext(self._genesis.chain_id), ConsensusContext(database)
        )
        try:
            transaction = vm.get_transaction_builder().decode(raw)
            receipt, computation = vm.apply_transaction(header, transaction)
        except ValidationError as error:
            raise ChainError(f"py-evm refuses transaction 0x{keccak256(raw).hex()}: {error}") from error
        created = computation.msg.storage_address if not computation.msg.to and computation.is_success else None
        logs = receipt.logs if computation.is_success else ()
        return Receipt(
            tx_hash=keccak256(raw),
            block_number=number,
            tx_index=0,
            timestamp=timestamp,
            status=bool(computation.is_success),
            gas_used=int(receipt.gas_used),
            contract_address=created,
            logs=tuple(
                Log(log.address, tuple(topic.to_bytes(32, "big") for topic in log.topics), log.data, number, 0, index)
                for index, log in enumerate(logs)
            ),
            revert_data=b"" if computation.is_success else bytes(computation.output),
        )


class _Known:
    """The part of the engine's state that has been asked for."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._accounts: dict[Address, tuple[int, int, bytes]] = {}
        self._slots: dict[tuple[Address, int], int] = {}

    def size(self) -> int:
        """How much is known."""
        return len(self._accounts) + len(self._slots)

    def has_account(self, address: Address) -> bool:
        """Whether it was asked for."""
        return address in self._accounts

    def has_slot(self, address: Address, slot: int) -> bool:
        """Whether it was asked for."""
        return (address, slot) in self._slots

    def account(self, address: Address) -> tuple[int, int, bytes]:
        """Nonce, balance in wei, code."""
        if address not in self._accounts:
            engine = self._engine
            self._accounts[address] = engine.nonce(address), engine.balance(address), engine.code(address)
        return self._accounts[address]

    def slot(self, address: Address, slot: int) -> int:
        """A slot's value."""
        if (address, slot) not in self._slots:
            self._slots[address, slot] = self._engine.storage(address, slot)
        return self._slots[address, slot]

    def store(self, database: AtomicDB) -> bytes:
        """Write it as a state of py-evm's, and return the root."""
        state = AccountDB(database, BLANK_ROOT_HASH)
        for address, (nonce, balance, code) in self._accounts.items():
            if nonce or balance or code:
                state.set_nonce(address, nonce)
                state.set_balance(address, balance)
                state.set_code(address, code)
        for (address, slot), value in self._slots.items():
            if value:
                state.set_storage(address, slot, value)
        state.persist()
        return bytes(state.state_root)


def _vm_that_asks(known: _Known) -> Callable[..., Any]:
    """py-evm's VM over a state that fills `known` with whatever is read."""

    class Asking(AccountDB):
        # what is new is written as if the transaction had, which a revert undoes: the next round has it from the start
        def get_storage(self, address: Address, slot: int, from_journal: bool = True) -> int:
            if not known.has_slot(address, slot) and (value := known.slot(address, slot)):
                self.set_storage(address, slot, value)
            return super().get_storage(address, slot, from_journal)

        def _get_account(self, address: Address, from_journal: bool = True) -> Any:
            if not known.has_account(address):
                nonce, balance, code = known.account(address)
                if nonce or balance or code:
                    self.set_nonce(address, nonce)
                    self.set_balance(address, balance)
                    self.set_code(address, code)
            return super()._get_account(address, from_journal)

    state = type("AskingState", (PragueState,), {"account_db_class": Asking})
    return type("AskingVM", (PragueVM,), {"_state_class": state})
