"""Vectors of pictures and words by Amazon Titan Multimodal Embeddings G1 on Amazon Bedrock."""

from __future__ import annotations

import base64
import io
import json
from array import array
from collections.abc import Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from viewfinder.domain.errors import (
    DetectorUnavailableError,
    ImageRejectedError,
    InvalidRequestError,
    MisconfiguredError,
)
from viewfinder.domain.vector import Vector
from viewfinder.observability import measure

MODEL_ID = "amazon.titan-embed-image-v1"
SIZES = (256, 384, 1024)
"""Bedrock User Guide, "Amazon Titan Multimodal Embeddings G1": values of outputEmbeddingLength."""

MAX_SIDE = 1024
"""Pixels of a side that is sent: the guide allows 2,048, and a picture of half that says the same."""

MAX_BODY = 25_000_000
"""API Reference, "InvokeModel"."""

_UNAVAILABLE = {
    *("ThrottlingException", "ModelTimeoutException", "InternalServerException", "ServiceUnavailableException"),
    *("ServiceQuotaExceededException", "ModelNotReadyException", "ModelErrorException"),
}
"""API Reference, "InvokeModel", Errors: those that pass. (AccessDenied: the account has no access to the model.)"""


class TitanEmbedder:
    """Implements `ports.Embedder` with InvokeModel: one call a picture, one a text."""

    def __init__(self, client: Any, size: int) -> None:
        """`size` is the number of values of a vector; raise MisconfiguredError for one that the model has not."""
        if size not in SIZES:
            raise MisconfiguredError(f"VIEWFINDER_EMBEDDINGS: {MODEL_ID} has {', '.join(map(str, SIZES))} values")
        self._client = client
        self._size = size
        self.model = f"{MODEL_ID}-{size}"
        client.meta.events.register("response-received.bedrock-runtime", _measure_throttle)

    def vector(self, rendition: bytes) -> Vector:
        """Describe a picture, which is sent with at most 1,024 pixels a side."""
        picture = base64.b64encode(_reduced(rendition)).decode()
        try:
            return self._embedded({"inputImage": picture})
        except _InvalidInputError as error:
            raise ImageRejectedError("UNSUPPORTED_FORMAT", f"Bedrock refused the picture: {error}") from error

    def words(self, text: str) -> Vector:
        """Describe a text; the model reads English, and 256 tokens at most."""
        try:
            return self._embedded({"inputText": text})
        except _InvalidInputError as error:
            raise InvalidRequestError(f"Bedrock refused the text: {error}", parameter="like") from error

    def _embedded(self, given: dict[str, Any]) -> Vector:
        body = json.dumps(given | {"embeddingConfig": {"outputEmbeddingLength": self._size}})
        document = self._invoke(body)
        values = document.get("embedding") or ()
        if len(values) != self._size or not any(values):
            problem = document.get("message") or f"{len(values)} values"
            raise DetectorUnavailableError(f"{MODEL_ID} gives no vector: {problem}")
        return Vector(self.model, _signed_bytes(values))

    def _invoke(self, body: str) -> dict[str, Any]:
        if len(body) > MAX_BODY:
            raise _InvalidInputError(f"it is larger than {MAX_BODY:,} bytes")
        kind = "application/json"
        try:
            answer = self._client.invoke_model(modelId=MODEL_ID, body=body, contentType=kind, accept=kind)
            document: dict[str, Any] = json.loads(answer["body"].read())
        except ClientError as error:
            raise _failure_of(error) from error
        except BotoCoreError as error:
            raise DetectorUnavailableError(f"Bedrock can't be reached: {error}") from error
        return document


class _InvalidInputError(Exception):
    """The model does not take this picture or text."""


def _failure_of(error: ClientError) -> Exception:
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    if code == "ValidationException":
        return _InvalidInputError(message)
    kind = DetectorUnavailableError if code in _UNAVAILABLE else MisconfiguredError
    return kind(f"{MODEL_ID}: {code}: {message}")


def _reduced(rendition: bytes) -> bytes:
    """Return a picture as it is, or a JPEG of it where a side is too long."""
    from PIL import Image, ImageOps

    with Image.open(io.BytesIO(rendition)) as picture:
        if max(picture.size) <= MAX_SIDE:
            return rendition
        picture.draft("RGB", (MAX_SIDE, MAX_SIDE))
        upright = ImageOps.exif_transpose(picture).convert("RGB")
    upright.thumbnail((MAX_SIDE, MAX_SIDE))
    written = io.BytesIO()
    upright.save(written, "JPEG", quality=90)
    return written.getvalue()


def _signed_bytes(values: Sequence[float]) -> bytes:
    """Return a vector as int8 of which the largest is 127: only its direction counts."""
    largest = max(map(abs, values))
    return array("b", (round(127 * value / largest) for value in values)).tobytes()


def _measure_throttle(parsed_response: dict[str, Any] | None, **_: object) -> None:
    if parsed_response and parsed_response.get("Error", {}).get("Code") == "ThrottlingException":
        measure("DetectorThrottles")
