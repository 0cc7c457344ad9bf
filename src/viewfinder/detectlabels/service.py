"""The path of one request from headers and body to the response's document, in the order of the steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from viewfinder.detectlabels.engine import Engine
from viewfinder.detectlabels.protocol import check_target, parse_request
from viewfinder.detectlabels.request import Request
from viewfinder.detectlabels.s3 import S3Reader
from viewfinder.detectlabels.settings import Settings


class Verifier(Protocol):
    """Checks who sent a request."""

    def verify(self, headers: Mapping[str, str], body: bytes) -> None:
        """Raises EngineError unless the request is signed as it should be."""


class Service:
    """Answers DetectLabels requests; safe to use from several threads."""

    def __init__(self, engine: Engine, s3: S3Reader, verifier: Verifier | None = None) -> None:
        self._engine = engine
        self._s3 = s3
        self._verifier = verifier

    @classmethod
    def from_settings(cls, settings: Settings) -> Service:
        """Loads everything; raises ModelFileError."""
        s3 = S3Reader(settings.s3_endpoint, settings.region, settings.allow_buckets)
        return cls(Engine.load(settings), s3)

    def answer(self, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
        """Gives the document of the response; raises EngineError. Header names are lower case."""
        if self._verifier:
            self._verifier.verify(headers, body)
        check_target(headers.get("x-amz-target"))
        document = parse_request(body)
        return self._engine.detect_labels(self._content(document["Image"]), Request.from_document(document))

    def _content(self, image: Mapping[str, Any]) -> bytes:
        content: bytes = image["Bytes"] if "Bytes" in image else self._s3.read(image["S3Object"])
        return content
