"""The operations on users: people of a collection, each known by the mean of up to 100 of its faces."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from viewfinder.rekognition.errors import EngineError, invalid_parameter
from viewfinder.rekognition.faces.collections import Collections
from viewfinder.rekognition.faces.engine import Scene
from viewfinder.rekognition.faces.index import user_description
from viewfinder.rekognition.faces.matching import DEFAULT_THRESHOLD, FACE_MODEL_VERSION, Description, similarity
from viewfinder.rekognition.faces.records import (
    description_of,
    faces_by_id,
    find_collection,
    find_face,
    find_user,
)
from viewfinder.rekognition.faces.requests import answered_once, begin_of, page_of, page_size
from viewfinder.rekognition.faces.store import Row

Document = dict[str, Any]
Request = Mapping[str, Any]

MOST_USERS = 500
"""The most users of a page or a search (shape MaxUserResults), also where a request asks for no number."""

MOST_FACES = 100
"""Faces of a user (operation AssociateFaces)."""

ASSOCIATION_THRESHOLD = 75.0
"""The default of UserMatchThreshold for AssociateFaces."""


class Users:
    """Answers the operations on the users of collections; safe to use from several threads."""

    def __init__(self, collections: Collections) -> None:
        self._collections = collections
        self._store = collections.store

    def create_user(self, request: Request) -> Document:
        """Answer CreateUser; raise ConflictException where the user exists."""

        def create(connection: sqlite3.Connection, collection: Row) -> Document:
            row = (collection["number"], request["UserId"])
            try:
                connection.execute("INSERT INTO users (collection, name) VALUES (?, ?)", row)
            except sqlite3.IntegrityError as error:
                raise EngineError("ConflictException", f"The user id: {request['UserId']} already exists") from error
            return {}

        return self._once("CreateUser", request, create)

    def list_users(self, request: Request) -> Document:
        """Answer ListUsers with a page of the users of a collection, oldest first; raise ResourceNotFoundException."""
        with self._store.reading() as connection:
            collection = find_collection(connection, request["CollectionId"])["number"]
            scope, size = ("ListUsers", collection), page_size(request, MOST_USERS)
            rows = connection.execute(
                f"SELECT number, name, {_STATUS} FROM users WHERE collection = ? AND number > ? ORDER BY number LIMIT ?",  # noqa: S608, E501
                (collection, begin_of(request, scope), size + 1),
            ).fetchall()
        page, more = page_of(rows, size, scope)
        return {"Users": [{"UserId": row["name"], "UserStatus": row["status"]} for row in page], **more}

    def delete_user(self, request: Request) -> Document:
        """Answer DeleteUser; its faces stay in the collection."""

        def delete(connection: sqlite3.Connection, collection: Row) -> Document:
            user = find_user(connection, collection["number"], request["UserId"])
            connection.execute("DELETE FROM users WHERE number = ?", (user["number"],))
            return {}

        return self._once("DeleteUser", request, delete)

    def associate_faces(self, request: Request) -> Document:
        """Answer AssociateFaces; raise ServiceQuotaExceededException for a user that has MOST_FACES already."""

        def associate(connection: sqlite3.Connection, collection: Row) -> Document:
            self._collections.check_comparable(collection)
            user = find_user(connection, collection["number"], request["UserId"])["number"]
            before = _faces_of(connection, user)
            chosen, failed = _chosen(connection, collection, user, before, request)
            room = MOST_FACES - len(before)
            if chosen and not room:
                raise EngineError("ServiceQuotaExceededException", f"A user has at most {MOST_FACES} faces")
            _set_user(connection, user, chosen[:room])
            failed += [{"FaceId": row["face_id"], "UserId": request["UserId"], "Reasons": []} for row in chosen[room:]]
            return {
                "AssociatedFaces": [{"FaceId": row["face_id"]} for row in chosen[:room]],
                "UnsuccessfulFaceAssociations": failed,
                "UserStatus": _status(connection, user),
            }

        return self._once("AssociateFaces", request, associate)

    def disassociate_faces(self, request: Request) -> Document:
        """Answer DisassociateFaces; faces of no user are ignored."""

        def disassociate(connection: sqlite3.Connection, collection: Row) -> Document:
            user = find_user(connection, collection["number"], request["UserId"])["number"]
            known = faces_by_id(connection, collection["number"], request["FaceIds"])
            wanted = list(dict.fromkeys(request["FaceIds"]))
            gone = [known[one] for one in wanted if one in known and known[one]["user"] == user]
            _set_user(connection, None, gone)
            return {
                "DisassociatedFaces": [{"FaceId": row["face_id"]} for row in gone],
                "UnsuccessfulFaceDisassociations": list(_not_of(user, wanted, known)),
                "UserStatus": _status(connection, user),
            }

        return self._once("DisassociateFaces", request, disassociate)

    def search_users(self, request: Request) -> Document:
        """Answer SearchUsers; a user that is searched for is left out."""
        if ("FaceId" in request) == ("UserId" in request):
            raise invalid_parameter("Request has invalid parameters: SearchUsers takes one of FaceId and UserId")
        with self._store.reading() as connection:
            collection = find_collection(connection, request["CollectionId"])
            number, wanted, searched = _searched(connection, collection["number"], request)
        matches = self._search(collection, wanted, request, without=number) if wanted else []
        return {"UserMatches": matches, "FaceModelVersion": FACE_MODEL_VERSION, **searched}

    def search_users_by_image(self, request: Request, image: bytes) -> Document:
        """Answer SearchUsersByImage for the largest face that passes the QualityFilter; with none, nothing matches."""
        collection = self._collections.find(request["CollectionId"])
        engine = self._collections.faces()
        scene = engine.look(image, request.get("QualityFilter", "NONE"))
        answer: Document = {"UserMatches": [], "FaceModelVersion": FACE_MODEL_VERSION}
        if scene.accepted:
            largest = scene.accepted[0]
            answer["UserMatches"] = self._search(collection, engine.describe(scene.picture, largest), request)
            answer["SearchedFace"] = {"FaceDetail": largest.detail}
        return answer | {"UnsearchedFaces": _unsearched(scene)}

    def _once(
        self, operation: str, request: Request, change: Callable[[sqlite3.Connection, Row], Document]
    ) -> Document:
        """Change a collection, and answer as before if the ClientRequestToken was seen before."""
        with self._store.writing() as connection:
            collection = find_collection(connection, request["CollectionId"])
            return answered_once(
                connection,
                request,
                lambda: change(connection, collection),
                operation=operation,
                collection=collection["number"],
                now=self._collections.now(),
            )

    def _search(
        self, collection: Row, wanted: Description, request: Request, without: int | None = None
    ) -> list[Document]:
        self._collections.check_comparable(collection)
        threshold, limit = request.get("UserMatchThreshold", DEFAULT_THRESHOLD), request.get("MaxUsers", MOST_USERS)
        index = self._collections.indexes.users(collection["number"])
        percents = dict(index.search(wanted, threshold, limit + (without is not None)))
        rows = self._store.rows(
            f"SELECT number, name, {_STATUS} FROM users WHERE number IN (SELECT value FROM json_each(?))",  # noqa: S608
            (json.dumps(list(percents)),),
        )
        by_number = {row["number"]: row for row in rows if row["number"] != without}
        return [
            {"Similarity": percent, "User": {"UserId": row["name"], "UserStatus": row["status"]}}
            for number, percent in percents.items()
            if (row := by_number.get(number))
        ][:limit]


_STATUS = "CASE WHEN EXISTS (SELECT 1 FROM faces WHERE user = users.number) THEN 'ACTIVE' ELSE 'CREATED' END AS status"

_FACES_OF = "SELECT caution, vector FROM faces JOIN descriptors USING (slot) WHERE user = ? ORDER BY faces.number"


def _status(connection: sqlite3.Connection, user: int) -> str:
    (status,) = connection.execute(f"SELECT {_STATUS} FROM users WHERE number = ?", (user,)).fetchone()  # noqa: S608
    return str(status)


def _faces_of(connection: sqlite3.Connection, user: int) -> list[Row]:
    return connection.execute(_FACES_OF, (user,)).fetchall()


def _set_user(connection: sqlite3.Connection, user: int | None, faces: Sequence[Row]) -> None:
    pairs = [(user, row["number"]) for row in faces]
    connection.executemany("UPDATE faces SET user = ? WHERE number = ?", pairs)


def _chosen(
    connection: sqlite3.Connection, collection: Row, user: int, before: Sequence[Row], request: Request
) -> tuple[list[Row], list[Document]]:
    """Return the faces to associate with a user, and what the response says of those that can't be.

    They are compared with the faces that the user had before the request.
    """
    known = faces_by_id(connection, collection["number"], request["FaceIds"])
    person = user_description(before) if before else None
    threshold = request.get("UserMatchThreshold", ASSOCIATION_THRESHOLD)
    chosen: list[Row] = []
    failed = list(_not_of(user, dict.fromkeys(request["FaceIds"]), known))
    for row in (known[one] for one in dict.fromkeys(request["FaceIds"]) if one in known):
        if row["user"] is not None:
            continue
        percent = similarity(person, description_of(connection, row)) if person else 100.0
        if percent >= threshold:
            chosen.append(row)
        else:
            failed.append({"FaceId": row["face_id"], "Confidence": percent, "Reasons": ["LOW_MATCH_CONFIDENCE"]})
    return chosen, failed


def _not_of(user: int, wanted: Mapping[str, Any] | Sequence[str], known: Mapping[str, Row]) -> Iterator[Document]:
    """Yield what a response says of the faces that are missing or another user's."""
    for face_id in wanted:
        row = known.get(face_id)
        if row is None:
            yield {"FaceId": face_id, "Reasons": ["FACE_NOT_FOUND"]}
        elif row["user"] not in {None, user}:
            yield {"FaceId": face_id, "UserId": row["user_name"], "Reasons": ["ASSOCIATED_TO_A_DIFFERENT_USER"]}


def _searched(
    connection: sqlite3.Connection, collection: int, request: Request
) -> tuple[int | None, Description | None, Document]:
    """Return the number of a searched user, what is searched for, and how the response names it."""
    if "FaceId" in request:
        face = find_face(connection, collection, request["FaceId"])
        return None, description_of(connection, face), {"SearchedFace": {"FaceId": face["face_id"]}}
    user = find_user(connection, collection, request["UserId"])
    faces = _faces_of(connection, user["number"])
    wanted = user_description(faces) if faces else None
    return user["number"], wanted, {"SearchedUser": {"UserId": user["name"]}}


def _unsearched(scene: Scene) -> list[Document]:
    """Return what a response says of the faces of an image that were not searched for."""
    others = [(seen, ["FACE_NOT_LARGEST"]) for seen in scene.accepted[1:]]
    others += [(seen, list(seen.faults)) for seen in scene.refused]
    return [{"FaceDetails": seen.detail, "Reasons": reasons} for seen, reasons in others]
