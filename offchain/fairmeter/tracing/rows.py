"""Rows of the index from logs: every event that names a bill or a batch, documents, staff, and the bills and verdicts
in the calldata behind postings and judgements."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fairmeter.chain.abi import Item
from fairmeter.contracts.artifacts import artifact, interface
from fairmeter.contracts.calldata import array_argument, bytes_argument
from fairmeter.contracts.events import event_columns
from fairmeter.contracts.packing import VERDICT_BYTES, unpack_bills, unpack_verdicts
from fairmeter.contracts.papering import NAME as PAPERS
from fairmeter.contracts.papering import documents_of
from fairmeter.model import BillState, Int64s, Reason
from fairmeter.papers.kinds import Kind, fallen
from fairmeter.tracing.store import Rows
from fairmeter.tracing.tables import BILLS, BLOCKS, DOCUMENTS, LOG_BITS, MOVES, STAFF, SUPPLIERS, VERDICTS

CONTRACTS: Final = ("PaymentLedger", "VerdictGate", "AppealRegistry", "Challenges", "ScreeningRules")
"""Whose events about bills and batches are kept."""
TRANSACTION_BITS: Final = 20
"""More transactions than a block has."""
MASK: Final = (1 << TRANSACTION_BITS) - 1
FELLS: Final = np.array([fallen(kind) for kind in Kind], np.int64)
Columns = Mapping[str, Any]
Calldata = Callable[[int, int], bytes]
"""What the transaction at a block and place in it carried."""


def rows_of(
    logs: pa.Table, times: Mapping[int, tuple[int, bytes | None]], contracts: Mapping[str, bytes], calldata: Calldata
) -> Rows:
    """All rows that `logs` give. Of each log `transaction` is block << 20 | the transaction's place in it, and
    `log` its place in the block; `times` has the time and hash of every block with logs. A batch that another
    contract posted or judged has no bills or verdicts here: its calldata are not known."""
    logs = _relevant(logs, contracts)
    blocks = np.unique(logs["transaction"].to_numpy() >> TRANSACTION_BITS).tolist()
    found: dict[Any, list[Mapping[str, Any]]] = {
        BLOCKS: [{"number": one, "hash": times[one][1], "at": times[one][0]} for one in blocks],
        SUPPLIERS: list(_suppliers(logs, contracts)),
        BILLS: list(_bills(logs, contracts, calldata)),
        VERDICTS: list(_verdicts(logs, contracts, calldata)),
        MOVES: [row for name in CONTRACTS for row in _moves(logs, name, contracts[name])],
    }
    if PAPERS in contracts:
        found[DOCUMENTS] = list(_documents(logs, contracts[PAPERS]))
        found[STAFF] = list(_staff(logs, contracts[PAPERS]))
    return found


def events_of(contract: str) -> Iterator[str]:
    """A contract's events about one bill or one batch whose parameters are all static."""
    for item in artifact(contract)["abi"]:
        if item["type"] == "event" and _is_static(item) and {"bill", "batch"} & {one["name"] for one in item["inputs"]}:
            yield item["name"]


def _relevant(logs: pa.Table, contracts: Mapping[str, bytes]) -> pa.Table:
    own = {"PaymentLedger": {"SupplierRegistered"}, PAPERS: {"Documented", "StaffAppointed"}}
    parts = []
    for name in (*CONTRACTS, *({PAPERS} & set(contracts))):
        events = own.get(name, set()) | (set(events_of(name)) if name in CONTRACTS else set())
        topics = pa.array([interface(name).topic(event) for event in sorted(events)], pa.binary())
        of = pc.equal(logs["address"], pa.scalar(contracts[name], pa.binary(20)))
        parts.append(pc.and_(of, pc.is_in(pc.binary_slice(logs["topics"], 0, 32), topics)))
    chosen = parts[0]
    for part in parts[1:]:
        chosen = pc.or_(chosen, part)
    return logs.filter(chosen)


