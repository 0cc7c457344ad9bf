"""The AWS CLI and the AWS SDK for JavaScript, unmodified."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import platformdirs
import pytest

from tests.unit.rekognition.images import SAMPLES, sign

SCRIPTS = Path(__file__).parents[2] / "js"
AWS_CLI = "awscli==1.45.11"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "anyone", "AWS_SECRET_ACCESS_KEY": "anything", "AWS_DEFAULT_REGION": "us-east-1"}


def run(*command: str, **options: Any) -> subprocess.CompletedProcess[str]:
    environment = os.environ | CREDENTIALS
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=240, check=False, **options)


@pytest.fixture(scope="module")
def aws() -> list[str]:
    """The AWS CLI of the machine, or one that uv keeps in an environment of its own."""
    return ["aws"] if shutil.which("aws") else ["uv", "tool", "run", "--from", AWS_CLI, "aws"]


@pytest.fixture(scope="module")
def javascript_sdk() -> Path:
    """A folder outside the repository with the scripts and the packages that they need."""
    if not shutil.which("npm"):
        pytest.skip("Node.js is not installed")
    manifest = (SCRIPTS / "package.json").read_text()
    folder = platformdirs.user_cache_path("viewfinder") / "javascript-sdk"
    installed = folder / "installed.json"  # written last, so that a broken installation is made again
    if not installed.exists() or installed.read_text() != manifest:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text(manifest)
        done = run("npm", "install", "--omit=dev", "--no-package-lock", "--no-audit", "--no-fund", cwd=folder)
        assert done.returncode == 0, done.stderr
        installed.write_text(manifest)
    for script in SCRIPTS.glob("*.mjs"):
        shutil.copy(script, folder)
    return folder


def test_the_aws_cli_gets_labels(aws: list[str], server: str) -> None:
    photo = f"fileb://{SAMPLES / 'cat.jpg'}"
    done = run(*aws, "rekognition", "detect-labels", "--endpoint-url", server, "--image-bytes", photo)
    assert done.returncode == 0, done.stderr
    cat = next(label for label in json.loads(done.stdout)["Labels"] if label["Name"] == "Cat")
    assert cat["Parents"] == [{"Name": "Animal"}, {"Name": "Mammal"}, {"Name": "Pet"}]


def test_the_aws_cli_calls_the_other_operations(aws: list[str], server: str, tmp_path: Path) -> None:
    portrait = f"fileb://{SAMPLES / 'astronaut.jpg'}"
    (tmp_path / "sign.png").write_bytes(sign("Exit 12"))

    def call(*arguments: str) -> Any:
        done = run(*aws, "rekognition", *arguments, "--endpoint-url", server)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    text = call("detect-text", "--image-bytes", f"fileb://{tmp_path / 'sign.png'}")
    assert text["TextDetections"][0]["DetectedText"] == "Exit 12"
    assert len(call("detect-faces", "--image-bytes", portrait)["FaceDetails"]) == 1
    alike = call("compare-faces", "--source-image-bytes", portrait, "--target-image-bytes", portrait)
    assert alike["FaceMatches"][0]["Similarity"] > 99


def test_the_aws_cli_gets_the_documented_error(aws: list[str], server: str) -> None:
    image = '{"S3Object": {"Bucket": "photos", "Name": "cat.jpg"}}'
    done = run(*aws, "rekognition", "detect-labels", "--endpoint-url", server, "--image", image)
    assert "An error occurred (InvalidS3ObjectException) when calling the DetectLabels operation" in done.stderr
    assert done.returncode != 0


def test_the_javascript_sdk_calls_every_operation_and_gets_errors(javascript_sdk: Path, server: str) -> None:
    done = run(
        "node", "detect.mjs", server, str(SAMPLES / "cat.jpg"), str(SAMPLES / "astronaut.jpg"), cwd=javascript_sdk
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    cat = next(label for label in answer["response"]["Labels"] if label["Name"] == "Cat")
    assert len(cat["Instances"]) == 1
    assert answer["response"]["ImageProperties"]["Quality"].keys() == {"Brightness", "Sharpness", "Contrast"}
    assert answer["refusal"] == {
        "name": "InvalidImageFormatException",
        "message": "Request has invalid image format",
        "status": 400,
    }
    assert answer["text"] == {"TextDetections": [], "TextModelVersion": "viewfinder-text-1.0"}
    assert len(answer["faces"]["FaceDetails"]) == 1
    assert answer["comparison"]["FaceMatches"][0]["Similarity"] > 99


@pytest.mark.soak  # 19 times the start of the AWS CLI; test_boto3.py calls the same operations in the gate
def test_the_aws_cli_calls_each_operation_on_collections(aws: list[str], server: str) -> None:
    photo = f"fileb://{SAMPLES / 'astronaut.jpg'}"

    def call(operation: str, *arguments: str) -> Any:
        done = run(*aws, "rekognition", operation, *arguments, "--endpoint-url", server, "--output", "json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout or "{}")

    of_it = ("--collection-id", "cli")
    user = (*of_it, "--user-id", "eileen")
    arn = call("create-collection", *of_it)["CollectionArn"]
    call("tag-resource", "--resource-arn", arn, "--tags", "stage=test,owner=eileen")
    call("untag-resource", "--resource-arn", arn, "--tag-keys", "owner")
    assert call("list-tags-for-resource", "--resource-arn", arn) == {"Tags": {"stage": "test"}}
    assert "cli" in call("list-collections")["CollectionIds"]
    indexed = call("index-faces", *of_it, "--image-bytes", photo, "--external-image-id", "eileen")
    face = indexed["FaceRecords"][0]["Face"]["FaceId"]
    again = call("index-faces", *of_it, "--image-bytes", photo, "--external-image-id", "again")
    other = again["FaceRecords"][0]["Face"]["FaceId"]
    assert [one["FaceId"] for one in call("list-faces", *of_it)["Faces"]] == [face, other]
    like = call("search-faces", *of_it, "--face-id", face)["FaceMatches"]
    assert [(one["Face"]["FaceId"], one["Similarity"]) for one in like] == [(other, 100.0)]
    assert len(call("search-faces-by-image", *of_it, "--image-bytes", photo)["FaceMatches"]) == 2
    call("create-user", *user)
    assert call("associate-faces", *user, "--face-ids", face)["AssociatedFaces"] == [{"FaceId": face}]
    assert call("list-users", *of_it)["Users"] == [{"UserId": "eileen", "UserStatus": "ACTIVE"}]
    assert call("search-users", *of_it, "--face-id", other)["UserMatches"][0]["User"]["UserId"] == "eileen"
    shown = call("search-users-by-image", *of_it, "--image", f"Bytes@={photo}")
    assert shown["UserMatches"][0]["User"]["UserId"] == "eileen"
    assert call("describe-collection", *of_it)["UserCount"] == 1
    assert call("disassociate-faces", *user, "--face-ids", face)["UserStatus"] == "CREATED"
    call("delete-user", *user)
    assert call("delete-faces", *of_it, "--face-ids", face)["DeletedFaces"] == [face]
    assert call("delete-collection", *of_it)["StatusCode"] == 200


def test_the_javascript_sdk_calls_each_operation_on_collections(javascript_sdk: Path, server: str) -> None:
    done = run("node", "collections.mjs", server, str(SAMPLES / "astronaut.jpg"), cwd=javascript_sdk)
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    face = answers["faceId"]
    assert answers["ListTagsForResource"] == {"Tags": {"stage": "test"}}
    assert "javascript" in answers["ListCollections"]["CollectionIds"]
    assert [one["ExternalImageId"] for one in answers["ListFaces"]["Faces"]] == ["eileen", "again"]
    assert [one["Face"]["ExternalImageId"] for one in answers["SearchFaces"]["FaceMatches"]] == ["again"]
    assert len(answers["SearchFacesByImage"]["FaceMatches"]) == 2
    assert answers["AssociateFaces"]["AssociatedFaces"] == [{"FaceId": face}]
    assert answers["ListUsers"]["Users"] == [{"UserId": "eileen", "UserStatus": "ACTIVE"}]
    for search in ("SearchUsers", "SearchUsersByImage"):
        assert [one["User"]["UserId"] for one in answers[search]["UserMatches"]] == ["eileen"]
    assert (answers["DescribeCollection"]["FaceCount"], answers["DescribeCollection"]["UserCount"]) == (2, 1)
    assert answers["DescribeCollection"]["CreationTimestamp"].endswith("Z")
    assert answers["DisassociateFaces"]["UserStatus"] == "CREATED"
    assert answers["DeleteFaces"]["DeletedFaces"] == [face]
    assert answers["refusal"] == {
        "name": "ResourceNotFoundException",
        "message": "The collection id: javascript does not exist",
    }
