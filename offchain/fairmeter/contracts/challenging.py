"""Typed clients of what finds verdicts wrong, and what is shown to it: a bill with its verdict, its evidence, readings
that the meter operator signed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from fairmeter.chain.keccak import keccak256, keccak_rows
from fairmeter.chain.merkle import merkle_proof, merkle_root
from fairmeter.chain.wallet import typed_data_hash
from fairmeter.contracts.attesting import VERDICTS_A_LEAF, verdict_leaves
from fairmeter.contracts.calldata import words_of
from fairmeter.contracts.packing import Bytes2D, Evidence
from fairmeter.contracts.session import Call, Contract
from fairmeter.model import Bools, Int64s

Shown = dict[str, Any]
"""A struct of types/Readings.sol, by component."""

SNAPSHOT_TYPE: Final = keccak256(b"Snapshot(uint64 account,uint16 firstDay,uint40 issuedAt,bytes content)")
"""`content` is readings ‖ missing days, 32 bytes ‖ salt."""
SNAPSHOTS_TYPES: Final = {
    "Snapshots": [
        {"name": "supplier", "type": "uint32"},
        {"name": "utility", "type": "uint8"},
        {"name": "root", "type": "bytes32"},
        {"name": "count", "type": "uint32"},
    ]
}
BATCH_TYPES: Final = {
    "BatchReadings": [{"name": "batch", "type": "uint48"}, {"name": "evidenceRoot", "type": "bytes32"}]
}


def meters_domain(chain_id: int, meters: bytes) -> dict[str, Any]:
    """The EIP-712 domain of what meter operators sign."""
    return {
        "name": "Fairmeter Meters",
        "version": "1",
        "chainId": chain_id,
        "verifyingContract": "0x" + meters.hex(),
    }


def batch_readings_digest(domain: Mapping[str, Any], batch: int, evidence_root: bytes) -> bytes:
    """The 32 bytes that the meter operator signs of a batch whose verdicts the gate computes (EIP-712); `domain` is
    `Meters.domain`."""
    return typed_data_hash(domain, BATCH_TYPES, {"batch": batch, "evidenceRoot": evidence_root})


@dataclass(frozen=True, slots=True)
class Committed:
    """A judged batch: what was posted, and what its verdicts and evidence commit to."""

    batch: int
    words: Bytes2D
    """(n, 32) the packed bills."""
    verdicts: Bytes2D
    """(n, 12) as submitted."""

    def shown(self, index: int) -> Shown:
        """A bill and its verdict, with their paths."""
        group = index // VERDICTS_A_LEAF
        return {
            "bill": self.batch << 16 | index,
            "packed": int.from_bytes(self.words[index].tobytes(), "big"),
            "billProof": merkle_proof(self.words, index),
            "verdicts": self.verdicts[group * VERDICTS_A_LEAF : (group + 1) * VERDICTS_A_LEAF].tobytes(),
            "verdictProof": merkle_proof(verdict_leaves(self.verdicts), group),
        }


def leaf_shown(evidence: Evidence, leaves: Bytes2D, index: int) -> Shown:
    """A bill's evidence with its path; `leaves` are the batch's, (n, 32)."""
    width = int(evidence.sizes[index])
    return {
        "readings": evidence.readings[index, :width].tobytes(),
        "missing": int.from_bytes(evidence.missing[index].tobytes(), "big"),
        "salt": evidence.salts[index].tobytes(),
        "proof": merkle_proof(leaves, index),
    }


def snapshots_digest(domain: Mapping[str, Any], supplier: int, utility: int, root: bytes, count: int) -> bytes:
    """The 32 bytes that the meter operator signs over the root of `count` snapshots."""
    message = {"supplier": supplier, "utility": utility, "root": root, "count": count}
    return typed_data_hash(domain, SNAPSHOTS_TYPES, message)


def snapshot_leaf(account: int, snapshot: Mapping[str, Any]) -> bytes:
    """The hash of one account's snapshot as it is shown (EIP-712)."""
    numbers = (account, snapshot["firstDay"], snapshot["issuedAt"])
    words = b"".join(number.to_bytes(32, "big") for number in numbers)
    content = snapshot["readings"] + snapshot["missing"].to_bytes(32, "big") + snapshot["salt"]
    return keccak256(SNAPSHOT_TYPE + words + keccak256(content))