def _is_static(item: Item) -> bool:
    return all(
        one["type"].startswith(("uint", "int", "bool", "address", "bytes32")) and "[" not in one["type"]
        for one in item["inputs"]
    )


def _places(columns: Columns) -> tuple[list[int], list[int], list[int]]:
    """Block, place and transaction of each."""
    block = columns["transaction"].astype(np.int64) >> TRANSACTION_BITS
    place = block << LOG_BITS | columns["log"].astype(np.int64)
    return block.tolist(), place.tolist(), (columns["transaction"] & MASK).tolist()


def _suppliers(logs: pa.Table, contracts: Mapping[str, bytes]) -> Iterator[Mapping[str, Any]]:
    """Few: one by one."""
    ledger = interface("PaymentLedger")
    mine = pc.equal(logs["address"], pa.scalar(contracts["PaymentLedger"], pa.binary(20)))
    one = pc.equal(pc.binary_slice(logs["topics"], 0, 32), pa.scalar(ledger.topic("SupplierRegistered"), pa.binary()))
    for row in logs.filter(pc.and_(mine, one)).to_pylist():
        length = int.from_bytes(row["data"][32:64], "big")
        name = row["data"][64 : 64 + length].decode(errors="replace").replace("\0", " ")
        supplier = int.from_bytes(row["topics"][32:64], "big")
        owner = row["topics"][76:96]
        yield {"block": row["transaction"] >> TRANSACTION_BITS, "supplier": supplier, "name": name, "owner": owner}


def _bills(logs: pa.Table, contracts: Mapping[str, bytes], calldata: Calldata) -> Iterator[Mapping[str, Any]]:
    selector = interface("PaymentLedger").selector("postBills")
    columns = event_columns(logs, contracts["PaymentLedger"], interface("PaymentLedger"), "BillsPosted")
    for row, (block, _, transaction) in enumerate(zip(*_places(columns), strict=True)):
        data = calldata(block, transaction)
        if data[:4] != selector:
            continue
        bills = unpack_bills(array_argument(data, 2))
        supplier, batch = int(columns["supplier"][row]), int(columns["batch"][row])
        last = (bills.start + bills.days - 1).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
        values = zip(
            ((supplier << 32) + bills.number).tolist(), bills.start.tolist(), bills.days.tolist(), last.tolist(),
            bills.quantity.tolist(), bills.amount.tolist(), bills.replaces.tolist(), strict=True,
        )  # fmt: skip
        names = ("account", "start", "days", "month", "quantity", "amount", "replaces")
        for index, value in enumerate(values):
            fields = dict(zip(names, value, strict=True))
            utility = int(columns["utility"][row])
            yield {"block": block, "bill": batch << 16 | index, "supplier": supplier, "utility": utility, **fields}


def _verdicts(logs: pa.Table, contracts: Mapping[str, bytes], calldata: Calldata) -> Iterator[Mapping[str, Any]]:
    """Of operators; those that the gate computed itself are in no calldata, and what they did is in the moves."""
    selector = interface("VerdictGate").selector("submitVerdicts")
    columns = event_columns(logs, contracts["VerdictGate"], interface("VerdictGate"), "BatchJudged")
    for row, (block, _, transaction) in enumerate(zip(*_places(columns), strict=True)):
        data = calldata(block, transaction)
        if data[:4] != selector:
            continue
        packed = np.frombuffer(bytes_argument(data, 3), np.uint8).reshape(-1, VERDICT_BYTES)
        found, batch = unpack_verdicts(packed), int(columns["batch"][row])
        values = zip(
            found.decision.tolist(), found.actual_ppm.tolist(), found.expected_ppm.tolist(),
            found.has_actual.tolist(), found.has_expected.tolist(), strict=True,
        )  # fmt: skip
        for index, (decision, actual, expected, knows_actual, knows_expected) in enumerate(values):
            growths = {
                "actual_ppm": actual if knows_actual else None,
                "expected_ppm": expected if knows_expected else None,
            }
            yield {"block": block, "bill": batch << 16 | index, "decision": decision, **growths}


