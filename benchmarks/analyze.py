"""`viewfinder analyze FOLDER` beside the bare loop, in processor time for each photo: reading, printing and all."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.engine.bare_loop import BareLoop
from benchmarks.photos import photo
from benchmarks.summaries import Result

PHOTOS, ROUNDS = 40, 5


def run(bench: Bench) -> Result:
    """Return milliseconds of processor time for each photo, and the ratio of each round: they take turns."""
    photos, rounds = (10, 1) if bench.quick else (PHOTOS, ROUNDS)
    contents = [photo(70_000 + number) for number in range(photos)]
    loop = BareLoop(threads=1)
    loop.look(contents[0])
    with tempfile.TemporaryDirectory(prefix="viewfinder-bench-") as name:
        one, all_of_them = (_folder(Path(name) / str(number), contents[:number]) for number in (1, photos))
        pairs = [(_by_command(one, all_of_them, photos - 1), _by_loop(loop, contents[1:])) for _ in range(rounds)]
    return {
        "photos": photos,
        "command, ms": round(statistics.median(command for command, _ in pairs), 1),
        "bare loop, ms": round(statistics.median(bare for _, bare in pairs), 1),
        "ratio": round(statistics.median(command / bare for command, bare in pairs), 3),
    }


def _folder(folder: Path, contents: list[bytes]) -> Path:
    folder.mkdir()
    for number, content in enumerate(contents):
        (folder / f"{number}.jpg").write_bytes(content)
    return folder


def _by_command(one: Path, all_of_them: Path, photos: int) -> float:
    """Return what each photo beyond the first takes: the start of the command is not counted."""
    return 1000 * (_seconds(all_of_them) - _seconds(one)) / photos


def _seconds(folder: Path) -> float:
    before = os.times()
    command = [sys.executable, "-m", "viewfinder.cli.main", "analyze", "--json", str(folder)]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def _by_loop(loop: BareLoop, contents: list[bytes]) -> float:
    start = time.process_time()
    for content in contents:
        loop.look(content)
    return 1000 * (time.process_time() - start) / len(contents)
