"""S3Object: read from the configured endpoint with the server's credentials, and from allowed buckets only."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.contract.rekognition.conftest import StartServer, rekognition
from tests.unit.rekognition.images import plain

OBJECTS = {
    "/photos-1/a%20b%2B%C3%A9.png": plain("red"),
    "/photos-1/text": b"no image",
    "/photos-1/large": bytes(15 * 1024 * 1024 + 1),
    "/photos-1/old.png?versionId=v7": plain("red"),
    "/secret/key.png": plain("red"),
}
BROKEN = "/photos-1/broken"


class Bucket(BaseHTTPRequestHandler):
    """As much of S3 as GetObject needs; answers those who sign with the server's own key pair."""

    def do_GET(self) -> None:
        if "Credential=AKIDSERVER/" not in self.headers.get("Authorization", ""):
            self._answer(403, b"<Error><Code>AccessDenied</Code></Error>")
        elif self.path == BROKEN:
            self._answer(503, b"<Error><Code>SlowDown</Code></Error>")
        elif self.path in OBJECTS:
            self._answer(200, OBJECTS[self.path])
        else:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            return  # the engine does not read what is too large

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def client(start_server: StartServer, s3: str) -> Any:
    return rekognition(start_server("--s3-endpoint", s3, "--allow-bucket", "photos-*"))


def detect(client: Any, name: str, bucket: str = "photos-1", **version: str) -> Any:
    return client.detect_labels(Image={"S3Object": {"Bucket": bucket, "Name": name, **version}})


def test_an_object_is_read_whatever_its_key(client: Any) -> None:
    assert detect(client, "a b+é.png")["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_a_version_is_read(client: Any) -> None:
    assert detect(client, "old.png", Version="v7")["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize(
    ("bucket", "name", "code"),
    [
        ("photos-1", "missing.png", "InvalidS3ObjectException"),
        ("secret", "key.png", "InvalidS3ObjectException"),
        ("photos-1", "text", "InvalidImageFormatException"),
        ("photos-1", "large", "ImageTooLargeException"),
        ("photos-1", "broken", "InternalServerError"),
    ],
)
def test_an_object_that_can_not_be_used_is_refused(client: Any, bucket: str, name: str, code: str) -> None:
    with pytest.raises(getattr(client.exceptions, code)):
        detect(client, name, bucket)


def test_s3_that_can_not_be_reached_is_our_fault(start_server: StartServer) -> None:
    client = rekognition(start_server("--s3-endpoint", "http://127.0.0.1:9", "--allow-bucket", "photos-1"))
    with pytest.raises(client.exceptions.InternalServerError):
        detect(client, "a.png")
