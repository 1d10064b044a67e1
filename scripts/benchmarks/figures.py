"""The raw figures of benchmarks.json as tables: medians, times a bill, ratios. Terminal, README and plot read these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from rich.table import Table as RichTable

BASELINE: Final = "web3 + eth-tester"
"""What everyone begins with."""


@dataclass(frozen=True, slots=True)
class Table:
    """Text in rows; the first column is a name, the others are figures."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def as_rich(self) -> RichTable:
        """For the terminal."""
        table = RichTable(title=self.title, title_justify="left")
        for position, column in enumerate(self.columns):
            table.add_column(column, justify="right" if position else "left")
        for row in self.rows:
            table.add_row(*row)
        return table

    def as_markdown(self) -> str:
        """For README."""
        lines = [self.columns, ["---", *["---:"] * (len(self.columns) - 1)], *self.rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def rates(runs: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, float]:
    """The median of bills a second, by contestant."""
    return {name: median(one["bills"] / one["seconds"] for one in each) for name, each in runs.items()}


def settling(runs: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, Sequence[Mapping[str, Any]]]:
    """The runs without what each does once for a customer and before the first bill; where that was timed apart."""
    return {
        name: [{**one, "seconds": one["seconds"] - one["set_up"]} for one in each]
        for name, each in runs.items()
        if all("set_up" in one for one in each)
    }


def tables(found: Mapping[str, Any]) -> Iterator[Table]:
    """Everything."""
    apart = settling(found["end_to_end"])
    if BASELINE in apart:
        yield _speeds("Settling", "bills settled", apart)
    yield _speeds("End to end", "from files to settled bills", found["end_to_end"])
    yield _verdicts(found)
    yield _gas(found["gas"])
    yield _growth(found["growth"])


def machine(found: Mapping[str, Any]) -> str:
    """The machine and the versions, in a sentence."""
    where = found["machine"]
    versions: dict[str, str] = {}
    for runs in (*found["end_to_end"].values(), *found["verdicts"].values()):
        versions |= runs[0]["versions"]
    versions.pop("EVM", None)
    named = ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
    return (
        f"{where['cores']} cores of {where['processor']}, {where['memory_gb']} GB, {where['system']}, "
        f"Python {where['python']}; medians of {found['repeat']} interleaved rounds. {named}."
    )


def _speeds(title: str, what: str, runs: Mapping[str, Sequence[Mapping[str, Any]]]) -> Table:
    speed = rates(runs)
    rows = [
        (
            name,
            f"{runs[name][0]['bills']:,}",
            f"{speed[name]:,.0f}",
            _microseconds(1 / speed[name]),
            f"{speed[name] / speed[BASELINE]:,.1f}",
            _megabytes(runs[name]),
        )
        for name in sorted(speed, key=lambda name: -speed[name])
    ]
    return Table(title, (what, "bills", "bills a second", "time a bill", f"x {BASELINE}", "MB"), rows)


def _verdicts(found: Mapping[str, Any]) -> Table:
    speed = rates(found["verdicts"])
    slowest = min(speed.values())
    rows = [
        (name, f"{speed[name]:,.0f}", _microseconds(1 / speed[name]), f"{speed[name] / slowest:,.1f}") for name in speed
    ]
    shares = ", ".join(
        f"{share['fallback']:,} of {share['bills']:,} ({name})" for name, share in found["fallback"].items()
    )
    title = f"Verdicts; the exact integer fallback decided {shares}"
    return Table(title, ("verdicts", "a second", "time a verdict", "x slowest"), rows)


def _gas(gas: Mapping[str, Any]) -> Table:
    own, uma = gas["fairmeter"], gas["uma"]["assert"] + gas["uma"]["settle"]
    measured = {
        "fairmeter: posted, judged and settled, in a batch of 500": own,
        "OpenZeppelin ERC-20, a transferFrom": gas["transferFrom"],
        "UMA optimistic oracle, asserted and settled, without the payment": uma,
    }
    rows = [(name, f"{value:,.0f}", f"{value / own:.1f}") for name, value in measured.items()]
    return Table("Gas", ("one bill, whole transactions", "gas", "x fairmeter"), rows)


def _growth(sizes: Sequence[Mapping[str, Any]]) -> Table:
    rows = [
        (
            f"{one['bills']:,}",
            f"{one['seconds']:,.1f} s",
            _microseconds(one["seconds"] / one["bills"]),
            _megabytes([one]),
        )
        for one in sizes
    ]
    return Table("Growth on revm", ("bills in a run on revm", "time", "time a bill", "MB"), rows)


def _microseconds(seconds: float) -> str:
    return f"{seconds * 1e6:,.1f} µs" if seconds < 1e-3 else f"{seconds * 1e3:,.1f} ms"


def _megabytes(runs: Sequence[Mapping[str, Any]]) -> str:
    peaks = [one["peak_mb"] for one in runs if one["peak_mb"] is not None]
    return f"{max(peaks):,}" if peaks else "unknown"
