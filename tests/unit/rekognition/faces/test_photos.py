"""Faces on photos of known content, where they are at hand: what was marked by eye is found, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.face_quality import holds, size_of
from tests.unit.rekognition.faces.marked import FRONTAL, LANDMARKS
from viewfinder.rekognition import Engines, detect_faces

PHOTOS = Path(__file__).parents[5] / "shared" / "eval"
pytestmark = pytest.mark.skipif(not PHOTOS.exists(), reason="no photos of known content")


def faces_in(engines: Engines, photo: str) -> list[dict[str, Any]]:
    return list(detect_faces(PHOTOS / photo, engines=engines)["FaceDetails"])


def test_frontal_faces_are_found(engines: Engines) -> None:
    missed = []
    for photo, middles in FRONTAL.items():
        width, height = size_of(PHOTOS / photo)
        boxes = [face["BoundingBox"] for face in faces_in(engines, photo)]
        missed += [(photo, x, y) for x, y in middles if not any(holds(box, x / width, y / height) for box in boxes)]
    assert missed == [("coco/000000006771.jpg", 154, 272)]  # 32 of 33


def test_landmarks_are_near_those_marked_by_eye(engines: Engines) -> None:
    errors = []
    for photo, marks in LANDMARKS:
        size, eyes = np.array(size_of(PHOTOS / photo)), np.array(marks)[:2]
        faces = [np.array([(mark["X"], mark["Y"]) for mark in face["Landmarks"]]) for face in faces_in(engines, photo)]
        found = min((face * size for face in faces), key=lambda face: np.abs(face - marks).sum())
        errors.append(np.hypot(*(found - marks).T).mean() / np.hypot(*(eyes[1] - eyes[0])))
    assert np.mean(errors) < 0.085  # in eye distances
    assert np.max(errors) < 0.15


def test_no_face_is_seen_on_photos_without_people(engines: Engines) -> None:
    seen, empty = [], 0
    for name in ("coco", "voc"):
        for photo, objects in json.loads((PHOTOS / f"{name}.json").read_text()).items():
            if not any(entry["name"] == "person" for entry in objects):
                empty += 1
                seen += [photo for _ in faces_in(engines, f"{name}/{photo}")]
    assert (seen, empty) == ([], 62)
