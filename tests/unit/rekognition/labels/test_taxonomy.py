"""The taxonomy: complete, closed under ancestors, in the service's names, and true to what it was seen to answer."""

from __future__ import annotations

import csv
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from viewfinder.rekognition.labels.merging import TaxonomyLabel, load_taxonomy
from viewfinder.rekognition.labels.scenes import SceneHead

SERVICE_DATA = Path(__file__).parents[5] / "shared" / "rekognition"
"""What is known of the service. Test data that lies beside the repository, and not everywhere."""

needs_service_data = pytest.mark.skipif(not SERVICE_DATA.is_dir(), reason=f"{SERVICE_DATA} is absent")

TAXONOMY = load_taxonomy()
LABELS: tuple[TaxonomyLabel, ...] = tuple(TAXONOMY.labels.values())
DOCUMENT: dict[str, Any] = json.loads(
    files("viewfinder.rekognition.labels").joinpath("taxonomy.json").read_text(encoding="utf-8")
)
EXCEPTIONS: dict[str, dict[str, str]] = DOCUMENT["exceptions"]


def test_every_coco_class_has_a_label() -> None:
    assert len(TAXONOMY.coco) == 80
    assert set(TAXONOMY.coco.values()) <= set(TAXONOMY.labels)


def test_every_imagenet_class_is_decided_in_order_of_wordnet_id() -> None:
    wordnet_ids = [wordnet_id for wordnet_id, _class_name, _label in DOCUMENT["imagenet"]]
    assert len(TAXONOMY.imagenet) == 1000
    assert wordnet_ids == sorted(set(wordnet_ids))
    assert set(TAXONOMY.imagenet) - {None} <= set(TAXONOMY.labels)


@pytest.mark.parametrize(
    ("coco_class", "label"),
    [
        ("stop sign", "Stopsign"),
        ("skis", "Skiing"),
        ("snowboard", "Snowboarding"),
        ("sports ball", "Ball"),
        ("remote", "Remote Control"),
        ("cell phone", "Mobile Phone"),
        ("hair drier", "Blow Dryer"),
        ("keyboard", "Computer Keyboard"),  # AWS's "Keyboard" is the musical instrument
    ],
)
def test_coco_names_that_differ_from_the_services(coco_class: str, label: str) -> None:
    assert TAXONOMY.coco[coco_class] == label


@pytest.mark.parametrize(
    ("wordnet_id", "label"),
    [
        ("n01496331", "Fish"),  # electric ray: AWS's "Torpedo" is the weapon
        ("n01608432", "Kite Bird"),  # the bird, not the toy
        ("n01872401", "Mammal"),  # echidna, which WordNet also calls anteater
        ("n02012849", "Crane Bird"),
        ("n03126707", "Construction Crane"),
        ("n02113186", "Dog"),  # the Cardigan corgi, not the garment
        ("n02229544", "Cricket Insect"),
        ("n02704792", "Amphibious Vehicle"),  # amphibian
        ("n02894605", "Waterfront"),  # breakwater, also called mole
        ("n03832673", "Laptop"),  # notebook computer
        ("n03840681", "Musical Instrument"),  # ocarina, also called sweet potato
        ("n03947888", "Ship"),  # pirate ship: AWS's "Pirate" is a person
        ("n07579787", "Meal"),  # plate: a main course
        ("n12620546", "Plant"),  # rose hip: AWS's "Hip" is a body part
        ("n12768682", "Plant"),  # buckeye, which nobody eats: AWS's "Nut" may be food
        ("n13133613", "Corn"),  # ear of a cereal: AWS's "Ear" is a body part
    ],
)
def test_words_of_several_senses_have_the_right_one(wordnet_id: str, label: str) -> None:
    by_id = {entry[0]: entry[2] for entry in DOCUMENT["imagenet"]}
    assert by_id[wordnet_id] == label


def test_parents_are_all_ancestors_in_alphabetical_order() -> None:
    for label in LABELS:
        ancestors = {name for parent in label.parents for name in TAXONOMY.labels[parent].parents}
        assert ancestors <= set(label.parents), label
        assert list(label.parents) == sorted(set(label.parents)), label
        assert label.name not in label.parents, label


def test_what_a_label_implies_is_closed_and_apart_from_its_parents() -> None:
    for label in LABELS:
        along = {*label.parents, *label.implies}
        brought = {name for one in along for name in TAXONOMY.labels[one].parents + TAXONOMY.labels[one].implies}
        assert brought <= along, label
        assert not set(label.parents) & set(label.implies), label
        assert list(label.implies) == sorted(set(label.implies)), label
        assert label.name not in along, label


def test_every_category_is_one_of_the_services_forty() -> None:
    assert len(set(DOCUMENT["categories"])) == 40
    assert {label.category for label in LABELS} <= set(DOCUMENT["categories"])


def test_no_label_is_there_that_nothing_leads_to() -> None:
    emitted = {*TAXONOMY.coco.values(), *TAXONOMY.imagenet, *SceneHead().words} - {None}
    brought_along = {name for label in LABELS for name in label.parents + label.implies}
    assert set(TAXONOMY.labels) == emitted | brought_along


def test_an_alias_is_never_a_label() -> None:
    aliases = [alias for label in LABELS for alias in label.aliases]
    assert len(aliases) == len(set(aliases))
    assert not set(aliases) & set(TAXONOMY.labels)


def test_the_data_file_is_sorted_for_its_reviewers() -> None:
    for table in ("coco", "exceptions", "labels"):
        assert list(DOCUMENT[table]) == sorted(DOCUMENT[table])


def test_the_taxonomy_is_read_once() -> None:
    assert load_taxonomy() is TAXONOMY


@needs_service_data
def test_every_label_and_no_alias_is_one_of_the_services_names() -> None:
    with (SERVICE_DATA / "labels_v3.csv").open(encoding="utf-8-sig", newline="") as file:
        names = {row["Label"] for row in csv.DictReader(file)}
    unlisted = {name for name, fields in EXCEPTIONS.items() if "name" in fields}
    assert set(TAXONOMY.labels) - names == unlisted
    assert not {alias for label in LABELS for alias in label.aliases} & names


@needs_service_data
def test_what_the_service_was_seen_to_answer_holds_but_for_the_listed_exceptions() -> None:
    observed = json.loads((SERVICE_DATA / "observed_labels.json").read_text(encoding="utf-8"))
    differing = {
        (label.name, field) for label in LABELS if label.name in observed for field in _differing(label, observed)
    }
    assert differing == {(name, field) for name, fields in EXCEPTIONS.items() for field in fields if field != "name"}


def _differing(label: TaxonomyLabel, observed: dict[str, dict[str, Any]]) -> set[str]:
    """Name the fields in which the label is not what was observed; fields that the recording lacked don't count."""
    entry = observed[label.name]
    ours = {"parents": list(label.parents), "aliases": sorted(label.aliases), "categories": [label.category]}
    known = ours.keys() - set(entry.get("unknown_fields", ()))
    return {field for field in known if ours[field] != sorted(entry[field])}
