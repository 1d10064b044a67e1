"""How a contestant hands its figures over."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

STATUS: Final = Path("/proc/self/status")
KILOBYTES_A_MEGABYTE: Final = 1024


def hand_over(result: Path, figures: Mapping[str, Any]) -> None:
    """Write the figures and the process's peak memory: by its own account, since what the parent is told (ru_maxrss)
    begins at the parent's own size."""
    result.write_text(json.dumps({**figures, "peak_mb": _peak()}))


def _peak() -> int | None:
    """Megabytes; None where the system does not say."""
    lines = STATUS.read_text().splitlines() if STATUS.is_file() else []
    peaks = [int(line.split()[1]) for line in lines if line.startswith("VmHWM")]
    return round(peaks[0] / KILOBYTES_A_MEGABYTE) if peaks else None
