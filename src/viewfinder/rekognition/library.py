"""The operations on collections as functions of this process, without a server.

Each takes the members of its request by their Python names and returns the response's document. Each raises EngineError
with the service's code. Collections are kept in memory, unless `engines` has a data directory:
`Engines(Settings(data_dir="faces"))`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from viewfinder.rekognition.engines import Document, Engines, Picture, default_engines
from viewfinder.rekognition.protocol import check_request, image_members
from viewfinder.rekognition.service import OPERATIONS


def create_collection(
    collection_id: str, *, tags: Mapping[str, str] | None = None, engines: Engines | None = None
) -> Document:
    """Create an empty collection."""
    return _call("CreateCollection", engines, CollectionId=collection_id, Tags=tags)


def describe_collection(collection_id: str, *, engines: Engines | None = None) -> Document:
    """Return the numbers of faces and users of a collection, its ARN, and its creation time in seconds since 1970."""
    return _call("DescribeCollection", engines, CollectionId=collection_id)


def list_collections(
    *, next_token: str | None = None, max_results: int | None = None, engines: Engines | None = None
) -> Document:
    """Return the names of the collections, by the time they were created."""
    return _call("ListCollections", engines, NextToken=next_token, MaxResults=max_results)


def delete_collection(collection_id: str, *, engines: Engines | None = None) -> Document:
    """Delete a collection with its faces and users."""
    return _call("DeleteCollection", engines, CollectionId=collection_id)


def index_faces(
    collection_id: str,
    image: Picture,
    *,
    external_image_id: str | None = None,
    detection_attributes: Sequence[str] | None = None,
    max_faces: int | None = None,
    quality_filter: str | None = None,
    engines: Engines | None = None,
) -> Document:
    """Add the faces of a JPEG or PNG to a collection."""
    return _call(
        "IndexFaces",
        engines,
        CollectionId=collection_id,
        Image=image,
        ExternalImageId=external_image_id,
        DetectionAttributes=detection_attributes,
        MaxFaces=max_faces,
        QualityFilter=quality_filter,
    )


def list_faces(
    collection_id: str,
    *,
    next_token: str | None = None,
    max_results: int | None = None,
    user_id: str | None = None,
    face_ids: Sequence[str] | None = None,
    engines: Engines | None = None,
) -> Document:
    """Return the faces of a collection in the order in which they were indexed."""
    return _call(
        "ListFaces",
        engines,
        CollectionId=collection_id,
        NextToken=next_token,
        MaxResults=max_results,
        UserId=user_id,
        FaceIds=face_ids,
    )


def delete_faces(collection_id: str, face_ids: Sequence[str], *, engines: Engines | None = None) -> Document:
    """Delete faces; those of users are kept."""
    return _call("DeleteFaces", engines, CollectionId=collection_id, FaceIds=face_ids)


def search_faces(
    collection_id: str,
    face_id: str,
    *,
    max_faces: int | None = None,
    face_match_threshold: float | None = None,
    engines: Engines | None = None,
) -> Document:
    """Return the faces of a collection that resemble one of them, highest similarity first."""
    return _call(
        "SearchFaces",
        engines,
        CollectionId=collection_id,
        FaceId=face_id,
        MaxFaces=max_faces,
        FaceMatchThreshold=face_match_threshold,
    )


def search_faces_by_image(
    collection_id: str,
    image: Picture,
    *,
    max_faces: int | None = None,
    face_match_threshold: float | None = None,
    quality_filter: str | None = None,
    engines: Engines | None = None,
) -> Document:
    """Return the faces of a collection that resemble the largest face of an image, highest similarity first."""
    return _call(
        "SearchFacesByImage",
        engines,
        CollectionId=collection_id,
        Image=image,
        MaxFaces=max_faces,
        FaceMatchThreshold=face_match_threshold,
        QualityFilter=quality_filter,
    )


def create_user(
    collection_id: str, user_id: str, *, client_request_token: str | None = None, engines: Engines | None = None
) -> Document:
    """Create a user without faces."""
    return _user("CreateUser", collection_id, user_id, client_request_token, engines)


def list_users(
    collection_id: str,
    *,
    next_token: str | None = None,
    max_results: int | None = None,
    engines: Engines | None = None,
) -> Document:
    """Return the users of a collection in the order in which they were created."""
    return _call("ListUsers", engines, CollectionId=collection_id, NextToken=next_token, MaxResults=max_results)


def delete_user(
    collection_id: str, user_id: str, *, client_request_token: str | None = None, engines: Engines | None = None
) -> Document:
    """Delete a user; its faces stay in the collection."""
    return _user("DeleteUser", collection_id, user_id, client_request_token, engines)


def associate_faces(
    collection_id: str,
    user_id: str,
    face_ids: Sequence[str],
    *,
    user_match_threshold: float | None = None,
    client_request_token: str | None = None,
    engines: Engines | None = None,
) -> Document:
    """Associate faces with a user if they resemble its present faces."""
    members = {"FaceIds": face_ids, "UserMatchThreshold": user_match_threshold}
    return _user("AssociateFaces", collection_id, user_id, client_request_token, engines, **members)


def disassociate_faces(
    collection_id: str,
    user_id: str,
    face_ids: Sequence[str],
    *,
    client_request_token: str | None = None,
    engines: Engines | None = None,
) -> Document:
    """Disassociate faces from a user; they stay in the collection."""
    return _user("DisassociateFaces", collection_id, user_id, client_request_token, engines, FaceIds=face_ids)


def search_users(
    collection_id: str,
    *,
    user_id: str | None = None,
    face_id: str | None = None,
    user_match_threshold: float | None = None,
    max_users: int | None = None,
    engines: Engines | None = None,
) -> Document:
    """Return the users of a collection that resemble one of its faces or users, highest similarity first."""
    return _call(
        "SearchUsers",
        engines,
        CollectionId=collection_id,
        UserId=user_id,
        FaceId=face_id,
        UserMatchThreshold=user_match_threshold,
        MaxUsers=max_users,
    )


def search_users_by_image(
    collection_id: str,
    image: Picture,
    *,
    user_match_threshold: float | None = None,
    max_users: int | None = None,
    quality_filter: str | None = None,
    engines: Engines | None = None,
) -> Document:
    """Return the users of a collection that resemble the largest face of an image, highest similarity first."""
    return _call(
        "SearchUsersByImage",
        engines,
        CollectionId=collection_id,
        Image=image,
        UserMatchThreshold=user_match_threshold,
        MaxUsers=max_users,
        QualityFilter=quality_filter,
    )


def tag_resource(resource_arn: str, tags: Mapping[str, str], *, engines: Engines | None = None) -> Document:
    """Add tags to a collection, or change them."""
    return _call("TagResource", engines, ResourceArn=resource_arn, Tags=tags)


def untag_resource(resource_arn: str, tag_keys: Sequence[str], *, engines: Engines | None = None) -> Document:
    """Remove tags from a collection."""
    return _call("UntagResource", engines, ResourceArn=resource_arn, TagKeys=tag_keys)


def list_tags_for_resource(resource_arn: str, *, engines: Engines | None = None) -> Document:
    """Return the tags of a collection."""
    return _call("ListTagsForResource", engines, ResourceArn=resource_arn)


def _user(
    operation: str, collection_id: str, user_id: str, token: str | None, engines: Engines | None, **members: Any
) -> Document:
    names = {"CollectionId": collection_id, "UserId": user_id, "ClientRequestToken": token}
    return _call(operation, engines, **names, **members)


def _call(operation: str, engines: Engines | None, **members: Any) -> Document:
    given = {name: _plain(value) for name, value in members.items() if value is not None}
    request = check_request(operation, given)
    images = [request[name]["Bytes"] for name in image_members(operation)]
    return OPERATIONS[operation](request)(engines or default_engines(), *images)


def _plain(value: Any) -> Any:
    """Return a value as a request's document has it."""
    if isinstance(value, bytes | Path):
        return {"Bytes": value if isinstance(value, bytes) else value.read_bytes()}
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value
