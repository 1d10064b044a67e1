from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fairmeter.chain.anvil import AnvilEngine, find_anvil
from fairmeter.chain.artifact import Artifact
from fairmeter.chain.compiler import compile_contracts
from fairmeter.chain.engine import Engine
from fairmeter.chain.eth_tester import EthTesterEngine
from fairmeter.chain.revm import RevmEngine
from fairmeter.errors import ToolMissingError

NODE_MODULES = Path(__file__).parents[2] / "contracts" / "node_modules"
FIXTURES = Path(__file__).parent / "fixtures" / "contracts"


@pytest.fixture(scope="session")
def probe_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Foundry project with one contract, beside the npm packages of ours."""
    if not NODE_MODULES.is_dir():
        pytest.skip("npm packages are not installed: run npm ci in contracts/")
    project = tmp_path_factory.mktemp("probe") / "contracts"
    shutil.copytree(FIXTURES, project)
    (project / "node_modules").symlink_to(NODE_MODULES)
    return project


@pytest.fixture(scope="session")
def probe(probe_project: Path) -> Artifact:
    (artifact,) = compile_contracts(probe_project).artifacts
    return artifact


def open_anvil() -> AnvilEngine:
    try:
        find_anvil()
    except ToolMissingError as error:
        pytest.skip(str(error))
    return AnvilEngine()


def open_revm() -> RevmEngine:
    try:
        return RevmEngine()
    except ToolMissingError as error:
        pytest.skip(str(error))


@pytest.fixture
def anvil() -> Iterator[AnvilEngine]:
    with open_anvil() as engine:
        yield engine


@pytest.fixture
def revm() -> Iterator[RevmEngine]:
    with open_revm() as engine:
        yield engine


@pytest.fixture(params=[EthTesterEngine, open_revm, open_anvil], ids=["eth-tester", "revm", "anvil"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    start: Callable[[], Engine] = request.param
    with start() as engine:
        yield engine
