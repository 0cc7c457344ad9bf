"""The operations on collections, their tags and their faces, as the service documents them.

Each takes a document that fits its request's shape, and the image's content where it has one. docs/collections.md says
what was chosen where the service's documents leave something open.
"""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from viewfinder.rekognition.errors import EngineError, invalid_parameter, not_found
from viewfinder.rekognition.faces.engine import FaceEngine, SeenFace
from viewfinder.rekognition.faces.index import Indexes
from viewfinder.rekognition.faces.matching import DEFAULT_THRESHOLD, FACE_MODEL_VERSION, Description
from viewfinder.rekognition.faces.records import (
    FACE_COLUMNS,
    add_face,
    description_of,
    face_document,
    faces_by_id,
    faces_by_number,
    faces_of_image,
    find_collection,
    find_face,
    find_user,
    image_id_of,
    same_face,
)
from viewfinder.rekognition.faces.requests import begin_of, page_of, page_size
from viewfinder.rekognition.faces.store import Row, Store

Document = dict[str, Any]
Request = Mapping[str, Any]

ACCOUNT = "000000000000"
"""The account in the names of resources: this engine has one."""

ARN = re.compile(r"arn:[^:]+:rekognition:[^:]*:\d{12}:collection/(?P<name>[a-zA-Z0-9_.\-]+)")

MOST_MATCHES = 4096
"""The most faces of a search (shape MaxFaces), also where a request asks for no number."""

MOST_TAGS = 200
"""Tags of a collection (shape TagMap)."""


_SOME_FACES = """
    DELETE FROM faces WHERE number IN (SELECT number FROM faces WHERE collection = ? ORDER BY number LIMIT 10000)
"""


