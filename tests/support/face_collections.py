"""A simple model of Rekognition's collections, written from the service's documents: dictionaries, and nothing kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tests.support.drawn_faces import SMALL, description
from viewfinder.rekognition.faces.matching import Description, similarity, unit

Document = dict[str, Any]


class RefusedError(Exception):
    """The model refuses; its text is the service's code."""


@dataclass
class StoredFace:
    face_id: str
    image_id: str
    external: str | None
    drawn: tuple[int, int, int]
    place: int
    user: str | None = None


@dataclass
class Collection:
    faces: list[StoredFace] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)


class Model:
    """Answers each operation; pages are whole, as nothing here is large."""

    def __init__(self) -> None:
        self.collections: dict[str, Collection] = {}
        self._count = 0
        self._answered: dict[tuple[str, str], tuple[Document, Document]] = {}

    def answer(self, operation: str, request: Document, drawn: list[tuple[int, int, int]] | None) -> Document:
        """Return the response; raise RefusedError."""
        method = getattr(self, operation)
        if operation == "CreateCollection":
            return dict(method(request))
        if operation == "ListCollections":
            return {"CollectionIds": list(self.collections)}
        if request["CollectionId"] not in self.collections:
            raise RefusedError("ResourceNotFoundException")
        collection = self.collections[request["CollectionId"]]
        token = (operation, request.get("ClientRequestToken", ""))
        if token[1] and token in self._answered:
            earlier, response = self._answered[token]
            if earlier != request:
                raise RefusedError("IdempotentParameterMismatchException")
            return response
        response = dict(method(collection, request) if drawn is None else method(collection, request, drawn))
        if token[1]:
            self._answered[token] = (request, response)
        return response

    def CreateCollection(self, request: Document) -> Document:  # noqa: N802
        if request["CollectionId"] in self.collections:
            raise RefusedError("ResourceAlreadyExistsException")
        self.collections[request["CollectionId"]] = Collection(tags=dict(request.get("Tags", {})))
        return {"StatusCode": 200}

    def ListCollections(self) -> None:  # noqa: N802
        """See answer."""

    def DescribeCollection(self, collection: Collection, _: Document) -> Document:  # noqa: N802
        return {"FaceCount": len(collection.faces), "UserCount": len(collection.users)}

    def DeleteCollection(self, collection: Collection, request: Document) -> Document:  # noqa: N802
        del self.collections[request["CollectionId"]]
        self._answered = {
            key: pair for key, pair in self._answered.items() if pair[0]["CollectionId"] != request["CollectionId"]
        }
        return {"StatusCode": 200}

    def IndexFaces(self, collection: Collection, request: Document, drawn: list[Any]) -> Document:  # noqa: N802
        ordered = list(enumerate(sorted(drawn, key=lambda face: -face[2])))
        good = [pair for pair in ordered if request.get("QualityFilter") == "NONE" or pair[1][2] >= SMALL]
        chosen = good[: request.get("MaxFaces", 100)]
        records = []
        image_id = repr((request["CollectionId"], drawn))
        for place, face in chosen:
            known = [
                stored
                for stored in collection.faces
                if (stored.image_id, stored.external, stored.place) == (image_id, request.get("ExternalImageId"), place)
            ]
            if not known:
                self._count += 1
                stored = StoredFace(f"id-{self._count}", image_id, request.get("ExternalImageId"), tuple(face), place)
                collection.faces.append(stored)
                known = [stored]
            records.append(self._face(known[0]))
        cut = len(good) - len(chosen)
        reasons = [["EXCEEDS_MAX_FACES"]] * cut + [["SMALL_BOUNDING_BOX"]] * (len(ordered) - len(good))
        return {"FaceRecords": records, "UnindexedFaces": reasons}

    def ListFaces(self, collection: Collection, request: Document) -> Document:  # noqa: N802
        user = request.get("UserId")
        if user is not None and user not in collection.users:
            raise RefusedError("ResourceNotFoundException")
        wanted = request.get("FaceIds", [face.face_id for face in collection.faces])
        faces = [face for face in collection.faces if face.face_id in wanted and user in {None, face.user}]
        return {"Faces": [self._face(face) for face in faces]}

    def DeleteFaces(self, collection: Collection, request: Document) -> Document:  # noqa: N802
        deleted, kept = [], []
        for face_id in dict.fromkeys(request["FaceIds"]):
            face = self._find(collection, face_id)
            if face is None:
                kept.append({"FaceId": face_id, "Reasons": ["FACE_NOT_FOUND"]})
            elif face.user is not None:
                reasons = ["ASSOCIATED_TO_AN_EXISTING_USER"]
                kept.append({"FaceId": face_id, "UserId": face.user, "Reasons": reasons})
            else:
                collection.faces.remove(face)
                deleted.append(face_id)
        return {"DeletedFaces": deleted, "UnsuccessfulFaceDeletions": kept}

    def SearchFaces(self, collection: Collection, request: Document) -> Document:  # noqa: N802
        face = self._find(collection, request["FaceId"])
        if face is None:
            raise RefusedError("InvalidParameterException")
        return {"FaceMatches": self._matches(collection, description(*face.drawn), request, face)}

    def SearchFacesByImage(self, collection: Collection, request: Document, drawn: list[Any]) -> Document:  # noqa: N802
        if not drawn:
            raise RefusedError("InvalidParameterException")
        largest = max(drawn, key=lambda face: face[2])
        return {"FaceMatches": self._matches(collection, description(*largest), request)}

    def CreateUser(self, collection: Collection, request: Document) -> Document:  # noqa: N802
        if request["UserId"] in collection.users:
            raise RefusedError("ConflictException")
        collection.users.append(request["UserId"])
        return {}

    def ListUsers(self, collection: Collection, _: Document) -> Document:  # noqa: N802
        return {"Users": [[user, self._status(collection, user)] for user in collection.users]}

    def DeleteUser(self, collection: Collection, request: Document) -> Document:  # noqa: N802
        self._check_user(collection, request)
        collection.users.remove(request["UserId"])
        for face in collection.faces:
            face.user = None if face.user == request["UserId"] else face.user
        return {}

    def AssociateFaces(self, collection: Collection, request: Document) -> Document:  # noqa: N802
        user = self._check_user(collection, request)
        person = self._person(collection, user)
        done, failed = [], []
        for face_id in dict.fromkeys(request["FaceIds"]):
            face = self._find(collection, face_id)
            if face is None:
                failed.append([face_id, "FACE_NOT_FOUND"])
            elif face.user not in {None, user}:
                failed.append([face_id, "ASSOCIATED_TO_A_DIFFERENT_USER"])
            elif (
                face.user is None
                and person
                and (similarity(person, description(*face.drawn)) < request.get("UserMatchThreshold", 75))
            ):
                failed.append([face_id, "LOW_MATCH_CONFIDENCE"])
            elif face.user is None:
                done.append(face)
        for face in done:
            face.user = user
        status = self._status(collection, user)
        return {"AssociatedFaces": [face.face_id for face in done], "Unsuccessful": failed, "Status": status}

    def DisassociateFaces(self, collection: Collection, request: Document) -> Document:  # noqa: N802
        user = self._check_user(collection, request)
        done, failed = [], []
        for face_id in dict.fromkeys(request["FaceIds"]):
            face = self._find(collection, face_id)
            if face is None:
                failed.append([face_id, "FACE_NOT_FOUND"])
            elif face.user == user:
                face.user = None
                done.append(face_id)
            elif face.user is not None:
                failed.append([face_id, "ASSOCIATED_TO_A_DIFFERENT_USER"])
        status = self._status(collection, user)
        return {"DisassociatedFaces": done, "Unsuccessful": failed, "Status": status}

    def SearchUsers(self, collection: Collection, request: Document) -> Document:  # noqa: N802
        if "FaceId" in request:
            face = self._find(collection, request["FaceId"])
            if face is None:
                raise RefusedError("InvalidParameterException")
            return {"UserMatches": self._user_matches(collection, description(*face.drawn), request)}
        user = self._check_user(collection, request)
        return {"UserMatches": self._user_matches(collection, self._person(collection, user), request, user)}

    def SearchUsersByImage(self, collection: Collection, request: Document, drawn: list[Any]) -> Document:  # noqa: N802
        if not drawn:
            return {"UserMatches": []}
        largest = max(drawn, key=lambda face: face[2])
        return {"UserMatches": self._user_matches(collection, description(*largest), request)}

    def _face(self, face: StoredFace) -> list[Any]:
        return [face.face_id, face.external, face.user]

    def _find(self, collection: Collection, face_id: str) -> StoredFace | None:
        return next((face for face in collection.faces if face.face_id == face_id), None)

    def _check_user(self, collection: Collection, request: Document) -> str:
        if request["UserId"] not in collection.users:
            raise RefusedError("ResourceNotFoundException")
        return str(request["UserId"])

    def _status(self, collection: Collection, user: str) -> str:
        return "ACTIVE" if any(face.user == user for face in collection.faces) else "CREATED"

    def _person(self, collection: Collection, user: str) -> Description | None:
        faces = [description(*face.drawn) for face in collection.faces if face.user == user]
        if not faces:
            return None
        mean = unit(np.mean([face.vector for face in faces], axis=0))
        return Description(mean, float(np.mean([face.caution for face in faces])))

    def _matches(
        self, collection: Collection, wanted: Description, request: Document, without: StoredFace | None = None
    ) -> list[Any]:
        found = [
            [similarity(wanted, description(*face.drawn)), *self._face(face)]
            for face in collection.faces
            if face is not without
        ]
        found = [match for match in found if match[0] >= request.get("FaceMatchThreshold", 80)]
        return sorted(found, key=lambda match: -match[0])[: request.get("MaxFaces", 4096)]

    def _user_matches(
        self, collection: Collection, wanted: Description | None, request: Document, without: str | None = None
    ) -> list[Any]:
        people = {user: self._person(collection, user) for user in collection.users if user != without}
        found: list[list[Any]] = [
            [similarity(wanted, person), user] for user, person in people.items() if person and wanted
        ]
        found = [match for match in found if match[0] >= request.get("UserMatchThreshold", 80)]
        return sorted(found, key=lambda match: -match[0])[: request.get("MaxUsers", 500)]
