"""A detector that answers at once, always the same: so that what is measured is the pipeline and not the detector.

python -m benchmarks.canned_detector ANSWER.json prints its port and serves until it is ended.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class Detector(BaseHTTPRequestHandler):
    """Answers every POST with the server's answer."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet: the kernel would hold the second back (Nagle's algorithm)

    def do_POST(self) -> None:
        """Read the request away, and answer."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(self.server.answer)))  # type: ignore[attr-defined]
        self.end_headers()
        self.wfile.write(self.server.answer)  # type: ignore[attr-defined]

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Keep still."""


@contextmanager
def canned_detector(answer: Mapping[str, Any], folder: Path) -> Iterator[str]:
    """Return the URL of a detector in a process of its own."""
    file = folder / "answer.json"
    file.write_text(json.dumps({name: value for name, value in answer.items() if name != "ResponseMetadata"}))
    command = [sys.executable, "-m", "benchmarks.canned_detector", str(file)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1])
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.terminate()
        process.wait(10)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Detector)
    server.answer = Path(sys.argv[1]).read_bytes()  # type: ignore[attr-defined]
    print(server.server_port, flush=True)
    server.serve_forever()
