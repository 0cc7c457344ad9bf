"""Cold start of the API function beside a handler that only imports boto3 and makes one client, and the warm overhead
of being watched.

`python benchmarks/cold_start.py` starts fresh processes on the emulator's own interpreter, with nothing on the path but
the function's package: import, then one invocation against a server that answers every call at once.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from viewfinder.deployment.packages import build_package, this_machine
from viewfinder.local.ministack.environment import ensure_environment

PROJECT = Path(__file__).parents[1]
RUNS = 15
WARM_RUNS = 300

BARE = """
import boto3
client = boto3.client("dynamodb")
def handler(event, context):
    return client.get_item(TableName="table", Key={"PK": {"S": "x"}})
"""

SCRIPT = """
import json, sys, time
start = time.perf_counter()
from handler import handler
handler(json.loads(sys.argv[1]), None)
print(time.perf_counter() - start)
"""

EVENT = {
    "httpMethod": "GET",
    "resource": "/health",
    "path": "/health",
    "pathParameters": None,
    "multiValueQueryStringParameters": None,
    "headers": {},
    "body": None,
    "requestContext": {"requestId": "benchmark", "path": "/prod/health"},
}

WATCHED = """
import os, sys, time
from viewfinder.observability import correlated, logger, measure, publishing_metrics, span, timed
def invoke():
    with publishing_metrics(), correlated(correlation_id="message", image_id="image.jpg"), span("image", image_id="a"):
        with span("fetch"): pass
        with span("decode"): pass
        with span("detect"), timed("DetectorLatency"): pass
        with span("store"): pass
        measure("ImagesAnalyzed"), measure("LabelsPerImage", 12), measure("DetectorCost", 0.001, "None")
        logger.info("image indexed")
invoke()
times = []
for _ in range(int(sys.argv[1])):
    start = time.perf_counter()
    invoke()
    times.append(time.perf_counter() - start)
print(sorted(times)[len(times) // 2], file=sys.stderr)
"""


class _Nothing(BaseHTTPRequestHandler):
    """Answers every call with an empty object."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def environment(endpoint: str) -> dict[str, str]:
    """What Lambda and the template would set."""
    names = ("IMAGES_BUCKET", "DERIVED_BUCKET", "TABLE", "QUEUE_URL")
    return {f"VIEWFINDER_{name}": "name" for name in names} | {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000",
        "POWERTOOLS_SERVICE_NAME": "viewfinder",
        "_X_AMZN_TRACE_ID": "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
        "PATH": os.environ["PATH"],
    }


def cold_start(folder: Path, endpoint: str) -> float:
    """Seconds of a fresh process for import and first invocation (the interpreter's own start not counted)."""
    command = [str(ensure_environment()), "-c", SCRIPT, json.dumps(EVENT)]
    run = subprocess.run(command, cwd=folder, env=environment(endpoint), capture_output=True, text=True, check=True)
    return float(run.stdout.splitlines()[-1])


def warm_overhead(folder: Path) -> float:
    """Seconds that logs, metrics and spans of one image take in a warm process."""
    command = [str(ensure_environment()), "-c", WATCHED, str(WARM_RUNS)]
    run = subprocess.run(command, cwd=folder, env=environment(""), capture_output=True, text=True, check=True)
    return float(run.stderr.splitlines()[-1])


def unpacked(function: str, parent: Path) -> Path:
    """Return the folder of a function's package."""
    folder = parent / function
    zipfile.ZipFile(build_package(PROJECT, function, this_machine()).zip).extractall(folder)
    return folder


def main() -> None:
    """Print both figures; the exit code says whether they keep the limits."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Nothing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    endpoint = f"http://127.0.0.1:{server.server_port}"
    with tempfile.TemporaryDirectory() as temporary:
        bare = Path(temporary) / "bare"
        bare.mkdir()
        (bare / "handler.py").write_text(BARE)
        api = unpacked("api_handler", Path(temporary))
        for folder in (bare, api):
            cold_start(folder, endpoint)  # compiles the modules, as Lambda's snapshot of a package has them on disk
        pairs = [(cold_start(bare, endpoint), cold_start(api, endpoint)) for _ in range(RUNS)]
        overhead = warm_overhead(unpacked("image_processing", Path(temporary))) * 1000
    server.shutdown()
    ratio = statistics.median(mine / other for other, mine in pairs)
    for name, column in (("boto3 and one client", 0), ("api_handler", 1)):
        times = sorted(pair[column] * 1000 for pair in pairs)
        print(f"{name:22} median {statistics.median(times):6.0f} ms   least {times[0]:6.0f} ms")
    print(f"cold start, ratio      median {ratio:6.2f}      (limit 1.40)")
    print(f"logs, metrics, spans   median {overhead:6.2f} ms   (limit 2.00), warm, one image")
    sys.exit(ratio > 1.4 or overhead > 2)


if __name__ == "__main__":
    main()
