"""What desk, rules and standing said, one event after the other, and what they refused to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow.compute as pc

from fairmeter.audit.compare import Rows
from fairmeter.audit.record import LOG_BITS, RARE, ChainRecord, order_of
from fairmeter.bundle import Bundle
from fairmeter.chain.keccak import keccak256
from fairmeter.chain.signed import decode_signed
from fairmeter.contracts.artifacts import interface
from fairmeter.contracts.trading import ARGUMENTS

MANDATES: Final = ("MandateGranted", "MandateRevoked")
GRANTS: Final = ("grantMandate",)
LAST: Final = (1 << LOG_BITS) - 1
"""After a transaction's last log."""


@dataclass(frozen=True, slots=True)
class Happened:
    """An event, or a call that was refused; `name` is the event's or the function's."""

    order: int
    """As `order_of` counts."""
    contract: str
    name: str
    arguments: Mapping[str, Any]
    """Integers, and addresses and hashes as bytes."""
    refused_to: bytes | None = None
    """Who made the call that was refused; None for an event."""

    @property
    def transaction(self) -> int:
        """Its number."""
        return self.order >> LOG_BITS


def happened(record: ChainRecord, bundle: Bundle) -> list[Happened]:
    """All of it, in order."""
    found = [*_events(record), *_refused(record, bundle)]
    return sorted(found, key=lambda one: one.order)


def _events(record: ChainRecord) -> Iterator[Happened]:
    kinds = [(contract, name) for contract in ARGUMENTS for name in interface(contract).topics()]
    for contract, name in [*kinds, *(("PaymentLedger", name) for name in MANDATES)]:
        if name in RARE:
            for order, arguments in record.decoded(contract, name):
                yield Happened(order, contract, name, arguments)
            continue
        columns = record.columns(contract, name)
        item = interface(contract).event(name)
        values = [_values(one["type"], columns[one["name"]]) for one in item["inputs"]]
        names = [one["name"] for one in item["inputs"]]
        for order, row in zip(order_of(columns).tolist(), zip(*values, strict=True), strict=True):
            yield Happened(order, contract, name, dict(zip(names, row, strict=True)))


def _values(kind: str, column: np.ndarray[Any, Any]) -> list[Any]:
    if kind not in {"address", "bytes32"}:
        values: list[Any] = column.tolist()
        return values
    return [row.tobytes() for row in (column[:, 12:] if kind == "address" else column)]


def _refused(record: ChainRecord, bundle: Bundle) -> Iterator[Happened]:
    """Calls of the three contracts, and of the ledger for mandates, whose transactions failed."""
    names = {record.contracts[contract]: contract for contract in [*ARGUMENTS, "PaymentLedger"]}
    receipts = Rows(bundle, "receipts")
    for transactions in bundle.row_groups("transactions"):
        failed = transactions.filter(pc.invert(receipts.take(len(transactions))["status"]))
        for number, raw in zip(failed["transaction"].to_pylist(), failed["raw"].to_pylist(), strict=True):
            signed = decode_signed(raw, keccak256)
            contract = names.get(signed.to or b"")
            if contract is None:
                continue
            function, arguments = interface(contract).decode_call(signed.data)
            if contract in ARGUMENTS or function in GRANTS:
                yield Happened(number << LOG_BITS | LAST, contract, function, arguments, signed.sender)
