"""The local pipeline: photos per second from `viewfinder import` to searchable, beside the engine alone.

What limits it is told by each process' share of the processor time.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import httpx
import psutil
from botocore.exceptions import BotoCoreError, ClientError
from moto import mock_aws

from benchmarks.bench import Bench
from benchmarks.engine.server_process import Client, body_of
from benchmarks.photos import photo
from benchmarks.stack import Stacks
from benchmarks.summaries import Result, summary
from viewfinder.local.state import STAGE

CLIENTS = 8
ROUNDS = 3


def run(bench: Bench) -> Result:
    """Alternate engine and pipeline, with new photos in each round."""
    count, rounds = (40, 1) if bench.quick else (150, ROUNDS)
    stacks = bench.stacks
    warm_up(stacks)
    runs = []
    for turn in range(rounds):
        contents = [photo(10_000 + turn * count + number) for number in range(count)]
        others = {"engine": by_engine(stacks, contents), "script": by_script(contents)}
        runs.append(others | by_pipeline(stacks, contents, turn))
    ratios = {other: [one["photos per second"] / one[other] for one in runs] for other in ("engine", "script")}
    return {
        "photos": count,
        "megapixels": 1.92,
        "engine alone, photos per second": summary([one["engine"] for one in runs]),
        "plain script, photos per second": summary([one["script"] for one in runs]),
        "pipeline, photos per second": summary([one["photos per second"] for one in runs]),
        "mocks": {"moto": by_moto(), "MiniStack": by_ministack(stacks)},
        "processors": os.cpu_count(),
        "busy": summary([one["busy"] for one in runs]),
        "cpu milliseconds per photo": medians([one["cpu"] for one in runs]),
        "memory, MB": medians([one["memory"] for one in runs]),
        "ratios": {
            "pipeline / engine alone": round(statistics.median(ratios["engine"]), 3),
            "pipeline / plain script": round(statistics.median(ratios["script"]), 3),
        },
    }


def warm_up(stacks: Stacks) -> None:
    """Start every function, and let the engine see a few photos."""
    by_pipeline(stacks, [photo(9_000 + number) for number in range(20)], -1)


def by_engine(stacks: Stacks, contents: list[bytes]) -> float:
    """Return the photos per second that the engine's server answers to eight clients."""
    port = int(stacks.local.record.rekognition_url.rsplit(":", 1)[1])
    bodies = [body_of(content) for content in contents]
    clients = threading.local()

    def call(body: bytes) -> None:
        if not hasattr(clients, "own"):
            clients.own = Client(port)
        clients.own.call(body)

    start = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(call, bodies))
    return len(bodies) / (time.perf_counter() - start)


def by_script(contents: list[bytes]) -> float:
    """Return the photos per second of a plain script, its start included."""
    with tempfile.TemporaryDirectory() as folder:
        photos = Path(folder) / "photos"
        photos.mkdir()
        for number, content in enumerate(contents):
            (photos / f"{number}.jpg").write_bytes(content)
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "benchmarks.baseline.script", photos, f"{folder}/photos.db"], check=True)
        return len(contents) / (time.perf_counter() - start)


def by_moto() -> str:
    """Say how many different answers moto's mock gives to different photos."""
    with mock_aws():
        client = boto3.client("rekognition", "us-east-1", aws_access_key_id="mock", aws_secret_access_key="mock")
        answers = {json.dumps(client.detect_labels(Image={"Bytes": photo(number)})["Labels"]) for number in range(5)}
    return f"{len(answers)} answer to 5 different photos: it does not look at them"


def by_ministack(stacks: Stacks) -> str:
    """Say what the emulator itself answers to DetectLabels."""
    try:
        answers = {json.dumps(stacks.client("rekognition").detect_labels(Image={"Bytes": photo(n)})) for n in range(5)}
    except (BotoCoreError, ClientError) as error:
        return f"no answer ({type(error).__name__}): it has no Rekognition"
    return f"{len(answers)} answers to 5 different photos"


def by_pipeline(stacks: Stacks, contents: list[bytes], turn: int) -> dict[str, Any]:
    """Import the photos as a user would, and watches the processes meanwhile."""
    with tempfile.TemporaryDirectory() as folder:
        for number, content in enumerate(contents):
            (Path(folder) / f"{number}.jpg").write_bytes(content)
        before, idle, start = processor_times(stacks), system_time(), time.perf_counter()
        importer = import_folder(stacks, folder, f"pipeline/{turn}/")
        seconds = time.perf_counter() - start
        busy = (system_time() - idle) / seconds
        after = processor_times(stacks)
    assert_searchable(stacks, f"pipeline/{turn}/", len(contents))
    spent = {name: (after[name] - before.get(name, 0.0)) * 1000 / len(contents) for name in after}
    return {
        "photos per second": len(contents) / seconds,
        "busy": busy,
        "cpu": spent | {"import command": importer * 1000 / len(contents)},
        "memory": memory(stacks),
    }


def import_folder(stacks: Stacks, folder: str, prefix: str) -> float:
    """Run the command, and return its processor time in seconds."""
    before = os.times()
    command = [sys.executable, "-m", "viewfinder.cli.main", "import", folder, "--prefix", prefix, "--json"]
    done = subprocess.run(
        [*command, "--data-dir", str(stacks.local.data.path)], check=True, capture_output=True, text=True
    )
    assert json.loads(done.stdout)["Failed"] == 0, done.stdout
    after = os.times()
    return after.children_user - before.children_user + after.children_system - before.children_system


def assert_searchable(stacks: Stacks, prefix: str, count: int) -> None:
    """Make sure that the API lists what was imported: the speed of losing photos is not of interest."""
    found, token = 0, ""
    while True:
        query = {"prefix": prefix, "limit": "100"} | ({"nextToken": token} if token else {})
        page = httpx.get(f"{stacks.local.record.gallery_url}/{STAGE}/images", params=query, timeout=60).json()
        found, token = found + len(page["Images"]), page.get("NextToken") or ""
        if not token:
            break
    assert found == count, f"{found} of {count} photos are searchable"


def processor_times(stacks: Stacks) -> dict[str, float]:
    """Return the processor seconds of each part of the stack."""
    return by_part(stacks, lambda process: sum(process.cpu_times()[:2]))


def memory(stacks: Stacks) -> dict[str, float]:
    """Return the resident memory of each part of the stack, in MB."""
    return by_part(stacks, lambda process: process.memory_info().rss / 1e6)


def by_part(stacks: Stacks, figure: Any) -> dict[str, float]:
    """Add a figure up by what its processes are: the components, and the functions that the emulator starts."""
    names = {process.pid: process.name for process in stacks.local.record.processes}
    emulator = next(pid for pid, name in names.items() if name == "emulator")
    figures = {name: figure(psutil.Process(pid)) for pid, name in names.items()}
    for child in psutil.Process(emulator).children(recursive=True):
        name = f"function {function_of(child)}"
        figures[name] = figures.get(name, 0.0) + figure(child)
    return figures


def function_of(process: psutil.Process) -> str:
    """Name the function that a worker of the emulator runs."""
    name = process.environ().get("AWS_LAMBDA_FUNCTION_NAME", "?")
    return name.removeprefix("viewfinder-").partition("Function")[0]


def system_time() -> float:
    """Return the seconds that all processors together have been at work."""
    times = psutil.cpu_times()
    return float(times.user + times.system + times.nice + times.irq + times.softirq)


def medians(runs: list[dict[str, float]]) -> dict[str, float]:
    """Return the median of each figure."""
    return {name: round(statistics.median(one.get(name, 0.0) for one in runs), 1) for name in runs[-1]}
