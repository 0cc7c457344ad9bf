"""The rows of collections, users and faces: found, added, and as the service's documents."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from viewfinder.rekognition.errors import invalid_parameter, not_found
from viewfinder.rekognition.faces.engine import SeenFace
from viewfinder.rekognition.faces.index import vectors_of
from viewfinder.rekognition.faces.matching import MODEL_VERSION, Description
from viewfinder.rekognition.faces.store import Row
from viewfinder.rekognition.networks import distinct

Document = dict[str, Any]

SAME_FACE = 0.5
"""Intersection over union from which two boxes in one image are the same face."""

BOX = ("Width", "Height", "Left", "Top")

FACE_COLUMNS = """
    faces.number, face_id, image_id, external_image_id, width, height, left_edge, top_edge, confidence, caution, slot,
    user, (SELECT name FROM users WHERE users.number = faces.user) AS user_name
"""


def find_collection(connection: sqlite3.Connection, name: str) -> Row:
    """Return the row of a collection; raise ResourceNotFoundException."""
    row = connection.execute("SELECT * FROM collections WHERE name = ?", (name,)).fetchone()
    if not row:
        raise not_found(f"The collection id: {name} does not exist")
    return row


def face_document(row: Row) -> Document:
    """Return the members of shape Face."""
    optional = {"ExternalImageId": row["external_image_id"], "UserId": row["user_name"]}
    return {
        "FaceId": row["face_id"],
        "BoundingBox": _box(row),
        "ImageId": row["image_id"],
        "Confidence": row["confidence"],
        "IndexFacesModelVersion": MODEL_VERSION,
        **{name: value for name, value in optional.items() if value is not None},
    }


def find_face(connection: sqlite3.Connection, collection: int, face_id: str) -> Row:
    """Return the row of a face; raise InvalidParameterException, as the service does."""
    known = faces_by_id(connection, collection, [face_id])
    if not known:
        raise invalid_parameter("faceId was not found in the collection")
    return known[face_id]


def find_user(connection: sqlite3.Connection, collection: int, name: str) -> Row:
    """Return the row of a user; raise ResourceNotFoundException."""
    row = connection.execute("SELECT * FROM users WHERE collection = ? AND name = ?", (collection, name)).fetchone()
    if not row:
        raise not_found(f"The user id: {name} does not exist")
    return row


def faces_by_number(connection: sqlite3.Connection, numbers: Iterable[int]) -> dict[int, Row]:
    """Return the rows of faces by their number; deleted faces have none."""
    rows = connection.execute(
        f"SELECT {FACE_COLUMNS} FROM faces WHERE faces.number IN (SELECT value FROM json_each(?))",  # noqa: S608
        (json.dumps(list(numbers)),),
    )
    return {row["number"]: row for row in rows}


def faces_by_id(connection: sqlite3.Connection, collection: int, face_ids: Iterable[str]) -> dict[str, Row]:
    """Return the rows of the faces that are in a collection."""
    rows = connection.execute(
        f"""
        SELECT {FACE_COLUMNS} FROM faces
        WHERE collection = ? AND face_id IN (SELECT value FROM json_each(?))
        """,  # noqa: S608 - columns of ours
        (collection, json.dumps(list(face_ids))),
    )
    return {row["face_id"]: row for row in rows}


def description_of(connection: sqlite3.Connection, face: Row) -> Description:
    """Return what a stored face is compared by."""
    (blob,) = connection.execute("SELECT vector FROM descriptors WHERE slot = ?", (face["slot"],)).fetchone()
    return Description(vectors_of([blob])[0], face["caution"])


def add_face(
    connection: sqlite3.Connection, place: tuple[int, str, str | None], seen: SeenFace, description: Description
) -> int:
    """Add a face to a collection, with its ImageId and ExternalImageId, and return its number."""
    box, confidence = seen.detail["BoundingBox"], seen.detail["Confidence"]
    slot = _keep_vector(connection, description.vector.astype("<f4").tobytes())
    row = (str(uuid.uuid4()), *place, *(box[name] for name in BOX), confidence, description.caution, slot)
    added = connection.execute(
        """
        INSERT INTO faces (face_id, collection, image_id, external_image_id, width, height, left_edge, top_edge,
            confidence, caution, slot) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        row,
    )
    return int(added.lastrowid or 0)


def _keep_vector(connection: sqlite3.Connection, blob: bytes) -> int:
    """Store a descriptor and return its slot, that of a removed one if there is any."""
    (slot,) = connection.execute("SELECT min(slot) FROM free_slots").fetchone()
    if slot is None:
        return int(connection.execute("INSERT INTO descriptors (vector) VALUES (?)", (blob,)).lastrowid or 0)
    connection.execute("DELETE FROM free_slots WHERE slot = ?", (slot,))
    connection.execute("UPDATE descriptors SET vector = ? WHERE slot = ?", (blob, slot))
    return int(slot)


def faces_of_image(connection: sqlite3.Connection, collection: int, image_id: str, external: str | None) -> list[Row]:
    """Return the rows of the faces that an image gave to a collection, with this ExternalImageId or without one."""
    return connection.execute(
        f"""
        SELECT {FACE_COLUMNS} FROM faces WHERE collection = ? AND image_id = ? AND external_image_id IS ?
        """,  # noqa: S608 - columns of ours
        (collection, image_id, external),
    ).fetchall()


def image_id_of(collection: Row, image: bytes) -> str:
    """Return the ImageId: the same for the same content in the same collection."""
    digest = hashlib.sha256(f"{collection['number']} {collection['created_at']} ".encode() + image).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


def same_face(rows: Sequence[Row], box: Mapping[str, float]) -> Row | None:
    """Return the row whose box is that of a face."""
    for row in rows:
        if not distinct(np.array([_corners(_box(row)), _corners(box)]), SAME_FACE).all():
            return row
    return None


def _corners(box: Mapping[str, float]) -> tuple[float, ...]:
    return box["Left"], box["Top"], box["Left"] + box["Width"], box["Top"] + box["Height"]


def _box(row: Row) -> dict[str, float]:
    return dict(zip(BOX, (row["width"], row["height"], row["left_edge"], row["top_edge"]), strict=True))
