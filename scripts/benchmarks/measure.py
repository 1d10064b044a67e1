"""Runs each contestant in a process of its own, in rounds: A B C, A B C, so that what the machine does besides falls on
all of them alike."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

SINGLE_THREAD: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""One, for all: how many threads work is what a benchmark says, not what a library takes."""
SOURCES: Final = Path(__file__).parents[1]


class WrongOutcomeError(Exception):
    """A contestant whose result is not what the work comes to: its time means nothing."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """One program that does a piece of work."""

    name: str
    command: Sequence[str | Path]
    """The result's path is appended."""
    result: Path
    check: Callable[[], str | None] = lambda: None
    """What is wrong with the outcome, if anything."""


def rounds(contestants: Sequence[Contestant], repeat: int, tell: Callable[[str], None]) -> dict[str, list[Any]]:
    """Run all of them `repeat` times, interleaved; every run's raw figures by name. Raises WrongOutcomeError."""
    runs: dict[str, list[Any]] = {one.name: [] for one in contestants}
    for number in range(repeat):
        for one in contestants:
            figures = run(one)
            runs[one.name].append(figures)
            tell(f"round {number + 1} of {repeat}, {one.name}: {figures['seconds']:.3f} s")
    return runs


def run(one: Contestant) -> dict[str, Any]:
    """One run: the contestant's own figures, and how busy the machine was when it began."""
    load = os.getloadavg()[0]
    one.result.parent.mkdir(parents=True, exist_ok=True)
    log = one.result.with_suffix(".log")
    with log.open("wb") as output:
        command = [*map(str, one.command), str(one.result)]
        code = subprocess.call(command, stdout=output, stderr=output, env=_environment())
    if code:
        raise WrongOutcomeError(f"{one.name} ended with exit code {code}:\n{log.read_text()[-2000:]}")
    if problem := one.check():
        raise WrongOutcomeError(f"{one.name}: {problem}")
    figures: dict[str, Any] = json.loads(one.result.read_text())
    return {**figures, "load": round(load, 2)}


def machine() -> Mapping[str, Any]:
    """Where the figures come from."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _environment() -> dict[str, str]:
    path = os.pathsep.join(part for part in (str(SOURCES), os.environ.get("PYTHONPATH", "")) if part)
    return {**os.environ, **dict.fromkeys(SINGLE_THREAD, "1"), "PYTHONPATH": path}
