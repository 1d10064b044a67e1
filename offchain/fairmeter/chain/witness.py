"""Single transactions of a chain executed on py-evm, from the state that they met: the second opinion of another EVM
where executing the whole chain on it would take hours."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import rlp
from eth.abc import AccountStorageDatabaseAPI
from eth.consensus.context import ConsensusContext
from eth.constants import BLANK_ROOT_HASH
from eth.db.account import AccountDB
from eth.db.atomic import AtomicDB
from eth.db.backends.base import BaseDB
from eth.db.cache import CacheDB
from eth.db.chain import ChainDB
from eth.db.journal import JournalDB
from eth.db.storage import AccountStorageDB
from eth.rlp.accounts import Account
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


class Witness:
    """py-evm on the newest state of `engine`, of which it asks for what a transaction touches, and nothing else."""

    def __init__(self, engine: Engine, genesis: Genesis) -> None:
        self.implementation = f"py-evm {version('py-evm')}"
        self._engine, self._genesis = engine, genesis

    def execute(self, raw: bytes, number: int, timestamp: int) -> Receipt:
        """What the transaction does as the only one of the next block, `number`, at `timestamp`; changes nothing.

        Raises ChainError if py-evm refuses it.
        """
        database, header = AtomicDB(), self._header(number, timestamp)
        vm = _vm_over(self._engine)(
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

    def _header(self, number: int, timestamp: int) -> PragueBlockHeader:
        return PragueBlockHeader(
            difficulty=0,
            block_number=BlockNumber(number),
            gas_limit=self._genesis.gas_limit,
            timestamp=timestamp,
            coinbase=Address(bytes(20)),
            state_root=BLANK_ROOT_HASH,
            mix_hash=Hash32(bytes(32)),
            base_fee_per_gas=self._genesis.base_fee,
            withdrawals_root=BLANK_ROOT_HASH,
            blob_gas_used=0,
            excess_blob_gas=0,
            parent_beacon_block_root=Hash32(bytes(32)),
        )


class _State(BaseDB):
    """What lies below py-evm's own changes, asked for by key; empty bytes where there is nothing. It is never written
    to: no state root is made."""

    def __init__(self, ask: Callable[[bytes], bytes]) -> None:
        self._ask = ask

    def __getitem__(self, key: bytes) -> bytes:
        if value := self._ask(key):
            return value
        raise KeyError(key)

    def _exists(self, key: bytes) -> bool:
        return bool(self._ask(key))

    def __setitem__(self, key: bytes, value: bytes) -> None:
        raise ChainError("py-evm wrote to the state that it only witnesses")

    def __delitem__(self, key: bytes) -> None:
        raise ChainError("py-evm deleted from the state that it only witnesses")


class _Storage(AccountStorageDB):
    """A contract's storage. What the transaction writes lies above what the engine has, so that a slot's value before
    the transaction, on which its gas depends, is the engine's."""

    def __init__(self, engine: Engine, address: Address) -> None:
        super().__init__(AtomicDB(), BLANK_ROOT_HASH, address)

        def slot(key: bytes) -> bytes:
            value = engine.storage(address, int.from_bytes(key, "big"))
            return bytes(rlp.encode(value)) if value else b""

        self._storage_cache = CacheDB(_State(slot))
        self._locked_changes = JournalDB(self._storage_cache)
        self._journal_storage = JournalDB(self._locked_changes)


def _vm_over(engine: Engine) -> Callable[..., Any]:
    """py-evm's VM on the engine's state."""

    class Accounts(AccountDB):
        def __init__(self, database: AtomicDB, root: Hash32) -> None:
            super().__init__(database, root)

            def account(key: bytes) -> bytes:
                nonce, balance, code = engine.nonce(key), engine.balance(key), engine.code(key)
                if not (nonce or balance or code):
                    return b""
                # where AccountDB looks for it; of no code it asks nothing
                database[keccak256(code)] = code
                return bytes(rlp.encode(Account(nonce, balance, BLANK_ROOT_HASH, keccak256(code))))

            self._trie_cache = CacheDB(_State(account))
            self._journaltrie = JournalDB(self._trie_cache)

        def _get_address_store(self, address: Address) -> AccountStorageDatabaseAPI:
            if address not in self._account_stores:
                self._account_stores[address] = _Storage(engine, address)
            return self._account_stores[address]

    state = type("StateOverEngine", (PragueState,), {"account_db_class": Accounts})
    return type("VMOverEngine", (PragueVM,), {"_state_class": state})
