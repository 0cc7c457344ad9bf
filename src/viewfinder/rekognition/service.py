"""The path of one request from headers and body to the response's document, in the order of the steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from viewfinder.rekognition.labels.engine import Engine
from viewfinder.rekognition.labels.request import Request
from viewfinder.rekognition.protocol import check_target, parse_request, service_model
from viewfinder.rekognition.s3 import S3Reader
from viewfinder.rekognition.settings import Settings
from viewfinder.rekognition.sigv4 import SignatureVerifier


class Service:
    """Answers DetectLabels requests; safe to use from several threads."""

    def __init__(self, engine: Engine, s3: S3Reader, verifier: SignatureVerifier | None = None) -> None:
        self._engine = engine
        self._s3 = s3
        self._verifier = verifier

    @classmethod
    def from_settings(cls, settings: Settings) -> Service:
        """Load everything; raise ModelFileError."""
        s3 = S3Reader(settings.s3_endpoint, settings.region, settings.allow_buckets)
        service_model()  # read now, so that the first request is as fast as the others
        return cls(Engine.load(settings), s3, _verifier(settings))

    def answer(self, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
        """Return the document of the response; raise EngineError. Header names are lower case."""
        if self._verifier:
            self._verifier.verify(headers, body)
        check_target(headers.get("x-amz-target"))
        document = parse_request(body)
        return self._engine.detect_labels(self._content(document["Image"]), Request.from_document(document))

    def _content(self, image: Mapping[str, Any]) -> bytes:
        content: bytes = image["Bytes"] if "Bytes" in image else self._s3.read(image["S3Object"])
        return content


def _verifier(settings: Settings) -> SignatureVerifier | None:
    if not settings.access_key_id:
        return None
    return SignatureVerifier(settings.access_key_id, settings.secret_access_key)
