"""Anchors: what an auditor knows from outside a bundle, and compares with the replayed chain."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from fairmeter.audit.findings import Check, Finding
from fairmeter.audit.manifest import Manifest
from fairmeter.audit.record import ChainRecord
from fairmeter.chain.engine import Engine
from fairmeter.chain.history import history_digest
from fairmeter.chain.keccak import keccak256
from fairmeter.contracts.artifacts import ARREARS, CONTRACTS, CREDIT, PAPERS, REFUNDS, TRADE
from fairmeter.errors import InputError

KEYS: Final = ("operators", "meter_keys", "bytecode", "history")
DEPLOYED: Final = (*CONTRACTS, *TRADE, *ARREARS, *CREDIT, *REFUNDS, *PAPERS)
"""What some run may have."""


def read_anchors(path: Path) -> dict[str, Any]:
    """A JSON object of any of KEYS: operators and meter_keys (lists of addresses), bytecode (keccak256 of the deployed
    code by contract), history (the digest of `chain.history` over all blocks). Raises InputError for anything else."""
    try:
        anchors = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: expected a JSON file of anchors: {error}") from error
    if not isinstance(anchors, dict) or not anchors or set(anchors) - set(KEYS):
        raise InputError(f"{path}: expected an object with some of {', '.join(KEYS)}, and no other key")
    for name, value in anchors.items():
        if not _WELL_FORMED[name](value):
            raise InputError(f"{path}: {name} is {value!r}, expected {_EXPECTED[name]}")
    return anchors


def check_anchors(anchors: Mapping[str, Any], manifest: Manifest, record: ChainRecord, engine: Engine) -> Check:
    """Compare each anchor with the chain at its end."""
    found: dict[str, Any] = {
        "operators": sorted(_operators(record)),
        "meter_keys": _meter_keys(record),
        "history": f"0x{history_digest(engine, 1, engine.head()).hex()}",
        "bytecode": {
            name: f"0x{keccak256(engine.code(manifest.contracts[name])).hex()}" for name in anchors.get("bytecode", {})
        },
    }
    expected = {name: _normal(value) for name, value in anchors.items()}
    findings = tuple(
        Finding("anchor", name, str(value), str(found[name]))
        for name, value in expected.items()
        if found[name] != value
    )
    return Check("anchor", "anchors from outside, with the replayed chain", len(anchors), findings)


def check_operators(manifest: Manifest, record: ChainRecord) -> Check:
    """The manifest's operators are those whom the gate lets judge at the end."""
    found = sorted(f"0x{operator.hex()}" for operator in manifest.operators)
    expected = sorted(_operators(record))
    finding = Finding("operators", "manifest.json, operators", str(expected), str(found))
    differs = () if expected == found else (finding,)
    return Check("operators", "operators of the gate, with the manifest's", len(found), differs)


def _operators(record: ChainRecord) -> list[str]:
    active = {one["operator"]: one["active"] for _, one in record.decoded("Operators", "OperatorSet")}
    return [f"0x{operator.hex()}" for operator, is_active in active.items() if is_active]


def _meter_keys(record: ChainRecord) -> list[str]:
    """Who signs for some supplier's utility at the end."""
    named = record.decoded("Meters", "MeterSet")
    latest = {(one["supplier"], one["utility"]): one["key"] for _, one in named}
    return sorted({f"0x{key.hex()}" for key in latest.values() if any(key)})


def _normal(value: Any) -> Any:
    """Addresses and hashes in lower case, lists sorted."""
    if isinstance(value, str):
        return value.lower()
    if isinstance(value, list):
        return sorted(one.lower() for one in value)
    return {name: one.lower() for name, one in value.items()}


def _is_hex(value: object, length: int) -> bool:
    digits = value[2:] if isinstance(value, str) and value.startswith("0x") else ""
    return len(digits) == 2 * length and not set(digits) - set("0123456789abcdefABCDEF")


def _are_addresses(value: object) -> bool:
    return isinstance(value, list) and all(_is_hex(one, 20) for one in value)


def _are_code_hashes(value: object) -> bool:
    return isinstance(value, dict) and all(name in DEPLOYED and _is_hex(one, 32) for name, one in value.items())


_WELL_FORMED: Final[Mapping[str, Callable[[object], bool]]] = {
    "operators": _are_addresses,
    "meter_keys": _are_addresses,
    "bytecode": _are_code_hashes,
    "history": lambda value: _is_hex(value, 32),
}
_EXPECTED: Final[Mapping[str, str]] = {
    "operators": "a list of 0x and 20 bytes in hexadecimal",
    "meter_keys": "a list of 0x and 20 bytes in hexadecimal",
    "bytecode": f"0x and 32 bytes in hexadecimal for some of {', '.join(DEPLOYED)}",
    "history": "0x and 32 bytes in hexadecimal",
}
