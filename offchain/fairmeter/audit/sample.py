"""A random sample of judged batches, or of steps at the trade desk, executed a second time on py-evm from the state
that each of them met: what ties a long replay, which only a fast EVM can do, to another implementation."""

from __future__ import annotations

import random
import secrets
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fairmeter.audit.findings import Check, Finding
from fairmeter.bundle import Bundle
from fairmeter.chain.engine import Engine, Receipt
from fairmeter.chain.genesis import Genesis
from fairmeter.chain.witness import Witness
from fairmeter.errors import ChainError

BATCHES: Final = 20
JUDGING: Final = "VerdictGate.submitVerdicts"
TRADING: Final = (
    *(f"TradeDesk.{step}" for step in ("publish", "buy", "pay", "payInstalments", "confirm", "rule", "expire")),
    *(f"CreditStanding.{step}" for step in ("report", "rule")),
)
"""What is drawn from in a run at the trade desk."""


class Sample:
    """BATCHES of a bundle's judgings, or as many steps of TRADING, drawn by `seed`: by one that nobody could know
    before, if it is None."""

    def __init__(self, bundle: Bundle, engine: Engine, genesis: Genesis, seed: int | None = None) -> None:
        self.seed = secrets.randbits(32) if seed is None else seed
        self._witness = Witness(engine, genesis)
        drawn_from = pa.array(TRADING if bundle.of_trade else [JUDGING])
        labels = [pc.is_in(group["label"], drawn_from).to_numpy() for group in bundle.row_groups("transactions")]
        judgings = np.flatnonzero(np.concatenate([np.zeros(0, np.bool_), *labels])).tolist()
        # it draws what is looked at, not a secret
        drawn = random.Random(self.seed).sample(judgings, min(BATCHES, len(judgings)))  # noqa: S311
        self.transactions = frozenset(drawn)
        self._differences: list[Finding] = []

    @property
    def implementation(self) -> str:
        """The second EVM."""
        return self._witness.implementation

    def expect(self, transaction: int, raw: bytes, number: int, timestamp: int) -> Receipt | None:
        """What the second EVM makes of a transaction on the engine's newest state; None if it refuses it."""
        try:
            return self._witness.execute(raw, number, timestamp)
        except ChainError as error:
            self._differences.append(
                Finding("sample", f"transaction {transaction}", "one that py-evm takes", str(error))
            )
            return None

    def compare(self, transaction: int, expected: Receipt, found: Receipt) -> None:
        """Note where the two EVMs differ."""
        for name in ("status", "gas_used", "logs", "revert_data"):
            ours, theirs = getattr(expected, name), getattr(found, name)
            if ours != theirs:
                where = f"transaction {transaction}, {name}"
                self._differences.append(Finding("sample", where, f"{ours} on py-evm", f"{theirs} in the replay"))

    def check(self) -> Check:
        """All of them."""
        detail = f"transactions executed again on {self.implementation} from their state before; seed {self.seed}"
        return Check("sample", detail, len(self.transactions), tuple(self._differences))
