"""What all tests share: where things are, and how hard Hypothesis searches."""

from __future__ import annotations

import fcntl
import functools
import os
import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

# Threads that wait for each other by turning round eat the cores of the other worker: boosted trees take six times the
# processor's time. Before scikit-learn is loaded.
os.environ.setdefault("OMP_NUM_THREADS", "1")

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"

if TYPE_CHECKING:
    from fairmeter.chain.compiler import Compilation

# The same examples every time: a failure in one place is a failure in all, and a run's length does not vary. A slow
# machine is no reason to fail: pytest's timeout is the only clock.
settings.register_profile("fairmeter", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("fairmeter")


@pytest.fixture(scope="session")
def root() -> Path:
    """The top of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real data and vectors, beside the checkout; where they are absent the test is skipped, loudly."""
    if not SHARED.is_dir():
        pytest.skip("NOT TESTED: ../shared is absent")
    return SHARED


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder `name`, which the first that asks for it fills, whichever of the processes that share the tests."""
    shared = factory.getbasetemp().parent if "PYTEST_XDIST_WORKER" in os.environ else factory.getbasetemp()
    folder, made = shared / name, shared / f"{name}.made"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            folder.mkdir()
            make(folder)
            made.touch()
    return folder


@pytest.fixture(scope="session")
def compiled(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Compilation:
    """The contracts compiled again; where there is no compiler the test is skipped, loudly."""
    from fairmeter.chain.compiler import compile_contracts  # noqa: PLC0415
    from fairmeter.errors import ToolMissingError  # noqa: PLC0415

    if not (root / "contracts" / "node_modules").is_dir():
        pytest.skip("NOT TESTED: contracts/node_modules is absent (npm ci in contracts/)")

    def make(folder: Path) -> None:
        (folder / "compilation").write_bytes(pickle.dumps(compile_contracts(root / "contracts")))

    try:
        folder = once(tmp_path_factory, "compiled", make)
    except ToolMissingError as error:
        pytest.skip(f"NOT TESTED: {error}")
    found: Compilation = pickle.loads((folder / "compilation").read_bytes())
    return found


@functools.cache
def fastest_engine() -> str:
    """The name of the fastest chain that there is here; where the engine cannot matter, a test runs on it."""
    from fairmeter.chain.revm import RevmEngine  # noqa: PLC0415
    from fairmeter.errors import ToolMissingError  # noqa: PLC0415

    try:
        RevmEngine().close()
    except ToolMissingError:
        return "eth-tester"
    return "revm"


@pytest.fixture(scope="session")
def fastest() -> str:
    return fastest_engine()


@pytest.fixture
def no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiling takes longer than a hundred audits; what it finds has a test of its own."""
    from fairmeter.audit import bytecode  # noqa: PLC0415
    from fairmeter.errors import ToolMissingError  # noqa: PLC0415

    def missing(_: bytes) -> Mapping[str, bytes]:
        raise ToolMissingError("no compiler")

    monkeypatch.setattr(bytecode, "_compile", missing)
