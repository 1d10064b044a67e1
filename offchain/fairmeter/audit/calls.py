"""A bundle's transactions as calls of contracts: to whom, with what, and whether their labels say so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from functools import cache
from typing import Final

import pyarrow as pa

from fairmeter.audit.findings import MAX_FINDINGS, Check, Finding
from fairmeter.audit.manifest import Manifest
from fairmeter.bundle import Bundle
from fairmeter.chain.transaction import decode_transaction
from fairmeter.contracts.artifacts import interface
from fairmeter.contracts.deploy import creation_code
from fairmeter.errors import ChainError, InputError

CONSTRUCTOR: Final = ".constructor"
TRANSFER: Final = "chain.transfer"
"""Of the chain's own money, to an account without code."""


@dataclass(frozen=True, slots=True)
class Call:
    """One transaction."""

    transaction: int
    label: str
    chain_id: int
    to: bytes | None
    data: bytes


def calls(bundle: Bundle, wanted: Set[int] | None = None) -> Iterator[Call]:
    """All transactions, in order, or those with the `wanted` numbers. Raises ChainError for bytes that are no
    transaction."""
    number = 0
    for group in bundle.row_groups("transactions"):
        count = len(group)
        rows = range(count) if wanted is None else [row for row in range(count) if number + row in wanted]
        labels, raws = group["label"].take(pa.array(rows, pa.int64())), group["raw"].take(pa.array(rows, pa.int64()))
        for row, label, raw in zip(rows, labels.to_pylist(), raws.to_pylist(), strict=True):
            decoded = decode_transaction(raw)
            yield Call(number + row, label, decoded.chain_id, decoded.to, decoded.data)
        number += count


def check_calls(bundle: Bundle, manifest: Manifest) -> Check:
    """Decode every transaction: it must be for this chain, and its label must be the function that it calls."""
    names = {address: name for name, address in manifest.contracts.items()}
    findings: list[Finding] = []
    count = 0
    try:
        for call in calls(bundle):
            count += 1
            findings += _differences(call, manifest.chain_id, names)
            if len(findings) >= MAX_FINDINGS:
                break
    except ChainError as error:
        findings.append(Finding("calls", f"transaction {count}", "a signed transaction of type 2", str(error)))
    return Check("calls", "transactions decoded, their chain and label", count, tuple(findings))


def _differences(call: Call, chain_id: int, names: Mapping[bytes, str]) -> list[Finding]:
    where = f"transaction {call.transaction} ({call.label})"
    label = label_of(call, names)
    found = [] if call.label == label else [Finding("calls", f"{where}, label", label, call.label)]
    if call.chain_id != chain_id:
        found.append(Finding("calls", f"{where}, chain id", str(chain_id), str(call.chain_id)))
    return found


def label_of(call: Call, names: Mapping[bytes, str]) -> str:
    """contract.function, as the call itself says it; what is unknown is said to be."""
    if call.to is None:
        created = [name for name in names.values() if call.data.startswith(creation_code(name))]
        return f"{created[0] if created else 'unknown'}{CONSTRUCTOR}"
    name = names.get(call.to)
    if name is None:
        return "unknown.call" if call.data else TRANSFER
    stated = call.label.partition(".")[2]
    return f"{name}.{stated if call.data[:4] == _selector(name, stated) else _called(name, call.data)}"


@cache
def _selector(contract: str, function: str) -> bytes | None:
    try:
        return interface(contract).selector(function)
    except InputError:
        return None


def _called(contract: str, data: bytes) -> str:
    try:
        return interface(contract).decode_call(data)[0]
    except ChainError:
        return "unknown"
