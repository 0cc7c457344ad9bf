"""Labels: how the networks' evidence becomes labels, and which of them a request gets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from viewfinder.rekognition.labels import detectors
from viewfinder.rekognition.labels.merging import (
    CLASSIFIER,
    DETECTOR,
    DOUBT,
    UNCLEAR,
    Label,
    LabelMerger,
    Taxonomy,
    TaxonomyLabel,
    answer,
    label_document,
)
from viewfinder.rekognition.labels.request import LabelFilters, Request
from viewfinder.rekognition.networks import Boxes

ENTRIES = [
    TaxonomyLabel("Animal", (), (), "Animals and Pets"),
    TaxonomyLabel("Dog", ("Animal",), (), "Animals and Pets"),
    TaxonomyLabel("Pug", ("Animal", "Dog"), ("Pug Dog",), "Animals and Pets"),
    TaxonomyLabel("Person", (), ("Human",), "Person Description"),
    TaxonomyLabel("Library", ("Building",), (), "Buildings and Architecture", implies=("Indoors",)),
    TaxonomyLabel("Building", (), (), "Buildings and Architecture"),
    TaxonomyLabel("Indoors", (), (), "Home and Indoors"),
]
LEAVES = ("Dog", "Pug", "Library", None)
TAXONOMY = Taxonomy({entry.name: entry for entry in ENTRIES}, {"dog": "Dog", "person": "Person"}, LEAVES)
BOX = (0.1, 0.2, 0.5, 0.9)


OTHER_BOX = (0.6, 0.2, 0.9, 0.9)

Seen = tuple[str, float] | tuple[str, float, tuple[float, float, float, float]]


def view(*seen: Seen, names: tuple[str, ...] = ("dog", "person")) -> Boxes:
    """What one pass of the detector saw: class, score, and place if it matters; classes have places of their own."""
    places = [entry[2] if len(entry) == 3 else (BOX if entry[0] == "dog" else OTHER_BOX) for entry in seen]
    return Boxes(
        np.array(places, np.float32).reshape(-1, 4),
        np.array([entry[1] for entry in seen], np.float32),
        np.array([names.index(entry[0]) for entry in seen], np.int64),
    )


def merged_views(*views: Boxes, names: tuple[str, ...] = ("dog", "person"), **thought: float) -> dict[str, Label]:
    """Merge what was seen in each view with what was thought (leaf and probability)."""
    probabilities = np.array([thought.get(leaf or "none", 0.0) for leaf in LEAVES], np.float32)
    return {label.entry.name: label for label in LabelMerger(TAXONOMY, names).merge(views, probabilities, 1.0)}


def merged(*seen: Seen, names: tuple[str, ...] = ("dog", "person"), **thought: float) -> dict[str, Label]:
    return merged_views(view(*seen, names=names), names=names, **thought)


def percent(confidence: float) -> Any:
    return pytest.approx(100 * confidence, abs=0.01)


def seen(score: float, views: int = 1) -> float:
    return float(DETECTOR[views].confidence(np.array([score], np.float32))[0])


def thought(probability: float) -> float:
    return float(CLASSIFIER.confidence(np.array([probability], np.float32))[0])


def test_a_seen_object_gives_its_label_and_every_ancestor_the_same_confidence() -> None:
    labels = merged(("dog", 0.8))
    assert {name: label.confidence for name, label in labels.items()} == {
        "Dog": percent(seen(0.8)),
        "Animal": percent(seen(0.8)),
    }


def test_the_surest_object_speaks_for_its_label() -> None:
    labels = merged(("dog", 0.9), ("dog", 0.4))
    assert labels["Dog"].confidence == percent(seen(0.9))
    assert [instance.confidence for instance in labels["Dog"].instances] == [percent(seen(0.9)), percent(seen(0.4))]


def test_boxes_sit_on_the_detectors_own_level() -> None:
    labels = merged(("dog", 0.9), Pug=0.9)
    assert [name for name, label in labels.items() if label.instances] == ["Dog"]


def test_a_parent_sums_the_classes_below_it() -> None:
    labels = merged(("dog", 0.999), Dog=0.3, Pug=0.4)
    assert labels["Pug"].confidence == percent(thought(0.4))
    assert labels["Dog"].confidence > labels["Pug"].confidence


def test_a_class_that_the_detector_looks_for_and_does_not_see_counts_less() -> None:
    assert merged(Pug=0.9)["Pug"].confidence == percent(thought(0.9 * DOUBT))


def test_a_class_that_the_detector_does_not_know_counts_in_full_with_what_it_implies() -> None:
    labels = merged(Library=0.9)
    assert {name: label.confidence for name, label in labels.items()} == {
        name: percent(thought(0.9)) for name in ("Library", "Building", "Indoors")
    }


def test_two_witnesses_are_surer_than_either() -> None:
    both = merged(("dog", 0.5), Dog=0.5)["Dog"].confidence
    assert both > max(100 * seen(0.5), 100 * thought(0.5))


def test_a_class_without_a_label_says_nothing() -> None:
    assert merged(none=0.99) == {}


@pytest.mark.parametrize("seed", range(20))
def test_a_parent_is_never_below_its_child_in_the_real_taxonomy(seed: int) -> None:
    from viewfinder.rekognition.labels.merging import load_taxonomy

    random = np.random.default_rng(seed)
    boxes = Boxes(
        np.tile(np.array(BOX, np.float32), (20, 1)),
        np.sort(random.random(20).astype(np.float32))[::-1],
        random.integers(0, 80, 20),
    )
    probabilities = random.dirichlet(np.full(1000, 0.01)).astype(np.float32)
    labels = LabelMerger(load_taxonomy(), detectors.NAMES).merge([boxes], probabilities, 0.0)
    confidences = {label.entry.name: label.confidence for label in labels}
    for label in labels:
        assert all(confidences[parent] >= label.confidence for parent in label.entry.parents), label.entry.name


def test_a_detectors_class_that_the_taxonomy_knows_by_name_is_that_label() -> None:
    assert merged(("pug", 0.9), names=("pug",))["Pug"].entry.parents == ("Animal", "Dog")


def test_a_detectors_class_that_nobody_knows_is_a_label_of_its_own() -> None:
    entry = merged(("forklift truck", 0.9), names=("forklift truck",))["Forklift Truck"].entry
    assert (entry.parents, entry.category) == ((), "Everyday Objects")


def chosen(request: Request) -> list[str]:
    labels = merged(("dog", 0.9), ("person", 0.6), Pug=0.8).values()
    return [label.entry.name for label in answer(labels, request)]


def test_labels_come_surest_first_and_ties_by_name() -> None:
    assert chosen(Request()) == ["Animal", "Dog", "Pug", "Person"]


def test_labels_are_cut_at_the_most_asked_for() -> None:
    assert chosen(Request(max_labels=2)) == ["Animal", "Dog"]
    assert chosen(Request(max_labels=0)) == []


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (LabelFilters(labels=frozenset({"Dog"})), ["Dog"]),
        (LabelFilters(categories=frozenset({"Person Description"})), ["Person"]),
        (LabelFilters(labels=frozenset({"Dog"}), categories=frozenset({"Person Description"})), ["Dog", "Person"]),
        (LabelFilters(no_labels=frozenset({"Dog", "Animal"})), ["Pug", "Person"]),
        (LabelFilters(no_categories=frozenset({"Animals and Pets"})), ["Person"]),
        (LabelFilters(categories=frozenset({"Animals and Pets"}), no_labels=frozenset({"Dog"})), ["Animal", "Pug"]),
        (LabelFilters(labels=frozenset({"Dog"}), no_labels=frozenset({"Dog"})), []),
        (LabelFilters(labels=frozenset({"dog"})), []),
    ],
)
def test_filters_include_and_exclude(filters: LabelFilters, expected: list[str]) -> None:
    assert chosen(Request(filters=filters)) == expected


def test_objects_below_the_confidence_asked_for_are_left_out() -> None:
    (dog,) = answer([merged(("dog", 0.9), ("dog", 0.3))["Dog"]], Request(min_confidence=80))
    assert [instance.confidence for instance in dog.instances] == [percent(seen(0.9))]


def test_a_label_has_the_form_of_the_service() -> None:
    document = label_document(merged(("dog", 0.9))["Dog"], None)
    assert document["Parents"] == [{"Name": "Animal"}]
    assert document["Categories"] == [{"Name": "Animals and Pets"}]
    (instance,) = document["Instances"]
    assert instance.keys() == {"BoundingBox", "Confidence"}
    box = {side: round(value, 4) for side, value in instance["BoundingBox"].items()}
    assert box == {"Left": 0.1, "Top": 0.2, "Width": 0.4, "Height": 0.7}


def test_two_views_count_by_the_mean_of_their_scores() -> None:
    labels = merged_views(view(("dog", 0.9)), view(("dog", 0.5)))
    assert labels["Dog"].confidence == percent(seen(0.7, views=2))
    (instance,) = labels["Dog"].instances
    assert instance.confidence == percent(seen(0.7, views=2))


def test_what_only_one_view_shows_counts_half_and_is_never_sure() -> None:
    labels = merged_views(view(("dog", 0.98)), view())
    assert labels["Dog"].confidence == percent(seen(0.49, views=2))
    assert labels["Dog"].confidence < 90


def test_two_claims_on_one_object_are_not_sure_without_the_classifier() -> None:
    claims = view(("dog", 0.95, BOX), ("person", 0.6, BOX))
    assert merged_views(claims, claims)["Dog"].confidence == percent(UNCLEAR)
    supported = merged_views(claims, claims, Dog=0.9)["Dog"].confidence
    assert supported > 95
    weak_rival = view(("dog", 0.95, BOX), ("person", 0.4, BOX))
    assert merged_views(weak_rival, weak_rival)["Dog"].confidence == percent(seen(0.95, views=2))


def test_one_undisputed_object_in_each_view_is_enough() -> None:
    claims = view(("dog", 0.95, BOX), ("person", 0.6, BOX), ("dog", 0.8, OTHER_BOX))
    assert merged_views(claims, claims)["Dog"].confidence == percent(seen(0.95, views=2))
