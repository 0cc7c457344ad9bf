"""2,000 mutated requests an operation: each is answered or refused as documented, none fails, and the server lives."""

from __future__ import annotations

import asyncio
import base64
import json
import random
import socket
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.contract.rekognition.service_shapes import check_fits, shape
from tests.unit.rekognition.images import encode, noise, png_header
from viewfinder.rekognition.engines import Engines
from viewfinder.rekognition.errors import STATUSES
from viewfinder.rekognition.pictures import S3Reader
from viewfinder.rekognition.server import Wire
from viewfinder.rekognition.service import OPERATIONS, Service
from viewfinder.rekognition.settings import Settings

SEED = 20_260
Call = tuple[dict[str, str], bytes]

PICTURE = noise((96, 90))
FILES = [
    encode(PICTURE, "JPEG", quality=40),
    encode(PICTURE, "JPEG", quality=40, progressive=True),
    encode(PICTURE, "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"),
    encode(PICTURE.convert("CMYK"), "JPEG"),
    encode(PICTURE, "PNG"),
    encode(PICTURE.convert("P"), "PNG"),
    encode(PICTURE.convert("RGBA"), "PNG"),
    *(encode(PICTURE, kind) for kind in ("GIF", "WEBP", "BMP", "TIFF")),
]
ARN = "arn:aws:rekognition:us-east-1:000000000000:collection/family"
FACE = "00000000-0000-4000-8000-000000000000"
IMAGE = {"Bytes": base64.b64encode(png_header(96, 90)).decode()}
REQUESTS: dict[str, dict[str, Any]] = {
    "DetectLabels": {
        "Image": IMAGE,
        "MaxLabels": 10,
        "MinConfidence": 55.5,
        "Features": ["GENERAL_LABELS", "IMAGE_PROPERTIES"],
        "Settings": {
            "GeneralLabels": {"LabelInclusionFilters": ["Dog"], "LabelCategoryExclusionFilters": ["Sports"]},
            "ImageProperties": {"MaxDominantColors": 3},
        },
    },
    "DetectText": {
        "Image": IMAGE,
        "Filters": {
            "WordFilter": {"MinConfidence": 60, "MinBoundingBoxHeight": 0.1, "MinBoundingBoxWidth": 0.1},
            "RegionsOfInterest": [
                {"BoundingBox": {"Left": 0.1, "Top": 0.1, "Width": 0.5, "Height": 0.5}},
                {"Polygon": [{"X": 0, "Y": 0}, {"X": 1, "Y": 0}, {"X": 0.5, "Y": 1}]},
            ],
        },
    },
    "DetectFaces": {"Image": IMAGE, "Attributes": ["DEFAULT", "SMILE"]},
    "CompareFaces": {"SourceImage": IMAGE, "TargetImage": IMAGE, "SimilarityThreshold": 70, "QualityFilter": "LOW"},
    "CreateCollection": {"CollectionId": "staff", "Tags": {"stage": "test"}},
    "DescribeCollection": {"CollectionId": "family"},
    "ListCollections": {"MaxResults": 10, "NextToken": "AAAAAAAAAAAAAAAAAAAAAA=="},
    "DeleteCollection": {"CollectionId": "staff"},
    "TagResource": {"ResourceArn": ARN, "Tags": {"stage": "test", "owner": "ann"}},
    "UntagResource": {"ResourceArn": ARN, "TagKeys": ["stage", "owner"]},
    "ListTagsForResource": {"ResourceArn": ARN},
    "IndexFaces": {
        "CollectionId": "family",
        "Image": IMAGE,
        "ExternalImageId": "party:1",
        "DetectionAttributes": ["ALL"],
        "MaxFaces": 3,
        "QualityFilter": "NONE",
    },
    "ListFaces": {"CollectionId": "family", "MaxResults": 5, "UserId": "ann", "FaceIds": [FACE], "NextToken": ""},
    "DeleteFaces": {"CollectionId": "family", "FaceIds": [FACE, FACE]},
    "SearchFaces": {"CollectionId": "family", "FaceId": FACE, "MaxFaces": 5, "FaceMatchThreshold": 0.5},
    "SearchFacesByImage": {"CollectionId": "family", "Image": IMAGE, "MaxFaces": 5, "FaceMatchThreshold": 70},
    "CreateUser": {"CollectionId": "family", "UserId": "bob", "ClientRequestToken": "one"},
    "ListUsers": {"CollectionId": "family", "MaxResults": 5, "NextToken": ""},
    "DeleteUser": {"CollectionId": "family", "UserId": "bob", "ClientRequestToken": "one"},
    "AssociateFaces": {
        "CollectionId": "family",
        "UserId": "ann",
        "FaceIds": [FACE],
        "UserMatchThreshold": 60,
        "ClientRequestToken": "one",
    },
    "DisassociateFaces": {"CollectionId": "family", "UserId": "ann", "FaceIds": [FACE], "ClientRequestToken": "one"},
    "SearchUsers": {"CollectionId": "family", "FaceId": FACE, "MaxUsers": 5, "UserMatchThreshold": 60},
    "SearchUsersByImage": {"CollectionId": "family", "Image": IMAGE, "MaxUsers": 5, "QualityFilter": "AUTO"},
}
ODD_VALUES: list[Any] = [None, True, -1, 0, 1e308, 10**30, "", "\ud800", "x" * 3000, [], {}, [[]], {"Bytes": ""}]


def target(operation: str) -> dict[str, str]:
    return {"X-Amz-Target": f"RekognitionService.{operation}"}


def image_call(operation: str, content: bytes) -> Call:
    image = {"Bytes": base64.b64encode(content).decode()}
    members = dict.fromkeys([name for name in REQUESTS[operation] if name.endswith("Image")], image)
    required = {name: value for name, value in REQUESTS[operation].items() if name == "CollectionId"}
    return target(operation), json.dumps(required | members).encode()


