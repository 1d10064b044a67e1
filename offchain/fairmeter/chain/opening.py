"""Opens an engine by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from fairmeter.chain.anvil import AnvilEngine
from fairmeter.chain.engine import Engine
from fairmeter.chain.eth_tester import EthTesterEngine
from fairmeter.chain.genesis import Genesis
from fairmeter.chain.revm import RevmEngine
from fairmeter.chain.rpc import RpcEngine
from fairmeter.errors import InputError

ENGINES: Final = ("eth-tester", "revm", "anvil", "rpc")

LOCAL: Final[Mapping[str, Callable[[Genesis | None], Engine]]] = {
    "eth-tester": EthTesterEngine,
    "revm": RevmEngine,
    "anvil": AnvilEngine,
}


def open_engine(name: str, rpc_url: str | None = None, genesis: Genesis | None = None) -> Engine:
    """The engine of ENGINES called `name`: the first three begin with `genesis`, "rpc" is the node at `rpc_url`.

    Raises InputError for another name or a URL where none belongs, ToolMissingError without eth-wake or anvil,
    ChainError for a node that does not answer.
    """
    if name not in ENGINES:
        raise InputError(f"there is no engine {name!r}: expected one of {', '.join(ENGINES)}")
    if (name == "rpc") != (rpc_url is not None):
        raise InputError("engine rpc needs a URL, and no other engine takes one")
    if rpc_url is not None:
        return RpcEngine(rpc_url)
    return LOCAL[name](genesis)
