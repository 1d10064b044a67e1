"""Verdicts that the gate computed itself: the evidence in their calldata, the meter operator's signature over it, and
which classes of accounts ask for them."""

from __future__ import annotations

import numpy as np

from fairmeter.audit.batches import Judging
from fairmeter.audit.evidence import Evidence
from fairmeter.audit.findings import Finding
from fairmeter.audit.meters import MeterKeys
from fairmeter.audit.parameters import Parameters
from fairmeter.audit.record import ChainRecord
from fairmeter.chain.compact import signer_of
from fairmeter.contracts.challenging import batch_readings_digest
from fairmeter.contracts.packing import unpack_verdicts
from fairmeter.model import Decision
from fairmeter.units import METER_TIME


class Verified:
    """The checks of one run's batches by who judged them."""

    def __init__(self, record: ChainRecord, keys: MeterKeys, parameters: Parameters) -> None:
        self._parameters, self._times, self._keys = parameters, record.times, keys

    def finding(self, judging: Judging, evidence: Evidence) -> Finding | None:
        """What differs in a batch; `evidence` is the bundle's, whose root is the one on chain."""
        if judging.shown is None:
            return self._by_operators(judging)
        return self._readings(judging, judging.shown, evidence) or self._signature(judging)

    def _readings(self, judging: Judging, shown: Evidence, evidence: Evidence) -> Finding | None:
        for name in ("packed", "bitmap", "salts"):
            ours, theirs = getattr(shown, name), getattr(evidence, name)
            if len(wrong := np.flatnonzero((ours != theirs).any(axis=1))):
                row = int(wrong[0])
                where = f"batch {judging.posting.batch}, bill {row}, {name}"
                return Finding("verified", where, f"0x{ours[row].tobytes().hex()}", f"0x{theirs[row].tobytes().hex()}")
        return None

    def _signature(self, judging: Judging) -> Finding | None:
        posting = judging.posting
        key = self._keys.of(posting)
        digest = batch_readings_digest(self._keys.domain, posting.batch, judging.evidence_root)
        signer = signer_of(digest, judging.signatures)
        if signer is not None and signer == key:
            return None
        return Finding("verified", f"batch {posting.batch}, meter operator's signature", _hex(key), _hex(signer))

    def _by_operators(self, judging: Judging) -> Finding | None:
        """Operators judge no bill of a class that the gate judges, but INSUFFICIENT when the meter was silent."""
        posting = judging.posting
        asked = self._parameters.verified(posting)
        if self._times[judging.transaction] >= self._times[posting.transaction] + METER_TIME:
            asked &= unpack_verdicts(judging.verdicts).decision != Decision.INSUFFICIENT
        if not asked.any():
            return None
        where = f"batch {posting.batch}, bill {int(np.argmax(asked))}"
        return Finding("verified", where, "a verdict that the gate computes", "operators' verdict")


def _hex(address: bytes | None) -> str:
    return "nobody" if address is None else f"0x{address.hex()}"
