"""revm inside the process, through `wake_rs`, the compiled half of eth-wake, without its Python half.

eth-wake asks for an eth-utils that web3 and eth-tester exclude, so that pip installs it with --no-deps only. `wake_rs`
itself needs some thirty names of the package `wake`, which it looks up once, to decode results into Python types by an
ABI. Here nothing is decoded so: bytes go in, bytes come out. The names stand in while `wake_rs` looks them up.
"""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType, SimpleNamespace
from typing import Any, Final

from fairmeter.errors import ChainError, ToolMissingError

WAKE: Final = "5.0.0rc4"
"""A release candidate whose inner names are used: no other version has been tried."""
BLOCKS_KEPT: Final = 32
"""Blocks that wake_rs holds for itself; the engine keeps what it needs of all."""


class StoppedError(ChainError):
    """The EVM reverted or halted. `data` is what it reverted with, empty if it halted; `tx` the transaction, if any."""

    def __init__(self, reason: bytes | str) -> None:
        self.data = reason if isinstance(reason, bytes) else b""
        self.tx: Any = None
        super().__init__("reverted" if isinstance(reason, bytes) else reason)


class RawLog:
    """A log as `wake_rs` hands it over."""

    __slots__ = ("data", "origin", "topics")

    origin: Any
    """The account that emitted it, set from outside."""

    def __init__(self, topics: list[bytes], data: bytes) -> None:
        self.topics, self.data = topics, data

    @property
    def address(self) -> bytes:
        """Of the contract that emitted it."""
        return bytes(self.origin.address)


class _Status(IntEnum):
    PENDING = -1
    FAILURE = 0
    SUCCESS = 1


class _NoChance:
    """wake_rs draws the hashes of blocks and transactions from this seed; neither is used."""

    @staticmethod
    def getrandbits(_: int) -> int:
        return 0


class _Unused:
    pass


def _unused() -> None:
    raise ChainError("wake_rs asked for something that only an ABI would need")


def _settings() -> Any:
    return SimpleNamespace(testing=SimpleNamespace(block_history=BLOCKS_KEPT))


STAND_INS: Final[dict[str, dict[str, Any]]] = {
    "click": {"prompt": _unused},
    "wake": {},
    "wake.development": {},
    "wake.testing": {},
    "wake.utils": {"get_class_that_defined_method": _unused},
    "wake.development.call_trace": {"CallTrace": _Unused},
    "wake.development.core": {
        "Wei": int,
        "contracts_by_metadata": {},
        "creation_code_index": [],
        "detect_default_chain": _unused,
        "errors": {},
        "events": {},
    },
    "wake.development.errors": {
        "ExternalError": _Unused,
        "Halt": StoppedError,
        "UnknownRevertError": StoppedError,
        "errors": {},
    },
    "wake.development.globals": {"get_config": _settings, "random": _NoChance},
    "wake.development.hardhat_console": {"abis": {}},
    "wake.development.internal": {
        "ExecutionStatusEnum": _Status,
        "ExternalEvent": _Unused,
        "UnknownEvent": RawLog,
    },
    "wake.development.primitive_types": {
        "FixedSizeBytes": _Unused,
        "FixedSizeList": _Unused,
        "FunctionPointer": _Unused,
        "Integer": _Unused,
        "fixed_bytes_map": {32: bytes},
        "fixed_list_map": {},
        "int_map": {},
        "new_fixed_list": _unused,
        "uint256": int,
        "uint_map": {},
    },
    "wake.development.utils": {"get_name_abi_from_explorer_cached": _unused},
    "wake.testing.core": {"connected_chains": []},
    "wake.testing.native_coverage": {"collect_coverage": False},
}
"""What wake_rs looks up, by module. It keeps what it finds the first time for as long as the process lasts."""


@contextmanager
def _stood_in() -> Iterator[None]:
    before = {
        name: module for name, module in sys.modules.items() if name in STAND_INS or name.partition(".")[0] == "wake"
    }
    modules = {}
    for name, members in STAND_INS.items():
        module = ModuleType(name)
        module.__path__ = []
        vars(module).update(members)
        modules[name] = module
    sys.modules.update(modules)
    try:
        yield
    finally:
        for name in modules:
            del sys.modules[name]
        sys.modules.update(before)


def load() -> Any:
    """The module `wake_rs`; raises ToolMissingError unless eth-wake is installed in the one version that was tried."""
    try:
        found = version("eth-wake")
        module = importlib.import_module("wake_rs")
    except (PackageNotFoundError, ImportError) as error:
        raise ToolMissingError(
            f"the revm engine needs eth-wake: run pip install --no-deps eth-wake=={WAKE}, as its other requirements "
            "exclude web3's"
        ) from error
    if found != WAKE:
        raise ToolMissingError(f"the revm engine needs eth-wake {WAKE}, not {found}")
    return module


def connect(module: Any, chain_id: int, hardfork: str) -> Any:
    """A new chain of `wake_rs` (its `Chain`) with block 0 mined, which mines when told to."""
    with _stood_in():
        chain = module.Chain()
        chain._connect(1, chain_id, None, hardfork)  # noqa: SLF001
    chain.automine = False
    return chain


def release(chain: Any) -> None:
    """Let a chain's state go; twice does no harm.

    The chain itself is in a cycle that Python does not see and is never freed, but connecting again empties it.
    """
    if not chain.connected:
        return
    with _stood_in():
        chain._disconnect()  # noqa: SLF001
        chain._connect(1, None, None, None)  # noqa: SLF001
        chain._disconnect()  # noqa: SLF001


def raw_logs(transaction: Any) -> list[RawLog]:
    """What a transaction of `wake_rs` emitted."""
    # thousands of new objects would set the collector off, and none of them can be in a cycle
    collecting = gc.isenabled()
    gc.disable()
    try:
        logs: list[RawLog] = transaction.raw_events
    finally:
        if collecting:
            gc.enable()
    return logs
