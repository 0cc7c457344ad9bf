"""A server of the engine in a process of its own, and the plainest client for it."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

COMMAND = [sys.executable, "-m", "viewfinder.cli.main", "rekognition", "serve", "--port", "0"]
HEAD = """POST / HTTP/1.1\r
Host: 127.0.0.1\r
Content-Type: application/x-amz-json-1.1\r
X-Amz-Target: RekognitionService.DetectLabels\r
Content-Length: {}\r
\r
"""


@dataclass(frozen=True)
class ServerProcess:
    """A running server: its process, its port, and the seconds from its start to its first answer."""

    process: subprocess.Popen[str]
    port: int
    started_in: float

    def memory(self) -> dict[str, float]:
        """Return the resident memory now and at its peak, in MB."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        values = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith(("VmRSS", "VmHWM"))}
        return {"now": int(values["VmRSS"]) / 1024, "peak": int(values["VmHWM"]) / 1024}


class Client:
    """One kept-alive connection, as plain as can be: clients share the cores with the server that they measure."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._answers = self._socket.makefile("rb")

    def call(self, body: bytes) -> bytes:
        """Send a body that was made before; return the answer's."""
        self._socket.sendall(HEAD.format(len(body)).encode() + body)
        status, *headers = iter(self._answers.readline, b"\r\n")
        lengths = [int(line[15:]) for line in headers if line.lower().startswith(b"content-length:")]
        answer = self._answers.read(lengths[0])
        if b" 200 " not in status:
            raise RuntimeError(f"{status!r}: {answer!r}")
        return answer


def body_of(content: bytes) -> bytes:
    return json.dumps({"Image": {"Bytes": base64.b64encode(content).decode()}}).encode()


@contextmanager
def running_server(*options: str) -> Iterator[ServerProcess]:
    """Start a server on a free port and stop it in the end."""
    started = time.perf_counter()
    process = subprocess.Popen([*COMMAND, *options], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        port = int(json.loads(process.stderr.readline())["url"].rsplit(":", 1)[1])
        _wait_until_healthy(port)
        seconds = time.perf_counter() - started
        _discard(process)
        yield ServerProcess(process, port, seconds)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_until_healthy(port: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except ConnectionRefusedError:
            time.sleep(0.005)
    raise TimeoutError("the server did not become healthy")


def _discard(process: subprocess.Popen[str]) -> None:
    """Read the access log away, so that a full pipe can't stop the server."""
    import threading

    assert process.stderr is not None
    threading.Thread(target=lambda: all(True for _ in process.stderr or ()), daemon=True).start()
