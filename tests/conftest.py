"""What all tests share: where things are, and how hard Hypothesis searches."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"

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