def _moves(logs: pa.Table, contract: str, address: bytes) -> Iterator[Mapping[str, Any]]:
    for event in events_of(contract):
        columns = event_columns(logs, address, interface(contract), event)
        count = len(columns["log"])
        if not count:
            continue
        named = columns.get("bill")
        others = [name for name in columns if name not in {"transaction", "log", "bill", "batch"}]
        details = zip(*(_plain(columns[name]) for name in others), strict=True) if others else iter([()] * count)
        bills = [None] * count if named is None else named.tolist()
        batches = columns["batch"].tolist() if named is None else [None] * count
        paid = paid_by(event, columns).tolist()
        fixed = {"contract": contract, "event": event}
        for block, place, transaction, bill, batch, amount, detail in zip(
            *_places(columns), bills, batches, paid, details, strict=True
        ):
            text = json.dumps(dict(zip(others, detail, strict=True)))
            yield {
                "block": block, "place": place, "transaction": transaction, **fixed,
                "bill": bill, "batch": batch, "paid": amount, "detail": text,
            }  # fmt: skip


def paid_by(event: str, columns: Columns) -> Int64s:
    """(n,) what bills have paid by the ledger's events, minor units: to the pending bucket or to the supplier."""
    if event == "BillPending":
        paid = columns["amount"]
    elif event == "BillPaid":
        paid = columns["fromBalance"] + columns["fromHold"] + columns["fromPayer"]
    elif event == "BillVoided":
        paid = -np.where(columns["reason"] == Reason.CANCELLED, columns["refunded"], 0)
    elif event == "BillReversed":
        again = np.where(columns["to"] == BillState.PENDING, columns["taken"], 0)
        paid = again - np.where(columns["from"] == BillState.PENDING, columns["refunded"], 0)
    elif event in {"PaymentReturned", "RefundPaid"}:
        paid = -columns["amount"]
    elif event == "BillReclaimed":
        paid = columns["owed"] - columns["amount"]
    else:
        paid = columns["kept"] if event == "ReclaimClosed" else np.zeros(len(columns["log"]), np.int64)
    return np.asarray(paid, np.int64)


def _plain(column: np.ndarray[Any, Any]) -> list[Any]:
    """Integers as such, bytes in hexadecimal: of 20 where it is an address."""
    if column.ndim == 1:
        values: list[Any] = column.tolist()
        return values
    short = not column[:, :12].any()
    return [f"0x{row[12 if short else 0 :].tobytes().hex()}" for row in column]


def _documents(logs: pa.Table, address: bytes) -> Iterator[Mapping[str, Any]]:
    found = documents_of(logs, address)
    written = found.defect == 0
    bits = np.where(written, 1 << found.kind, 0).tolist()
    fells = np.where(written, 0, FELLS[found.kind]).tolist()
    columns = {"transaction": found.transaction, "log": found.log}
    bytes_ = (found.issuer, found.content, found.what, found.by)
    numbers = (found.bill, found.kind, found.defect, found.parents, found.amount, found.tax)
    names = ("bill", "kind", "defect", "parents", "amount", "tax", "issuer", "content", "what", "by")
    values = zip(*(one.tolist() for one in numbers), *([row.tobytes() for row in one] for one in bytes_), strict=True)
    for block, place, transaction, bit, fell, value in zip(*_places(columns), bits, fells, values, strict=True):
        fields = dict(zip(names, value, strict=True))
        yield {"block": block, "place": place, "transaction": transaction, "bit": bit, "fells": fell, **fields}


def _staff(logs: pa.Table, address: bytes) -> Iterator[Mapping[str, Any]]:
    columns = event_columns(logs, address, interface(PAPERS), "StaffAppointed")
    for row, (block, place, _) in enumerate(zip(*_places(columns), strict=True)):
        key, identity = columns["key"][row, 12:].tobytes(), columns["identity"][row].tobytes()
        numbers = {name: int(columns[name][row]) for name in ("supplier", "person", "duties")}
        yield {"block": block, "place": place, "key": key, "identity": identity, **numbers}
