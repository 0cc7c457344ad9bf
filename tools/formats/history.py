"""What happens to the images: one history for all releases, whose steps a release passes over where it lacks them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tools.formats.pictures import picture
from tools.formats.releases import NEXT

_CAMERA = {
    "exif_DateTimeOriginal": "2024-07-14T18:30:05.250+02:00",
    "tiff_Make": "FUJIFILM",
    "tiff_Model": "X100V",
    "exif_ExposureTime": "1/250",
    "exif_FNumber": "56/10",
    "exif_FocalLength": "23/1",
    "exif_GPSLatitude": "47,22.15N",
    "exif_GPSLongitude": "8,32.5E",
}

PICTURES: dict[str, bytes] = {
    "dog": picture(1, **_CAMERA),
    "street": picture(2, exif_DateTimeOriginal="2023-12-31T23:59:59", tiff_Make="Canon", tiff_Model="Canon EOS R6"),
    "everything": picture(3),
    "sign": picture(4, exif_DateTimeOriginal="1999-01-02T03:04:05"),
    "group": picture(5, tiff_Model="Pixel 9"),
    "cat": picture(6),
    "plain": picture(7),
    "before": picture(8),
    "after": picture(9),
    "removed": picture(10, exif_DateTimeOriginal="2022-02-02T02:02:02"),
    "throttled": picture(11),
    "late": picture(12),
    "sofa": picture(14),
    "text": b"This is no picture.\n",
    "cut": picture(13)[:300],
    "empty": b"",
}
"""Name -> content of an object."""

MANY = [f"Thing {number:02}" for number in range(1, 46)]


def _label(name: str, confidence: float, **more: Any) -> dict[str, Any]:
    lists = {member: [{"Name": entry} for entry in more.get(member, ())] for member in _LISTS}
    return {"Name": name, "Confidence": confidence, "Instances": more.get("Instances", []), **lists}


_LISTS = ("Parents", "Categories", "Aliases")
_BOX = {"Left": 0.125, "Top": 0.25, "Width": 0.5, "Height": 0.333333}
_DOG = [
    _label("Animal", 99.5, Categories=["Animals and Pets"]),
    _label("Pet", 99.5, Parents=["Animal"], Categories=["Animals and Pets"]),
    _label(
        "Dog",
        98.7654321,
        Parents=["Animal", "Pet"],
        Categories=["Animals and Pets"],
        Aliases=["Canine"],
        Instances=[
            {"BoundingBox": _BOX, "Confidence": 98.7654321},
            {"BoundingBox": {**_BOX, "Left": 0.6}, "Confidence": 71.5},
        ],
    ),
    _label("Grass", 60.25, Parents=["Plant"], Categories=["Plants and Flowers"]),
]
_CAT = [
    _label("Animal", 97.0, Categories=["Animals and Pets"]),
    _label("Cat", 96.5, Parents=["Animal"], Categories=["Animals and Pets"]),
    _label("Sofa", 80.0, Categories=["Home and Indoors"], Aliases=["Couch"]),
]
_STREET = [
    _label("Straße", 88.0, Categories=["Transport and Logistics", "Buildings and Architecture"], Aliases=["Road"]),
    _label("Car", 77.7777, Parents=["Vehicle"], Categories=["Vehicles and Automotive"], Aliases=["Automobile"]),
]

LABELS: dict[str, list[dict[str, Any]]] = {
    "dog": _DOG,
    "street": _STREET,
    "everything": [
        _label(name, 99.0 - number / 2, Categories=[f"Category {number % 12:02}"]) for number, name in enumerate(MANY)
    ],
    "sign": [_label("Sign", 93.0, Categories=["Symbols and Flags"], Aliases=["Symbol"])],
    "group": [_label("Person", 99.9999, Categories=["Person Description"], Aliases=["Human"])],
    "cat": _CAT,
    "before": [_label("Sunrise", 70.0), _label("Car", 55.0, Categories=["Vehicles and Automotive"])],
    "after": [_label("Sunset", 71.0), _label("Dog", 56.5, Parents=["Animal"], Categories=["Animals and Pets"])],
    "removed": _DOG[:2],
    "sofa": [_label("Couch", 64.5, Parents=["Furniture"])],
    "late": [_label("Giraffe", 91.0, Parents=["Animal"], Categories=["Animals and Pets"])],
}
"""What the detector answers to DetectLabels; nothing for pictures that are not here."""


def _text(number: int, kind: str, text: str, parent: int | None = None) -> dict[str, Any]:
    corners = [(0.1, 0.2), (0.4, 0.2), (0.4, 0.3), (0.1, 0.3)]
    geometry = {
        "BoundingBox": {"Left": 0.1, "Top": 0.2, "Width": 0.3, "Height": 0.1},
        "Polygon": [{"X": x, "Y": y} for x, y in corners],
    }
    of_line = {} if parent is None else {"ParentId": parent}
    return {"Id": number, "Type": kind, "DetectedText": text, "Confidence": 97.25, "Geometry": geometry, **of_line}


TEXTS: dict[str, list[dict[str, Any]]] = {
    "sign": [
        _text(0, "LINE", "STOP! Straße gesperrt"),
        _text(1, "WORD", "STOP!", 0),
        _text(2, "WORD", "Straße", 0),
        _text(3, "WORD", "gesperrt", 0),
    ],
}
FACES: dict[str, list[dict[str, Any]]] = {
    "group": [
        {
            "BoundingBox": _BOX,
            "Confidence": 99.25,
            "Landmarks": [{"Type": "eyeLeft", "X": 0.2, "Y": 0.3}, {"Type": "eyeRight", "X": 0.4, "Y": 0.3}],
        },
        {"BoundingBox": {**_BOX, "Left": 0.7, "Width": 0.1}, "Confidence": 80.5, "Landmarks": []},
    ],
}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens. `action` is a method of the world; `since` is the first release that has it."""

    action: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    since: str = "0.1.0"


