"""The detector: a server with Amazon Rekognition's API, or the engine in the same process."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, IncompleteReadError
from botocore.exceptions import ConnectionError as NoConnectionError

from viewfinder.domain.analysis import Detection
from viewfinder.domain.errors import (
    DetectorUnavailableError,
    ImageRejectedError,
    MisconfiguredError,
    ViewfinderError,
)
from viewfinder.domain.feature import FEATURES, Parameters
from viewfinder.domain.vector import Vector
from viewfinder.observability import measure

if TYPE_CHECKING:
    from types_boto3_rekognition import RekognitionClient

    from viewfinder.rekognition.engines import Engines

_THROTTLED = {"ThrottlingException", "ProvisionedThroughputExceededException"}
# Rekognition Developer Guide, "Error handling": only these are worth another try.
UNAVAILABLE = {
    *_THROTTLED,
    "InternalServerError",
    "ServiceUnavailableException",
    "RequestTimeout",
    "RequestTimeoutException",
}
_REJECTED = {
    "InvalidImageFormatException": "UNSUPPORTED_FORMAT",
    "ImageTooLargeException": "IMAGE_TOO_LARGE",
}


MAX_BYTES = 5 * 1024 * 1024
MIN_SIDE, MAX_SIDE = 80, 10_000
"""Rekognition Developer Guide, "Guidelines and quotas"."""

MAX_PIXELS = 32_000_000
MAX_SCANNED_PIXELS = 500_000_000
"""The engine's limits of what is decoded at full scale, and in how many scans; Rekognition's are not documented."""

_MODES = {"JPEG": ("L", "RGB"), "PNG": ("1", "L", "P", "RGB")}


def takes(format_name: str, mode: str, size: tuple[int, int], length: int, scanned_pixels: int) -> bool:
    """Return whether the detector accepts a file unchanged; pipeline and engine share this rule.

    `mode` is Pillow's, "" for a picture with transparency or more than 8 bits a channel. What detectors make of those,
    and of CMYK, is nowhere documented, so they are converted. `scanned_pixels` is 0 for a JPEG in one scan, which is
    decoded at a smaller scale; else it is its pixels times its scans. A JPEG is turned by its EXIF orientation.
    """
    if length > MAX_BYTES or min(size) < MIN_SIDE or max(size) > MAX_SIDE or scanned_pixels > MAX_SCANNED_PIXELS:
        return False
    is_reduced = format_name == "JPEG" and not scanned_pixels
    return mode in _MODES.get(format_name, ()) and (is_reduced or size[0] * size[1] <= MAX_PIXELS)


class RekognitionDetector:
    """Implements `ports.Detector` with one Rekognition operation per feature; `price` is in dollars per call.

    With `asks_for_vectors` DetectLabels asks our engine's server for the picture's vector, in a header. Amazon's
    service knows no such header, and answers without one.
    """

    def __init__(self, client: RekognitionClient, price: float = 0.0, *, asks_for_vectors: bool = False) -> None:
        self._client = client
        self._price = price
        if asks_for_vectors:
            client.meta.events.register("before-call.rekognition.DetectLabels", _ask_for_vector)
        # The client tries again by itself: only it sees each answer.
        client.meta.events.register("response-received.rekognition", _measure_throttle)

    def detect(self, rendition: bytes, parameters: Parameters) -> Detection:
        """Detect one feature; send the picture as bytes."""
        try:
            detection = _ask(self._client, rendition, parameters)
        except (ClientError, BotoCoreError) as error:
            raise failure_of(error) from error
        measure("DetectorCost", self._price, "None")
        return detection


class EngineDetector:
    """Implements `ports.Detector` and `ports.VectorMaker` with the engine in this process, without HTTP."""

    def __init__(self, file: str = "", *, asks_for_vectors: bool = False) -> None:
        """Load the networks for labels now, in a function's INIT; those of other features when they are asked for.

        `file` is a better ONNX detector; raise ModelFileError if it can't be used.
        """
        from viewfinder.rekognition.engines import Engines
        from viewfinder.rekognition.settings import Settings

        engines = Engines(Settings(detector=file))
        engines.labels  # noqa: B018 (loads them)
        self._engines = engines
        self._client = _EngineClient(engines, asks_for_vectors=asks_for_vectors)

    def detect(self, rendition: bytes, parameters: Parameters) -> Detection:
        """Detect one feature."""
        from viewfinder.rekognition.errors import EngineError

        try:
            return _ask(self._client, rendition, parameters)
        except EngineError as error:
            raise _translated(error.code, error.message, error.status) from error

    def vector(self, rendition: bytes) -> Vector:
        """Return the picture's vector: only the classifier runs."""
        from viewfinder.rekognition.errors import EngineError

        try:
            return Vector.from_text(self._engines.labels.vector(rendition))
        except EngineError as error:
            raise _translated(error.code, error.message, error.status) from error


