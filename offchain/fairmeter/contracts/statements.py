"""What a model says of bills, as the leaf of the evidence has it and as a verdict (ModelVerdict.sol).

The chain cannot run a model; of its statement the verdict follows there as here, in whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from fairmeter.chain.keccak import keccak_rows
from fairmeter.contracts.packing import Bytes2D, get, put
from fairmeter.model import Decision, Int64s, Verdicts
from fairmeter.units import MAX_INT40, PPM

STATEMENT_BYTES: Final = 80
HASH_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Statements:
    """What a model says of n bills."""

    model: Bytes2D
    """(n, 32) SHA-256 of its bytes."""
    features: Bytes2D
    """(n, 32) keccak256(the leaf's salt ‖ the row of features): `features_hashes`."""
    score: Int64s
    """(n,) share of correct bills that look as odd, ppm."""
    expected: Int64s
    """(n,) base units."""
    highest: Int64s
    """(n,) base units, at least 1: a bill up to here is no surprise."""

    def pack(self) -> Bytes2D:
        """(n, STATEMENT_BYTES)."""
        packed = np.empty((len(self.score), STATEMENT_BYTES), np.uint8)
        packed[:, :HASH_BYTES], packed[:, HASH_BYTES : 2 * HASH_BYTES] = self.model, self.features
        put(packed, 67, 4, self.score)
        put(packed, 73, 6, self.expected)
        put(packed, 79, 6, self.highest)
        return packed

    @classmethod
    def unpack(cls, packed: Bytes2D) -> Self:
        """The reverse of `pack`."""
        figures = (get(packed, 67, 4), get(packed, 73, 6), get(packed, 79, 6))
        return cls(packed[:, :HASH_BYTES], packed[:, HASH_BYTES : 2 * HASH_BYTES], *figures)

    def verdicts(self, quantity: Int64s, rate: Int64s) -> Verdicts:
        """APPEAL where the score is at most `rate` (n,), ppm, of bills of `quantity` (n,) base units. Both growths are
        over `highest`, so that what is undisputed of an appealed bill is what the model expects."""
        n = len(quantity)
        decision = np.where(self.score <= rate, Decision.APPEAL, Decision.PAY).astype(np.uint8)
        given, none = np.ones(n, np.bool_), np.zeros(n, np.bool_)
        actual, expected = (_growth(one, self.highest) for one in (quantity, self.expected))
        return Verdicts(decision, actual, expected, given, given, none)


def features_hashes(salts: Bytes2D, features: Bytes2D) -> Bytes2D:
    """(n, 32); the salts (n, 32) keep what is guessed from being confirmed."""
    return keccak_rows(np.concatenate([salts, features], axis=1))


def _growth(quantity: Int64s, base: Int64s) -> Int64s:
    """(n,) floor((quantity - base)/base · 10^6), ppm, saturated to int40."""
    # Python's integers: a quantity times 10^6 does not fit 64 bits
    exact: npt.NDArray[Any] = quantity.astype(object) * PPM // base - PPM
    growth: Int64s = np.minimum(exact, MAX_INT40).astype(np.int64)
    return growth
