"""The manifest's sums of a run at the trade desk, counted again."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from fairmeter.audit.findings import Check, Finding
from fairmeter.audit.manifest import TRADE_SUMS, Manifest
from fairmeter.audit.record import Columns
from fairmeter.audit.trade.check import Trading
from fairmeter.bundle import Bundle


def check_trade_sums(bundle: Bundle, manifest: Manifest, trading: Trading) -> Check:
    """Compare every sum with the events' columns."""
    counted = {**_of_desk(trading), **_of_standing(trading), **_of_chain(bundle)}
    findings = tuple(
        Finding("sums", f"manifest.json, sums.{name}", str(counted[name]), str(manifest.sums[name]))
        for name in TRADE_SUMS
        if counted[name] != manifest.sums[name]
    )
    return Check("sums", "sums of the manifest, counted again", len(TRADE_SUMS), findings)


def _of_desk(trading: Trading) -> Mapping[str, int]:
    names = ("OfferPublished", "Bought", "PartPaid", "PartInInstalments", "PartClosed", "Deposited", "Withdrawn")
    published, bought, paid, begun, closed, deposited, withdrawn = (trading.desk_events(name) for name in names)
    later = np.isin(paid["part"], begun["part"])
    fees = _sum(paid, "payerFee", "supplierFee") + _sum(closed, "buyerFee", "supplierFee")
    return {
        "offers": len(published["offer"]),
        "warned": _sum(published, "warned"),
        "purchases": len(bought["trade"]),
        "parts": _sum(bought, "parts"),
        "amount_bought": _sum(bought, "total"),
        "amount_direct": int(paid["amount"][~later].sum()),
        "amount_instalments": int(paid["amount"][later].sum()),
        "amount_released": _sum(closed, "due"),
        "amount_returned": _sum(closed, "locked") - _sum(closed, "due", "buyerFee"),
        "fees": fees,
        "deposited": _sum(deposited, "amount"),
        "withdrawn": _sum(withdrawn, "amount"),
        "mandates": len(trading.record.ledger("MandateGranted")["account"]),
    }


def _of_standing(trading: Trading) -> Mapping[str, int]:
    names = ("StandingChanged", "StandingFlagged", "StandingSuspended", "StandingRewarded")
    changed, flagged, suspended, rewarded = (trading.standing_events(name) for name in names)
    return {
        "changes": len(changed["change"]),
        "flagged": _sum(flagged, "abnormal"),
        "suspended": len(suspended["change"]),
        "banned": _sum(suspended, "banned"),
        "rewarded": len(rewarded["change"]),
    }


def _of_chain(bundle: Bundle) -> Mapping[str, int]:
    receipts = bundle.table("receipts", ["status", "gas_used"])
    status = receipts["status"].to_numpy()
    return {
        "transactions": len(status),
        "refused": int((~status).sum()),
        "gas_used": int(receipts["gas_used"].to_numpy().sum()),
    }


def _sum(columns: Columns, *names: str) -> int:
    return sum(int(columns[name].sum()) for name in names)
