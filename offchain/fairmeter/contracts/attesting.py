"""What operators sign of a batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from fairmeter.chain.keccak import keccak_rows
from fairmeter.chain.merkle import merkle_root
from fairmeter.chain.wallet import typed_data_hash
from fairmeter.contracts.packing import VERDICT_BYTES, Bytes2D

VERDICTS_A_LEAF: Final = 16
"""Of the verdict commitment (libraries/PackedVerdicts.sol)."""
TREND: Final = 0
"""VerdictPolicy (types/Verdicts.sol)."""

ATTESTATION_TYPES: Final = {
    "Attestation": [
        {"name": "batch", "type": "uint48"},
        {"name": "evidenceRoot", "type": "bytes32"},
        {"name": "verdictCommitment", "type": "bytes32"},
        {"name": "policy", "type": "uint8"},
    ]
}


def verdict_leaves(verdicts: Bytes2D) -> Bytes2D:
    """The hashes of each 16 packed verdicts, (n, 12), the last one of as many as there are."""
    whole = len(verdicts) // VERDICTS_A_LEAF * VERDICTS_A_LEAF
    packed = np.ascontiguousarray(verdicts)
    leaves = [keccak_rows(packed[:whole].reshape(-1, VERDICTS_A_LEAF * VERDICT_BYTES))] if whole else []
    if whole < len(verdicts):
        leaves.append(keccak_rows(packed[whole:].reshape(1, -1)))
    return np.concatenate(leaves)


def verdict_commitment(verdicts: Bytes2D) -> bytes:
    """What a batch's verdicts commit to: the Merkle root over `verdict_leaves`."""
    return merkle_root(verdict_leaves(verdicts))


@dataclass(frozen=True, slots=True)
class AttestationDomain:
    """Where an attestation holds: one gate on one chain."""

    chain_id: int
    gate: bytes

    def digest(self, batch: int, evidence_root: bytes, verdict_commitment: bytes) -> bytes:
        """The 32 bytes that an operator signs (EIP-712)."""
        domain = {
            "name": "Fairmeter VerdictGate",
            "version": "1",
            "chainId": self.chain_id,
            "verifyingContract": "0x" + self.gate.hex(),
        }
        message = {
            "batch": batch,
            "evidenceRoot": evidence_root,
            "verdictCommitment": verdict_commitment,
            "policy": TREND,
        }
        return typed_data_hash(domain, ATTESTATION_TYPES, message)
