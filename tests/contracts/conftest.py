"""The Solidity libraries that no contract's ABI shows, behind a harness on a chain in the process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fairmeter.chain import compiler
from fairmeter.chain.artifact import Artifact
from fairmeter.chain.engine import Engine
from fairmeter.chain.eth_tester import EthTesterEngine
from fairmeter.chain.wallet import Wallet, funder_key
from fairmeter.errors import RevertError

HARNESS = "test/harness/TrendVerdictHarness.sol"


class Harness:
    """`TrendVerdictHarness`, deployed."""

    def __init__(self, engine: Engine, artifact: Artifact) -> None:
        self._engine = engine
        self._interface = artifact.interface()
        deployer = Wallet.on(engine, funder_key(engine))
        (receipt,) = engine.send([deployer.sign(None, artifact.bytecode, gas=5_000_000).raw])
        assert receipt.contract_address is not None
        self._address = receipt.contract_address

    def call(self, function: str, *arguments: Any) -> Any:
        """What the function returns; RevertError with the name of the library's error if it refuses."""
        try:
            data = self._engine.call(self._address, self._interface.encode_call(function, *arguments))
        except RevertError as error:
            raise self._interface.decode_error(error.data, function) from error
        return self._interface.decode_output(function, data)


@pytest.fixture(scope="session")
def harness_artifact(root: Path) -> Artifact:
    """Compiled as the contracts are, which have no harness among them."""
    contracts = root / "contracts"
    if not (contracts / "node_modules").is_dir():
        pytest.skip("NOT TESTED: npm packages are not installed: run npm ci in contracts/")
    settings = compiler._settings(contracts / "foundry.toml")
    sources = compiler._with_imports(contracts, [HARNESS], settings["remappings"])
    document = {
        "language": "Solidity",
        "sources": {name: {"content": text} for name, text in sources.items()},
        "settings": {**settings, "outputSelection": {HARNESS: {"*": list(compiler.OUTPUTS)}}},
    }
    (artifact,) = compiler.compile_input(document).artifacts
    return artifact


@pytest.fixture(scope="session")
def harness(harness_artifact: Artifact) -> Iterator[Harness]:
    with EthTesterEngine() as engine:
        yield Harness(engine, harness_artifact)