@dataclass(frozen=True, slots=True)
class Snapshots:
    """The readings of n accounts of one supplier and utility on the same days, as the meter operator signs them: one
    signature over the root of them all."""

    accounts: Int64s
    """(n,) ids."""
    first_day: int
    """Days since 1970-01-01."""
    issued_at: int
    """Unix seconds."""
    readings: Bytes2D
    """(n, 5·days)."""
    present: Bools
    """(n, days)."""
    salts: Bytes2D
    """(n, 32)."""

    def leaves(self) -> Bytes2D:
        """(n, 32): the hash of each snapshot's struct (EIP-712)."""
        count = len(self.accounts)
        kind = np.broadcast_to(np.frombuffer(SNAPSHOT_TYPE, np.uint8), (count, 32))
        days = words_of(np.full(count, self.first_day))
        issued = words_of(np.full(count, self.issued_at))
        content = keccak_rows(np.concatenate([self.readings, self._missing(), self.salts], axis=1))
        parts = [kind, words_of(self.accounts), days, issued, content]
        return keccak_rows(np.ascontiguousarray(np.concatenate(parts, axis=1)))

    def digest(self, domain: Mapping[str, Any], supplier: int, utility: int) -> bytes:
        """The 32 bytes that the meter operator signs."""
        return snapshots_digest(domain, supplier, utility, merkle_root(self.leaves()), len(self.accounts))

    def shown(self, index: int, signature: bytes) -> Shown:
        """One account's snapshot with its path and the signature over all."""
        return {
            "firstDay": self.first_day,
            "issuedAt": self.issued_at,
            "readings": self.readings[index].tobytes(),
            "missing": int.from_bytes(self._missing()[index].tobytes(), "big"),
            "salt": self.salts[index].tobytes(),
            "index": index,
            "count": len(self.accounts),
            "proof": merkle_proof(self.leaves(), index),
            "signature": signature,
        }

    def _missing(self) -> Bytes2D:
        bits = np.zeros((len(self.accounts), 256), np.bool_)
        bits[:, : self.present.shape[1]] = ~self.present
        return np.packbits(bits, axis=1, bitorder="little")[:, ::-1]


class Meters(Contract):
    """The meter operators' keys."""

    name = "Meters"

    def set_meter(self, supplier: int, utility: int, key: bytes) -> Call:
        """Governor only: the address of whoever signs what the supplier's meters of a utility read."""
        return self.write("setMeter", supplier, utility, key)

    def domain(self, chain_id: int) -> dict[str, Any]:
        """The EIP-712 domain of what meter operators sign."""
        return meters_domain(chain_id, self.address)


def announcement(challenger: bytes, bill: int, nonce: bytes) -> bytes:
    """What a challenger announces to the ledger, 32 bytes, to be rewarded for its challenge with that nonce."""
    return keccak256(challenger.rjust(32, b"\x00") + bill.to_bytes(32, "big") + nonce)


class Challenges(Contract):
    """Proof that a verdict is wrong."""

    name = "Challenges"

    def challenge(self, shown: Shown, leaf: Shown, nonce: bytes) -> Call:
        """By the committed leaf."""
        return self.write("challenge", shown, leaf, nonce)

    def challenge_by_readings(self, shown: Shown, snapshots: Sequence[Shown], nonce: bytes) -> Call:
        """By readings that the meter operator signed, of the whole reference period."""
        return self.write("challengeByReadings", shown, list(snapshots), nonce)

    def demand(self, shown: Shown) -> Call:
        """The sender's demand bond on that nobody can show the leaf."""
        return self.write("demand", shown)

    def answer(self, shown: Shown, leaf: Shown) -> Call:
        """Shows the leaf that was demanded."""
        return self.write("answer", shown, leaf)

    def enforce(self, shown: Shown) -> Call:
        """Ends a demand that nobody answered."""
        return self.write("enforce", shown)
