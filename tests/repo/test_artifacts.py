"""The committed artifacts are what the compiler makes of the committed sources."""

from __future__ import annotations

from pathlib import Path

from fairmeter.chain.compiler import Compilation
from fairmeter.contracts.artifacts import CONTRACTS, artifact


def test_artifacts__compiled_again__the_same_bytes(root: Path, compiled: Compilation, tmp_path: Path) -> None:
    compiled.write(tmp_path)
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
