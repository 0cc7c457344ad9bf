"""A detector between the functions and the engine, which counts calls by content and fails when told to."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

ANSWER = {"Labels": [{"Name": "Cat", "Confidence": 98.5}], "LabelModelVersion": "3.0"}


class DetectorProxy:
    """Passes calls on to the engine, or answers itself where none is given.

    `calls` counts the answered calls by the SHA-256 of the picture, `asked` by the operation as well. While
    `is_throttling` every call gets a ThrottlingException, while `is_down` the connection ends without an answer, while
    they are held calls wait.
    """

    def __init__(self, engine_url: str | None = None) -> None:
        self.calls: Counter[str] = Counter()
        self.asked: Counter[tuple[str, str]] = Counter()
        self.refused = 0
        self.waiting = 0
        self._held = ""
        self._generation = 0
        self.is_throttling = self.is_down = False
        self._released = threading.Event()
        self._released.set()
        self._engine_url = engine_url
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def reset(self) -> None:
        """Forget the calls; answer normally."""
        self.is_throttling = self.is_down = False
        self._released.set()
        with self._lock:
            self.calls.clear()
            self.asked.clear()
            self.refused = 0

    def hold(self, operation: str = "") -> None:
        """Let calls of an operation ("": of any) wait from now on."""
        self._held = operation
        self._released.clear()

    def drop(self) -> None:
        """End the calls that wait without an answer, as if their callers were gone; later ones go on."""
        with self._lock:
            self._generation += 1
        self._released.set()

    def release(self) -> None:
        """Let them go on."""
        self._released.set()

    @contextmanager
    def running(self) -> Iterator[DetectorProxy]:
        """Serve inside the block."""
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield self
        finally:
            self.release()
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def _answer(self, body: bytes, headers: dict[str, str]) -> tuple[int, bytes] | None:
        """Return status and body; None for a connection that ends."""
        operation = headers.get("X-Amz-Target", "").rpartition(".")[2]
        with self._lock:
            self.waiting += 1
            generation = self._generation
        if operation.startswith(self._held):
            self._released.wait(60)
        with self._lock:
            self.waiting -= 1
            if generation != self._generation:
                return None
            if self.is_down or self.is_throttling:
                self.refused += 1
                error = {"__type": "ThrottlingException", "message": "Slow down"}
                return None if self.is_down else (400, json.dumps(error).encode())
            picture = base64.b64decode(json.loads(body)["Image"]["Bytes"])
            digest = hashlib.sha256(picture).hexdigest()
            self.calls[digest] += 1
            self.asked[operation, digest] += 1
        if self._engine_url is None:
            return 200, json.dumps(ANSWER).encode()
        answer = httpx.post(self._engine_url, content=body, headers=headers, timeout=30, trust_env=False)
        return answer.status_code, answer.content

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                names = ("Authorization", "Content-Type", "X-Amz-Date", "X-Amz-Target")
                answer = proxy._answer(body, {name: self.headers[name] for name in names if name in self.headers})
                if answer is None:
                    self.close_connection = True
                    return
                self.send_response(answer[0])
                self.send_header("Content-Type", "application/x-amz-json-1.1")
                self.send_header("Content-Length", str(len(answer[1])))
                self.end_headers()
                self.wfile.write(answer[1])

            def log_message(self, *_: object) -> None:
                """Say nothing."""

            def handle(self) -> None:
                with suppress(ConnectionError):  # the caller was killed
                    super().handle()

        return Handler
