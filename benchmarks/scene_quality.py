"""Measures words for the scene, wrong labels and labels a photo, on photos that nothing was learnt from.

The photos are not ours to give away: they are read from the folders imagenet, imagen and coco_val of
VIEWFINDER_HELD_OUT (tools/README.md says where from). What is on them is in held_out.json; a word with a question mark
is doubtful, and counts for nothing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from viewfinder.rekognition.labels.engine import LabelEngine
from viewfinder.rekognition.labels.merging import load_taxonomy
from viewfinder.rekognition.labels.request import Request
from viewfinder.rekognition.labels.scenes import SceneHead

HELD_OUT = Path(__file__).parent / "held_out.json"
SETS = ("imagenet", "imagen", "coco_val")
IMAGENET = ("imagenet", "imagen")
JUDGED = 80.0
"""Confidence from which every label of the ImageNet photos was judged by eye."""

Confidences = Mapping[str, float]


def folder() -> Path | None:
    """Return the folder of the photos, None where it is not at hand."""
    named = os.environ.get("VIEWFINDER_HELD_OUT")
    return Path(named) if named else None


def labels_of(engine: LabelEngine, photos: Path) -> dict[str, dict[str, Confidences]]:
    """Return the labels of at least 55 of every photo, by set and name."""
    contents = json.loads(HELD_OUT.read_text())["words"]
    return {
        name: {photo: _labels(engine, photos / name / photo) for photo in contents[name] if (photos / name).is_dir()}
        for name in SETS
    }


def _labels(engine: LabelEngine, file: Path) -> Confidences:
    answer = engine.detect_labels(file.read_bytes(), Request())
    return {label["Name"]: label["Confidence"] for label in answer["Labels"]}


def scenes(found: Mapping[str, Mapping[str, Confidences]]) -> dict[str, Any]:
    """Return precision, recall and photos of each word.

    Fruit and vegetables have the parent Plant in the service's taxonomy, so Plant is counted on photos without food.
    """
    words = json.loads(HELD_OUT.read_text())["words"]
    result = {}
    for word in SceneHead().words:
        pairs = [
            (word in there, word in found[name][photo])
            for name in SETS
            for photo, there in words[name].items()
            if photo in found[name] and f"{word}?" not in there and not (word == "Plant" and "Food" in there)
        ]
        result[word] = _precision_and_recall(pairs)
    return result


def _precision_and_recall(pairs: list[tuple[bool, bool]]) -> dict[str, Any]:
    right = sum(there and said for there, said in pairs)
    said, there = sum(said for _, said in pairs), sum(there for there, _ in pairs)
    return {
        "precision": round(right / said, 3) if said else None,
        "recall": round(right / there, 3) if there else None,
        "photos": there,
    }


def wrong_labels(found: Mapping[str, Mapping[str, Confidences]]) -> dict[str, Any]:
    """Return how many labels of 80 and 90 are wrong on the ImageNet photos, and how many nobody has judged yet."""
    judged = json.loads(HELD_OUT.read_text())
    counts = dict.fromkeys(("labels at 80", "wrong at 80", "wrong at 90", "not judged"), 0)
    for name in IMAGENET:
        for photo, labels in found[name].items():
            right = _with_ancestors(judged["right"][name].get(photo, ()))
            wrong = _with_ancestors(judged["wrong"][name].get(photo, ())) - right
            sure = {label for label, confidence in labels.items() if confidence >= JUDGED}
            counts["labels at 80"] += len(sure)
            counts["wrong at 80"] += len(sure & wrong)
            counts["wrong at 90"] += len({label for label in sure & wrong if labels[label] >= 90})
            counts["not judged"] += len(sure - wrong - right)
    return counts


def _with_ancestors(labels: Any) -> set[str]:
    entries = load_taxonomy().labels
    known = [entries[label] for label in labels if label in entries]
    return {*labels, *(name for entry in known for name in (*entry.parents, *entry.implies))}


def labels_a_photo(found: Mapping[str, Mapping[str, Confidences]]) -> dict[str, float]:
    """Return the mean number of labels of at least 55."""
    return {name: round(sum(map(len, photos.values())) / len(photos), 2) for name, photos in found.items() if photos}
