"""Mandates by which only readings count that the meter operator signed: what it signed for each of their bills, and
that nothing else was judged by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np

from fairmeter.audit.batches import Judging, Posting
from fairmeter.audit.corrections import Corrected, Way
from fairmeter.audit.evidence import reference_of
from fairmeter.audit.findings import Finding
from fairmeter.audit.meters import MeterKeys, daily
from fairmeter.audit.parameters import Parameters
from fairmeter.audit.record import ChainRecord
from fairmeter.bundle import Bundle
from fairmeter.chain.compact import signer_of
from fairmeter.model import Reference
from fairmeter.units import METER_TIME

HASH = 32

Days = tuple[int | None, ...]
"""Base units a day of a reference period; None where there is no reading."""


class Signed:
    """The checks of one run's bills for which only signed readings count."""

    def __init__(
        self, bundle: Bundle, record: ChainRecord, keys: MeterKeys, parameters: Parameters, corrected: Corrected
    ) -> None:
        self._keys, self._parameters, self._corrected, self._times = keys, parameters, corrected, record.times
        self._shown: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
        for row in bundle.table("snapshots").to_pylist():
            self._shown[row["batch"] << 16 | row["index"]].append(_as_shown(row))

    def finding(self, judging: Judging, evidence: Reference) -> Finding | None:
        """The first bill of a batch that was judged by other readings, and not put right by others on chain; `evidence`
        is what its leaves hold."""
        posting = judging.posting
        if judging.shown is not None:
            return None
        for index in np.flatnonzero(self._parameters.signed_only(posting)).tolist():
            found = self._one(judging, index, evidence)
            if found is not None and not self._is_put_right(posting.batch << 16 | index):
                return Finding("signed", f"batch {posting.batch}, bill {index}", *found)
        return None

    def count(self, judging: Judging) -> int:
        """Bills that are checked."""
        return 0 if judging.shown is not None else int(self._parameters.signed_only(judging.posting).sum())

    def _one(self, judging: Judging, index: int, evidence: Reference) -> tuple[str, str] | None:
        """What is wrong about one bill: what should be, and what is."""
        posting = judging.posting
        shown = self._shown.get(posting.batch << 16 | index, [])
        judged_at, posted_at = (int(self._times[one.transaction]) for one in (judging, posting))
        start, days = (int(one[0]) for one in reference_of(*_row(posting, index)))
        known = _days_of(shown, start, days) if all(self._is_signed(posting, index, one) for one in shown) else None
        if shown and (known is None or max(one["issuedAt"] for one in shown) > judged_at):
            return "the meter operator's signatures over each day, by the judging", "others"
        found = tuple(
            value if there else None
            for value, there in zip(
                evidence.readings[index, :days].tolist(), evidence.present[index, :days].tolist(), strict=True
            )
        )
        if known is None:
            known = (None,) * days
            if judged_at < posted_at + METER_TIME:
                return f"no verdict before {posted_at + METER_TIME}, the meter operator's time", str(judged_at)
        return None if found == known else ("the readings that the meter operator signed", "readings that it did not")

    def _is_signed(self, posting: Posting, index: int, snapshot: Mapping[str, Any]) -> bool:
        key = self._keys.of(posting)
        digest = self._keys.snapshot_digest(posting, int(posting.accounts[index]), snapshot)
        return None not in (key, digest) and signer_of(digest or b"", snapshot["signature"]) == key

    def _is_put_right(self, bill: int) -> bool:
        return any(one.way in (Way.DEMAND, Way.METER) for one in self._corrected.of(bill))


def _row(posting: Posting, index: int) -> tuple[Any, Any]:
    bills, row = posting.bills, slice(index, index + 1)
    return bills.start[row], bills.days[row]


def _days_of(shown: list[dict[str, Any]], start: int, days: int) -> Days | None:
    """The readings of the days from `start` on, snapshot after snapshot; None where they do not have all."""
    found: list[int | None] = []
    for one in shown:
        skipped = start + len(found) - one["firstDay"]
        found += daily(one["readings"], one["missing"])[skipped:] if skipped >= 0 else ()
    return tuple(found[:days]) if len(found) >= days else None


def _as_shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """As the contract is shown it."""
    proof = row["proof"]
    return {
        "firstDay": row["first_day"],
        "issuedAt": row["issued_at"],
        "readings": row["readings"],
        "missing": int.from_bytes(row["missing"], "big"),
        "salt": row["salt"],
        "index": row["place"],
        "count": row["count"],
        "proof": [proof[at : at + HASH] for at in range(0, len(proof), HASH)],
        "signature": row["signature"],
    }
