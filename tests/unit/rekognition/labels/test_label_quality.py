"""Labels on photos of known content, where they are at hand: the figures that docs/rekognition.md claims."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.label_quality import claims_of, precision_and_recall
from viewfinder.rekognition.labels.engine import LabelEngine

PHOTOS = Path(__file__).parents[5] / "shared" / "eval"


@pytest.mark.skipif(not PHOTOS.exists(), reason="no photos of known content")
@pytest.mark.parametrize(("name", "precision", "recall"), [("voc", 0.95, 0.76), ("coco", 0.97, 0.54)])
def test_labels_are_right_and_those_of_ninety_are_never_wrong(
    engine: LabelEngine, name: str, precision: float, recall: float
) -> None:
    claims = claims_of(engine, PHOTOS, name)
    right, found = precision_and_recall(claims)
    assert right >= precision
    assert found >= recall
    assert not [claim for claim in claims if claim.confidence >= 90 and not claim.right]
