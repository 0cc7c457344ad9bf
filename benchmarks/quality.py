"""Label quality, where the photos of known content are at hand (they are not ours to give away)."""

from __future__ import annotations

from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.label_quality import claims_of, precision_and_recall
from benchmarks.summaries import Result
from viewfinder.rekognition.labels.engine import LabelEngine
from viewfinder.rekognition.settings import Settings

PHOTOS = Path(__file__).parents[2] / "shared" / "eval"


def run(bench: Bench) -> Result:
    """Return precision and recall at the default confidence; empty without the photos."""
    if not PHOTOS.exists():
        return {}
    engine = LabelEngine.load(Settings())
    measured = {name: precision_and_recall(claims_of(engine, PHOTOS, name)) for name in ("voc", "coco")}
    return {name: {"precision": round(both[0], 3), "recall": round(both[1], 3)} for name, both in measured.items()}
