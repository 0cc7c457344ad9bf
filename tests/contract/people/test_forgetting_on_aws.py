"""Forgetting with the adapters of AWS: botocore's model checks Rekognition's calls, moto keeps table and bucket."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.contract.people.test_people import everything_stored
from tests.support.modelled_rekognition import ModelledRekognition
from tests.support.people_world import PHOTOS, World, named
from viewfinder.cli._leaving_people import forget_people_of
from viewfinder.domain.feature import Feature
from viewfinder.domain.image import ImageEvent
from viewfinder.usecases.forget_people import forget_all_people
from viewfinder.usecases.forget_person import forget_person
from viewfinder.usecases.trash import delete_for_good


@pytest.fixture
def service() -> Iterator[ModelledRekognition]:
    with mock_aws():
        yield ModelledRekognition(boto3.client("rekognition", "us-east-1"))


@pytest.fixture
def world(service: ModelledRekognition) -> World:
    return World("dynamodb", boto3.Session("test", "test", region_name="us-east-1"), service)


def faces_of(world: World, name: str) -> list[str]:
    return [face_id for face_id, (who, _) in world.collection.faces.items() if who == name]


def left_of(texts: list[str], world: World, tmp_path: Path) -> list[str]:
    """Return those of the texts that a store still has: collection, table, or derived bucket."""
    world.settle()
    world.application.people.purge()  # the stream counts after the command
    stored = everything_stored(world, tmp_path) + repr(world.collection.faces).encode()
    return [text for text in texts if text.encode() in stored]


def test_an_image_costs_one_index_and_a_search_for_each_face(world: World, service: ModelledRekognition) -> None:
    world.put(*PHOTOS, ("none.jpg", "Dogs alone"))
    assert service.calls == {"DetectLabels": 9, "IndexFaces": 9, "SearchFaces": 9}, "9 faces on 9 pictures"
    world.group()
    assert service.calls.total() == 27, "grouping asks for nothing"


def test_a_forgotten_person_is_in_no_store(world: World, service: ModelledRekognition, tmp_path: Path) -> None:
    ann, bob = named(world)
    texts = ["Annabel", ann, *faces_of(world, "ann")]
    assert len(texts) == 6
    assert left_of(texts, world, tmp_path) == texts
    assert forget_person("Annabel", world.application.correcting_faces).faces == 4
    assert left_of(texts, world, tmp_path) == []
    assert (world.counts(), len(faces_of(world, "bob"))) == ({bob: 4}, 4)
    assert service.calls["DeleteFaces"] == 4


@pytest.mark.parametrize("turned_off", [False, True])
def test_all_people_and_those_of_a_feature_that_is_turned_off_are_in_no_store(
    world: World, tmp_path: Path, capsys: Any, *, turned_off: bool
) -> None:
    ann, bob = named(world)
    texts = ["Annabel", ann, bob, *world.collection.faces]
    if turned_off:
        forget_people_of(world.application)
        assert capsys.readouterr().out.endswith("9 faces are forgotten.\n")
    else:
        assert forget_all_people(world.application.forgetting).faces == 9
    assert left_of(texts, world, tmp_path) == []
    assert (world.counts(), world.find(labels=("Dogs",))) == ({}, ["both.jpg"])


def test_an_image_that_is_deleted_for_good_takes_its_faces_along(world: World, tmp_path: Path) -> None:
    named(world)
    [face] = world.image("ann0.jpg").findings[Feature.PEOPLE]
    content = world.image("ann0.jpg").sha256
    s3 = world.application.s3_client
    s3.create_bucket(Bucket="images")
    s3.put_bucket_versioning(Bucket="images", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="images", Key="ann0.jpg", Body=b"Ann photo 0")
    s3.delete_object(Bucket="images", Key="ann0.jpg")
    world.bucket.delete("ann0.jpg")
    world.application.index_image.run(ImageEvent("ann0.jpg", sequencer="1"))
    world.settle()
    delete_for_good("ann0.jpg", world.application.trash)
    assert face.face_id not in world.collection.faces
    derived = world.application.derived
    keys = [key for key in derived.list_documents("") if content in key and not key.startswith("analyses/labels")]
    assert [key for key in keys if key.startswith(("analyses/people", "people/"))] == []
    assert world.find("Annabel") == ["ann1.jpg", "ann2.jpg", "both.jpg"]
    assert world.group().faces == 8
