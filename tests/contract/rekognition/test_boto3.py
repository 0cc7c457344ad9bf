"""The AWS SDK for Python, unmodified: every shape of the request and of the response, and every error."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from tests.contract.rekognition.service_shapes import check_fits, examples, paths, shape
from tests.unit.rekognition.images import encode, noise, plain, sample

REQUESTS = [request for request in examples(shape("DetectLabelsRequest")) if "Image" not in request]
ALWAYS_NULL = {".OrientationCorrection"}
"""The service's own documentation says so."""

WRONG_FORMAT = "Request has invalid image format"
NO_FACES = (
    "1 validation error detected: Value 'FACES' at 'features.1.member' failed to satisfy constraint: "
    "Member must satisfy enum value set: [GENERAL_LABELS, IMAGE_PROPERTIES]"
)

BOTH = ["GENERAL_LABELS", "IMAGE_PROPERTIES"]


def raw_call(url: str, document: dict[str, Any], content: bytes) -> Any:
    body = {**document, "Image": {"Bytes": base64.b64encode(content).decode()}}
    headers = {"X-Amz-Target": "RekognitionService.DetectLabels", "Content-Type": "application/x-amz-json-1.1"}
    response = httpx.post(url, content=json.dumps(body), headers=headers, timeout=30)
    assert response.headers["content-type"] == "application/x-amz-json-1.1"
    assert response.status_code == 200
    return response.json()


@pytest.mark.parametrize("request_members", REQUESTS, ids=lambda members: json.dumps(members)[:60])
def test_every_shape_of_the_request_is_answered_in_shape(server: str, request_members: dict[str, Any]) -> None:
    check_fits(shape("DetectLabelsResponse"), raw_call(server, request_members, plain("red")))


def test_a_response_uses_every_member_of_the_model(server: str) -> None:
    answer = raw_call(server, {"Features": BOTH, "MinConfidence": 0}, sample("cat.jpg"))
    seen = check_fits(shape("DetectLabelsResponse"), answer)
    contrast_of_parts = {f".ImageProperties.{part}.Quality.Contrast" for part in ("Foreground", "Background")}
    assert paths(shape("DetectLabelsResponse")) - seen == ALWAYS_NULL | contrast_of_parts


def test_the_sdk_gets_labels_and_boxes(client: Any) -> None:
    response = client.detect_labels(Image={"Bytes": sample("cat.jpg")}, MaxLabels=10, MinConfidence=80)
    cat = next(label for label in response["Labels"] if label["Name"] == "Cat")
    assert cat["Confidence"] > 90
    assert len(cat["Instances"]) == 1
    assert response["LabelModelVersion"] == "viewfinder-1.1"
    assert len(response["ResponseMetadata"]["RequestId"]) == 36


@pytest.mark.parametrize(
    ("members", "code", "message"),
    [
        ({"Image": {"Bytes": b"text"}}, "InvalidImageFormatException", WRONG_FORMAT),
        ({"Image": {"Bytes": encode(noise(), "GIF")}}, "InvalidImageFormatException", WRONG_FORMAT),
        (
            {"Image": {"Bytes": plain("red", (79, 100))}},
            "InvalidParameterException",
            "Request has invalid parameters: image is smaller than 80 pixels a side",
        ),
        (
            {"Image": {"Bytes": plain("red", (10_001, 80))}},
            "ImageTooLargeException",
            "Input image dimensions 10001 x 80 exceed maximum dimension size of 10000 pixels",
        ),
        (
            {"Image": {"Bytes": bytes(5 * 1024 * 1024 + 1)}},
            "ImageTooLargeException",
            "Image size of 5242881 bytes exceeds the limit of 5242880 bytes",
        ),
        (
            {"Image": {"S3Object": {"Bucket": "photos", "Name": "cat.jpg"}}},
            "InvalidS3ObjectException",
            "Unable to get object metadata from S3. Check object key, region and/or access permissions.",
        ),
        (
            {"Image": {}},
            "InvalidParameterException",
            "Request has invalid parameters: Image takes one of Bytes and S3Object",
        ),
        ({"Image": {"Bytes": b"text"}, "Features": ["FACES"]}, "InvalidParameterException", NO_FACES),
    ],
)
def test_the_sdk_gets_the_documented_error(client: Any, members: dict[str, Any], code: str, message: str) -> None:
    with pytest.raises(getattr(client.exceptions, code)) as raised:
        client.detect_labels(**members)
    assert raised.value.response["Error"] == {"Code": code, "Message": message}
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_an_operation_that_the_engine_lacks_is_refused(client: Any) -> None:
    with pytest.raises(ClientError) as raised:
        client.detect_moderation_labels(Image={"Bytes": sample("cat.jpg")})
    assert raised.value.response["Error"] == {
        "Code": "UnknownOperationException",
        "Message": "DetectModerationLabels is not implemented by this engine",
    }


@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("PUT", "/"), ("POST", "/images"), ("GET", "/favicon.ico")])
def test_any_other_route_is_refused(server: str, method: str, path: str) -> None:
    response = httpx.request(method, server + path)
    assert response.json() == {"__type": "UnknownOperationException", "message": f"{method} {path} is no operation"}
    assert response.status_code == 400


def test_health_is_told_without_a_signature(server: str) -> None:
    assert httpx.get(f"{server}/healthz").json() == {"Status": "ok", "Pending": 0}
