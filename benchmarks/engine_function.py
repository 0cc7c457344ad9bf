"""The image function with the engine in it: its start, its time for an image, and its memory.

`python -m benchmarks.engine_function` runs the package in fresh processes on the emulator's own interpreter, with
nothing on the path but the package, held to one core as a function of 1,769 MB is.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from viewfinder.deployment.packages import build_package, this_machine
from viewfinder.local.ministack.environment import ensure_environment

PROJECT = Path(__file__).parents[1]
STARTS = 5
PER_GB_SECOND = 0.0000133334
"""Dollars on arm64 in us-east-1 (src/viewfinder/operations/prices.json)."""

GIGABYTES = {"1,769 MB, one core": 1.769, "3,008 MB, one of 1.7 cores": 3.008}

SCRIPT = """
import json, os, resource, sys, time
from concurrent.futures import ThreadPoolExecutor
os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[0]})
start = time.perf_counter()
import handler
from viewfinder.adapters.detector import EngineDetector
from viewfinder.adapters.pictures import Pictures
from viewfinder.domain.analysis import Parameters
detector, pictures = EngineDetector(), Pictures()
init = time.perf_counter() - start
photos = [open(path, "rb").read() for path in sys.argv[1:]]
parameters = Parameters(40, 55.0)
def look(photo):
    return detector.detect(pictures.read(photo).rendition, parameters)
start = time.perf_counter()
look(photos[0])
first = time.perf_counter() - start
def seconds_each(threads):
    with ThreadPoolExecutor(threads) as pool:
        start = time.perf_counter()
        work = photos * 5
        list(pool.map(look, work))
        return (time.perf_counter() - start) / len(work)
each = seconds_each(1)
together = seconds_each(4)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"init": init, "first": first, "each": each, "together": together, "peak": peak}))
"""


def run(folder: Path, photos: list[str]) -> dict[str, float]:
    """Return what one fresh process measured, in seconds and megabytes."""
    names = ("IMAGES_BUCKET", "DERIVED_BUCKET", "TABLE", "QUEUE_URL")
    environment = {f"VIEWFINDER_{name}": "name" for name in names} | {"PATH": os.environ["PATH"]}
    command = [str(ensure_environment()), "-c", SCRIPT, *photos]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


def main() -> None:
    """Print the medians, and what 1,000 images cost by them."""
    photos = sorted(str(path) for path in (PROJECT / "samples").glob("*.jpg"))
    with tempfile.TemporaryDirectory() as temporary:
        zipfile.ZipFile(build_package(PROJECT, "image_processing", this_machine(), engine=True).zip).extractall(
            temporary
        )
        run(Path(temporary), photos)  # compiles the modules, as Lambda's snapshot of a package has them on disk
        runs = [run(Path(temporary), photos) for _ in range(STARTS)]
    median = {name: statistics.median(each[name] for each in runs) for name in runs[0]}
    print(f"INIT {median['init']:.2f} s, first image {median['first']:.2f} s")
    print(f"an image {median['each']:.3f} s, with four at once {median['together']:.3f} s each")
    print(f"peak {max(each['peak'] for each in runs):.0f} MB")
    for size, gigabytes in GIGABYTES.items():
        print(f"1,000 images at {size}: ${1000 * median['together'] * gigabytes * PER_GB_SECOND:.4f}")


if __name__ == "__main__":
    sys.exit(main())
