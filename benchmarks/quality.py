"""Label quality and its price, where the photos of known content are at hand (they are not ours to give away)."""

from __future__ import annotations

import json
import statistics
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.label_quality import claims_of, precision_and_recall
from benchmarks.summaries import Result, interleaved
from viewfinder.rekognition.labels.engine import LabelEngine
from viewfinder.rekognition.labels.request import Request
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
    costs = interleaved(
        {
            name: lambda turn, engine=engine: engine.detect_labels(contents[turn], request)
            for name, engine in engines.items()
        },  # type: ignore[misc]
        rounds=5 if bench.quick else len(contents) - 3,
    )
    return {
        name: {"milliseconds": round(statistics.median(cost.wall for cost in costs[name]), 1)}
        | {photos: quality_of(engine, photos) for photos in SETS}
        for name, engine in engines.items()
    }


def quality_of(engine: LabelEngine, photos: str) -> Result:
    """Return precision, recall and their harmonic mean on one set."""
    precision, recall = precision_and_recall(claims_of(engine, PHOTOS, photos))
    both = {"precision": precision, "recall": recall, "F1": 2 * precision * recall / (precision + recall)}
    return {name: round(value, 3) for name, value in both.items()}
