"""Many keys that sign in bulk: the customers of a run, a transaction each of many at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np

from fairmeter.chain.engine import Fees, SignedTransaction
from fairmeter.chain.secp import key_addresses, sign_digests
from fairmeter.chain.wallet import Message, Unsigned, derive_key, sign_all
from fairmeter.model import Int64s, UInt8s


class Crowd:
    """n keys on one chain that they have not been used on before."""

    def __init__(self, keys: UInt8s, chain_id: int, fees: Fees) -> None:
        self._keys, self._chain_id, self._fees = keys, chain_id, fees
        self.addresses = key_addresses(keys)
        """(n, 20)."""
        self._nonces = np.zeros(len(keys), np.int64)

    @classmethod
    def derive(cls, seed: int, labels: Sequence[str], chain_id: int, fees: Fees) -> Self:
        """A key a label, as `derive_key` has it."""
        joined = b"".join([derive_key(seed, label) for label in labels])
        return cls(np.frombuffer(joined, np.uint8).reshape(-1, 32), chain_id, fees)

    def sign(self, rows: Int64s, messages: Sequence[Message]) -> list[SignedTransaction]:
        """The next transactions of (k,) `rows`, one a message, in their order."""
        addresses, nonces = self.addresses[rows].tobytes(), self._nonces[rows] + _earlier(rows)
        np.add.at(self._nonces, rows, 1)
        asked = [
            Unsigned(
                addresses[20 * at : 20 * at + 20],
                self._chain_id,
                nonce,
                self._fees,
                message.gas,
                message.to,
                message.value,
                message.data,
            )
            for at, (nonce, message) in enumerate(zip(nonces.tolist(), messages, strict=True))
        ]
        return sign_all(np.ascontiguousarray(self._keys[rows]), asked)

    def sign_digests(self, rows: Int64s, digests: UInt8s) -> UInt8s:
        """(k, 65) r, s, v (27 or 28) over (k, 32) digests, by each of (k,) `rows`."""
        signatures = sign_digests(np.ascontiguousarray(self._keys[rows]), np.ascontiguousarray(digests))
        signatures[:, 64] += 27
        return signatures


def _earlier(rows: Int64s) -> Int64s:
    """(k,) how often each row came before in `rows`."""
    order = np.argsort(rows, kind="stable")
    ranked = rows[order]
    earlier = np.empty_like(rows)
    earlier[order] = np.arange(len(rows)) - np.searchsorted(ranked, ranked)
    return earlier
