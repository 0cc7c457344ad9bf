"""The AWS SDK for Python, unmodified: every shape of the request and of the response, and every error."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError
from PIL import Image

from tests.contract.rekognition.service_shapes import check_fits, examples, paths, shape
from tests.unit.rekognition.images import encode, noise, plain, sample, sign

IMAGES = {
    "DetectLabels": ("Image",),
    "DetectText": ("Image",),
    "DetectFaces": ("Image",),
    "CompareFaces": ("SourceImage", "TargetImage"),
}
REQUESTS = [
    (operation, request)
    for operation, images in IMAGES.items()
    for request in examples(shape(f"{operation}Request"))
    if not set(images) & request.keys()
]
ALWAYS_NULL = {".OrientationCorrection"}
"""The service's own documentation says so."""

WRONG_FORMAT = "Request has invalid image format"
NO_FACES = (
    "1 validation error detected: Value 'FACES' at 'features.1.member' failed to satisfy constraint: "
    "Member must satisfy enum value set: [GENERAL_LABELS, IMAGE_PROPERTIES]"
)

BOTH = ["GENERAL_LABELS", "IMAGE_PROPERTIES"]
SIGN = sign("Platform 12")


def raw_call(url: str, operation: str, document: dict[str, Any], *contents: bytes) -> httpx.Response:
    """Call an operation with an image, or with one for each member that is an image."""
    images = [{"Bytes": base64.b64encode(content).decode()} for content in contents]
    body = document | dict(zip(IMAGES[operation], images * len(IMAGES[operation]), strict=False))
    headers = {"X-Amz-Target": f"RekognitionService.{operation}", "Content-Type": "application/x-amz-json-1.1"}
    response = httpx.post(url, content=json.dumps(body), headers=headers, timeout=30)
    assert response.headers["content-type"] == "application/x-amz-json-1.1"
    return response


def is_an_area(region: dict[str, Any]) -> bool:
    """Whether a region is what the documentation of RegionOfInterest asks for; the model says less."""
    return len(region) == 1 and ("BoundingBox" in region or 3 <= len(region["Polygon"]) <= 10)


@pytest.mark.parametrize(("operation", "members"), REQUESTS, ids=lambda part: json.dumps(part)[:60])
def test_every_shape_of_the_request_is_answered_in_shape(server: str, operation: str, members: dict[str, Any]) -> None:
    response = raw_call(server, operation, members, sample("astronaut.jpg"))
    if all(is_an_area(region) for region in members.get("Filters", {}).get("RegionsOfInterest", ())):
        assert response.status_code == 200
        check_fits(shape(f"{operation}Response"), response.json())
    else:
        assert (response.status_code, response.json()["__type"]) == (400, "InvalidParameterException")


def unused(operation: str, answer: Any) -> set[str]:
    of = shape(f"{operation}Response")
    return paths(of) - check_fits(of, answer)


def test_labels_use_every_member_of_the_model(server: str) -> None:
    answer = raw_call(server, "DetectLabels", {"Features": BOTH, "MinConfidence": 0}, sample("cat.jpg")).json()
    contrast_of_parts = {f".ImageProperties.{part}.Quality.Contrast" for part in ("Foreground", "Background")}
    assert unused("DetectLabels", answer) == ALWAYS_NULL | contrast_of_parts


def test_text_uses_every_member_of_the_model(server: str) -> None:
    assert unused("DetectText", raw_call(server, "DetectText", {}, SIGN).json()) == set()


def left_out(place: str, name: str) -> set[str]:
    """The paths below a place of a face's members that no network here knows."""
    unknown = set(shape(name).members) - {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"}
    return {f"{place}.{member}{path}" for member in unknown for path in paths(shape(name).members[member])}


def test_faces_use_the_members_that_a_network_here_knows(server: str) -> None:
    answer = raw_call(server, "DetectFaces", {"Attributes": ["ALL"]}, sample("astronaut.jpg")).json()
    assert unused("DetectFaces", answer) == ALWAYS_NULL | left_out(".FaceDetails[]", "FaceDetail")


def test_compared_faces_use_the_members_that_a_network_here_knows(server: str) -> None:
    dim = encode(Image.open(io.BytesIO(sample("astronaut.jpg"))).point(lambda value: value // 2), "PNG")
    matched, unmatched = (
        raw_call(server, "CompareFaces", {"SimilarityThreshold": threshold}, sample("astronaut.jpg"), dim).json()
        for threshold in (80, 100)
    )
    always_null = {".SourceImageOrientationCorrection", ".TargetImageOrientationCorrection"}
    faces = left_out(".FaceMatches[].Face", "ComparedFace") | left_out(".UnmatchedFaces[]", "ComparedFace")
    assert unused("CompareFaces", matched) & unused("CompareFaces", unmatched) == always_null | faces


def test_the_sdk_reads_text(client: Any) -> None:
    response = client.detect_text(Image={"Bytes": SIGN})
    line, *words = response["TextDetections"]
    assert (line["Type"], line["DetectedText"]) == ("LINE", "Platform 12")
    assert [(word["DetectedText"], word["ParentId"]) for word in words] == [("Platform", 0), ("12", 0)]
    assert response["TextModelVersion"] == "viewfinder-text-1.0"


def test_the_sdk_gets_faces_and_compares_them(client: Any) -> None:
    portrait = {"Bytes": sample("astronaut.jpg")}
    (face,) = client.detect_faces(Image=portrait, Attributes=["ALL"])["FaceDetails"]
    assert [landmark["Type"] for landmark in face["Landmarks"]][:2] == ["eyeLeft", "eyeRight"]
    (match,) = client.compare_faces(SourceImage=portrait, TargetImage=portrait)["FaceMatches"]
    assert match["Similarity"] > 99
    assert match["Face"]["BoundingBox"] == face["BoundingBox"]


def test_an_image_without_a_face_can_not_be_compared(client: Any) -> None:
    portrait, cat = {"Bytes": sample("astronaut.jpg")}, {"Bytes": sample("cat.jpg")}
    with pytest.raises(client.exceptions.InvalidParameterException, match="no face in the target image"):
        client.compare_faces(SourceImage=portrait, TargetImage=cat)


def test_the_sdk_gets_labels_and_boxes(client: Any) -> None:
    response = client.detect_labels(Image={"Bytes": sample("cat.jpg")}, MaxLabels=10, MinConfidence=80)
    cat = next(label for label in response["Labels"] if label["Name"] == "Cat")
    assert cat["Confidence"] > 90
    assert len(cat["Instances"]) == 1
    assert response["LabelModelVersion"] == "viewfinder-1.2"
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
        "Message": "DetectModerationLabels is not implemented by this engine; see docs/rekognition.md#operations",
    }


@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("PUT", "/"), ("POST", "/images"), ("GET", "/favicon.ico")])
def test_any_other_route_is_refused(server: str, method: str, path: str) -> None:
    response = httpx.request(method, server + path)
    assert response.json() == {"__type": "UnknownOperationException", "message": f"{method} {path} is no operation"}
    assert response.status_code == 400


def test_health_is_told_without_a_signature(server: str) -> None:
    assert httpx.get(f"{server}/healthz").json() == {"Status": "ok", "Pending": 0}
