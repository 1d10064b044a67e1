"""Where a run's seconds go, by phase; what no phase claims is counted, too."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

OTHER: Final = "other"


class Clock:
    """Runs from the moment it is made."""

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._phases: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Counts what is done within; phases do not overlap."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            self._phases[name] = self._phases.get(name, 0.0) + time.perf_counter() - begun

    def read(self) -> tuple[float, Mapping[str, float]]:
        """Seconds in all, and by phase: these sum to those."""
        seconds = time.perf_counter() - self._started
        return seconds, {**self._phases, OTHER: seconds - sum(self._phases.values())}
