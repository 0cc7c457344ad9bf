"""Trains the words for the scene and the doubt about the detector: src/viewfinder/rekognition/models/scenes.npz.

    python tools/train_scenes.py --eval ../shared/eval --imagenet FOLDER --coco FOLDER [--out FILE] [--cache FILE]

tools/README.md says which photos the folders hold, and how they were labelled. The same photos give the same figures on
any machine, and the same file on the same one: nothing here is random.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import pickle
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from benchmarks.label_quality import ANNOTATED  # noqa: E402
from viewfinder.rekognition.labels.classifier import Classifier  # noqa: E402
from viewfinder.rekognition.labels.detectors import NAMES, default_detector  # noqa: E402
from viewfinder.rekognition.labels.doubt import KIND_OF, KINDS, Claims, evidence_of  # noqa: E402
from viewfinder.rekognition.labels.engine import DETAIL, LEAST_SCORE  # noqa: E402
from viewfinder.rekognition.labels.merging import DETECTOR, UNCLEAR, LabelMerger, load_taxonomy  # noqa: E402
from viewfinder.rekognition.networks import mirrored  # noqa: E402
from viewfinder.rekognition.pictures import read_picture  # noqa: E402

WORDS = (
    "Outdoors", "Indoors", "Sky", "Cloud", "Water", "Underwater", "Beach", "Grass", "Tree", "Flower", "Plant",
    "Mountain", "Rock", "Snow", "Sand", "Road", "City", "Building", "Room", "Table", "Night", "Food", "Crowd", "Person",
)  # fmt: skip
"""Words that are tried; one is taken in only where it holds PRECISION on photos that its weights were not made from."""

PRECISION = 0.94
"""Share of right ones that a word must hold when cross-validated: two points more than is promised, for bad luck."""

HITS = 6
"""Photos that a word must be right on, at that precision, when cross-validated."""

FOLDS = 5
RIDGE = 3000.0
STEPS = 120
DOUBT_RIDGE = 2.0
LEAST_CLAIM = 0.15
"""Mean score from which what the detector says counts as a claim to learn from."""


@dataclass(frozen=True)
class Photo:
    """A photo with the words that are on it; those with a question mark are doubtful, and count for nothing."""

    name: str
    words: frozenset[str]
    objects: Mapping[str, bool] | None
    """Which labels of the detector are right and wrong; None: not known."""
    features: Any
    claims: Claims


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--eval", type=Path, required=True, help="folder with scenes.json, coco, voc and photos")
    parser.add_argument("--imagenet", type=Path, required=True, help="the 1,000 photos of imagenet-sample-images")
    parser.add_argument("--coco", type=Path, required=True, help="the 128 photos of COCO's train2017 of coco128")
    parser.add_argument("--out", type=Path, default=ROOT / "src/viewfinder/rekognition/models/scenes.npz")
    parser.add_argument("--cache", type=Path, help="file that keeps what the networks made of the photos")
    options = parser.parse_args()
    photos = cached(options)
    print(f"{len(photos)} photos")
    head, doubt = train_words(photos), train_doubt(photos)
    with options.out.open("wb") as file:
        np.savez(file, **head, **doubt)  # NumPy writes no time of day into it
    print(options.out, options.out.stat().st_size, hashlib.sha256(options.out.read_bytes()).hexdigest())


def cached(options: argparse.Namespace) -> list[Photo]:
    if options.cache and options.cache.exists():
        return list(pickle.loads(options.cache.read_bytes()))
    photos = list(looked_at(options))
    if options.cache:
        options.cache.write_bytes(pickle.dumps(photos))
    return photos


def looked_at(options: argparse.Namespace) -> Iterator[Photo]:
    """Run the networks on every labelled photo, in the order of their names."""
    detector, classifier = default_detector(), Classifier()
    merger = LabelMerger(load_taxonomy(), NAMES)
    for name, path, words, objects in sorted(labelled(options), key=lambda entry: entry[0]):
        content = path.read_bytes()
        try:
            picture = read_picture(content, max_pixels=32_000_000, detail=DETAIL)
        except Exception as error:  # four of them are too small for the service
            print(f"{name} is left out: {error}")
            continue
        look = classifier.look(picture)
        mirror_image = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        views = [detector.detect(picture, LEAST_SCORE), mirrored(detector.detect(mirror_image, LEAST_SCORE))]
        yield Photo(name, frozenset(words), objects, look.features, merger.claims(views, look.probabilities))


def labelled(options: argparse.Namespace) -> Iterator[tuple[str, Path, list[str], dict[str, bool] | None]]:
    """Yield name, file, words and objects of each photo."""
    scenes = json.loads((options.eval / "scenes.json").read_text())
    more = json.loads((ROOT / "tools/scenes/labels.json").read_text())
    claims = json.loads((ROOT / "tools/scenes/claims.json").read_text())["imagenet"]
    for file, words in scenes["imagenet"].items():
        yield f"imagenet/{file}", options.imagenet / file, words, claims.get(file)
    for folder in ("coco", "voc", "photos"):
        for file, words in scenes[folder].items():
            yield f"{folder}/{file}", options.eval / folder / file, words, annotated(options.eval, folder, file)
    for file, words in more["coco_train"].items():
        yield f"coco_train/{file}", options.coco / file, words, None  # the detector was trained on them


def annotated(folder: Path, name: str, file: str) -> dict[str, bool] | None:
    if name not in ANNOTATED:
        return None
    there = {entry["name"] for entry in json.loads((folder / f"{name}.json").read_text())[file]}
    return {load_taxonomy().coco[known]: known in there for known in ANNOTATED[name]}


# The words.


def train_words(photos: list[Photo]) -> dict[str, Any]:
    """Return the weights, and print what each word is worth on photos that they were not made from."""
    features = np.stack([photo.features for photo in photos]).astype(np.float64)
    there = np.array([[word in photo.words for word in WORDS] for photo in photos], dtype=np.float64)
    known = np.array([[f"{word}?" not in photo.words for word in WORDS] for photo in photos], dtype=np.float64)
    fold = np.arange(len(photos)) % FOLDS
    odds = np.empty_like(there)
    for number in range(FOLDS):
        learned = fit_words(features[fold != number], there[fold != number], known[fold != number])
        odds[fold == number] = apply(learned, features[fold == number])
    mean, deviation, weights, bias = fit_words(features, there, known)
    kept, slopes, offsets, thresholds, figures = [], [], [], [], []
    for column, word in enumerate(WORDS):
        sure = known[:, column] > 0
        slope, offset = calibrate(odds[sure, column], there[sure, column])
        likely = 1 / (1 + np.exp(-(slope * odds[sure, column] + offset)))
        threshold = threshold_of(likely, there[sure, column])
        print_word(word, likely, there[sure, column], threshold)
        if threshold < 1:
            kept.append(column)
            slopes.append(slope)
            offsets.append(offset)
            thresholds.append(threshold)
            figures.append(figures_of(likely >= threshold, there[sure, column]))
    return {
        "format": np.array(1),
        "words": np.array([WORDS[column] for column in kept]),
        "mean": mean.astype(np.float32),
        "deviation": deviation.astype(np.float32),
        "weights": (weights[:, kept] * slopes).astype(np.float16),
        "bias": (bias[kept] * slopes + offsets).astype(np.float32),
        "thresholds": np.array(thresholds, dtype=np.float32),
        "figures": np.array(figures),  # for the benchmark's page
    }


def fit_words(features: Any, there: Any, known: Any) -> tuple[Any, Any, Any, Any]:
    """Return mean, deviation, (features, words) weights and (words,) bias of ridge logistic regressions.

    In the basis of the photos the bound of the Hessian is diagonal, so that all words are fitted by one accelerated
    descent without a step size to choose.
    """
    mean, deviation = features.mean(axis=0), features.std(axis=0) + 1e-6
    scaled = (features - mean) / deviation
    values, vectors = np.linalg.eigh(scaled @ scaled.T)
    vectors, values = vectors[:, values > values[-1] * 1e-5], values[values > values[-1] * 1e-5]
    inputs = vectors * np.sqrt(values)
    step = 1 / (0.25 * values + RIDGE)[:, None]
    bias = np.log((there * known).sum(axis=0) + 0.5) - np.log(((1 - there) * known).sum(axis=0) + 0.5)
    weights = ahead = np.zeros((len(values), there.shape[1]))
    pace = 1.0
    for _ in range(STEPS):
        errors = (1 / (1 + np.exp(-(inputs @ ahead + bias))) - there) * known
        moved = ahead - step * (inputs.T @ errors + RIDGE * ahead)
        bias = bias - errors.sum(axis=0) / (0.25 * known.sum(axis=0))
        faster = (1 + np.sqrt(1 + 4 * pace**2)) / 2
        ahead = moved + (pace - 1) / faster * (moved - weights)
        weights, pace = moved, faster
    return mean, deviation, scaled.T @ (vectors / np.sqrt(values) @ weights), bias


def apply(learned: tuple[Any, Any, Any, Any], features: Any) -> Any:
    mean, deviation, weights, bias = learned
    return (features - mean) / deviation @ weights + bias


def calibrate(odds: Any, there: Any) -> tuple[float, float]:
    """Return slope and offset that make log-odds of photos outside the fold honest (Platt's scaling)."""
    slope, offset = fit_logistic(odds[:, None], there, np.zeros(1))
    return float(slope), float(offset)


def threshold_of(likely: Any, there: Any) -> float:
    """Return the lowest confidence from which a word holds PRECISION; 1 where it never does."""
    order = np.argsort(-likely, kind="stable")
    right = np.cumsum(there[order])
    holds = np.flatnonzero((right / np.arange(1, len(order) + 1) >= PRECISION) & (right >= HITS))
    return max(float(likely[order][holds[-1]]), 0.55) if len(holds) else 1.0


def figures_of(said: Any, there: Any) -> tuple[float, float, float]:
    """Return precision, recall and number of photos of a word."""
    return float(there[said].mean()), float(there[said].sum() / there.sum()), float(there.sum())


def print_word(word: str, likely: Any, there: Any, threshold: float) -> None:
    said = likely >= threshold
    figures = f"said of {said.sum():4}, right {there[said].mean():.3f}" if said.any() else "left out"
    print(f"{word:11} {int(there.sum()):4} photos, {figures}, recall {there[said].sum() / there.sum():.2f}")


# The doubt.


def train_doubt(photos: list[Photo]) -> dict[str, Any]:
    """Return the weights, and print what the doubt changes on photos that they were not made from."""
    rows, right, owners, plain = [], [], [], []
    kinds, coco = list(KINDS), load_taxonomy().coco
    shows = np.array([KIND_OF[name] != "person" for name in NAMES])
    for owner, photo in enumerate(photos):
        evidence = evidence_of(photo.claims, shows)
        for index in np.flatnonzero(photo.claims.score >= LEAST_CLAIM):
            truth = (photo.objects or {}).get(coco[NAMES[index]])
            if truth is not None:
                rows.append([*evidence[index], *(kind == KIND_OF[NAMES[index]] for kind in kinds)])
                right.append(truth)
                owners.append(owner)
                plain.append(plain_confidence(photo.claims, int(index)))
    inputs, truths, fold = np.array(rows, dtype=np.float64), np.array(right, dtype=np.float64), np.array(owners) % 10
    likely = np.empty_like(truths)
    for number in range(10):
        weights = fit_doubt(inputs[fold != number], truths[fold != number])
        likely[fold == number] = 1 / (1 + np.exp(-(inputs[fold == number] @ weights[:-1] + weights[-1])))
    print_doubt("the detector alone", np.array(plain), truths)
    print_doubt("with the doubt", np.minimum(np.array(plain), likely), truths)
    weights = fit_doubt(inputs, truths)
    own = len(weights) - 1 - len(kinds)
    return {"doubt": np.append(weights[:own], weights[-1]), "kinds": weights[own:-1]}


def plain_confidence(claims: Claims, index: int) -> float:
    confidence = float(DETECTOR[2].confidence(claims.score[index : index + 1].astype(np.float32))[0])
    return confidence if claims.clear[index] else min(confidence, UNCLEAR)


def fit_doubt(inputs: Any, truths: Any) -> Any:
    deviation = np.maximum(inputs.std(axis=0), 0.05)
    weights = fit_logistic(inputs / deviation, truths, np.full(inputs.shape[1], DOUBT_RIDGE))
    return np.append(weights[:-1] / deviation, weights[-1])


def fit_logistic(inputs: Any, truths: Any, ridge: Any) -> Any:
    """Return the weights and the offset of a ridge logistic regression (Newton's method)."""
    extended = np.c_[inputs, np.ones(len(inputs))]
    penalty, weights = np.append(ridge, 1e-6), np.zeros(extended.shape[1])
    for _ in range(30):
        likely = 1 / (1 + np.exp(-extended @ weights))
        curvature = extended.T @ (extended * (likely * (1 - likely))[:, None]) + np.diag(penalty)
        weights = weights - np.linalg.solve(curvature, extended.T @ (likely - truths) + penalty * weights)
    return weights


def print_doubt(name: str, confidences: Any, truths: Any) -> None:
    counts = [
        f"{int(truths[confidences >= least].sum())} right, {int((1 - truths[confidences >= least]).sum())} wrong"
        for least in (0.55, 0.8, 0.9)
    ]
    print(f"{name}: at 55, 80, 90: {'; '.join(counts)}")


if __name__ == "__main__":
    main()
