"""The way of an image on the real stack, IAM on: from PutObject to the signed REST API."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from botocore.credentials import Credentials

from tests.e2e.conftest import PROJECT, RunningStack
from tests.support.waiting import wait_for
from viewfinder.deployment.packages import build_package, this_machine

SAMPLES = PROJECT / "samples"
DOG = PROJECT.parent / "shared" / "eval" / "photos" / "dog.jpg"

SECONDS = 20
READER = "reader"


def put(stack: RunningStack, key: str, content: bytes) -> None:
    stack.client("s3").put_object(Bucket=stack.bucket, Key=key, Body=content)


def indexed(stack: RunningStack, key: str) -> dict[str, Any]:
    """Wait until the API knows the image, and return what it says."""

    def answer() -> dict[str, Any] | None:
        response = stack.image(key)
        return response.json() if response.status_code == 200 else None

    return wait_for(answer, seconds=SECONDS, what=f"{key!r} in the catalog")


def labels(image: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {label["Name"]: label for label in image["Labels"]}


def test_a_photo_goes_in_and_its_labels_come_out(stack: RunningStack) -> None:
    put(stack, "way/cat.jpg", (SAMPLES / "cat.jpg").read_bytes())

    image = indexed(stack, "way/cat.jpg")

    assert (image["Status"], image["Format"], image["Width"], image["Height"]) == ("ANALYZED", "JPEG", 451, 300)
    cat = labels(image)["Cat"]
    assert cat["Confidence"] > 80
    assert {"Name": "Animal"} in cat["Parents"]
    assert labels(image)["Animal"]["Confidence"] >= cat["Confidence"]
    (box,) = [instance["BoundingBox"] for instance in cat["Instances"]]
    # Chelsea's head and chest fill the photo from the left third on; her nose is at (0.46, 0.61).
    assert box["Left"] < 0.46 < box["Left"] + box["Width"]
    assert box["Top"] < 0.61 < box["Top"] + box["Height"]
    assert box["Width"] * box["Height"] > 0.5


def rounded(value: Any) -> Any:
    """Round numbers as the README does."""
    if isinstance(value, dict):
        return {name: rounded(member) for name, member in value.items()}
    if isinstance(value, list):
        return [rounded(member) for member in value]
    return round(value, 1) if isinstance(value, float) else value


def test_the_excerpt_of_the_readme_is_what_is_answered(stack: RunningStack) -> None:
    (printed,) = re.findall(r"^```json\n(.*?)^```$", (PROJECT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    excerpt = json.loads(printed)
    put(stack, excerpt["ImageId"], (SAMPLES / "cat.jpg").read_bytes())

    image = rounded(indexed(stack, excerpt["ImageId"]))

    found = {label["Name"]: label for label in image.pop("Labels")}
    for label in excerpt.pop("Labels"):
        assert label == {name: found[label["Name"]][name] for name in label}
    assert excerpt == {name: image[name] for name in excerpt}


@pytest.mark.skipif(not DOG.exists(), reason="the evaluation photos are not beside the repository")
def test_the_dog_is_found_with_its_box(stack: RunningStack) -> None:
    put(stack, "way/dog.jpg", DOG.read_bytes())

    dog = labels(indexed(stack, "way/dog.jpg"))["Dog"]

    assert dog["Confidence"] > 80
    box = dog["Instances"][0]["BoundingBox"]
    # The dog sits at the left, from (0.17, 0.39) to (0.41, 0.94) of the photo.
    assert box["Left"] == pytest.approx(0.17, abs=0.04)
    assert box["Top"] == pytest.approx(0.39, abs=0.04)
    assert box["Left"] + box["Width"] == pytest.approx(0.41, abs=0.04)
    assert box["Top"] + box["Height"] == pytest.approx(0.94, abs=0.04)


def test_a_request_without_a_signature_is_refused(stack: RunningStack) -> None:
    assert httpx.get(f"{stack.api_url}/images").status_code == 403


@pytest.fixture(scope="module")
def reader(stack: RunningStack) -> Iterator[Credentials]:
    """A user without any permission. (The emulator trusts its root key by the key's id, which is a secret.)"""
    iam = stack.client("iam")
    iam.create_user(UserName=READER)
    key = iam.create_access_key(UserName=READER)["AccessKey"]
    yield Credentials(key["AccessKeyId"], key["SecretAccessKey"])
    iam.delete_access_key(UserName=READER, AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName=READER)


@pytest.fixture
def allowed(stack: RunningStack, reader: Credentials) -> Iterator[Credentials]:
    """The same user, allowed to list images and nothing else."""
    api = f"arn:aws:execute-api:us-east-1:000000000000:{stack.outputs['ApiId']}/prod/GET/images"
    statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": api}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    stack.client("iam").put_user_policy(UserName=READER, PolicyName="list", PolicyDocument=policy)
    yield reader
    stack.client("iam").delete_user_policy(UserName=READER, PolicyName="list")


def test_a_user_without_permission_is_refused(stack: RunningStack, reader: Credentials) -> None:
    assert stack.call("GET", "/images", credentials=reader).status_code == 403


def test_a_user_may_call_what_its_policy_names(stack: RunningStack, allowed: Credentials) -> None:
    assert stack.call("GET", "/images", credentials=allowed).status_code == 200
    assert stack.call("GET", "/labels", credentials=allowed).status_code == 403


def test_a_request_with_a_wrong_signature_is_refused(stack: RunningStack, allowed: Credentials) -> None:
    wrong = Credentials(allowed.access_key, allowed.secret_key[::-1])
    assert stack.call("GET", "/images", credentials=wrong).status_code == 403


KEYS = {
    "spaces": "keys/a photo of a cat.jpg",
    "plus": "keys/1+1=2.jpg",
    "slashes": "keys/a//b/c.jpg",
    "percent": "keys/100%25 %2F.jpg",
    "emoji": "keys/🐈 猫.jpg",
    "punctuation": "keys/a&b?c#d;e,f'g\"h(i)*~!@$.jpg",
    "1024 bytes": "keys/" + "é" * 507 + "x.jpg",
}


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS.keys())
def test_any_key_works_through_upload_and_api(stack: RunningStack, key: str) -> None:
    put(stack, key, (SAMPLES / "cat.jpg").read_bytes())

    assert indexed(stack, key)["ImageId"] == key
    through_the_gallery = httpx.get(f"{stack.gallery_url}/prod/images/{quote(key)}", timeout=30)
    assert through_the_gallery.json()["ImageId"] == key


