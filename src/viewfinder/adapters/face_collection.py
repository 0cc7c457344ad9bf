"""The stack's collection of faces: Amazon Rekognition's, or the engine's over its wire."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from viewfinder.adapters.detector import failure_of
from viewfinder.domain.errors import DetectorUnavailableError
from viewfinder.observability import measure
from viewfinder.ports import FaceMatch

if TYPE_CHECKING:
    from types_boto3_rekognition import RekognitionClient

MOST_MATCHES = 1000
"""Faces of one search; the service has room for 4,096 (MaxFaces)."""

_AT_ONCE = 1000
"""Faces of one DeleteFaces; the service takes 4,096 (FaceIdList)."""

_NOT_YET_THERE = "InvalidParameterException"
"""What SearchFaces answers for a face that it doesn't find, which may be one that has just been indexed."""


def ensure_collection(client: RekognitionClient, collection: str) -> None:
    """Create the collection if it is not there; on AWS that is CloudFormation's business."""
    try:
        client.create_collection(CollectionId=collection)
    except client.exceptions.ResourceAlreadyExistsException:
        return
    except (ClientError, BotoCoreError) as error:
        raise failure_of(error) from error


class RekognitionCollection:
    """Implements `ports.FaceCollection`; `price` is in dollars per search."""

    def __init__(self, client: RekognitionClient, collection: str, *, price: float = 0.0) -> None:
        self._client = client
        self._collection = collection
        self._price = price

    def search(self, face_id: str, minimum: float) -> Sequence[FaceMatch]:
        """Ask SearchFaces."""
        try:
            answer = self._client.search_faces(
                CollectionId=self._collection, FaceId=face_id, FaceMatchThreshold=minimum, MaxFaces=MOST_MATCHES
            )
        except (ClientError, BotoCoreError) as error:
            if isinstance(error, ClientError) and error.response["Error"]["Code"] == _NOT_YET_THERE:
                raise DetectorUnavailableError("the collection does not have the face yet") from error
            raise failure_of(error) from error
        measure("DetectorCost", self._price, "None")
        matches = answer.get("FaceMatches", ())
        return [
            FaceMatch(match["Face"]["FaceId"], match["Face"].get("ExternalImageId", ""), match["Similarity"])
            for match in matches
        ]

    def delete(self, face_ids: Sequence[str]) -> None:
        """Ask DeleteFaces, which names faces that it doesn't find and goes on."""
        for start in range(0, len(face_ids), _AT_ONCE):
            try:
                self._client.delete_faces(
                    CollectionId=self._collection, FaceIds=list(face_ids[start : start + _AT_ONCE])
                )
            except (ClientError, BotoCoreError) as error:
                raise failure_of(error) from error

    def face_ids(self) -> Iterator[str]:
        """Read ListFaces page by page."""
        try:
            pages = self._client.get_paginator("list_faces").paginate(CollectionId=self._collection)
            for page in pages:
                yield from (face["FaceId"] for face in page.get("Faces", ()))
        except (ClientError, BotoCoreError) as error:
            raise failure_of(error) from error
