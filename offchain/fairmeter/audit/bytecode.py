"""Whether the contracts that a run deployed are what its sources compile to, and what this package ships."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fairmeter.audit.calls import CONSTRUCTOR, calls
from fairmeter.audit.compare import shown
from fairmeter.audit.findings import Check, Finding
from fairmeter.audit.manifest import Manifest
from fairmeter.bundle import COMPILER_INPUT, Bundle
from fairmeter.chain.compiler import compile_input
from fairmeter.chain.keccak import keccak256
from fairmeter.contracts.artifacts import compiler_input
from fairmeter.contracts.deploy import creation_code
from fairmeter.errors import ChainError, InputError, ToolMissingError


def check_sources(bundle: Bundle, manifest: Manifest) -> tuple[Check, bool]:
    """Compile the bundle's sources and compare with the package's bytecode; and whether a compiler was there to do so.

    Without one, the sources are compared with the package's own.
    """
    source = (bundle.folder / COMPILER_INPUT).read_bytes()
    try:
        compiled = _compile(source)
    except ToolMissingError:
        same = source == compiler_input()
        finding = Finding(
            "sources", COMPILER_INPUT, "the package's own sources", "others, and no compiler to judge them by"
        )
        detail = "no compiler is installed: compared with the package's sources"
        return Check("sources", detail, 1, () if same else (finding,)), False
    except (ChainError, InputError, KeyError, ValueError) as error:
        finding = Finding("sources", COMPILER_INPUT, "sources that compile", str(error))
        return Check("sources", "contracts compiled again", 0, (finding,)), True
    findings = tuple(
        _differs("sources", f"{COMPILER_INPUT}, {name}", creation_code(name), compiled.get(name, b""))
        for name in manifest.contracts
        if compiled.get(name) != creation_code(name)
    )
    return Check("sources", "contracts compiled again, with the package's bytecode", len(compiled), findings), True


def check_deployments(bundle: Bundle, manifest: Manifest) -> Check:
    """Every contract that a transaction creates is one of the package's, each once and in their order, at the address
    that the manifest gives."""
    created = _created(bundle)
    creations = [call for call in calls(bundle, _labelled(bundle)) if call.to is None]
    findings: list[Finding] = []
    for name, call in zip(manifest.contracts, creations, strict=False):
        where = f"transaction {call.transaction} ({call.label})"
        code = creation_code(name)
        if not call.data.startswith(code):
            findings.append(_differs("bytecode", f"{where}, {name}", code, call.data[: len(code)]))
        elif created.get(call.transaction) != manifest.contracts[name]:
            found = shown(created.get(call.transaction))
            findings.append(Finding("bytecode", f"{where}, address", shown(manifest.contracts[name]), found))
    if len(creations) != len(manifest.contracts):
        findings.append(Finding("bytecode", "deployments", f"{len(manifest.contracts)}", f"{len(creations)}"))
    return Check("bytecode", "deployed contracts, with the package's bytecode", len(creations), tuple(findings))


@lru_cache(maxsize=1)
def _compile(source: bytes) -> Mapping[str, bytes]:
    """Creation bytecode by contract; an auditor of many bundles compiles the same sources once."""
    compilation = compile_input(json.loads(source))
    return {artifact.name: artifact.bytecode for artifact in compilation.artifacts}


def _labelled(bundle: Bundle) -> set[int]:
    """The transactions whose label says that they create a contract, which `check_calls` compares with the call."""
    labels = pa.chunked_array([chunk for group in bundle.row_groups("transactions") for chunk in group["label"].chunks])
    return set(np.flatnonzero(pc.ends_with(labels, CONSTRUCTOR).to_numpy()).tolist())


def _created(bundle: Bundle) -> dict[int, bytes]:
    """By transaction, the contracts that receipts say were created."""
    return {
        row["transaction"]: row["contract"]
        for group in bundle.row_groups("receipts")
        for row in group.select(["transaction", "contract"]).filter(pc.field("contract").is_valid()).to_pylist()
    }


def _differs(check: str, where: str, expected: bytes, found: bytes) -> Finding:
    lines = (f"{len(code)} bytes with keccak256 0x{keccak256(code).hex()}" for code in (expected, found))
    return Finding(check, where, *lines)
