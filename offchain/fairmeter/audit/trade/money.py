"""Balances at the desk, what is in escrow, and what was let off of fees."""

from __future__ import annotations

from collections import Counter

from fairmeter.risk.standing import Standings


class Money:
    """Minor units; `standings` says what a party is let off in all."""

    def __init__(self, standings: Standings) -> None:
        self._standings = standings
        self.balances: Counter[bytes] = Counter()
        self.escrowed = 0
        self._used: Counter[bytes] = Counter()

    @property
    def owed(self) -> tuple[int, int]:
        """All balances and all escrows, as the desk's totals have them."""
        return sum(self.balances.values()), self.escrowed

    def taken(self, party: bytes, fee: int) -> int:
        """What would be taken of a fee."""
        return fee - min(self._standings.of(party).reward - self._used[party], fee)

    def charge(self, party: bytes, fee: int) -> int:
        """What is taken of it."""
        taken = self.taken(party, fee)
        self._used[party] += fee - taken
        return taken

    def charged(self, parties: tuple[bytes, bytes], fee: int) -> tuple[int, int]:
        """What is taken of a fee that both pay, the first one first."""
        first = self.charge(parties[0], fee)
        return first, self.charge(parties[1], fee)
