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
    """Draw each plot whose benchmark was measured."""
    results.folder.mkdir(parents=True, exist_ok=True)
    with plt.rc_context({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False}):
        for name, (benchmark, plot) in PLOTS.items():
            if result := results.of(benchmark):
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


def plot_catalog(axes: Any, result: Result) -> None:
    """Show latency over the number of images: a level line is what is promised."""
    sizes = [level["images"] for level in result["levels"]]
    for colour, (name, by_size) in zip(COLOURS, result["milliseconds"].items(), strict=False):
        values = [by_size[str(size)]["median"] for size in sizes]
        axes.plot(sizes, values, marker="o", label=name, color=colour)
    axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    axes.set_title("Which pages take longer in a large catalog?", loc="left", weight="bold")
    axes.set_xlabel("images")
    axes.set_ylabel("milliseconds, p50, signed over HTTP")
    axes.legend(bbox_to_anchor=(1.01, 1), loc="upper left", frameon=False, fontsize=8)


def plot_memory(axes: Any, result: Result) -> None:
    """Show the memory of each process over the number of images."""
    sizes = [level["images"] for level in result["levels"]]
    for colour, name in zip(COLOURS, [name for name in result["levels"][0] if name.endswith(", MB")], strict=False):
        values = [level[name] for level in result["levels"]]
        axes.plot(sizes, values, marker="o", label=name.removesuffix(", MB"), color=colour)
    axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    axes.set_title("Memory as the catalog grows (without the objects of the buckets)", loc="left", weight="bold")
    axes.set_xlabel("images")
    axes.set_ylabel("resident MB")
    axes.legend(bbox_to_anchor=(1.01, 1), loc="upper left", frameon=False, fontsize=8)


def plot_quality(axes: Any, result: Result) -> None:
    """Show quality over the time of an image."""
    for colour, photos in zip(COLOURS, ("voc", "coco"), strict=False):
        ways = {way: one for way, one in result.items() if "milliseconds" in one}
        points = [(one["milliseconds"], one[photos]["F1"], way) for way, one in ways.items()]
        axes.plot([x for x, _, _ in points], [y for _, y, _ in points], marker="o", label=photos, color=colour)
        for x, y, way in points:
            axes.annotate(way, (x, y), textcoords="offset points", xytext=(6, -12), fontsize=8)
    axes.set_ylim(0, 1)
    axes.set_xlim(left=0)
    axes.margins(x=0.2)
    axes.set_title("What the second pass costs and gives", loc="left", weight="bold")
    axes.set_xlabel("milliseconds an image")
    axes.set_ylabel("F1 of labels of at least 55 %")
    axes.legend(bbox_to_anchor=(1.01, 1), loc="upper left", frameon=False, fontsize=8)


def plot_collections(axes: Any, result: Result) -> None:
    """Show the time of a search over the number of faces, both on logarithmic scales."""
    levels = result["levels"]
    sizes = [level["faces"] for level in levels]
    searches = [level["SearchFaces"] for level in levels]
    axes.plot(sizes, [one["median"] for one in searches], marker="o", color=COLOURS[0], label="SearchFaces")
    axes.fill_between(
        sizes, [one["p25"] for one in searches], [one["p95"] for one in searches], color=COLOURS[0], alpha=0.15
    )
    after = [level["the search after it, ms"] for level in levels]
    axes.plot(sizes, after, marker="o", color=COLOURS[1], label="the search after a deletion")
    axes.set(xscale="log", yscale="log", xlabel="faces in the collection", ylabel="milliseconds")
    axes.set_title("How long does a search of faces take?", loc="left", weight="bold")
    axes.legend(bbox_to_anchor=(1.01, 1), loc="upper left", frameon=False, fontsize=8)


PLOTS: dict[str, tuple[str, Callable[[Any, Result], None]]] = {
    "processing": ("processing", plot_processing),
    "pipeline": ("pipeline", plot_pipeline),
    "api": ("api", plot_api),
    "catalog": ("catalog", plot_catalog),
    "memory": ("catalog", plot_memory),
    "quality": ("quality", plot_quality),
    "collections": ("collections", plot_collections),
}
"""By file: the benchmark that it shows, and how."""
