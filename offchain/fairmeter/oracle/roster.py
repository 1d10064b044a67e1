"""Operators by their numbers, as the chain's events name them."""

from __future__ import annotations

from fairmeter.contracts.deploy import System
from fairmeter.errors import ChainError


class Roster:
    """An operator keeps its number for good, so what was read once stays true."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._next_block = 0
        self._addresses: dict[int, bytes] = {}
        self._numbers: dict[bytes, int] = {}

    def address_of(self, number: int) -> bytes | None:
        """The operator of that number; None if there is none."""
        if number not in self._addresses:
            self._follow()
        return self._addresses.get(number)

    def number_of(self, address: bytes) -> int:
        """An operator's number; raises ChainError for an address that was never one."""
        if address not in self._numbers:
            self._follow()
        if address not in self._numbers:
            raise ChainError(f"0x{address.hex()} is no operator on this chain")
        return self._numbers[address]

    def _follow(self) -> None:
        head, operators = self._system.engine.head(), self._system.operators
        if head < self._next_block:
            return
        for log in self._system.engine.logs(
            self._next_block, head, [operators.address], [operators.interface.topic("OperatorSet")]
        ):
            named = operators.interface.decode_log(log).arguments
            self._addresses[named["index"]] = named["operator"]
            self._numbers[named["operator"]] = named["index"]
        self._next_block = head + 1