def _put(key: str, content: str) -> Step:
    return Step("put", {"key": key, "content": content})


def _delete(key: str) -> Step:
    return Step("delete", {"key": key})


def _call(method: str, path: str, body: Any = None, *, key: str = "", since: str = "0.2.0") -> Step:
    return Step("call", {"method": method, "path": path, "key": key, "body": body}, since)


NESTED = "a/b/c/d/e/f/g/h/i/nested.png"
UNICODE = "Fotos/2024/Sommer/Zürich ☀ + Straße 100%.jpg"

HISTORY: tuple[Step, ...] = (
    _put("labels-only.png", "cat"),  # before the operator asks for text and faces
    Step("ask_for_all_features", since="0.2.0"),
    _put("dogs/rex.jpg", "dog"),
    _put("dogs/copy of rex.jpg", "dog"),
    _put(UNICODE, "street"),
    _put("many/labels.png", "everything"),
    _put("signs/stop.png", "sign"),
    _put("people/group.png", "group"),
    _put(NESTED, "plain"),
    _put("bad/text.jpg", "text"),
    _put("bad/cut.png", "cut"),
    _put("bad/empty.png", "empty"),
    Step("put_throttled", {"key": "failed/throttled.png", "content": "throttled"}),
    _put("overwritten.png", "before"),
    _put("overwritten.png", "after"),
    _put("trash/removed.png", "removed"),
    _delete("trash/removed.png"),
    _put("trash/restored.png", "removed"),
    _delete("trash/restored.png"),
    Step("restore", {"key": "trash/restored.png", "content": "removed"}),
    _put("trash/purged.png", "late"),
    _delete("trash/purged.png"),
    _call("DELETE", "/trash/{ImageId+}", key="trash/purged.png"),
    Step("delete_unknown", {"key": "trash/never-seen.png"}),
    Step("delete_unknown", {"key": "trash/expired.png"}),
    _put("corrected/cat.png", "cat"),
    _call("PATCH", "/images/{ImageId+}", {"Add": ["Tiger", "sofa"], "Remove": ["Cat"]}, key="corrected/cat.png"),
    _call("PATCH", "/images/{ImageId+}", {"Add": ["Übersicht", "Collage"]}, key="many/labels.png"),
    _call("POST", "/analyses", {"ImageId": "dogs/rex.jpg"}, since="0.1.0"),
    Step("put_for_engine", {"key": "engine/sofa.png", "content": "sofa"}, since="0.2.0"),
    Step("expire_tombstone", {"key": "trash/expired.png"}),
    Step("hold_lease", {"content": "throttled"}),
    Step("stop_counting"),
    _put("late/giraffe.png", "late"),
    _delete("dogs/copy of rex.jpg"),
    _call("PATCH", "/images/{ImageId+}", {"Remove": ["Sign"]}, key="signs/stop.png"),
    _put("overwritten.png", "dog"),
)
"""What follows `stop_counting` waits in the table's stream when the release is replaced."""


def steps_of(version: str) -> list[Step]:
    """Return the steps that a release knows; the working tree knows all."""
    return [step for step in HISTORY if version == NEXT or _numbers(step.since) <= _numbers(version)]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
