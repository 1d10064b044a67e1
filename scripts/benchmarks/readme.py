"""Writes the tables of benchmarks.json into README, between its markers."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

from benchmarks import figures

BEGIN: Final = "<!-- from docs/benchmarks.json, by scripts/bench -->"
END: Final = "<!-- end of benchmarks -->"
SECTION: Final = "## Measured side by side\n\n![Speed, gas and growth](docs/benchmarks.svg)\n\n"
NEXT: Final = "## Map\n"


def block(found: object) -> str:
    """The text between the markers."""
    assert isinstance(found, dict)
    parts = [figures.machine(found)]
    for table in figures.tables(found):
        if table.title.startswith("Verdicts"):
            parts.append(f"{table.title}.")
        parts.append(table.as_markdown())
    return "\n\n".join(parts)


def updated(readme: str, found: object) -> str:
    """README with the block of these figures; the first time in a section of its own, before the map of the folders."""
    if BEGIN not in readme:
        readme = readme.replace(NEXT, f"{SECTION}{BEGIN}\n{END}\n\n{NEXT}", 1)
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{block(found)}\n\n{END}{after}"


def main(figures_file: Path, readme: Path) -> None:
    """Rewrite `readme` in place."""
    text = readme.read_text(encoding="utf-8")
    readme.write_text(updated(text, json.loads(figures_file.read_text(encoding="utf-8"))), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
