"""Labels first: how long an import takes until all photos are found by their labels, and until all have their text.

Three stacks import the same photos: labels only, labels and text in one stage, and in two. They take turns, and each
has an engine of its own. Processor time is that of all processes of the stack.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import psutil

from benchmarks.bench import Bench
from benchmarks.photos import photo
from benchmarks.stack import TEMPLATE
from benchmarks.summaries import Result
from viewfinder.deployment.progress import silent
from viewfinder.local.data_directory import DataDirectory
from viewfinder.local.processes import free_port, processes_of
from viewfinder.local.stack import LocalStack
from viewfinder.local.state import Options

POLL_SECONDS = 0.1

WAYS: dict[str, tuple[str, dict[str, str]]] = {
    "labels only": ("LABELS", {}),
    "labels and text, one stage": ("LABELS,TEXT", {"Stages": "1"}),
    "labels and text, two stages": ("LABELS,TEXT", {"Stages": "2"}),
}
"""Features and parameters of each stack."""


def run(bench: Bench) -> Result:
    """Import new photos in each round."""
    count, rounds = (24, 1) if bench.quick else (150, 3)
    taken: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    for turn in range(rounds):
        contents = [photo(20_000 + turn * count + number) for number in range(count)]
        for way, (features, parameters) in WAYS.items():
            taken[way].append(measure(contents, features, parameters))
    found = {way: _medians(runs) for way, runs in taken.items()}
    labels, one, two = found.values()
    until_labels = round(two["searchable"] / labels["searchable"], 3)
    return {
        "photos": count,
        **found,
        "ratios": {
            "two stages / labels only, until all are found by label": until_labels,
            "two stages / one, until all have their text": round(two["whole"] / one["whole"], 3),
            "two stages / one, processor time": round(two["cpu"] / one["cpu"], 3),
        },
    }


def measure(contents: list[bytes], features: str, parameters: dict[str, str]) -> dict[str, float]:
    """Import into a new stack that is warm, and return seconds until each stage is done, and processor seconds."""
    with tempfile.TemporaryDirectory(prefix="viewfinder-stages-") as folder:
        local = LocalStack(DataDirectory(Path(folder) / "stack"))
        options = Options(free_port(), free_port(), features=features, parameters=parameters)
        local.up(TEMPLATE, options, silent)
        try:
            import_photos(local, [photo(19_000 + number) for number in range(8)], Path(folder) / "warm")
            before, start = processor_seconds(local), time.perf_counter()
            searchable = import_photos(local, contents, Path(folder) / "photos") - start
            whole = time.perf_counter() - start
            return {"searchable": searchable, "whole": whole, "cpu": processor_seconds(local) - before}
        finally:
            local.down()


def import_photos(local: LocalStack, contents: list[bytes], folder: Path) -> float:
    """Import as a user would, and return when the last photo was found by its labels."""
    folder.mkdir()
    for number, content in enumerate(contents):
        (folder / f"{number}.jpg").write_bytes(content)
    statistics_of = local.application().statistics
    wanted = statistics_of.statuses().get("ANALYZED", 0) + len(contents)
    seen: list[float] = []

    def watch() -> None:
        while statistics_of.statuses().get("ANALYZED", 0) < wanted:
            time.sleep(POLL_SECONDS)
        seen.append(time.perf_counter())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    command = [sys.executable, "-m", "viewfinder.cli.main", "import", str(folder), "--json"]
    done: Any = subprocess.run(
        [*command, "--data-dir", str(local.data.path)], check=True, capture_output=True, text=True
    )
    assert json.loads(done.stdout)["Failed"] == 0, done.stdout
    watcher.join()
    return seen[0]


def processor_seconds(local: LocalStack) -> float:
    """Return the processor seconds of the stack's processes."""
    return sum(_seconds(process) for process in processes_of(local.data.path))


def _seconds(process: psutil.Process) -> float:
    try:
        return float(sum(process.cpu_times()[:2]))
    except psutil.Error:  # it has just ended
        return 0.0


def _medians(runs: list[dict[str, float]]) -> dict[str, float]:
    return {name: round(statistics.median(run[name] for run in runs), 2) for name in runs[0]}
