"""Mandates as columns: what many owners sign (EIP-712), and the call that brings their signatures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np

from fairmeter.chain.keccak import keccak256, keccak_rows
from fairmeter.chain.wallet import domain_separator
from fairmeter.contracts.artifacts import interface
from fairmeter.contracts.calldata import WORD, words_of
from fairmeter.contracts.clients import MANDATE_TYPES
from fairmeter.contracts.session import Call
from fairmeter.model import Bools, Int64s, UInt8s

ADDRESS: Final = 20
SIGNATURE: Final = 65
SIGNATURE_WORDS: Final = 3
"""That the ABI pads a signature to."""


@dataclass(frozen=True, slots=True)
class Mandates:
    """n mandates, each its account's first."""

    account: Int64s
    """(n,) ids."""
    cap_per_bill: Int64s
    """(n,) minor units."""
    cap_per_month: Int64s
    """(n,) minor units."""
    last_day: Int64s
    """(n,) days since 1970-01-01."""
    deadline: Int64s
    """(n,) of the signature, Unix seconds."""
    disclose_readings: Bools
    """(n,) whether anyone may show the account's readings in a challenge."""
    signed_only: Bools
    """(n,) whether bills are judged only by readings that the meter operator signed."""
    agent: UInt8s
    """(n, 20) addresses of who may answer for the owner; zeros for nobody."""

    def __len__(self) -> int:
        return len(self.account)

    def part(self, rows: slice) -> Self:
        """Some of them."""
        return type(self)(
            self.account[rows],
            self.cap_per_bill[rows],
            self.cap_per_month[rows],
            self.last_day[rows],
            self.deadline[rows],
            self.disclose_readings[rows],
            self.signed_only[rows],
            self.agent[rows],
        )

    def digests(self, domain: dict[str, Any]) -> UInt8s:
        """(n, 32): what the owners sign, as `clients.mandate_hash` has it for one."""
        fields = MANDATE_TYPES["Mandate"]
        kind = f"Mandate({','.join(field['type'] + ' ' + field['name'] for field in fields)})"
        nonce = words_of(np.zeros(len(self), np.int64))
        words = [*self._words(), nonce, words_of(self.deadline)]
        hashed = keccak_rows(np.concatenate([_repeated(keccak256(kind.encode()), len(self)), *words], axis=1))
        head = _repeated(b"\x19\x01" + domain_separator(domain), len(self))
        return keccak_rows(np.concatenate([head, hashed], axis=1))

    def grant(self, ledger: bytes, signatures: UInt8s) -> Call:
        """PaymentLedger.grantMandatesBySignature with (n, 65) signatures r, s, v: an array of structs that end in
        bytes of one length, as the ABI lays them out."""
        none = np.zeros(len(self), np.int64)
        # the signature comes after the head of nine words
        heads = [self.deadline, np.full_like(none, WORD * 9), np.full_like(none, SIGNATURE)]
        padded = np.zeros((len(self), WORD * SIGNATURE_WORDS), np.uint8)
        padded[:, :SIGNATURE] = signatures
        elements = np.concatenate([*self._words(), *map(words_of, heads), padded], axis=1)
        offsets = WORD * len(self) + elements.shape[1] * np.arange(len(self))
        start = words_of(np.array([WORD, len(self)]))
        selector = interface("PaymentLedger").selector("grantMandatesBySignature")
        data = b"".join([selector, start.tobytes(), words_of(offsets).tobytes(), elements.tobytes()])
        return Call("PaymentLedger", "grantMandatesBySignature", ledger, data)

    def _words(self) -> list[UInt8s]:
        """(n, 32) each: the account, and the mandate's fields in their order."""
        numbers = [self.account, self.cap_per_bill, self.cap_per_month, self.last_day]
        agents = np.zeros((len(self), WORD), np.uint8)
        agents[:, WORD - ADDRESS :] = self.agent
        flags = [self.disclose_readings.astype(np.int64), self.signed_only.astype(np.int64)]
        return [*map(words_of, [*numbers, *flags]), agents]


def _repeated(value: bytes, count: int) -> UInt8s:
    return np.broadcast_to(np.frombuffer(value, np.uint8), (count, len(value)))
