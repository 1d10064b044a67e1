"""Typed clients of what governs the others: the clock."""

from __future__ import annotations

from fairmeter.contracts.session import Call, Contract


class FairClock(Contract):
    """What windows and deadlines run by: the block's time less all that was paused."""

    name = "FairClock"

    def pause(self) -> Call:
        """Guardian only: until `resume`, or until the allowance is used up."""
        return self.write("pause")

    def resume(self) -> Call:
        """Guardian only."""
        return self.write("resume")

    def time(self) -> int:
        """Seconds of fair time."""
        return int(self.read("time"))

    def is_paused(self) -> bool:
        """Whether there is a pause now."""
        return bool(self.read("isPaused"))
