"""Cold starts and package sizes: our functions, the baseline's, and a handler that does nothing but import boto3."""

from __future__ import annotations

import statistics
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.cold_start import BARE, PROJECT, _Nothing, cold_start, unpacked, warm_overhead
from benchmarks.summaries import Result, summary
from viewfinder.deployment.packages import AWS, build_package

FUNCTIONS = ("image_processing", "api_handler", "label_statistics")

BASELINE = """
import boto3, os
table = boto3.resource("dynamodb").Table("name")
def handler(event, context):
    return table.get_item(Key={"ImageId": "x"})
"""
"""The clients that the baseline's API makes, asking for one item: a scan of nothing has no answer to read."""


def run(bench: Bench) -> Result:
    """Interleave the starts, so that each round has its own ratios."""
    runs = 3 if bench.quick else 15
    with tempfile.TemporaryDirectory() as temporary, answering() as endpoint:
        folders = subjects(Path(temporary))
        for folder in folders.values():
            cold_start(folder, endpoint)  # compiles the modules
        rounds = [{name: cold_start(folder, endpoint) for name, folder in folders.items()} for _ in range(runs)]
        overhead = warm_overhead(unpacked("image_processing", Path(temporary) / "warm")) * 1000
    return {
        "milliseconds": {name: summary([one[name] * 1000 for one in rounds]) for name in folders},
        "watching one image, milliseconds": round(overhead, 2),
        "package megabytes on AWS": {
            name: round(build_package(PROJECT, name, AWS).zip.stat().st_size / 1e6, 2) for name in FUNCTIONS
        },
        "ratios": {
            f"{name} / boto3 and one client": round(statistics.median(one[name] / one["bare"] for one in rounds), 2)
            for name in folders
            if name != "bare"
        },
    }


def subjects(temporary: Path) -> dict[str, Path]:
    """Return a folder with a handler each."""
    folders = {"api_handler": unpacked("api_handler", temporary)}
    for name, handler in {"bare": BARE, "baseline": BASELINE}.items():
        folders[name] = temporary / name
        folders[name].mkdir()
        (folders[name] / "handler.py").write_text(handler)
    return folders


@contextmanager
def answering() -> Iterator[str]:
    """Return the URL of a server that answers every call with an empty object."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Nothing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
