"""Calldata of BillPayments.sol, packed by hand so that no peer waits for an ABI encoder, and its answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from benchmarks.loop import LoopVerdict
from benchmarks.work import Outcome, Work

CUSTOMERS_A_CALL = 200
"""Deposited for at once."""

Read = Callable[[bytes], bytes]
"""A call of the contract: calldata in, answer out."""


@dataclass(frozen=True, slots=True)
class Payments:
    """The compiled contract."""

    abi: list[dict[str, Any]]
    bytecode: bytes
    selectors: dict[str, bytes]
    """By function name."""

    def save(self, path: Path) -> None:
        """Write it as JSON."""
        selectors = {name: selector.hex() for name, selector in self.selectors.items()}
        path.write_text(json.dumps({"abi": self.abi, "bytecode": self.bytecode.hex(), "selectors": selectors}))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote."""
        fields = json.loads(path.read_text())
        selectors = {name: bytes.fromhex(selector) for name, selector in fields["selectors"].items()}
        return cls(fields["abi"], bytes.fromhex(fields["bytecode"]), selectors)

    def deposits(self, work: Work) -> list[bytes]:
        """Calls that give every customer its endowment."""
        calls = []
        for start in range(0, len(work), CUSTOMERS_A_CALL):
            rows = slice(start, start + CUSTOMERS_A_CALL)
            customers = [_address(one.tobytes()) for one in work.customers[rows]]
            amounts = [_word(amount) for amount in work.endowment[rows].tolist()]
            count = _word(len(customers))
            head = _word(64) + _word(64 + 32 * (1 + len(customers)))
            calls.append(self.selectors["deposit"] + head + count + b"".join(customers) + count + b"".join(amounts))
        return calls

    def settle(self, work: Work, row: int, verdict: LoopVerdict) -> bytes:
        """The call that settles one bill by its verdict."""
        first = int(work.first_day[row])
        words = (
            _word(row),
            _address(work.customers[row].tobytes()),
            _word(first),
            _word(first + int(work.days[row]) - 1),
            _address(work.suppliers[work.supplier[row]].tobytes()),
            _word(verdict.decision),
            _word(int(work.quantity[row])),
            _word(int(work.amount[row])),
            _word(verdict.actual_ppm),
            _word(verdict.expected_ppm),
        )
        return self.selectors["settle"] + b"".join(words)

    def outcome(self, work: Work, read: Read) -> Outcome:
        """What the chain says at the end."""
        customers = [one.tobytes() for one in work.customers]
        bills = (read(self.selectors["bills"] + _word(row)) for row in range(len(work)))
        return Outcome(
            decision=np.array([_int(bill, 4) for bill in bills], np.int64),
            balance=self._amounts("balanceOf", customers, read),
            held=self._amounts("heldOf", customers, read),
            credit=self._amounts("creditOf", [one.tobytes() for one in work.suppliers], read),
        )

    def _amounts(self, function: str, addresses: list[bytes], read: Read) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        selector = self.selectors[function]
        return np.array([_int(read(selector + _address(address)), 0) for address in addresses], np.int64)


def _word(value: int) -> bytes:
    return (value % 2**256).to_bytes(32, "big")


def _address(address: bytes) -> bytes:
    return bytes(12) + address


def _int(answer: bytes, word: int) -> int:
    return int.from_bytes(answer[32 * word : 32 * (word + 1)], "big")
