"""Who signs what meters read: the keys that the chain names, and whether a signature is theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from fairmeter.audit.batches import Posting
from fairmeter.audit.manifest import Manifest
from fairmeter.audit.record import ChainRecord
from fairmeter.chain.merkle import root_of
from fairmeter.contracts.challenging import meters_domain, snapshot_leaf, snapshots_digest
from fairmeter.contracts.packing import READING_BYTES
from fairmeter.model import Int64s


class MeterKeys:
    """The meter operators' keys by version, supplier and utility."""

    def __init__(self, record: ChainRecord, manifest: Manifest) -> None:
        self.domain = meters_domain(manifest.chain_id, manifest.contracts["Meters"])
        named = [one for _, one in record.decoded("Meters", "MeterSet")]
        self._keys = [(one["version"], one["supplier"], one["utility"], one["key"]) for one in named]

    def of(self, posting: Posting) -> bytes | None:
        """The address that signs for a posting; None where nobody is named."""
        place, version = (posting.supplier, posting.utility), posting.parameter_version
        named = [key for since, *of, key in self._keys if since <= version and tuple(of) == place]
        return named[-1] if named and any(named[-1]) else None

    def snapshot_digest(self, posting: Posting, account: int, snapshot: Mapping[str, Any]) -> bytes | None:
        """The hash that the signature of a snapshot of an account, as challengeByReadings has it, must be over; None if
        it does not stand where it says among the others."""
        root = root_of(snapshot_leaf(account, snapshot), snapshot["index"], snapshot["count"], snapshot["proof"])
        if root is None:
            return None
        return snapshots_digest(self.domain, posting.supplier, posting.utility, root, snapshot["count"])


def daily(packed: bytes, missing: int) -> tuple[int | None, ...]:
    """The readings of packed days; None where one is missing."""
    days = np.frombuffer(packed, np.uint8).reshape(-1, READING_BYTES)
    weights: Int64s = 256 ** np.arange(READING_BYTES - 1, -1, -1, dtype=np.int64)
    return tuple(None if missing >> day & 1 else value for day, value in enumerate((days @ weights).tolist()))
