"""The plot of benchmarks.json: speed end to end, verdicts, gas and growth, on logarithmic scales."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.figures import rates, settling

OURS: Final = "#1f6f8b"
OTHERS: Final = "#b8b8b8"


def draw(found: Mapping[str, Any], path: Path) -> None:
    """Write the SVG."""
    with rc_context({"font.size": 9, "svg.fonttype": "none", "svg.hashsalt": "fairmeter", "axes.axisbelow": True}):
        figure = Figure(figsize=(11, 7), layout="constrained")
        axes = figure.subplots(2, 2)
        _bars(axes[0][0], rates(settling(found["end_to_end"])), "bills settled a second")
        _bars(axes[0][1], rates(found["verdicts"]), "verdicts a second")
        gas = found["gas"]
        uma = gas["uma"]["assert"] + gas["uma"]["settle"]
        _bars(
            axes[1][0],
            {"fairmeter, batch of 500": gas["fairmeter"], "ERC-20 transferFrom": gas["transferFrom"], "UMA": uma},
            "gas a bill",
        )
        _growth(axes[1][1], found["growth"])
        figure.savefig(path, metadata={"Date": None})


def _bars(axes: Axes, values: Mapping[str, float], title: str) -> None:
    names = sorted(values, key=lambda name: values[name])
    colours = [OURS if name.startswith("fairmeter") else OTHERS for name in names]
    bars = axes.barh(names, [values[name] for name in names], color=colours)
    axes.bar_label(bars, [f"{values[name]:,.0f}" for name in names], padding=3)
    axes.set_xscale("log")
    axes.set_xlim(right=max(values.values()) * 8)
    axes.set_title(title, loc="left")
    _plain(axes)


def _growth(axes: Axes, sizes: Sequence[Mapping[str, Any]]) -> None:
    bills = [one["bills"] for one in sizes]
    axes.plot(bills, [one["seconds"] for one in sizes], "o-", color=OURS, label="seconds")
    axes.plot(bills, [one["peak_mb"] for one in sizes], "s--", color="#a85c32", label="megabytes, peak")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("bills in a run on revm")
    axes.set_title("growth", loc="left")
    axes.legend(frameon=False)
    _plain(axes)


def _plain(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)