def flipped(content: bytes, source: random.Random, most: int) -> bytes:
    changed = bytearray(content)
    for _ in range(source.randint(1, most)):
        changed[source.randrange(len(changed))] = source.randrange(256)
    return bytes(changed)


def corrupt_image(operation: str, source: random.Random) -> Call:
    return image_call(operation, flipped(source.choice(FILES), source, 30))


def truncated_image(operation: str, source: random.Random) -> Call:
    content = source.choice(FILES)
    return image_call(operation, content[: source.randrange(1, len(content))])


def spliced_image(operation: str, source: random.Random) -> Call:
    one, other = source.choice(FILES), source.choice(FILES)
    return image_call(operation, one[: source.randrange(len(one))] + other[source.randrange(len(other)) :])


def bomb(operation: str, source: random.Random) -> Call:
    return image_call(
        operation, png_header(source.choice([0, 1, 79, 9_999, 2**31 - 1]), source.choice([1, 80, 9_999, 2**31 - 1]))
    )


def damaged_json(operation: str, source: random.Random) -> Call:
    return target(operation), flipped(json.dumps(REQUESTS[operation]).encode(), source, 4)


def odd_member(operation: str, source: random.Random) -> Call:
    """Replace one value somewhere in the request."""
    document = json.loads(json.dumps(REQUESTS[operation]))
    place: Any = document
    while True:
        key = source.choice(list(place) if isinstance(place, dict) else range(len(place)))
        if not isinstance(place[key], dict | list) or source.random() < 0.3:
            place[key] = source.choice(ODD_VALUES)
            return target(operation), json.dumps(document).encode()
        place = place[key]


def odd_headers(operation: str, source: random.Random) -> Call:
    text = flipped(target(operation)["X-Amz-Target"].encode(), source, 3).decode("latin-1")
    odd = "".join(character for character in text if character.isprintable())
    headers = {"X-Amz-Target": odd, "Content-Type": source.choice(["", "text/plain", "application/x-amz-json-1.1"])}
    return headers, json.dumps(REQUESTS[operation]).encode()


PLAN: dict[Callable[[str, random.Random], Call], int] = {
    corrupt_image: 500,
    truncated_image: 300,
    spliced_image: 200,
    bomb: 100,
    damaged_json: 400,
    odd_member: 300,
    odd_headers: 200,
}
PLAN_WITHOUT_IMAGES = {damaged_json: 1000, odd_member: 800, odd_headers: 200}
CASES = [
    (operation, mutate, count)
    for operation, request in REQUESTS.items()
    for mutate, count in (PLAN if IMAGE in request.values() else PLAN_WITHOUT_IMAGES).items()
]


@pytest.fixture(scope="module")
def application() -> Any:
    settings = Settings(workers=2)
    engines = Engines(settings)
    engines.collections.create_collection({"CollectionId": "family"})
    engines.users.create_user({"CollectionId": "family", "UserId": "ann"})
    return Wire(Service(engines, S3Reader("", settings.region, ())), settings).application()


def latin(headers: dict[str, str]) -> dict[bytes, bytes]:
    return {name.encode(): value.encode("latin-1") for name, value in headers.items()}


def check(operation: str, response: httpx.Response) -> bool:
    """Check one answer, and return whether it was a refusal."""
    document = response.json()
    if response.status_code == 200:
        check_fits(shape(f"{operation}Response"), document)
        return False
    assert document.keys() == {"__type", "message"}
    assert document["__type"] != "InternalServerError", document
    assert STATUSES[document["__type"]] == response.status_code
    return True


@pytest.mark.filterwarnings("ignore")  # Pillow warns of much that it still reads
@pytest.mark.parametrize("one_in", [5, pytest.param(1, marks=pytest.mark.soak)], ids=["a fifth", "all"])
@pytest.mark.parametrize(("operation", "mutate", "planned"), CASES, ids=lambda part: getattr(part, "__name__", part))
def test_mutated_requests_are_answered_or_refused_as_documented(
    application: Any, operation: str, mutate: Callable[[str, random.Random], Call], planned: int, one_in: int
) -> None:
    count = planned // one_in
    source = random.Random(f"{SEED} {operation} {mutate.__name__}")

    async def scenario() -> list[bool]:
        transport = httpx.ASGITransport(application)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=60) as client:
            calls = [mutate(operation, source) for _ in range(count)]
            answers = [await client.post("/", headers=latin(headers), content=body) for headers, body in calls]
            assert (await client.get("/healthz")).json() == {"Status": "ok", "Pending": 0}
            return [check(operation, answer) for answer in answers]

    assert sum(asyncio.run(scenario())) > count / 4  # most mutations hurt: a check that nothing trips checks nothing


def test_the_plan_has_two_thousand_requests() -> None:
    assert sum(PLAN.values()) == sum(PLAN_WITHOUT_IMAGES.values()) == 2000


def test_every_operation_has_mutated_requests() -> None:
    assert REQUESTS.keys() == OPERATIONS.keys()


def test_garbage_on_the_socket_leaves_the_server_alive(server: str) -> None:
    source = random.Random(SEED)
    host, port = server.removeprefix("http://").split(":")
    head = "POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: RekognitionService.DetectLabels\r\nContent-Length: 2"
    good = head.encode() + b"\r\n\r\n{}"
    for _ in range(200):
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(flipped(good, source, 12))
            connection.shutdown(socket.SHUT_WR)
            answer = connection.makefile("rb").read()
            assert answer == b"" or answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 413 ")), answer
    assert httpx.get(f"{server}/healthz").json()["Status"] == "ok"