class Collections:
    """Answers the operations from one store; safe to use from several threads, beside other processes."""

    def __init__(
        self,
        store: Store,
        faces: Callable[[], FaceEngine],
        *,
        region: str,
        max_faces: int,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.store = store
        self.indexes = Indexes(store)
        self.faces = faces
        self.now = now
        self._region = region
        self._max_faces = max_faces

    def create_collection(self, request: Request) -> Document:
        """Answer CreateCollection; raise ResourceAlreadyExistsException."""
        name = request["CollectionId"]
        with self.store.writing() as connection:
            if connection.execute("SELECT 1 FROM collections WHERE name = ?", (name,)).fetchone():
                raise EngineError("ResourceAlreadyExistsException", f"The collection id: {name} already exists")
            row = (name, int(self.now() * 1000), FACE_MODEL_VERSION)
            added = connection.execute("INSERT INTO collections (name, created_at, face_model) VALUES (?, ?, ?)", row)
            _set_tags(connection, added.lastrowid, request.get("Tags", {}))
        return {"StatusCode": 200, "CollectionArn": self._arn(name), "FaceModelVersion": FACE_MODEL_VERSION}

    def describe_collection(self, request: Request) -> Document:
        """Answer DescribeCollection."""
        row = self.find(request["CollectionId"])
        return {
            "FaceCount": row["face_count"],
            "FaceModelVersion": row["face_model"],
            "CollectionARN": self._arn(row["name"]),
            "CreationTimestamp": row["created_at"] / 1000,
            "UserCount": row["user_count"],
        }

    def list_collections(self, request: Request) -> Document:
        """Answer ListCollections: in the order in which they were created."""
        scope, size = ("ListCollections",), page_size(request)
        rows = self.store.rows(
            "SELECT number, name, face_model FROM collections WHERE number > ? ORDER BY number LIMIT ?",
            (begin_of(request, scope), size + 1),
        )
        page, more = page_of(rows, size, scope)
        return {
            "CollectionIds": [row["name"] for row in page],
            "FaceModelVersions": [row["face_model"] for row in page],
            **more,
        }

    def delete_collection(self, request: Request) -> Document:
        """Answer DeleteCollection: with its faces, users and tags."""
        with self.store.writing(forgets=True) as connection:
            row = find_collection(connection, request["CollectionId"])
            while connection.execute(_SOME_FACES, (row["number"],)).rowcount:
                pass  # one statement for all would hold the old pages of all in memory
            connection.execute("DELETE FROM collections WHERE number = ?", (row["number"],))
        self.indexes.drop_removed()
        return {"StatusCode": 200}

    def tag_resource(self, request: Request) -> Document:
        """Answer TagResource; raise ServiceQuotaExceededException beyond MOST_TAGS."""
        with self.store.writing() as connection:
            _set_tags(connection, self._tagged(request, connection), request["Tags"])
        return {}

    def untag_resource(self, request: Request) -> Document:
        """Answer UntagResource; keys that the collection does not have are ignored."""
        with self.store.writing() as connection:
            collection = self._tagged(request, connection)
            pairs = [(collection, key) for key in request["TagKeys"]]
            connection.executemany("DELETE FROM tags WHERE collection = ? AND key = ?", pairs)
        return {}

    def list_tags_for_resource(self, request: Request) -> Document:
        """Answer ListTagsForResource."""
        with self.store.reading() as connection:
            collection = self._tagged(request, connection)
            rows = connection.execute("SELECT key, value FROM tags WHERE collection = ? ORDER BY key", (collection,))
            return {"Tags": {row["key"]: row["value"] for row in rows}}

    def index_faces(self, request: Request, image: bytes) -> Document:
        """Answer IndexFaces; a face that the image has given to the collection before is not added again."""
        self.find(request["CollectionId"])
        engine = self.faces()
        scene = engine.look(image, request.get("QualityFilter", "AUTO"))
        chosen = scene.accepted[: request.get("MaxFaces")]
        described = [(seen, engine.describe(scene.picture, seen)) for seen in chosen]
        rows = self._add(request, image, described)
        left_out = [(seen, ["EXCEEDS_MAX_FACES"]) for seen in scene.accepted[len(chosen) :]]
        left_out += [(seen, list(seen.faults)) for seen in scene.refused]
        return {
            "FaceRecords": [
                {"Face": face_document(row), "FaceDetail": seen.detail} for row, seen in zip(rows, chosen, strict=True)
            ],
            "FaceModelVersion": FACE_MODEL_VERSION,
            "UnindexedFaces": [{"Reasons": reasons, "FaceDetail": seen.detail} for seen, reasons in left_out],
        }

    def list_faces(self, request: Request) -> Document:
        """Answer ListFaces: in the order in which they were indexed."""
        with self.store.reading() as connection:
            collection = find_collection(connection, request["CollectionId"])
            user = find_user(connection, collection["number"], request["UserId"]) if "UserId" in request else None
            wanted = request.get("FaceIds")
            scope = ("ListFaces", collection["number"], user and user["number"], wanted)
            size = page_size(request)
            rows = connection.execute(
                f"""
                SELECT {FACE_COLUMNS} FROM faces WHERE collection = :collection AND faces.number > :begin
                AND (:user IS NULL OR user = :user)
                AND (:ids IS NULL OR face_id IN (SELECT value FROM json_each(:ids)))
                ORDER BY faces.number LIMIT :limit
                """,  # noqa: S608 - columns of ours
                {
                    "collection": collection["number"],
                    "begin": begin_of(request, scope),
                    "user": user["number"] if user else None,
                    "ids": json.dumps(wanted) if wanted else None,
                    "limit": size + 1,
                },
            ).fetchall()
        page, more = page_of(rows, size, scope)
        faces = [face_document(row) for row in page]
        return {"Faces": faces, "FaceModelVersion": collection["face_model"], **more}

    def delete_faces(self, request: Request) -> Document:
        """Answer DeleteFaces; a face of a user stays."""
        with self.store.writing(forgets=True) as connection:
            collection = find_collection(connection, request["CollectionId"])["number"]
            known = faces_by_id(connection, collection, request["FaceIds"])
            wanted = list(dict.fromkeys(request["FaceIds"]))
            gone = [one for one in wanted if one in known and known[one]["user"] is None]
            connection.executemany("DELETE FROM faces WHERE number = ?", [(known[one]["number"],) for one in gone])
        kept = [_not_deleted(one, known.get(one)) for one in wanted if one not in set(gone)]
        return {"DeletedFaces": gone, "UnsuccessfulFaceDeletions": kept}

    def search_faces(self, request: Request) -> Document:
        """Answer SearchFaces; the face itself is left out."""
        with self.store.reading() as connection:
            collection = find_collection(connection, request["CollectionId"])
            face = find_face(connection, collection["number"], request["FaceId"])
            wanted = description_of(connection, face)
        matches = self._search(collection, wanted, request, without=face["number"])
        return {"SearchedFaceId": face["face_id"], "FaceMatches": matches, "FaceModelVersion": FACE_MODEL_VERSION}

    def search_faces_by_image(self, request: Request, image: bytes) -> Document:
        """Answer SearchFacesByImage for the largest face that passes the QualityFilter."""
        collection = self.find(request["CollectionId"])
        engine = self.faces()
        scene = engine.look(image, request.get("QualityFilter", "NONE"))
        if not scene.accepted:
            raise invalid_parameter("There are no faces in the image. Should be at least 1.")
        largest = scene.accepted[0]
        return {
            "SearchedFaceBoundingBox": largest.detail["BoundingBox"],
            "SearchedFaceConfidence": largest.detail["Confidence"],
            "FaceMatches": self._search(collection, engine.describe(scene.picture, largest), request),
            "FaceModelVersion": FACE_MODEL_VERSION,
        }

    def find(self, name: str) -> Row:
        """Return the row of a collection; raise ResourceNotFoundException."""
        with self.store.reading() as connection:
            return find_collection(connection, name)

    def check_comparable(self, collection: Row) -> None:
        """Raise EngineError where the faces of a collection can't be compared by this engine."""
        if collection["face_model"] != FACE_MODEL_VERSION:
            raise invalid_parameter(
                f"The collection id: {collection['name']} has faces of {collection['face_model']}, which can't be "
                f"compared with those of {FACE_MODEL_VERSION}. Make a new collection."
            )
        if self._total() > self._max_faces:
            raise EngineError(
                "ProvisionedThroughputExceededException",
                f"The collections hold more than {self._max_faces} faces, the limit of this engine's memory",
            )

    def _search(self, collection: Row, wanted: Description, request: Request, without: int = 0) -> list[Document]:
        self.check_comparable(collection)
        threshold, limit = request.get("FaceMatchThreshold", DEFAULT_THRESHOLD), request.get("MaxFaces", MOST_MATCHES)
        matches = self.indexes.faces(collection["number"]).search(wanted, threshold, limit + bool(without))
        percents = {number: percent for number, percent in matches if number != without}
        with self.store.reading() as connection:
            by_number = faces_by_number(connection, percents)  # without those that were deleted meanwhile
        return [
            {"Similarity": percent, "Face": face_document(by_number[number])}
            for number, percent in percents.items()
            if number in by_number
        ][:limit]

    def _add(self, request: Request, image: bytes, described: Sequence[tuple[SeenFace, Description]]) -> list[Row]:
        """Return the rows of the faces, those that were there before too; raise ServiceQuotaExceededException."""
        with self.store.writing() as connection:
            collection = find_collection(connection, request["CollectionId"])
            self.check_comparable(collection)
            image_id, external = image_id_of(collection, image), request.get("ExternalImageId")
            place = (collection["number"], image_id, external)
            before = faces_of_image(connection, *place)
            known = [same_face(before, seen.detail["BoundingBox"]) for seen, _ in described]
            numbers = [
                row["number"] if row else add_face(connection, place, seen, description)
                for row, (seen, description) in zip(known, described, strict=True)
            ]
            if None in known and self._total() > self._max_faces:
                raise EngineError(
                    "ServiceQuotaExceededException", f"The collections would hold more than {self._max_faces} faces"
                )
            rows = {row["number"]: row for row in faces_of_image(connection, *place)}
        return [rows[number] for number in numbers]

    def _total(self) -> int:
        return int(self.store.rows("SELECT coalesce(sum(face_count), 0) FROM collections")[0][0])

    def _arn(self, name: str) -> str:
        return f"arn:aws:rekognition:{self._region}:{ACCOUNT}:collection/{name}"

    def _tagged(self, request: Request, connection: sqlite3.Connection) -> int:
        """Return the number of the collection that a ResourceArn names."""
        match = ARN.fullmatch(request["ResourceArn"])
        if not match:
            raise invalid_parameter(f"Invalid ARN: {request['ResourceArn'][:200]} is not one of a collection")
        if request["ResourceArn"] != self._arn(match["name"]):
            raise not_found(f"The resource {request['ResourceArn']} does not exist")
        return int(find_collection(connection, match["name"])["number"])


def _not_deleted(face_id: str, row: Row | None) -> Document:
    if row is None:
        return {"FaceId": face_id, "Reasons": ["FACE_NOT_FOUND"]}
    return {"FaceId": face_id, "UserId": row["user_name"], "Reasons": ["ASSOCIATED_TO_AN_EXISTING_USER"]}


def _set_tags(connection: sqlite3.Connection, collection: int | None, tags: Mapping[str, str]) -> None:
    rows = [(collection, key, value) for key, value in tags.items()]
    connection.executemany("INSERT OR REPLACE INTO tags VALUES (?, ?, ?)", rows)
    (count,) = connection.execute("SELECT count(*) FROM tags WHERE collection = ?", (collection,)).fetchone()
    if count > MOST_TAGS:
        raise EngineError("ServiceQuotaExceededException", f"A collection has at most {MOST_TAGS} tags")
