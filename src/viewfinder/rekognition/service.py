"""The path of one request from headers and body to the response's document: a row for each operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from viewfinder.rekognition.engines import Engines
from viewfinder.rekognition.labels import request as labels
from viewfinder.rekognition.protocol import image_members, operation_of, parse_request, service_model
from viewfinder.rekognition.s3 import S3Reader
from viewfinder.rekognition.settings import Settings
from viewfinder.rekognition.sigv4 import SignatureVerifier
from viewfinder.rekognition.text import request as text

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """How an operation's checked document becomes a request, and who answers it from the content of its images."""

    read: Callable[[Document], Any]
    engine: Callable[[Engines], Callable[..., dict[str, Any]]]


OPERATIONS: Mapping[str, Operation] = {
    "DetectLabels": Operation(labels.Request.from_document, lambda engines: engines.labels.detect_labels),
    "DetectText": Operation(text.Request.from_document, lambda engines: engines.text.detect_text),
}


class Service:
    """Answers the requests of OPERATIONS; safe to use from several threads."""

    def __init__(self, engines: Engines, s3: S3Reader, verifier: SignatureVerifier | None = None) -> None:
        self._engines = engines
        self._s3 = s3
        self._verifier = verifier

    @classmethod
    def from_settings(cls, settings: Settings) -> Service:
        """Load what every server needs; raise ModelFileError."""
        service_model()  # read now, so that the first request is as fast as the others
        engines = Engines(settings)
        engines.labels  # noqa: B018 (loads it)
        s3 = S3Reader(settings.s3_endpoint, settings.region, settings.allow_buckets)
        return cls(engines, s3, _verifier(settings))

    def answer(self, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
        """Return the document of the response; raise EngineError. Header names are lower case."""
        if self._verifier:
            self._verifier.verify(headers, body)
        name = operation_of(headers.get("x-amz-target"), OPERATIONS)
        document = parse_request(name, body)
        request = OPERATIONS[name].read(document)
        images = [self._content(document[member]) for member in image_members(name)]
        return OPERATIONS[name].engine(self._engines)(*images, request)

    def _content(self, image: Document) -> bytes:
        content: bytes = image["Bytes"] if "Bytes" in image else self._s3.read(image["S3Object"])
        return content


def _verifier(settings: Settings) -> SignatureVerifier | None:
    if not settings.access_key_id:
        return None
    return SignatureVerifier(settings.access_key_id, settings.secret_access_key)
