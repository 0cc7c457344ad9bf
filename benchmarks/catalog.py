"""The catalog of one machine as it grows: size, start and stop, and each kind of page, signed and over HTTP.

A stack of each size runs at the same time, and all are asked in turns: what else the machine does slows all alike.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote, urlencode

import psutil
from playwright.sync_api import Browser

from benchmarks.bench import Bench
from benchmarks.browser import browser, first_screen, jumps
from benchmarks.clients import Caller, by_gallery, signed
from benchmarks.crowd import WORDS, fill_shelf, label_name
from benchmarks.pipeline import function_of
from benchmarks.stack import TEMPLATE, Stacks
from benchmarks.summaries import Cost, Result, interleaved, measured, summary
from viewfinder.deployment.progress import silent
from viewfinder.local.data_directory import DataDirectory
from viewfinder.local.processes import free_port
from viewfinder.local.stack import LocalStack
from viewfinder.local.state import Options

COMMON, FREQUENT = label_name(0), label_name(8)
"""In half of the images, and in a quarter: together in more than a page, at every size."""

APART = WORDS[0], WORDS[5]
"""Each in three images of ten, and never together."""


def asking(*parameters: tuple[str, str]) -> str:
    """Return the path of a search; a signature's canonical form has spaces as %20."""
    return "/images?" + urlencode(parameters, quote_via=quote)


FEW = ("limit", "1")
"""Of what only some images in a thousand have, a page of the smallest catalog has one."""

PAGES = {
    "the newest": "/images",
    "the last taken": asking(("order", "taken")),
    "a common label, newest": asking(("label", COMMON)),
    "a common label, by confidence": asking(("label", COMMON), ("order", "confidence")),
    "two labels together": asking(("label", COMMON), ("label", FREQUENT)),
    "a word": asking(("text", WORDS[0])),
    "a span of time": asking(("takenFrom", "2026-01-02"), ("takenTo", "2026-12-01")),
    "a prefix of all": asking(("prefix", "crowd/")),
    "a prefix of the oldest 100": asking(("prefix", "crowd/0000")),
    "a narrow span of capture time, newest": asking(("takenFrom", "2026-03-01"), ("takenTo", "2026-03-02"), FEW),
    "two words that are never together": asking(*(("text", word) for word in APART)),
    "the same, last taken": asking(*(("text", word) for word in APART), ("order", "taken")),
    "ten common labels together": asking(*(("label", label_name(rank)) for rank in range(10)), FEW),
    "a confidence that few have": asking(("minConfidence", "99.99"), FEW),
    "a label without another": asking(("label", COMMON), ("exclude", FREQUENT)),
    "without a common label": asking(("exclude", COMMON)),
    "folders": "/folders",
    "duplicates": "/duplicates",
    "one image": "/images/crowd/000500.jpg",
    "counts": "/stats",
    "labels": "/labels",
}


DEEP, DEPTH, PAGE = "a deep page", 15, 50
SECONDS = 20.0


