"""The manifest's sums, counted again from the chain."""

from __future__ import annotations

import numpy as np

from fairmeter.audit.findings import Check, Finding
from fairmeter.audit.manifest import SUMS, Manifest
from fairmeter.audit.money import Rebuilt
from fairmeter.audit.screening import Screened
from fairmeter.bundle import Bundle
from fairmeter.model import BillState, Decision


def check_sums(bundle: Bundle, manifest: Manifest, rebuilt: Rebuilt, screened: Screened) -> Check:
    """Compare every sum; bills by verdict and balance as they were judged, amounts by state at the run's end."""
    end = np.array([len(rebuilt.record.times)], np.int64)
    totals = {name: int(sums[0]) for name, sums in rebuilt.totals_at(end).items()}
    gas = sum(int(group["gas_used"].to_numpy().sum()) for group in bundle.row_groups("receipts"))
    same = ("billed", "unjudged", "settled", "pending", "waiting", "held", "arrears")
    counted = {
        "bills": len(rebuilt.posted.ids),
        **_by_verdict(rebuilt, screened),
        **{f"amount_{name}": totals[name] for name in same},
        "amount_void": totals["voided"],
        "transactions": len(rebuilt.record.times),
        "gas_used": gas,
    }
    findings = tuple(
        Finding("sums", f"manifest.json, sums.{name}", str(counted[name]), str(manifest.sums[name]))
        for name in SUMS
        if counted[name] != manifest.sums[name]
    )
    return Check("sums", "sums of the manifest, counted again", len(SUMS), findings)


def _by_verdict(rebuilt: Rebuilt, screened: Screened) -> dict[str, int]:
    """Bills judged; a PAY that balance or mandate did not cover is in arrears."""
    counts = np.zeros(4, np.int64)
    for judging in rebuilt.batches.judgings:
        counts += np.bincount(screened.decided(judging), minlength=4)[:4]
    moves, posted = rebuilt.moves, rebuilt.posted
    owed = moves.named("ArrearsOpened") & (moves.source == BillState.UNJUDGED)
    pays = np.zeros(len(posted.ids), np.bool_)
    for judging in rebuilt.batches.judgings:
        rows = posted.rows((np.int64(judging.posting.batch) << 16) + np.arange(len(judging.words)))
        pays[rows] = screened.decided(judging) == Decision.PAY
    arrears = int(pays[moves.row[owed]].sum())
    return {
        "settled": int(counts[Decision.PAY]) - arrears,
        "appealed": int(counts[Decision.APPEAL]),
        "insufficient": int(counts[Decision.INSUFFICIENT]),
        "arrears": arrears,
    }
