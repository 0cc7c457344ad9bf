"""Collections, faces, users and tags by the AWS SDK for Python, unmodified."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from PIL import Image, ImageOps

from tests.contract.rekognition.service_shapes import check_fits, paths, shape
from tests.unit.rekognition.images import encode, plain, sample

PORTRAIT = sample("astronaut.jpg")
NOBODY = sample("cat.jpg")
UNKNOWN_FACE = "00000000-0000-4000-8000-000000000000"
ACCOUNT = "arn:aws:rekognition:us-east-1:000000000000"


def portrait() -> Image.Image:
    return Image.open(io.BytesIO(PORTRAIT)).convert("RGB")


MIRRORED = encode(ImageOps.mirror(portrait()), "PNG")


def crowd() -> bytes:
    """The portrait twice, the second a third of its size."""
    scene = Image.new("RGB", (700, 520), "grey")
    scene.paste(portrait(), (0, 0))
    scene.paste(portrait().resize((171, 171), Image.Resampling.LANCZOS), (520, 0))
    return encode(scene, "PNG")


@pytest.fixture
def family(client: Any) -> Iterator[str]:
    """An empty collection."""
    client.create_collection(CollectionId="family")
    yield "family"
    client.delete_collection(CollectionId="family")


def index(client: Any, content: bytes = PORTRAIT, **members: Any) -> list[str]:
    """Index an image into the family, and return the ids of its faces."""
    answer = client.index_faces(CollectionId="family", Image={"Bytes": content}, **members)
    return [record["Face"]["FaceId"] for record in answer["FaceRecords"]]


def code_of(call: Any, **members: Any) -> str:
    """Return the code with which a call is refused."""
    with pytest.raises(ClientError) as raised:
        call(**members)
    return str(raised.value.response["Error"]["Code"])


def test_a_collection_is_created_described_tagged_and_deleted_as_terraform_does_it(client: Any) -> None:
    made = client.create_collection(CollectionId="staff", Tags={"stage": "test"})
    assert (made["StatusCode"], made["CollectionArn"]) == (200, f"{ACCOUNT}:collection/staff")
    described = client.describe_collection(CollectionId="staff")
    assert described["FaceModelVersion"] == made["FaceModelVersion"] == "viewfinder-face-2.0"
    assert (described["FaceCount"], described["UserCount"]) == (0, 0)
    assert abs(described["CreationTimestamp"] - datetime.now(UTC)) < timedelta(minutes=1)
    arn = described["CollectionARN"]
    assert arn == made["CollectionArn"]
    client.tag_resource(ResourceArn=arn, Tags={"stage": "live", "owner": "Ännchen + Co"})
    client.untag_resource(ResourceArn=arn, TagKeys=["owner", "none"])
    assert client.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"stage": "live"}
    assert client.delete_collection(CollectionId="staff")["StatusCode"] == 200
    with pytest.raises(client.exceptions.ResourceNotFoundException, match="collection id: staff does not exist"):
        client.describe_collection(CollectionId="staff")
    assert code_of(client.list_tags_for_resource, ResourceArn=arn) == "ResourceNotFoundException"


def test_a_face_is_indexed_listed_found_and_deleted(client: Any, family: str) -> None:
    answer = client.index_faces(
        CollectionId=family, Image={"Bytes": PORTRAIT}, ExternalImageId="eileen", DetectionAttributes=["ALL"]
    )
    (record,) = answer["FaceRecords"]
    face, detail = record["Face"], record["FaceDetail"]
    assert (face["ExternalImageId"], face["IndexFacesModelVersion"]) == ("eileen", "2.0")
    assert (face["BoundingBox"], face["Confidence"]) == (detail["BoundingBox"], detail["Confidence"])
    assert client.list_faces(CollectionId=family)["Faces"] == [face]
    assert client.describe_collection(CollectionId=family)["FaceCount"] == 1
    found = client.search_faces_by_image(CollectionId=family, Image={"Bytes": MIRRORED}, FaceMatchThreshold=99)
    (match,) = found["FaceMatches"]
    assert match["Face"] == face
    assert match["Similarity"] > 99.9
    assert found["SearchedFaceConfidence"] > 99
    deleted = client.delete_faces(CollectionId=family, FaceIds=[face["FaceId"], UNKNOWN_FACE])
    assert deleted["DeletedFaces"] == [face["FaceId"]]
    assert deleted["UnsuccessfulFaceDeletions"] == [{"FaceId": UNKNOWN_FACE, "Reasons": ["FACE_NOT_FOUND"]}]
    assert client.search_faces_by_image(CollectionId=family, Image={"Bytes": PORTRAIT})["FaceMatches"] == []


def test_a_face_that_is_searched_for_is_left_out(client: Any, family: str) -> None:
    (one,), (other,) = index(client), index(client, MIRRORED)
    answer = client.search_faces(CollectionId=family, FaceId=one)
    assert answer["SearchedFaceId"] == one
    assert [match["Face"]["FaceId"] for match in answer["FaceMatches"]] == [other]


def test_the_same_image_with_the_same_name_adds_nothing(client: Any, family: str) -> None:
    first = index(client, ExternalImageId="eileen")
    assert index(client, ExternalImageId="eileen") == first
    others = [*index(client), *index(client, ExternalImageId="collins")]
    faces = client.list_faces(CollectionId=family)["Faces"]
    assert [face["FaceId"] for face in faces] == [*first, *others]
    assert len({face["ImageId"] for face in faces}) == 1


def test_what_is_not_indexed_has_a_reason(client: Any, family: str) -> None:
    answer = client.index_faces(CollectionId=family, Image={"Bytes": crowd()}, MaxFaces=1)
    (record,), (left_out,) = answer["FaceRecords"], answer["UnindexedFaces"]
    assert left_out["Reasons"] == ["EXCEEDS_MAX_FACES"]
    assert record["FaceDetail"]["BoundingBox"]["Width"] > left_out["FaceDetail"]["BoundingBox"]["Width"]
    answer = client.index_faces(CollectionId=family, Image={"Bytes": crowd()}, QualityFilter="HIGH")
    assert [one["Reasons"] for one in answer["UnindexedFaces"]] == [["SMALL_BOUNDING_BOX"]]
    assert client.describe_collection(CollectionId=family)["FaceCount"] == 1
    assert index(client, crowd())[0] == record["Face"]["FaceId"]
    assert client.describe_collection(CollectionId=family)["FaceCount"] == 2


def test_an_image_without_a_face_gives_nothing(client: Any, family: str) -> None:
    nobody = {"CollectionId": family, "Image": {"Bytes": NOBODY}}
    indexed = client.index_faces(**nobody)
    assert (indexed["FaceRecords"], indexed["UnindexedFaces"]) == ([], [])
    with pytest.raises(client.exceptions.InvalidParameterException, match="There are no faces in the image"):
        client.search_faces_by_image(**nobody)
    users = client.search_users_by_image(**nobody)
    assert (users["UserMatches"], users["UnsearchedFaces"]) == ([], [])
    assert "SearchedFace" not in users


def test_a_user_is_known_by_the_faces_of_it(client: Any, family: str) -> None:
    (face,), (other,) = index(client), index(client, MIRRORED)
    ids = {"CollectionId": family, "UserId": "eileen"}
    client.create_user(**ids)
    assert [(user["UserId"], user["UserStatus"]) for user in client.list_users(CollectionId=family)["Users"]] == [
        ("eileen", "CREATED")
    ]
    associated = client.associate_faces(**ids, FaceIds=[face, UNKNOWN_FACE])
    assert associated["AssociatedFaces"] == [{"FaceId": face}]
    assert associated["UnsuccessfulFaceAssociations"] == [{"FaceId": UNKNOWN_FACE, "Reasons": ["FACE_NOT_FOUND"]}]
    assert associated["UserStatus"] == "ACTIVE"
    assert [one["FaceId"] for one in client.list_faces(**ids)["Faces"]] == [face]
    for search in (
        client.search_users(CollectionId=family, FaceId=other),
        client.search_users_by_image(CollectionId=family, Image={"Bytes": crowd()}),
    ):
        (match,) = search["UserMatches"]
        assert match["User"] == {"UserId": "eileen", "UserStatus": "ACTIVE"}
        assert match["Similarity"] > 99
    assert [one["Reasons"] for one in search["UnsearchedFaces"]] == [["FACE_NOT_LARGEST"]]
    assert client.search_users(**ids)["UserMatches"] == []
    kept = client.delete_faces(CollectionId=family, FaceIds=[face])["UnsuccessfulFaceDeletions"]
    assert kept == [{"FaceId": face, "UserId": "eileen", "Reasons": ["ASSOCIATED_TO_AN_EXISTING_USER"]}]
    taken = client.disassociate_faces(**ids, FaceIds=[face])
    assert (taken["DisassociatedFaces"], taken["UserStatus"]) == ([{"FaceId": face}], "CREATED")
    client.delete_user(**ids)
    described = client.describe_collection(CollectionId=family)
    assert (described["FaceCount"], described["UserCount"]) == (2, 0)


def test_a_request_with_the_token_of_an_earlier_one_is_answered_as_that(client: Any, family: str) -> None:
    ids = {"CollectionId": family, "UserId": "eileen"}
    for _ in range(2):
        client.create_user(**ids, ClientRequestToken="one")
    with pytest.raises(client.exceptions.ConflictException):
        client.create_user(**ids, ClientRequestToken="two")
    with pytest.raises(client.exceptions.IdempotentParameterMismatchException):
        client.create_user(CollectionId=family, UserId="other", ClientRequestToken="one")
    faces = index(client)
    answers = [client.associate_faces(**ids, FaceIds=faces, ClientRequestToken="one") for _ in range(2)]
    assert answers[0]["AssociatedFaces"] == answers[1]["AssociatedFaces"] == [{"FaceId": faces[0]}]
    assert client.associate_faces(**ids, FaceIds=faces)["AssociatedFaces"] == []


def test_lists_come_in_pages_whose_tokens_are_of_their_list(client: Any, family: str) -> None:
    names = [f"page-{number}" for number in range(5)]
    for name in names:
        client.create_collection(CollectionId=name)
        client.create_user(CollectionId=family, UserId=name)
        index(client, ExternalImageId=name)
    pages = list(client.get_paginator("list_collections").paginate(PaginationConfig={"PageSize": 2}))
    assert [len(page["CollectionIds"]) for page in pages[:-1]] == [2] * (len(pages) - 1)
    listed = [name for page in pages for name in page["CollectionIds"]]
    assert [name for name in listed if name in names] == names
    faces = client.get_paginator("list_faces").paginate(CollectionId=family, PaginationConfig={"PageSize": 2})
    assert [[face["ExternalImageId"] for face in page["Faces"]] for page in faces] == [names[:2], names[2:4], names[4:]]
    users = client.get_paginator("list_users").paginate(CollectionId=family, PaginationConfig={"PageSize": 5})
    assert [[user["UserId"] for user in page["Users"]] for page in users] == [names]
    token = client.list_faces(CollectionId=family, MaxResults=2)["NextToken"]
    for call, members in (
        (client.list_faces, {"CollectionId": "page-1"}),
        (client.list_faces, {"CollectionId": family, "FaceIds": [UNKNOWN_FACE]}),
        (client.list_users, {"CollectionId": family}),
        (client.list_collections, {}),
    ):
        assert code_of(call, NextToken=token, **members) == "InvalidPaginationTokenException"
    assert code_of(client.list_faces, CollectionId=family, NextToken="no token") == "InvalidPaginationTokenException"
    for name in names:
        client.delete_collection(CollectionId=name)


NAME = "Value '{}' at '{}' failed to satisfy constraint: Member must satisfy regular expression pattern: {}"


@pytest.mark.parametrize(
    ("operation", "members", "code"),
    [
        ("create_collection", {"CollectionId": "family"}, "ResourceAlreadyExistsException"),
        ("create_collection", {"CollectionId": "my family"}, "InvalidParameterException"),
        ("delete_collection", {"CollectionId": "nobody"}, "ResourceNotFoundException"),
        ("index_faces", {"CollectionId": "nobody", "Image": {"Bytes": b"x"}}, "ResourceNotFoundException"),
        ("index_faces", {"CollectionId": "family", "Image": {"Bytes": b"x"}}, "InvalidImageFormatException"),
        (
            "index_faces",
            {"CollectionId": "family", "Image": {"Bytes": plain("red")}, "ExternalImageId": "a/b"},
            "InvalidParameterException",
        ),
        (
            "index_faces",
            {"CollectionId": "family", "Image": {"S3Object": {"Bucket": "photos", "Name": "x.jpg"}}},
            "InvalidS3ObjectException",
        ),
        ("search_faces", {"CollectionId": "family", "FaceId": UNKNOWN_FACE}, "InvalidParameterException"),
        ("search_users", {"CollectionId": "family", "FaceId": UNKNOWN_FACE}, "InvalidParameterException"),
        ("search_users", {"CollectionId": "family", "UserId": "nobody"}, "ResourceNotFoundException"),
        ("search_users", {"CollectionId": "family"}, "InvalidParameterException"),
        (
            "search_users",
            {"CollectionId": "family", "UserId": "x", "FaceId": UNKNOWN_FACE},
            "InvalidParameterException",
        ),
        ("list_faces", {"CollectionId": "family", "UserId": "nobody"}, "ResourceNotFoundException"),
        ("delete_user", {"CollectionId": "family", "UserId": "nobody"}, "ResourceNotFoundException"),
        (
            "associate_faces",
            {"CollectionId": "family", "UserId": "nobody", "FaceIds": [UNKNOWN_FACE]},
            "ResourceNotFoundException",
        ),
        ("tag_resource", {"ResourceArn": "arn:aws:s3:::bucket-of-mine", "Tags": {}}, "InvalidParameterException"),
        ("tag_resource", {"ResourceArn": f"{ACCOUNT}:collection/nobody", "Tags": {}}, "ResourceNotFoundException"),
        (
            "tag_resource",
            {"ResourceArn": "arn:aws:rekognition:eu-west-1:000000000000:collection/family", "Tags": {}},
            "ResourceNotFoundException",
        ),
    ],
)
def test_a_wrong_request_has_the_documented_error(
    client: Any, family: str, operation: str, members: dict[str, Any], code: str
) -> None:
    assert code_of(getattr(client, operation), **members) == code


def test_the_message_names_the_faults(client: Any, family: str) -> None:
    with pytest.raises(client.exceptions.InvalidParameterException) as raised:
        client.create_collection(CollectionId="my family")
    assert NAME.format("my family", "collectionId", r"[a-zA-Z0-9_.\-]+") in str(raised.value)
    with pytest.raises(client.exceptions.InvalidParameterException, match="faceId was not found in the collection"):
        client.search_faces(CollectionId=family, FaceId=UNKNOWN_FACE)


def test_there_are_at_most_two_hundred_tags(client: Any, family: str) -> None:
    arn = f"{ACCOUNT}:collection/{family}"
    client.tag_resource(ResourceArn=arn, Tags={str(number): "" for number in range(200)})
    client.tag_resource(ResourceArn=arn, Tags={"7": "changed"})
    assert code_of(client.tag_resource, ResourceArn=arn, Tags={"one more": ""}) == "ServiceQuotaExceededException"
    assert len(client.list_tags_for_resource(ResourceArn=arn)["Tags"]) == 200


UNKNOWN_ATTRIBUTES = set(shape("FaceDetail").members) - {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"}
NO_DETAIL = {f".{name}{path}" for name in UNKNOWN_ATTRIBUTES for path in paths(shape("FaceDetail").members[name])}
"""The paths of a face's details that no network here knows."""