@dataclass(frozen=True)
class Library:
    """A stack with a catalog of so many images."""

    size: int
    local: LocalStack

    def fill(self) -> Result:
        """Save the images by the catalog's own code, and return what the file takes."""
        start, file = time.perf_counter(), self.local.data.database
        fill_shelf(file, 0, self.size)
        seconds = time.perf_counter() - start
        self.local.down()  # the last connection's end writes the log into the file
        return {
            "images": self.size,
            "bytes an image": round(file.stat().st_size / self.size),
            "filled a second": round(self.size / seconds),
        }

    def ask(self, path: str) -> Callable[[int], object]:
        """Return what asks the API for a page, over one connection."""
        caller = signed(Stacks(self.local, {}))

        def page(_: int) -> None:
            assert caller.get(path) == 200

        return page

    def deep_page(self) -> str:
        """Return the path of a page far behind the first."""
        caller, token = signed(Stacks(self.local, {})), ""
        for _ in range(min(DEPTH, self.size // PAGE - 1)):
            page = caller.document(asking(*([("nextToken", token)] if token else [])))
            token = page["NextToken"]
        return asking(("nextToken", token))

    def disturbed(self, paths: list[str], seconds: float) -> Result:
        """Ask for counts through the gallery, alone and while one client for each path asks without end."""
        stacks = Stacks(self.local, {})
        alone = counted(by_gallery(stacks), seconds)
        with ExitStack() as opened:
            for path in paths:
                opened.enter_context(asking_without_end(by_gallery(stacks), path))
            beside = counted(by_gallery(stacks), seconds)
        return {"paths": paths, "alone": alone, "beside": beside, "ratio": round(beside["p95"] / alone["p95"], 2)}

    def memory(self) -> dict[str, int]:
        """Return the resident megabytes of what reads the catalog, and of the emulator."""
        processes = {process.name: psutil.Process(process.pid) for process in self.local.record.processes}
        workers = processes["emulator"].children(recursive=True)
        found = {"emulator": processes["emulator"], "gallery": processes["gallery"]}
        (found["gallery's searches"],) = processes["gallery"].children()
        found["API function"] = next(worker for worker in workers if function_of(worker) == "ApiHandler")
        return {f"{name}, MB": round(process.memory_info().rss / 1e6) for name, process in found.items()}

    def restarted(self) -> Result:
        """Return the seconds of a start from rest, of one while it runs, and of a stop; it runs in the end."""
        up = [seconds(self.start) for _ in range(2)]
        down = seconds(self.local.down)
        self.start()
        return {"up from rest, s": up[0], "up again, s": up[1], "down, s": down}

    def screens(self, started: Browser, times: int) -> Result:
        """Open the gallery as soon as the stack is up, and some times more."""
        self.local.down()
        self.start()
        url = self.local.record.gallery_url
        return first_screen(started, url, times) | {"jump": jumps(started, url, times)}

    def start(self) -> None:
        """Start it where it rests."""
        self.local.up(TEMPLATE, Options(), silent)


def counted(caller: Caller, seconds: float) -> Result:
    """Ask for counts, over and over, and return the milliseconds."""
    taken, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end:
        with measured() as cost:
            assert caller.get(PAGES["counts"]) == 200
        taken.append(cost.wall)
    return summary(taken)


@contextmanager
def asking_without_end(caller: Caller, path: str) -> Iterator[None]:
    """Ask for a path again as soon as it is answered, in a thread, as long as the block runs."""
    ends = threading.Event()

    def ask() -> None:
        while not ends.is_set():
            caller.get(path)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        ends.set()
        thread.join()


def slowest(milliseconds: dict[str, dict[str, list[Cost]]], number: int = 3) -> list[str]:
    """Return the paths of the kinds that take longest in the largest catalog."""
    medians = {
        name: statistics.median(cost.wall for cost in list(sizes.values())[-1])
        for name, sizes in milliseconds.items()
        if name in PAGES
    }
    return [PAGES[name] for name in sorted(medians, key=lambda name: -medians[name])[:number]]


def seconds(action: Callable[[], object]) -> float:
    """Time an action."""
    start = time.perf_counter()
    action()
    return round(time.perf_counter() - start, 2)


def run(bench: Bench) -> Result:
    """Fill a stack of each size, and ask them in turns."""
    sizes, rounds = ((200, 2_000), 5) if bench.quick else ((1_000, 10_000, 100_000), 30)
    with ExitStack() as opened:
        folder = Path(opened.enter_context(TemporaryDirectory(prefix="viewfinder-bench-")))
        libraries = [library(folder, size, opened) for size in sizes]
        levels = [one.fill() | one.restarted() for one in libraries]
        milliseconds = {
            name: interleaved({str(one.size): one.ask(path) for one in libraries}, rounds)
            for name, path in PAGES.items()
            if name != "one image" or sizes[0] > 500
        }
        milliseconds[DEEP] = interleaved({str(one.size): one.ask(one.deep_page()) for one in libraries}, rounds)
        disturbed = libraries[-1].disturbed(slowest(milliseconds), 1.0 if bench.quick else SECONDS)
        levels = [level | one.memory() for level, one in zip(levels, libraries, strict=True)]
        with browser() as started:
            screens = [one.screens(started, rounds // 5) for one in libraries]
    walls = {
        name: {size: [cost.wall for cost in costs] for size, costs in of.items()} for name, of in milliseconds.items()
    }
    first, last = str(sizes[0]), str(sizes[-1])
    return {
        "levels": levels,
        "disturbed": disturbed,
        "gallery": {str(one.size): screen for one, screen in zip(libraries, screens, strict=True)},
        "milliseconds": {name: {size: summary(taken) for size, taken in of.items()} for name, of in walls.items()},
        "ratios": {
            f"{name}: p50 at {sizes[-1]:,} / at {sizes[0]:,}": round(
                statistics.median(of[last]) / statistics.median(of[first]), 2
            )
            for name, of in walls.items()
        },
    }


def library(folder: Path, size: int, opened: ExitStack) -> Library:
    """Start a stack that is stopped in the end."""
    local = LocalStack(DataDirectory(folder / str(size)))
    opened.callback(local.down)
    local.up(TEMPLATE, Options(free_port(), free_port(), features="LABELS"), silent)
    return Library(size, local)
