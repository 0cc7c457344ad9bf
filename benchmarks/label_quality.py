"""Measures the labels of the engine on photos of known content: precision, recall, and what its confidences are worth.

Usage: python benchmarks/label_quality.py [--eval DIR] [--passes 1] [--detector FILE [--labels FILE]]

Image level: a label counts as right when its object is in the image, difficult ones included. Only classes that a set
annotates are counted (VOC's 20, COCO's 80).
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from viewfinder.rekognition.labels.detectors import NAMES
from viewfinder.rekognition.labels.engine import LabelEngine
from viewfinder.rekognition.labels.merging import load_taxonomy
from viewfinder.rekognition.labels.request import Request
from viewfinder.rekognition.settings import Settings

DEFAULT_CONFIDENCE = 55.0
BANDS = (20, 30, 40, 50, 55, 60, 70, 80, 90, 95, 100.01)
VOC = frozenset({
    "airplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "couch", "cow", "dining table",
    "dog", "horse", "motorcycle", "person", "potted plant", "sheep", "train", "tv",
})  # fmt: skip
ANNOTATED = {"voc": VOC, "coco": frozenset(NAMES)}


@dataclass(frozen=True)
class Claim:
    """A class that the engine may have found in a photo: its confidence, and whether the object is there."""

    confidence: float
    right: bool


def claims_of(engine: LabelEngine, folder: Path, name: str) -> list[Claim]:
    """Return one claim for each photo of a set and each class that the set annotates."""
    contents = json.loads((folder / f"{name}.json").read_text())
    claims: list[Claim] = []
    for photo, objects in contents.items():
        response = engine.detect_labels((folder / name / photo).read_bytes(), Request(min_confidence=0.0))
        confidences = {label["Name"]: label["Confidence"] for label in response["Labels"]}
        there = {entry["name"] for entry in objects}
        coco = load_taxonomy().coco
        claims += [Claim(confidences.get(coco[name], 0.0), name in there) for name in sorted(ANNOTATED[name])]
    return claims


def precision_and_recall(claims: list[Claim], least: float = DEFAULT_CONFIDENCE) -> tuple[float, float]:
    """Return both for the labels of at least a confidence."""
    right = sum(claim.right for claim in claims if claim.confidence >= least)
    made = sum(claim.confidence >= least for claim in claims)
    return right / made, right / sum(claim.right for claim in claims)


def print_calibration(claims: list[Claim]) -> None:
    print("\n| confidence | labels | mean confidence | right |\n|---|---|---|---|")
    for low, high in pairwise(BANDS):
        band = [claim for claim in claims if low <= claim.confidence < high]
        if band:
            mean = sum(claim.confidence for claim in band) / len(band)
            right = 100 * sum(claim.right for claim in band) / len(band)
            print(f"| {low} to {min(high, 100)} | {len(band)} | {mean:.0f} % | {right:.0f} % |")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--eval", type=Path, default=Path(__file__).parents[2] / "shared" / "eval")
    parser.add_argument("--detector", default="")
    parser.add_argument("--labels", default="")
    parser.add_argument("--passes", type=int, choices=(1, 2), default=2)
    options = parser.parse_args()
    if not (options.eval / "voc.json").exists():
        print(f"skipped: no photos in {options.eval}")
        return 0
    engine = LabelEngine.load(Settings(detector=options.detector, labels=options.labels, passes=options.passes))
    claims = {name: claims_of(engine, options.eval, name) for name in ("voc", "coco")}
    for name, made in claims.items():
        precision, recall = precision_and_recall(made)
        print(f"{name}: precision {precision:.3f}, recall {recall:.3f} at {DEFAULT_CONFIDENCE:.0f} %")
    print_calibration([claim for made in claims.values() for claim in made])
    return 0


if __name__ == "__main__":
    sys.exit(main())