def test_responses_use_the_members_of_the_model(client: Any, family: str) -> None:
    """No operation answers with anything beside them, so none with a descriptor."""
    faces = [*index(client, MIRRORED, ExternalImageId="eileen"), *index(client, ExternalImageId="eileen")]
    ids = {"CollectionId": family, "UserId": "eileen"}
    client.create_user(**ids)
    client.create_user(CollectionId=family, UserId="other")
    client.associate_faces(**ids, FaceIds=faces[:1])
    client.create_collection(CollectionId="other")
    image = {"CollectionId": family, "Image": {"Bytes": crowd()}}
    answers = {
        "ListCollections": client.list_collections(MaxResults=1),
        "DescribeCollection": client.describe_collection(CollectionId=family),
        "IndexFaces": client.index_faces(**image, ExternalImageId="eileen", MaxFaces=1),
        "ListFaces": client.list_faces(CollectionId=family, MaxResults=1),
        "SearchFaces": client.search_faces(CollectionId=family, FaceId=faces[1]),
        "SearchFacesByImage": client.search_faces_by_image(**image),
        "ListUsers": client.list_users(CollectionId=family, MaxResults=1),
        "SearchUsersByImage": client.search_users_by_image(**image),
        "SearchUsers": client.search_users(CollectionId=family, FaceId=faces[1]),
        "DisassociateFaces": client.disassociate_faces(**ids, FaceIds=[UNKNOWN_FACE, faces[0]]),
        "ListTagsForResource": client.list_tags_for_resource(ResourceArn=f"{ACCOUNT}:collection/{family}"),
    }
    for answer in answers.values():
        answer.pop("ResponseMetadata", None)
        plain_times(answer)
    unused = {
        name: paths(shape(f"{name}Response")) - check_fits(shape(f"{name}Response"), answer)
        for name, answer in answers.items()
    }
    client.delete_collection(CollectionId="other")
    records = {f".FaceRecords[].FaceDetail{path}" for path in NO_DETAIL}
    records |= {f".UnindexedFaces[].FaceDetail{path}" for path in NO_DETAIL}
    unsearched = {f".SearchedFace.FaceDetail{path}" for path in NO_DETAIL}
    unsearched |= {f".UnsearchedFaces[].FaceDetails{path}" for path in NO_DETAIL}
    assert unused == {
        "ListCollections": set(),
        "DescribeCollection": set(),
        "IndexFaces": records | {".OrientationCorrection", ".FaceRecords[].Face.UserId"},
        "ListFaces": set(),
        "SearchFaces": set(),
        "SearchFacesByImage": set(),
        "ListUsers": set(),
        "SearchUsersByImage": unsearched,
        "SearchUsers": {".SearchedUser", ".SearchedUser.UserId"},
        "DisassociateFaces": {".UnsuccessfulFaceDisassociations[].UserId"},
        "ListTagsForResource": {".Tags{}"},
    }


def plain_times(answer: dict[str, Any]) -> None:
    """Make numbers of times again, as the wire has them."""
    for name, value in answer.items():
        if isinstance(value, datetime):
            answer[name] = value.timestamp()
