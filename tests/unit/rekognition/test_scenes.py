"""Words for the scene: on the right photos, calibrated, without boxes, and made of what the classifier sees anyway."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.unit.rekognition.images import sample
from viewfinder.rekognition.labels.classifier import SHAPES, Classifier, input_shape
from viewfinder.rekognition.labels.engine import LabelEngine
from viewfinder.rekognition.labels.merging import load_taxonomy
from viewfinder.rekognition.labels.request import Request
from viewfinder.rekognition.labels.scenes import FILE, MOST, UNSURE, SceneHead
from viewfinder.rekognition.networks import MODELS

HEAD = SceneHead()
FEATURES = 6160


def labels_of(engine: LabelEngine, name: str) -> dict[str, float]:
    return {label["Name"]: label["Confidence"] for label in engine.detect_labels(sample(name), Request())["Labels"]}


@pytest.mark.parametrize(
    ("photo", "word"),
    [("rocket.jpg", "Outdoors"), ("rocket.jpg", "Sky"), ("coffee.jpg", "Indoors"), ("sign.jpg", "Outdoors")],
)
def test_the_scene_of_a_sample_is_named(engine: LabelEngine, photo: str, word: str) -> None:
    assert labels_of(engine, photo)[word] >= 80


@pytest.mark.parametrize(
    ("photo", "word"),
    [
        ("rocket.jpg", "Weapon"),
        ("rocket.jpg", "Indoors"),
        ("astronaut.jpg", "Football Helmet"),
        ("coffee.jpg", "Outdoors"),
    ],
)
def test_what_is_not_on_a_sample_is_not_named(engine: LabelEngine, photo: str, word: str) -> None:
    assert word not in labels_of(engine, photo)


def test_a_word_of_the_scene_has_no_box(engine: LabelEngine) -> None:
    found = engine.detect_labels(sample("rocket.jpg"), Request())["Labels"]
    assert [label["Instances"] for label in found if label["Name"] in HEAD.words] == [[], []]


def test_every_word_is_a_label_of_the_taxonomy_with_its_parents() -> None:
    taxonomy = load_taxonomy()
    assert {"Outdoors", "Indoors", "Sky", "Water", "Grass", "Tree", "Plant", "Road", "Room", "Food"} <= set(HEAD.words)
    assert set(HEAD.words) <= set(taxonomy.labels)
    assert taxonomy.labels["Sky"].parents == ("Nature", "Outdoors")
    assert taxonomy.labels["Tree"].parents == ("Plant",)


@pytest.mark.parametrize("seed", range(5))
def test_a_word_is_never_surer_than_99_nor_55_below_its_threshold(seed: int) -> None:
    features = np.random.default_rng(seed).normal(0, 30, FEATURES).astype(np.float32)
    with np.load(FILE) as stored:
        thresholds = dict(zip(stored["words"].tolist(), stored["thresholds"].tolist(), strict=True))
    for word, confidence in HEAD.confidences(features).items():
        assert 0 <= confidence <= MOST
        assert confidence >= thresholds[word] - 1e-6 or confidence <= UNSURE


def test_each_word_holds_its_precision_on_photos_that_its_weights_were_not_made_from() -> None:
    with np.load(FILE) as stored:
        assert stored["format"] == 1
        assert (stored["figures"][:, 0] >= 0.92).all()


def test_the_notice_has_the_digest_of_the_weights() -> None:
    notice = (MODELS / "NOTICE").read_text()
    (digest,) = re.findall(r"^scenes\.npz\n +sha256 (\w+)$", notice, re.MULTILINE)
    assert digest == hashlib.sha256(FILE.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("size", "shape"),
    [
        ((640, 480), (312, 248)),
        ((480, 640), (248, 312)),
        ((600, 600), (280, 280)),
        ((3000, 1000), (344, 216)),
        ((1000, 1500), (216, 344)),
    ],
)
def test_the_classifier_takes_the_shape_that_is_most_like_the_pictures(
    size: tuple[int, int], shape: tuple[int, int]
) -> None:
    assert input_shape(size) == shape


@pytest.mark.parametrize("shape", SHAPES)
def test_the_classifier_gives_probabilities_and_features_for_every_shape(shape: tuple[int, int]) -> None:
    look = Classifier().look(Image.new("RGB", (shape[0] * 2, shape[1] * 2), "teal"))
    assert look.probabilities.sum() == pytest.approx(1, abs=1e-4)
    assert look.features.shape == (FEATURES,)
    assert np.isfinite(look.features).all()


@pytest.mark.parametrize("held_out", [Path(__file__).parents[3] / "benchmarks" / "held_out.json"])
def test_the_held_out_photos_are_none_that_were_trained_on(held_out: Path) -> None:
    import json

    words = json.loads(held_out.read_text())["words"]
    tools = Path(__file__).parents[3] / "tools" / "scenes"
    claims = json.loads((tools / "claims.json").read_text())["imagenet"]
    more = json.loads((tools / "labels.json").read_text())["coco_train"]
    assert not set(words["imagenet"]) & set(claims)
    assert not set(words["coco_val"]) & set(more)
