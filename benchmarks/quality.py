"""Label quality and its price, where the photos of known content are at hand (they are not ours to give away)."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks import scene_quality
from benchmarks.bench import Bench
from benchmarks.label_quality import claims_of, precision_and_recall
from benchmarks.summaries import Result, interleaved
from viewfinder.rekognition.labels.engine import LabelEngine
from viewfinder.rekognition.labels.request import Request
from viewfinder.rekognition.labels.scenes import FILE
from viewfinder.rekognition.settings import Settings

PHOTOS = Path(__file__).parents[2] / "shared" / "eval"
SETS = ("voc", "coco")


def run(bench: Bench) -> Result:
    """Return precision and recall at the default confidence, and milliseconds an image; empty without the photos."""
    if not PHOTOS.exists():
        return {}
    engines = {f"passes={passes}": LabelEngine.load(Settings(passes=passes)) for passes in (1, 2)}
    contents = [(PHOTOS / "coco" / name).read_bytes() for name in json.loads((PHOTOS / "coco.json").read_text())]
    request = Request(min_confidence=55.0)

    def look(engine: LabelEngine) -> Callable[[int], object]:
        return lambda turn: engine.detect_labels(contents[turn], request)

    ways = {name: look(engine) for name, engine in engines.items()}
    costs = interleaved(ways, rounds=5 if bench.quick else len(contents) - 3)
    result: Result = {
        name: {"milliseconds": round(statistics.median(cost.wall for cost in costs[name]), 1)}
        | {photos: quality_of(engine, photos) for photos in SETS}
        for name, engine in engines.items()
    }
    result |= {"words": cross_validated(), **held_out(engines["passes=2"])}
    print(json.dumps(result, indent=2))
    return result


def cross_validated() -> Result:
    """Return what each word is worth on photos that its weights were not made from, as its training found."""
    with np.load(FILE) as stored:
        figures = zip(stored["words"].tolist(), stored["figures"].tolist(), strict=True)
        return {
            word: {"precision": round(precision, 3), "recall": round(recall, 3), "photos": int(photos)}
            for word, (precision, recall, photos) in figures
        }


def held_out(engine: LabelEngine) -> Result:
    """Return words, wrong labels and labels a photo on photos that nothing was learnt from; empty without them."""
    folder = scene_quality.folder()
    if folder is None:
        print("no held-out photos: VIEWFINDER_HELD_OUT is not set")
        return {}
    found = scene_quality.labels_of(engine, folder)
    return {
        "words, held out": scene_quality.scenes(found),
        "wrong labels, held out": scene_quality.wrong_labels(found),
        "labels a photo at 55": scene_quality.labels_a_photo(found),
    }


def quality_of(engine: LabelEngine, photos: str) -> Result:
    """Return precision, recall and their harmonic mean on one set."""
    precision, recall = precision_and_recall(claims_of(engine, PHOTOS, photos))
    both = {"precision": precision, "recall": recall, "F1": 2 * precision * recall / (precision + recall)}
    return {name: round(value, 3) for name, value in both.items()}
