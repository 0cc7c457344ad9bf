"""The collection of faces as Amazon's service model has it: requests and answers are checked by botocore."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from viewfinder.adapters.face_collection import MOST_MATCHES, RekognitionCollection, ensure_collection
from viewfinder.domain.errors import DetectorUnavailableError, MisconfiguredError
from viewfinder.ports import FaceMatch

FACES = [f"{number:08}-0000-4000-8000-000000000000" for number in range(1500)]


@pytest.fixture
def client() -> Any:
    return boto3.client("rekognition", "us-east-1", aws_access_key_id="k", aws_secret_access_key="s")


@pytest.fixture
def stub(client: Any) -> Iterator[Stubber]:
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


def test_a_search_gives_the_faces_with_their_contents(client: Any, stub: Stubber) -> None:
    face = {"FaceId": FACES[1], "ExternalImageId": "a" * 64}
    asked = {"CollectionId": "people", "FaceId": FACES[0], "FaceMatchThreshold": 50.0, "MaxFaces": MOST_MATCHES}
    stub.add_response("search_faces", {"FaceMatches": [{"Similarity": 91.5, "Face": face}]}, asked)
    assert RekognitionCollection(client, "people").search(FACES[0], 50.0) == [FaceMatch(FACES[1], "a" * 64, 91.5)]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("InvalidParameterException", DetectorUnavailableError),  # a face that was indexed a moment ago
        ("ThrottlingException", DetectorUnavailableError),
        ("AccessDeniedException", MisconfiguredError),
    ],
)
def test_a_search_that_fails_is_told_by_its_cause(
    client: Any, stub: Stubber, code: str, expected: type[Exception]
) -> None:
    stub.add_client_error("search_faces", code)
    with pytest.raises(expected):
        RekognitionCollection(client, "people").search(FACES[0], 50.0)


def test_many_faces_are_deleted_in_calls_that_the_service_takes(client: Any, stub: Stubber) -> None:
    for part in (FACES[:1000], FACES[1000:]):
        stub.add_response("delete_faces", {"DeletedFaces": part}, {"CollectionId": "people", "FaceIds": part})
    RekognitionCollection(client, "people").delete(FACES)
    RekognitionCollection(client, "people").delete([])


def test_all_faces_are_listed_page_by_page(client: Any, stub: Stubber) -> None:
    first, second = ({"Faces": [{"FaceId": face} for face in part]} for part in (FACES[:2], FACES[2:3]))
    stub.add_response("list_faces", {**first, "NextToken": "next"}, {"CollectionId": "people"})
    stub.add_response("list_faces", second, {"CollectionId": "people", "NextToken": "next"})
    assert list(RekognitionCollection(client, "people").face_ids()) == FACES[:3]


def test_a_collection_that_is_there_already_is_kept(client: Any, stub: Stubber) -> None:
    stub.add_client_error("create_collection", "ResourceAlreadyExistsException", expected_params={"CollectionId": "p"})
    ensure_collection(client, "p")
