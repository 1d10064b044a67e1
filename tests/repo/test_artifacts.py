"""The committed artifacts are what the compiler makes of the committed sources."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairmeter.chain.compiler import compile_contracts
from fairmeter.contracts.artifacts import CONTRACTS, artifact
from fairmeter.errors import ToolMissingError


def test_artifacts__compiled_again__the_same_bytes(root: Path, tmp_path: Path) -> None:
    contracts = root / "contracts"
    if not (contracts / "node_modules").is_dir():
        pytest.skip("NOT TESTED: contracts/node_modules is absent (npm ci in contracts/)")
    try:
        compile_contracts(contracts).write(tmp_path)
    except ToolMissingError as error:
        pytest.skip(f"NOT TESTED: {error}")
    committed = root / "offchain" / "fairmeter" / "contracts" / "artifacts"
    names = {path.name for path in committed.glob("*.json")}
    assert {f"{contract}.json" for contract in CONTRACTS} <= names
    assert names == {path.name for path in tmp_path.iterdir()}
    assert {name for name in names if (committed / name).read_bytes() != (tmp_path / name).read_bytes()} == set()


def test_artifacts__functions__name_their_parameters() -> None:
    """Also those that are handed on by a declaration without names."""
    functions = [(name, item) for name in CONTRACTS for item in artifact(name)["abi"] if item["type"] == "function"]
    unnamed = [(name, item["name"]) for name, item in functions if not all(one["name"] for one in item["inputs"])]
    assert len(functions) > 200
    assert unnamed == []
