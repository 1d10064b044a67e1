"""Signed transactions on an engine: what was asked for, what came back, and a contract's refusal by its name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fairmeter.chain.abi import Interface
from fairmeter.chain.engine import Engine, Receipts, SignedTransaction
from fairmeter.chain.wallet import Wallet, sign_messages
from fairmeter.contracts.artifacts import interface
from fairmeter.errors import RevertError
from fairmeter.units import MAX_TRANSACTION_GAS


@dataclass(frozen=True, slots=True)
class Call:
    """A transaction to be signed: which contract's function, and its calldata. `to` None creates the contract."""

    contract: str
    function: str
    to: bytes | None
    data: bytes
    gas: int = MAX_TRANSACTION_GAS
    """Its gas limit."""
    value: int = 0
    """Wei."""

    @property
    def label(self) -> str:
        """contract.function, for people."""
        return f"{self.contract}.{self.function}"


@dataclass(frozen=True, slots=True)
class Sent:
    """n transactions that were sent together, and what they did."""

    calls: Sequence[Call]
    signed: Sequence[SignedTransaction]
    receipts: Receipts


class Session:
    """Sends calls to an engine; `observer` sees every transaction that reached the chain, reverted ones too."""

    def __init__(self, engine: Engine, observer: Callable[[Sent], None] | None = None) -> None:
        self.engine = engine
        self._observer = observer

    def send(self, calls: Sequence[tuple[Wallet, Call]], timestamp: int | None = None) -> Receipts:
        """Sign and send in order, the first at `timestamp` (Unix seconds) where time moves.

        Raises RevertError for the first that a contract refused; those after it have been sent all the same.
        """
        return self.send_signed([call for _, call in calls], sign_messages(calls), timestamp)

    def send_signed(
        self, calls: Sequence[Call], signed: Sequence[SignedTransaction], timestamp: int | None = None
    ) -> Receipts:
        """`send` for calls that were signed already, a transaction each."""
        receipts = self.attempt(calls, signed, timestamp)
        for place in np.flatnonzero(~receipts.status)[:1].tolist():
            call = calls[place]
            raise interface(call.contract).decode_error(receipts.reverts.get(place, b""), call.label)
        return receipts

    def attempt(
        self, calls: Sequence[Call], signed: Sequence[SignedTransaction], timestamp: int | None = None
    ) -> Receipts:
        """`send_signed` of what contracts may refuse: the receipts say which."""
        if not calls:
            return Receipts.of([])
        receipts = self.engine.send_signed(signed, timestamp)
        if self._observer is not None:
            self._observer(Sent(calls, signed, receipts))
        return receipts

    def transact(self, wallet: Wallet, *calls: Call, timestamp: int | None = None) -> Receipts:
        """`send` for one wallet."""
        return self.send([(wallet, call) for call in calls], timestamp)


class Contract:
    """A deployed contract: `read` calls a view, `write` makes a call to be sent."""

    name: str

    def __init__(self, engine: Engine, address: bytes) -> None:
        self.engine, self.address = engine, address

    @property
    def interface(self) -> Interface:
        """Its ABI."""
        return interface(self.name)

    def read(self, function: str, *arguments: Any, sender: bytes | None = None) -> Any:
        """What a view returns; raises RevertError with the contract's own error."""
        try:
            data = self.engine.call(self.address, self.interface.encode_call(function, *arguments), sender)
        except RevertError as error:
            raise self.interface.decode_error(error.data, f"{self.name}.{function}") from None
        return self.interface.decode_output(function, data)

    def attempt(self, call: Call, sender: bytes) -> None:
        """Run a call without a transaction, before it is paid for; raises RevertError with the contract's own error."""
        assert call.to is not None
        try:
            self.engine.call(call.to, call.data, sender)
        except RevertError as error:
            raise self.interface.decode_error(error.data, call.label) from None

    def write(self, function: str, *arguments: Any, gas: int = MAX_TRANSACTION_GAS) -> Call:
        """A call of `function`, encoded by the ABI."""
        return Call(self.name, function, self.address, self.interface.encode_call(function, *arguments), gas)

    def raw(self, function: str, data: bytes, gas: int = MAX_TRANSACTION_GAS) -> Call:
        """A call whose calldata were built already."""
        return Call(self.name, function, self.address, data, gas)
