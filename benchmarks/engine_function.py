"""The image function with the engine in it: its start, its time for an image, its memory, and what that costs.

The package runs in fresh processes on the emulator's own interpreter, with nothing on the path but itself, held to one
core, as a function of 1,769 MB is, and to two; one of 3,008 MB has 1.7.
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

from benchmarks.bench import Bench
from benchmarks.summaries import Result
from viewfinder.deployment.packages import AWS, build_package, this_machine
from viewfinder.local.ministack.environment import ensure_environment
from viewfinder.operations.cost import prices_of

PROJECT = Path(__file__).parents[1]
REGION = "us-east-1"
SIZES = {"1,769 MB": (1.769, 1, 1.0), "3,008 MB": (3.008, 2, 1.7)}
"""Gigabytes, cores here, virtual processors on AWS (Lambda Developer Guide, "Configuring function memory")."""

SCRIPT = """
import json, os, resource, sys, time
from concurrent.futures import ThreadPoolExecutor
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:int(sys.argv[1])])
start = time.perf_counter()
import handler
from viewfinder.adapters.detector import EngineDetector
from viewfinder.adapters.pictures import Pictures
from viewfinder.domain.feature import Feature, Parameters
detector, pictures = EngineDetector(), Pictures()
init = time.perf_counter() - start
photos = [open(path, "rb").read() for path in sys.argv[2:]]
def look(photo, feature):
    return detector.detect(pictures.read(photo).rendition, Parameters(40, 55.0, feature))
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
measured = {"INIT": init}
for feature in Feature:
    start = time.perf_counter()
    look(photos[0], feature)
    measured["first " + feature] = time.perf_counter() - start
    work = photos * 3
    with ThreadPoolExecutor(4) as pool:
        start = time.perf_counter()
        list(pool.map(look, work, [feature] * len(work)))
        measured[feature] = (time.perf_counter() - start) / len(work)
    measured["peak " + feature] = peak()
print(json.dumps(measured))
"""


def run(bench: Bench) -> Result:
    """Return seconds, megabytes and dollars by size of the function, and the package's size."""
    photos = sorted(str(path) for path in (PROJECT / "samples").glob("*.jpg"))
    with tempfile.TemporaryDirectory() as folder:
        package = build_package(PROJECT, "image_processing", this_machine(), engine=True)
        zipfile.ZipFile(package.zip).extractall(folder)
        measured_in(Path(folder), 1, photos)  # compiles the modules, which Lambda's copy of a package has on disk
        sizes = {}
        for name, (gigabytes, cores, processors) in SIZES.items():
            runs = [measured_in(Path(folder), cores, photos) for _ in range(1 if bench.quick else 5)]
            median = {key: round(statistics.median(each[key] for each in runs), 3) for key in runs[0]}
            sizes[name] = {"measured": median, "dollars": dollars(median, gigabytes, cores / processors)}
    return {"photos": len(photos), "package": package_size(), "sizes": sizes}


def measured_in(folder: Path, cores: int, photos: list[str]) -> dict[str, float]:
    """Return what one fresh process measured, in seconds and megabytes."""
    names = ("IMAGES_BUCKET", "DERIVED_BUCKET", "TABLE", "QUEUE_URL")
    environment = {f"VIEWFINDER_{name}": "name" for name in names} | {"PATH": os.environ["PATH"]}
    command = [str(ensure_environment()), "-c", SCRIPT, str(cores), *photos]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


def dollars(measured: dict[str, float], gigabytes: float, slower: float) -> Result:
    """Return the price of 1,000 images by feature, and of a start, which is billed as well; `slower` on AWS."""
    price = prices_of(REGION)["LambdaPerGbSecond"] * gigabytes * slower
    by_feature = {name: round(1000 * measured[name] * price, 5) for name in ("LABELS", "TEXT", "FACES")}
    return by_feature | {"start": round(measured["INIT"] * price, 7)}


def package_size() -> Result:
    """Return the megabytes of the package for AWS."""
    package = build_package(PROJECT, "image_processing", AWS, engine=True).zip
    with zipfile.ZipFile(package) as archive:
        unzipped = sum(entry.file_size for entry in archive.infolist())
    return {"zipped MB": round(package.stat().st_size / 1e6, 1), "unzipped MB": round(unzipped / 1e6, 1)}


if __name__ == "__main__":
    print(json.dumps(run(Bench("--quick" in sys.argv)), indent=1))
