"""The detector: Amazon Rekognition, or whatever answers on its wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, IncompleteReadError
from botocore.exceptions import ConnectionError as NoConnectionError

from viewfinder.domain.analysis import Detection, Parameters
from viewfinder.domain.errors import (
    DetectorUnavailableError,
    ImageRejectedError,
    MisconfiguredError,
    ViewfinderError,
)
from viewfinder.domain.label import Label
from viewfinder.observability import measure

if TYPE_CHECKING:
    from types_boto3_rekognition import RekognitionClient

_THROTTLED = {"ThrottlingException", "ProvisionedThroughputExceededException"}
# Rekognition Developer Guide, "Error handling": only these are worth another try.
_UNAVAILABLE = {
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


class RekognitionDetector:
    """Implements `ports.Detector`."""

    def __init__(self, client: RekognitionClient) -> None:
        self._client = client
        # The client tries again by itself: only it sees each answer.
        client.meta.events.register("response-received.rekognition.DetectLabels", _measure_throttle)

    def detect(self, rendition: bytes, parameters: Parameters) -> Detection:
        """Ask for general labels, the picture sent as bytes."""
        try:
            answer = self._client.detect_labels(
                Image={"Bytes": rendition},
                MaxLabels=parameters.max_labels,
                MinConfidence=parameters.min_confidence,
                Features=["GENERAL_LABELS"],
            )
        except ClientError as error:
            raise _translated(error) from error
        except (NoConnectionError, HTTPClientError, IncompleteReadError) as error:
            raise DetectorUnavailableError(f"the detector can't be reached: {error}") from error
        except BotoCoreError as error:
            raise MisconfiguredError(f"the detector can't be called: {error}") from error
        return Detection(
            labels=tuple(Label.from_document(entry) for entry in answer.get("Labels", ())),
            model_version=answer.get("LabelModelVersion", ""),
        )


def _measure_throttle(parsed_response: dict[str, Any] | None, **_: object) -> None:
    if parsed_response and parsed_response.get("Error", {}).get("Code") in _THROTTLED:
        measure("DetectorThrottles")


def _translated(error: ClientError) -> ViewfinderError:
    code = error.response["Error"]["Code"]
    message = error.response["Error"].get("Message", "")
    if code in _REJECTED:
        return ImageRejectedError(_REJECTED[code], f"the detector refused the picture: {message}")
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    if code in _UNAVAILABLE or status == 429 or status >= 500:
        return DetectorUnavailableError(f"{code}: {message}")
    return MisconfiguredError(f"{code}: {message}")
