"""The local pipeline with the engine over Rekognition's wire, and inside the image function: two stacks, in turns."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.bench import Bench
from benchmarks.photos import photo
from benchmarks.pipeline import by_pipeline, medians
from benchmarks.stack import TEMPLATE, Stacks
from benchmarks.summaries import Result, summary
from viewfinder.deployment.progress import silent
from viewfinder.local.data_directory import DataDirectory
from viewfinder.local.processes import free_port
from viewfinder.local.stack import LocalStack
from viewfinder.local.state import Options

ROUNDS = 2
WAYS = {"over the wire": False, "in process": True}


@contextmanager
def running(in_process: bool) -> Iterator[Stacks]:
    """Start a stack of its own, and remove it in the end."""
    with tempfile.TemporaryDirectory(prefix="viewfinder-bench-") as folder:
        local = LocalStack(DataDirectory(Path(folder) / "stack"))
        local.up(TEMPLATE, Options(free_port(), free_port(), in_process=in_process), silent)
        try:
            yield Stacks(local, {})
        finally:
            local.down()


def run(bench: Bench) -> Result:
    """Import the same new photos into both stacks, one after the other, in each round."""
    count, rounds = (20, 1) if bench.quick else (60, ROUNDS)
    runs: dict[str, list[dict[str, Any]]] = {way: [] for way in WAYS}
    with running(False) as wire, running(True) as process:
        stacks = dict(zip(WAYS, (wire, process), strict=True))
        for turn in range(-1, rounds):  # the first starts every function, and is left out
            contents = [photo(50_000 + turn * count + number) for number in range(count)]
            for way, stack in stacks.items():
                runs[way].append(by_pipeline(stack, contents, turn))
    return {"photos": count, "ways": {way: _figures(found[1:]) for way, found in runs.items()}, "ratios": _ratios(runs)}


def _figures(runs: list[dict[str, Any]]) -> Result:
    return {
        "photos per second": summary([one["photos per second"] for one in runs]),
        "cpu milliseconds per photo": medians([one["cpu"] for one in runs]),
        "memory, MB": medians([one["memory"] for one in runs]),
    }


def _ratios(runs: dict[str, list[dict[str, Any]]]) -> Result:
    wire, process = (runs[way][1:] for way in WAYS)
    speeds = [
        ours["photos per second"] / theirs["photos per second"] for ours, theirs in zip(process, wire, strict=True)
    ]
    sizes = [
        sum(ours["memory"].values()) / sum(theirs["memory"].values())
        for ours, theirs in zip(process, wire, strict=True)
    ]
    return {
        "photos a second, in process / over the wire": round(statistics.median(speeds), 3),
        "memory, in process / over the wire": round(statistics.median(sizes), 3),
    }
