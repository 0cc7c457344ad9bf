"""Measures the faces of the engine on photos of known content: found, seen where none is, landmarks, and time.

Usage: python -m benchmarks.face_quality [--eval DIR]

Frontal faces and landmarks were marked by eye (tests/unit/rekognition/faces/marked.py).
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.text_quality import times_of
from tests.unit.rekognition.faces.marked import FRONTAL, LANDMARKS
from viewfinder.rekognition.faces.engine import Comparison, FaceEngine

WITHIN = 0.1
"""Share of the distance between the eyes that a landmark may be off."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--eval", type=Path, default=Path(__file__).parents[2] / "shared" / "eval")
    options = parser.parse_args()
    if not options.eval.exists():
        print(f"skipped: no photos in {options.eval}")
        return 0
    engine = FaceEngine(max_pixels=32_000_000)
    print_found(engine, options.eval)
    print_seen_where_nobody_is(engine, options.eval)
    print_landmarks(engine, options.eval)
    print_times(engine, [(options.eval / photo).read_bytes() for photo in FRONTAL])
    return 0


def faces_in(engine: FaceEngine, photo: Path) -> list[dict[str, Any]]:
    faces: list[dict[str, Any]] = engine.detect_faces(photo.read_bytes())["FaceDetails"]
    return faces


def print_found(engine: FaceEngine, folder: Path) -> None:
    missed = []
    for photo, middles in FRONTAL.items():
        width, height = size_of(folder / photo)
        boxes = [face["BoundingBox"] for face in faces_in(engine, folder / photo)]
        missed += [(photo, x, y) for x, y in middles if not any(holds(box, x / width, y / height) for box in boxes)]
    count = sum(len(middles) for middles in FRONTAL.values())
    print(f"frontal faces of 24 pixels or more: {count - len(missed)} of {count} found; missed: {missed}")


def print_seen_where_nobody_is(engine: FaceEngine, folder: Path) -> None:
    empty = [
        f"{name}/{photo}"
        for name in ("coco", "voc")
        for photo, objects in json.loads((folder / f"{name}.json").read_text()).items()
        if not any(entry["name"] == "person" for entry in objects)
    ]
    seen = [photo for photo in empty if faces_in(engine, folder / photo)]
    print(f"photos without people: {len(empty)}, with a face seen: {seen}")


def print_landmarks(engine: FaceEngine, folder: Path) -> None:
    errors = np.concatenate([landmark_errors(engine, folder / photo, marks) for photo, marks in LANDMARKS])
    within = int((errors <= WITHIN).sum())
    print(f"landmarks: off by {errors.mean():.3f} eye distances on average; {within} of {len(errors)} within {WITHIN}")


def landmark_errors(engine: FaceEngine, photo: Path, marks: list[tuple[int, int]]) -> Any:
    """Return the distances of the nearest face's landmarks from the marks, in distances between the eyes."""
    places = [
        np.array([(mark["X"], mark["Y"]) for mark in face["Landmarks"]]) * size_of(photo)
        for face in faces_in(engine, photo)
    ]
    nearest = min(places, key=lambda face: float(np.abs(face - marks).sum()))
    eyes = np.array(marks[:2])
    return np.hypot(*(nearest - marks).T) / np.hypot(*(eyes[1] - eyes[0]))


def print_times(engine: FaceEngine, contents: list[bytes]) -> None:
    found, ratio = times_of(engine.detect_faces, contents)
    print(f"DetectFaces: {found:.0f} ms a photo; {ratio:.3f} x decoding and network alone (at most 1.15)")
    compared, ratio = times_of(lambda content: engine.compare_faces(content, content, Comparison()), contents, rounds=2)
    print(f"CompareFaces: {compared:.0f} ms a pair")


def size_of(photo: Path) -> tuple[int, int]:
    with Image.open(photo) as picture:
        return picture.size


def holds(box: dict[str, float], x: float, y: float) -> bool:
    return 0 < (x - box["Left"]) / box["Width"] < 1 and 0 < (y - box["Top"]) / box["Height"] < 1


if __name__ == "__main__":
    sys.exit(main())
