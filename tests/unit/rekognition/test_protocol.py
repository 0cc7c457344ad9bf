"""The protocol: what a request may be by the service's model, and how each fault is refused."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from viewfinder.rekognition.errors import EngineError
from viewfinder.rekognition.protocol import operation_of, parse_request

BYTES = base64.b64encode(b"picture").decode()
IMAGE = {"Bytes": BYTES}


def parse(document: Any) -> dict[str, Any]:
    return parse_request("DetectLabels", json.dumps(document).encode())


def refusal(document: Any) -> tuple[str, str]:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    with pytest.raises(EngineError) as raised:
        parse_request("DetectLabels", body)
    return raised.value.code, raised.value.message


def labels_filter(member: str, values: list[str]) -> dict[str, Any]:
    return {"Image": IMAGE, "Settings": {"GeneralLabels": {member: values}}}


def test_a_full_request_is_read_with_its_bytes_decoded() -> None:
    document = {
        "Image": IMAGE,
        "MaxLabels": 7,
        "MinConfidence": 12.5,
        "Features": ["GENERAL_LABELS", "IMAGE_PROPERTIES"],
        "Settings": {
            "GeneralLabels": {"LabelInclusionFilters": ["Dog"], "LabelCategoryExclusionFilters": ["Sports"]},
            "ImageProperties": {"MaxDominantColors": 20},
        },
    }
    assert parse(document) == document | {"Image": {"Bytes": b"picture"}}


def test_a_null_and_an_unknown_member_count_as_absent() -> None:
    assert parse({"Image": IMAGE, "MaxLabels": None, "Flavour": "sweet"}) == {"Image": {"Bytes": b"picture"}}


def test_a_whole_number_is_a_confidence_too() -> None:
    assert parse({"Image": IMAGE, "MinConfidence": 70})["MinConfidence"] == 70.0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b"\xff\xfe",
        b'{"Image": NaN}',
        b"[" * 100_000,
        b'{"MaxLabels": ' + b"9" * 5000 + b"}",
    ],
)
def test_what_is_no_json_object_is_a_serialization_fault(body: bytes) -> None:
    assert refusal(body) == ("SerializationException", "Malformed JSON")


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({"Image": []}, "image"),
        ({"Image": {"Bytes": 7}}, "image.bytes"),
        ({"Image": {"Bytes": "@@@"}}, "image.bytes"),
        ({"Image": IMAGE, "MaxLabels": "7"}, "maxLabels"),
        ({"Image": IMAGE, "MaxLabels": True}, "maxLabels"),
        ({"Image": IMAGE, "MaxLabels": 1.5}, "maxLabels"),
        ({"Image": IMAGE, "MinConfidence": "high"}, "minConfidence"),
        ({"Image": IMAGE, "Features": "GENERAL_LABELS"}, "features"),
        ({"Image": IMAGE, "Features": [7]}, "features.1.member"),
        ({"Image": {"S3Object": {"Bucket": "photos", "Name": "\ud800"}}}, "image.s3Object.name"),
        ({"Image": IMAGE, "Settings": {"GeneralLabels": 1}}, "settings.generalLabels"),
    ],
)
def test_a_value_of_the_wrong_type_is_a_serialization_fault_that_names_it(document: Any, path: str) -> None:
    assert refusal(document) == ("SerializationException", f"The value at '{path}' can't be read")


@pytest.mark.parametrize(
    ("document", "value", "rule"),
    [
        ({}, "null at 'image'", "not be null"),
        ({"Image": IMAGE, "MinConfidence": -0.5}, "'-0.5' at 'minConfidence'", "have value greater than or equal to 0"),
        ({"Image": IMAGE, "MinConfidence": 101}, "'101.0' at 'minConfidence'", "have value less than or equal to 100"),
        ({"Image": IMAGE, "MaxLabels": -1}, "'-1' at 'maxLabels'", "have value greater than or equal to 0"),
        (
            {"Image": IMAGE, "MaxLabels": 2**31},
            "'2147483648' at 'maxLabels'",
            "have value less than or equal to 2147483647",
        ),
        (
            {"Image": IMAGE, "MaxLabels": -(2**31)},
            "'-2147483648' at 'maxLabels'",
            "have value greater than or equal to 0",
        ),
        (
            {"Image": IMAGE, "Features": ["FACES"]},
            "'FACES' at 'features.1.member'",
            "satisfy enum value set: [GENERAL_LABELS, IMAGE_PROPERTIES]",
        ),
        (
            {"Image": IMAGE, "Settings": {"ImageProperties": {"MaxDominantColors": 21}}},
            "'21' at 'settings.imageProperties.maxDominantColors'",
            "have value less than or equal to 20",
        ),
        (
            labels_filter("LabelInclusionFilters", ["x" * 51]),
            f"'{'x' * 51}' at 'settings.generalLabels.labelInclusionFilters.1.member'",
            "have length less than or equal to 50",
        ),
        (
            {"Image": {"S3Object": {"Bucket": "ab", "Name": "n"}}},
            "'ab' at 'image.s3Object.bucket'",
            "have length greater than or equal to 3",
        ),
        ({"Image": {"Bytes": ""}}, "of 0 bytes at 'image.bytes'", "have length greater than or equal to 1"),
    ],
)
def test_a_broken_limit_is_named_as_the_services_do(document: Any, value: str, rule: str) -> None:
    code, message = refusal(document)
    assert code == "InvalidParameterException"
    assert message == f"1 validation error detected: Value {value} failed to satisfy constraint: Member must {rule}"


@pytest.mark.parametrize(
    "member",
    [
        "LabelInclusionFilters",
        "LabelExclusionFilters",
        "LabelCategoryInclusionFilters",
        "LabelCategoryExclusionFilters",
    ],
)
def test_a_filter_has_at_most_100_entries(member: str) -> None:
    assert len(parse(labels_filter(member, ["Dog"] * 100))["Settings"]["GeneralLabels"][member]) == 100
    assert refusal(labels_filter(member, ["Dog"] * 101))[0] == "InvalidParameterException"


def test_a_filter_value_keeps_to_the_pattern() -> None:
    code, message = refusal(labels_filter("LabelInclusionFilters", ["Dog|"]))
    assert code == "InvalidParameterException"
    assert "Member must satisfy regular expression pattern: [A-Za-z0-9" in message


def test_all_faults_are_told_at_once() -> None:
    _, message = refusal({"Image": IMAGE, "MaxLabels": -1, "MinConfidence": 200})
    assert message.startswith("2 validation errors detected: Value '-1' at 'maxLabels'")


@pytest.mark.parametrize(
    "image",
    [{}, {"Bytes": BYTES, "S3Object": {"Bucket": "photos", "Name": "n"}}, {"S3Object": {"Bucket": "photos"}}],
)
def test_an_image_is_given_in_exactly_one_way(image: dict[str, Any]) -> None:
    code, message = refusal({"Image": image})
    assert code == "InvalidParameterException"
    assert message.startswith("Request has invalid parameters")


def test_more_than_five_megabytes_are_too_large() -> None:
    limit = 5 * 1024 * 1024
    assert len(parse({"Image": {"Bytes": base64.b64encode(bytes(limit)).decode()}})["Image"]["Bytes"]) == limit
    code, _ = refusal({"Image": {"Bytes": base64.b64encode(bytes(limit + 1)).decode()}})
    assert code == "ImageTooLargeException"


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (None, "The request names no operation of this service in X-Amz-Target"),
        ("RekognitionService.Dance", "The request names no operation of this service in X-Amz-Target"),
        ("DynamoDB_20120810.DetectLabels", "The request names no operation of this service in X-Amz-Target"),
        (
            "RekognitionService.DetectModerationLabels",
            "DetectModerationLabels is not implemented by this engine; see docs/rekognition.md#operations",
        ),
    ],
)
def test_any_other_operation_is_refused(target: str | None, message: str) -> None:
    with pytest.raises(EngineError) as raised:
        operation_of(target, ("DetectLabels", "DetectText"))
    assert (raised.value.code, raised.value.message) == ("UnknownOperationException", message)


def tagged(tags: Any) -> dict[str, Any]:
    return parse_request("CreateCollection", json.dumps({"CollectionId": "family", "Tags": tags}).encode())


def test_a_map_is_read_with_its_keys_and_values() -> None:
    tags = {"Größe 2": "a.b:/=+-@ \u2003", "_": ""}
    assert tagged(tags) == {"CollectionId": "family", "Tags": tags}


@pytest.mark.parametrize(
    ("tags", "problem"),
    [
        ({"aws:stage": "x"}, "Map keys must satisfy constraint: [Member must satisfy regular expression pattern: "),
        ({"stage": "a\n"}, "Map values must satisfy constraint: [Member must satisfy regular expression pattern: "),
        ({"": "x"}, "Map keys must satisfy constraint: [Member must have length greater than or equal to 1]"),
        ({"x": "y" * 257}, "Map values must satisfy constraint: [Member must have length less than or equal to 256]"),
        ({str(number): "" for number in range(201)}, "Member must have length less than or equal to 200"),
    ],
)
def test_the_limits_of_maps_are_those_of_the_model(tags: dict[str, str], problem: str) -> None:
    with pytest.raises(EngineError) as raised:
        tagged(tags)
    assert raised.value.code == "InvalidParameterException"
    assert problem in raised.value.message
    assert "at 'tags' failed to satisfy constraint: " in raised.value.message


@pytest.mark.parametrize("tags", [[], "x", {"x": 1}, {"x": None}, {"x": {}}, {"\ud800": "x"}])
def test_a_map_of_another_type_can_not_be_read(tags: Any) -> None:
    with pytest.raises(EngineError) as raised:
        tagged(tags)
    assert raised.value.code == "SerializationException"