def test_the_longest_key_has_1024_bytes() -> None:
    assert len(KEYS["1024 bytes"].encode()) == 1024


def test_an_object_that_is_no_image_is_rejected_and_disturbs_nobody(stack: RunningStack) -> None:
    cat = (SAMPLES / "cat.jpg").read_bytes()
    for number in range(5):
        put(stack, f"batch/photo-{number}.jpg", cat + bytes([number]))
        put(stack, f"batch/text-{number}.jpg", f"no image {number}".encode())

    photos = [indexed(stack, f"batch/photo-{number}.jpg") for number in range(5)]
    texts = [indexed(stack, f"batch/text-{number}.jpg") for number in range(5)]

    assert {photo["Status"] for photo in photos} == {"ANALYZED"}
    assert {(text["Status"], text["Reason"]) for text in texts} == {("REJECTED", "NOT_AN_IMAGE")}


def test_a_folder_marker_is_no_image(stack: RunningStack) -> None:
    put(stack, "folder/", b"")
    put(stack, "folder/after.jpg", (SAMPLES / "cat.jpg").read_bytes())
    indexed(stack, "folder/after.jpg")

    assert stack.image("folder/").status_code == 404


def test_the_list_shows_the_newest_first_page_by_page(stack: RunningStack) -> None:
    keys = [f"list/{number}.jpg" for number in range(3)]
    for key in keys:
        put(stack, key, (SAMPLES / "coffee.jpg").read_bytes())
        indexed(stack, key)

    first = stack.call("GET", "/images?prefix=list%2F&limit=2").json()
    second = stack.call("GET", f"/images?prefix=list%2F&limit=2&nextToken={quote(first['NextToken'], safe='')}").json()

    assert [image["ImageId"] for image in first["Images"]] == keys[:0:-1]
    assert [image["ImageId"] for image in second["Images"]] == keys[:1]
    assert "NextToken" not in second


def test_a_package_that_lacks_a_dependency_fails_here_too(stack: RunningStack) -> None:
    whole = build_package(PROJECT, "image_processing", this_machine()).zip
    client = stack.client("lambda")
    found = stack.client("cloudformation").describe_stack_resource(
        StackName="viewfinder", LogicalResourceId="ImageProcessingFunction"
    )["StackResourceDetail"]
    role = client.get_function(FunctionName=found["PhysicalResourceId"])["Configuration"]["Role"]

    failure = _invoke_with(client, role, "whole", whole.read_bytes())
    assert "VIEWFINDER_IMAGES_BUCKET is not set" in failure["errorMessage"]  # it runs, and misses what the stack sets

    failure = _invoke_with(client, role, "lacking", _without(whole, "aws_lambda_powertools/"))
    assert "No module named 'aws_lambda_powertools'" in json.dumps(failure)


def _invoke_with(client: Any, role: str, name: str, package: bytes) -> dict[str, Any]:
    client.create_function(
        FunctionName=name, Runtime="python3.13", Role=role, Handler="handler.handler", Code={"ZipFile": package}
    )
    try:
        answer: dict[str, Any] = json.load(client.invoke(FunctionName=name, Payload=b"{}")["Payload"])
    finally:
        client.delete_function(FunctionName=name)
    return answer


def _without(package: Path, folder: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(package) as source, zipfile.ZipFile(content, "w") as target:
        for entry in source.infolist():
            if not entry.filename.startswith(folder):
                target.writestr(entry, source.read(entry))
    return content.getvalue()
