"""The plots: one PNG per question, on a white card that is readable on any background."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import matplotlib as mpl

from benchmarks.results import Results
from benchmarks.summaries import Result

mpl.use("Agg")

from matplotlib import pyplot as plt

COLOURS = [
    "#1f6f8b",
    "#e07a5f",
    "#81b29a",
    "#f2cc8f",
    "#3d405b",
    "#9c6644",
    "#7b8cde",
    "#b5838d",
    "#588157",
    "#adb5bd",
    "#a44a3f",
    "#2a9d8f",
]
SIZE = (8.4, 3.6)


def draw(results: Results) -> None:
    """Draw a plot for each benchmark that has one and was measured."""
    results.folder.mkdir(parents=True, exist_ok=True)
    with plt.rc_context({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False}):
        for name, plot in PLOTS.items():
            if result := results.of(name):
                figure, axes = plt.subplots(figsize=SIZE, layout="constrained")
                plot(axes, result)
                figure.savefig(results.folder / f"{name}.png", dpi=140, facecolor="white", metadata={"Software": None})
                plt.close(figure)


def plot_processing(axes: Any, result: Result) -> None:
    """Stack the steps of an image, the detector left out."""
    ways = {"the baseline": "baseline", "a repeated image": "repeated", "a first image": "first"}
    names = dict.fromkeys(
        step for way in reversed(ways.values()) for step in result[way]["steps"] if step != "detector"
    )
    left = dict.fromkeys(ways, 0.0)
    for colour, step in zip(COLOURS * 2, names, strict=False):
        widths = [max(0.0, result[way]["steps"].get(step, {}).get("median", 0.0)) for way in ways.values()]
        axes.barh(list(ways), widths, left=list(left.values()), color=colour, label=step, edgecolor="white")
        left = {way: left[way] + width for way, width in zip(ways, widths, strict=True)}
    axes.set_title("What an image takes beside the detector", loc="left", weight="bold")
    axes.set_xlabel("milliseconds (medians of the steps; 2-megapixel JPEG)")
    axes.legend(bbox_to_anchor=(1.01, 1), loc="upper left", frameon=False, fontsize=8)


def plot_pipeline(axes: Any, result: Result) -> None:
    """Show where the processor time of a photo goes."""
    spent = {name: value for name, value in result["cpu milliseconds per photo"].items() if value >= 0.5}
    spent = dict(sorted(spent.items(), key=lambda entry: entry[1]))
    bars = axes.barh(list(spent), list(spent.values()), color=[COLOURS[0 if name != "engine" else 1] for name in spent])
    axes.bar_label(bars, fmt=" %.0f")
    both = [result[f"{one}, photos per second"]["median"] for one in ("pipeline", "engine alone")]
    axes.set_title(
        f"Pipeline: {both[0]:.1f} photos a second; the engine alone: {both[1]:.1f}", loc="left", weight="bold"
    )
    axes.set_xlabel("milliseconds of processor time per photo")


def plot_api(axes: Any, result: Result) -> None:
    """Show latency over the size of the catalog, both on logarithmic scales: a slope of 1 is proportional."""
    sizes = [level["images"] for level in result["levels"]]
    for colour, name in zip(COLOURS[:1] + COLOURS[2:], result["levels"][0]["latency"], strict=False):
        values = [level["latency"][name] for level in result["levels"]]
        is_baseline = name.startswith("baseline")
        style = {"color": COLOURS[1] if is_baseline else colour, "linewidth": 2.5 if is_baseline else 1.5}
        axes.plot(sizes, [value["median"] for value in values], marker="o", label=name, **style)
        axes.fill_between(
            sizes, [v["p25"] for v in values], [v["p75"] for v in values], color=style["color"], alpha=0.15
        )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_title("The API's latency as the catalog grows", loc="left", weight="bold")
    axes.set_xlabel("images")
    axes.set_ylabel("milliseconds, p50 and quartiles")
    axes.legend(bbox_to_anchor=(1.01, 1), loc="upper left", frameon=False, fontsize=8)


PLOTS: dict[str, Callable[[Any, Result], None]] = {
    "processing": plot_processing,
    "pipeline": plot_pipeline,
    "api": plot_api,
}