def engine_version(file: str = "") -> str:
    """Return the engine's version in the keys of its analyses; `file` as in EngineDetector."""
    from viewfinder.rekognition.labels.engine import model_version
    from viewfinder.rekognition.settings import Settings

    return model_version(Settings(detector=file))


def former_engine_versions(file: str = "") -> tuple[str, ...]:
    """Return the older versions whose analyses stay valid until reanalysis; `file` as in EngineDetector."""
    from viewfinder.rekognition.labels.engine import former_versions
    from viewfinder.rekognition.settings import Settings

    return former_versions(Settings(detector=file))


class _EngineClient:
    """The engine's operations as the SDK's client has them."""

    def __init__(self, engines: Engines, *, asks_for_vectors: bool) -> None:
        self._engines = engines
        self._asks_for_vectors = asks_for_vectors

    def detect_labels(self, *, Image: Any, MaxLabels: int, MinConfidence: float, Features: Any) -> Any:  # noqa: N803
        from viewfinder.rekognition.engines import detect_labels

        limits: dict[str, Any] = {"max_labels": MaxLabels, "min_confidence": MinConfidence, "features": Features}
        return detect_labels(Image["Bytes"], **limits, vector=self._asks_for_vectors, engines=self._engines)

    def detect_text(self, *, Image: Any, Filters: Any) -> Any:  # noqa: N803 - AWS's names
        from viewfinder.rekognition.engines import detect_text

        return detect_text(Image["Bytes"], filters=Filters, engines=self._engines)

    def detect_faces(self, *, Image: Any, Attributes: Any) -> Any:  # noqa: N803 - the default attributes alone
        from viewfinder.rekognition.engines import detect_faces

        return detect_faces(Image["Bytes"], engines=self._engines)


Client: TypeAlias = "RekognitionClient | _EngineClient"


def _ask(client: Client, rendition: bytes, parameters: Parameters) -> Detection:
    row = FEATURES[parameters.feature]
    operation = getattr(client, xform_name(row.operation))
    answer: Mapping[str, Any] = operation(Image={"Bytes": rendition}, **row.request(parameters))
    named = _word_labels(answer)
    found = tuple(row.read(_with_source(entry, named)) for member in row.answers for entry in answer.get(member, ()))
    # DetectFaces takes no minimum of confidence. What a collection keeps must all be known, to be forgotten.
    minimum = 0.0 if row.beside else parameters.min_confidence
    kept = tuple(finding for finding in found if finding.confidence >= minimum)
    return Detection(kept, answer.get(row.version, ""), _vector_of(answer))


WORD_LABELS = "x-viewfinder-word-labels"
"""The engine's header (`rekognition.service.WORD_LABELS`): JSON names of labels that a user's vocabulary has."""

CLIP = "CLIP"


def _word_labels(answer: Mapping[str, Any]) -> frozenset[str]:
    text = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get(WORD_LABELS, "[]")
    return frozenset(json.loads(text))


def _with_source(entry: Mapping[str, Any], named: frozenset[str]) -> Mapping[str, Any]:
    return {**entry, "Source": CLIP} if entry.get("Name") in named else entry


VECTOR = "x-viewfinder-vector"
"""The engine's header (`rekognition.service.VECTOR`): the request's asks for the vector, the response's has it."""


def _ask_for_vector(params: dict[str, Any], **_: object) -> None:
    params["headers"][VECTOR] = "true"


def _vector_of(answer: Mapping[str, Any]) -> Vector | None:
    """Return the vector of an answer: a member of the engine's in this process, a header of its server's."""
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    text = answer.get("Vector") or headers.get(VECTOR)
    try:
        return Vector.from_text(text) if text else None
    except ValueError as error:
        raise MisconfiguredError(f"the detector's answer has a vector that can't be read: {error}") from error


def failure_of(error: ClientError | BotoCoreError) -> ViewfinderError:
    """Return the pipeline's error for one of the SDK's."""
    if isinstance(error, ClientError):
        code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        return _translated(code, message, error.response["ResponseMetadata"]["HTTPStatusCode"])
    if isinstance(error, (NoConnectionError, HTTPClientError, IncompleteReadError)):
        return DetectorUnavailableError(f"the detector can't be reached: {error}")
    return MisconfiguredError(f"the detector can't be called: {error}")


def _measure_throttle(parsed_response: dict[str, Any] | None, **_: object) -> None:
    if parsed_response and parsed_response.get("Error", {}).get("Code") in _THROTTLED:
        measure("DetectorThrottles")


def _translated(code: str, message: str, status: int) -> ViewfinderError:
    if code in _REJECTED:
        return ImageRejectedError(_REJECTED[code], f"the detector refused the picture: {message}")
    if code in UNAVAILABLE or status == 429 or status >= 500:
        return DetectorUnavailableError(f"{code}: {message}")
    return MisconfiguredError(f"{code}: {message}")
