"""What is to be done later: actions by time, those of one time in the order they were asked for."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator

Action = Callable[[int], None]
"""Called with its time, Unix seconds."""


class Timeline:
    """A queue of actions; actions may add actions."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Action]] = []
        self._added = 0

    def at(self, time: int, action: Action) -> None:
        """Do `action` at `time`."""
        heapq.heappush(self._heap, (time, self._added, action))
        self._added += 1

    def due(self, until: int | None = None) -> Iterator[tuple[int, Action]]:
        """Take out the actions up to `until`, all if it is None, in order."""
        while self._heap and (until is None or self._heap[0][0] <= until):
            time, _, action = heapq.heappop(self._heap)
            yield time, action
