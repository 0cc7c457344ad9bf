"""Every way in which DetectLabels can fail belongs to one of three families."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.config import Config
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, NoCredentialsError, ReadTimeoutError
from botocore.stub import Stubber

from viewfinder.adapters.detector import RekognitionDetector
from viewfinder.domain.errors import DetectorUnavailableError, ImageRejectedError, MisconfiguredError
from viewfinder.domain.feature import Feature, Parameters
from viewfinder.domain.image import Image, Status
from viewfinder.domain.moderation import ModerationLabel
from viewfinder.domain.posting import SourceKind, postings_of
from viewfinder.domain.summary import Summary
from viewfinder.domain.vector import Vector

FAMILIES = [
    ("ThrottlingException", 400, DetectorUnavailableError),
    ("ProvisionedThroughputExceededException", 400, DetectorUnavailableError),
    ("InternalServerError", 500, DetectorUnavailableError),
    ("ServiceUnavailableException", 503, DetectorUnavailableError),
    ("SomethingNew", 502, DetectorUnavailableError),
    ("SomethingNew", 429, DetectorUnavailableError),
    ("InvalidImageFormatException", 400, ImageRejectedError),
    ("ImageTooLargeException", 400, ImageRejectedError),
    ("AccessDeniedException", 400, MisconfiguredError),
    ("UnrecognizedClientException", 400, MisconfiguredError),
    ("InvalidParameterException", 400, MisconfiguredError),
    ("ResourceNotFoundException", 400, MisconfiguredError),
]


def client() -> Any:
    once = Config(retries={"total_max_attempts": 1})
    session = boto3.Session("x", "x", region_name="us-east-1")
    return session.client("rekognition", config=once)


@pytest.mark.parametrize(("code", "status", "family"), FAMILIES)
def test_an_error_code_has_its_family(code: str, status: int, family: type[Exception]) -> None:
    rekognition = client()
    with Stubber(rekognition) as stubber:
        stubber.add_client_error("detect_labels", code, "a message", http_status_code=status)
        with pytest.raises(family, match="a message"):
            RekognitionDetector(rekognition).detect(b"picture", Parameters(40, 55.0))


@pytest.mark.parametrize(
    ("error", "family"),
    [
        (ConnectTimeoutError(endpoint_url="x"), DetectorUnavailableError),
        (EndpointConnectionError(endpoint_url="x"), DetectorUnavailableError),
        (ReadTimeoutError(endpoint_url="x"), DetectorUnavailableError),
        (NoCredentialsError(), MisconfiguredError),
    ],
)
def test_a_call_that_gets_no_answer_has_its_family(error: Exception, family: type[Exception]) -> None:
    def fail(**_: Any) -> None:
        raise error

    rekognition = client()
    rekognition.meta.events.register("before-send.rekognition.DetectLabels", fail)
    with pytest.raises(family):
        RekognitionDetector(rekognition).detect(b"picture", Parameters(40, 55.0))


def test_general_labels_are_asked_for_and_read() -> None:
    rekognition = client()
    answer = {"Labels": [{"Name": "Cat", "Confidence": 98.76543}], "LabelModelVersion": "3.0"}
    asked = {"Image": {"Bytes": b"p"}, "MaxLabels": 7, "MinConfidence": 60.0, "Features": ["GENERAL_LABELS"]}
    with Stubber(rekognition) as stubber:
        stubber.add_response("detect_labels", answer, asked)
        detection = RekognitionDetector(rekognition).detect(b"p", Parameters(7, 60.0))

    assert [(label.name, label.confidence) for label in detection.findings] == [("Cat", 98.7654)]
    assert detection.model_version == "3.0"


def test_a_vector_is_asked_for_in_a_header_and_read_from_one() -> None:
    vector = Vector("a-model", bytes(range(1, 129)) * 10)
    headers: Any = HeadersDict({"x-viewfinder-vector": str(vector)})
    sent: list[Any] = []

    def answer(request: Any, **_: Any) -> AWSResponse:
        sent.append(request.headers.get("x-viewfinder-vector"))
        return AWSResponse(request.url, 200, headers, _Body(b'{"Labels": []}'))

    rekognition, plain = client(), client()
    for each in (rekognition, plain):
        each.meta.events.register("before-send.rekognition.DetectLabels", answer)
    detector = RekognitionDetector(rekognition, asks_for_vectors=True)
    assert detector.detect(b"p", Parameters(40, 55.0)).vector == vector
    RekognitionDetector(plain).detect(b"p", Parameters(40, 55.0))
    assert sent == [b"true", None]


def test_a_detector_that_knows_no_vectors_answers_without_one() -> None:
    rekognition = client()
    detector = RekognitionDetector(rekognition, asks_for_vectors=True)
    with Stubber(rekognition) as stubber:
        stubber.add_response("detect_labels", {"Labels": []})
        assert detector.detect(b"p", Parameters(40, 55.0)).vector is None


class _Body:
    """A body as urllib3 has it."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._content


def test_moderation_labels_are_kept_with_their_level_and_parent_and_content_types_beside_them() -> None:
    """The answer has the shape of Rekognition's developer guide, "Detecting inappropriate images"."""
    rekognition = client()
    answer = {
        "ModerationLabels": [
            {"Confidence": 99.1, "Name": "Weapons", "ParentName": "Violence", "TaxonomyLevel": 2},
            {"Confidence": 99.1, "Name": "Violence", "ParentName": "", "TaxonomyLevel": 1},
            {"Confidence": 40.0, "Name": "Gambling", "ParentName": "", "TaxonomyLevel": 1},
        ],
        "ModerationModelVersion": "7.0",
        "ContentTypes": [{"Confidence": 98.25, "Name": "Illustrated"}],
    }
    with Stubber(rekognition) as stubber:
        stubber.add_response("detect_moderation_labels", answer, {"Image": {"Bytes": b"p"}, "MinConfidence": 60.0})
        parameters = Parameters(7, 60.0, Feature.MODERATION)
        detection = RekognitionDetector(rekognition).detect(b"p", parameters)

    assert detection.model_version == "7.0"
    assert detection.findings == (
        ModerationLabel("Weapons", 99.1, "Violence", 2),
        ModerationLabel("Violence", 99.1, "", 1),
        ModerationLabel("Illustrated", 98.25, "", 0),
    )


@pytest.mark.parametrize(
    ("features", "labels", "moderated"),
    [
        (("LABELS",), (), ""),
        (("LABELS", "MODERATION"), (), "false"),
        (("LABELS", "MODERATION"), (ModerationLabel("Illustrated", 98.0),), "false"),
        (("LABELS", "MODERATION"), (ModerationLabel("Violence", 99.0, "", 1),), "true"),
    ],
)
def test_an_image_is_moderated_where_a_label_was_found_and_known_only_where_it_was_looked_for(
    features: tuple[str, ...], labels: tuple[ModerationLabel, ...], moderated: str
) -> None:
    image = Image("a.jpg", Status.ANALYZED, "", "2026", features=features, findings={Feature.MODERATION: labels})
    assert Summary.of(image).moderated == moderated
    sources = [posting.source for posting in postings_of(image)]
    assert [source.name for source in sources if source.kind is SourceKind.MODERATED] == [moderated] * bool(moderated)
