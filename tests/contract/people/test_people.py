"""People, on both catalogs: faces are grouped, named, found, merged and forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.support.fakes import FakeBucket, FakeClock, FakePictures, FakeRequests
from tests.support.people import FakeCollection
from tests.support.tables import TABLE, create_table
from viewfinder.adapters.dynamodb import schema
from viewfinder.adapters.dynamodb.counters import DynamoDbCounters
from viewfinder.bootstrap import Application
from viewfinder.domain.counting import ImageState
from viewfinder.domain.errors import InvalidRequestError, PersonNotFoundError
from viewfinder.domain.feature import Feature
from viewfinder.domain.image import Image, ImageEvent
from viewfinder.domain.query import Match, Query
from viewfinder.settings import Settings
from viewfinder.usecases.count_labels import count_labels
from viewfinder.usecases.forget_people import forget_all_people, forget_person
from viewfinder.usecases.group_people import Pass, group_people, restore_people
from viewfinder.usecases.index_people import PeopleDetector
from viewfinder.usecases.people import change_person, list_people, merge_people
from viewfinder.usecases.search_images import search_images


class World:
    """A pipeline with PEOPLE on one of the catalogs, over moto's buckets."""

    def __init__(self, catalog: str, session: boto3.Session) -> None:
        self.collection, self.bucket, self.requests = FakeCollection(), FakeBucket(), FakeRequests()
        settings = Settings(
            images_bucket="images",
            derived_bucket="derived",
            table=TABLE,
            queue_url="",
            catalog=catalog,
            features="LABELS,PEOPLE",
            collection="people",
        )
        plain = Application(settings, session=session)
        self.application = Application(
            settings,
            session=session,
            images=self.bucket,
            pictures=FakePictures(),
            detector=PeopleDetector(self.collection, self.collection, plain.derived),
            face_collection=self.collection,
            requests=self.requests,
            clock=FakeClock(),
        )
        self.is_table = catalog == "dynamodb"
        session.client("s3").create_bucket(Bucket="derived")
        if self.is_table:
            create_table(session.client("dynamodb"))
            self.counters = DynamoDbCounters(session.client("dynamodb"), TABLE)

    def put(self, *keys_and_contents: tuple[str, str]) -> None:
        for key, content in keys_and_contents:
            self.bucket.put(key, content.encode())
            self.application.index_image.run(ImageEvent(key))
        self.settle()

    def group(self) -> Pass:
        done = group_people(self.application.people_stores)
        self.settle()
        return done

    def settle(self) -> None:
        """Process what was asked for, and count."""
        while self.requests.sent:
            self.application.index_image.run(ImageEvent(self.requests.sent.pop()[0]))
        if self.is_table:
            items = self.application.dynamodb_client.scan(TableName=TABLE)["Items"]
            images = [schema.image_from_item(item) for item in items if item["SK"]["S"] == schema.IMAGE_SORT_KEY]
            count_labels([ImageState.of(image, most_labels=40) for image in images], self.counters)

    def find(self, *people: str, **query: Any) -> list[str]:
        page = search_images(Query(people=people, **query), self.application.search)
        return sorted(image.image_id for image in page.images)

    def image(self, key: str) -> Image:
        found = self.application.catalog.find(key)
        assert found
        return found

    def person_of(self, key: str, place: int = 0) -> str:
        return str(self.image(key).findings[Feature.PEOPLE][place].person)

    def counts(self) -> dict[str, int]:
        found, _ = list_people(self.application.people)
        return {entry.person.name or entry.person.person_id: entry.count for entry in found}

    def empty_catalog(self) -> None:
        """Lose it."""
        if self.is_table:
            client = self.application.dynamodb_client
            for item in client.scan(TableName=TABLE)["Items"]:
                client.delete_item(TableName=TABLE, Key={"PK": item["PK"], "SK": item["SK"]})
        else:
            with self.application.catalog_parts.catalog._database.transaction() as connection:  # type: ignore[attr-defined]
                for table in ("postings", "hashes", "images", "terms", "people", "leases"):
                    connection.execute(f"DELETE FROM {table}")


@pytest.fixture(params=["sqlite", "dynamodb"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    with mock_aws():
        session = boto3.Session("test", "test", region_name="us-east-1")
        world = World(f"sqlite:{tmp_path / 'catalog.db'}" if request.param == "sqlite" else "dynamodb", session)
        with closing(world.application.catalog_parts):
            yield world


PHOTOS = [
    *((f"ann{number}.jpg", f"Ann photo {number}") for number in range(3)),
    *((f"bob{number}.jpg", f"Bob photo {number}") for number in range(3)),
    ("both.jpg", "Ann Bob Dogs"),
    ("zoe.jpg", "Zoe photo"),
]


def named(world: World) -> tuple[str, str]:
    """Put the photos, group their faces, and name Ann."""
    world.put(*PHOTOS)
    world.group()
    ann, bob = world.person_of("ann0.jpg"), world.person_of("bob0.jpg")
    change_person(ann, world.application.album, name="Annabel")
    return ann, bob


def test_faces_are_grouped_counted_and_found_by_name_and_id(world: World) -> None:
    world.put(*PHOTOS)
    assert world.counts() == {}
    done = world.group()
    assert (done.people, done.faces, done.grouped, done.contents) == (2, 9, 8, 8)
    ann, bob = world.person_of("ann0.jpg"), world.person_of("bob0.jpg")
    assert world.counts() == {ann: 4, bob: 4}
    change_person(ann, world.application.album, name="Änne")
    assert world.counts() == {"Änne": 4, bob: 4}
    assert world.find("änne") == world.find(ann) == ["ann0.jpg", "ann1.jpg", "ann2.jpg", "both.jpg"]
    assert world.find("Änne", bob) == ["both.jpg"]
    assert len(world.find("Änne", bob, match=Match.ANY)) == 7
    assert world.find("Änne", labels=("Dogs",)) == ["both.jpg"]
    assert world.find("Änne", exclude_people=(bob,)) == ["ann0.jpg", "ann1.jpg", "ann2.jpg"]
    assert world.find(exclude_people=("Änne", bob)) == ["zoe.jpg"]
    assert world.find("nobody") == []


def test_a_new_face_joins_a_person_at_once_by_one_call_and_one_search(world: World) -> None:
    ann, _ = named(world)
    searches = world.collection.searches
    world.put(("new.jpg", "Ann newer"))
    assert (world.person_of("new.jpg"), world.collection.searches) == (ann, searches + 1)
    assert world.counts()["Annabel"] == 5


def test_a_pass_changes_nothing_where_nothing_has_changed(world: World) -> None:
    named(world)
    before = world.image("both.jpg")
    assert world.group().images == 0
    assert world.image("both.jpg") == before


def test_a_name_survives_another_analysis_a_new_key_and_a_lost_catalog(world: World) -> None:
    named(world)
    world.application.index_image.run(ImageEvent("ann0.jpg", analyzed_since="2026-01-01T23:00:00.000000Z"))
    world.bucket.delete("ann1.jpg")
    world.application.index_image.run(ImageEvent("ann1.jpg", sequencer="1"))
    world.put(("moved.jpg", "Ann photo 1"))
    world.group()
    assert world.find("Annabel") == ["ann0.jpg", "ann2.jpg", "both.jpg", "moved.jpg"]
    world.empty_catalog()
    for key in list(world.bucket.contents):
        world.application.index_image.run(ImageEvent(key))
    restore_people(world.application.people_stores)
    world.settle()
    assert world.find("Annabel") == ["ann0.jpg", "ann2.jpg", "both.jpg", "moved.jpg"]
    assert world.counts()["Annabel"] == 4


def test_a_name_survives_the_loss_of_every_analysis(world: World) -> None:
    named(world)
    for key in list(world.application.derived.list_documents("analyses/people")):
        world.application.derived.delete_document(key)
    for key in list(world.bucket.contents):
        world.application.index_image.run(ImageEvent(key, analyzed_since="2026-01-01T23:00:00.000000Z"))
    world.group()
    assert world.find("Annabel") == ["ann0.jpg", "ann1.jpg", "ann2.jpg", "both.jpg"]


def test_merged_people_are_found_at_once_and_become_one(world: World) -> None:
    ann, bob = named(world)
    merge_people(bob, world.application.album, others=[ann])
    assert len(world.find("Annabel")) == len(world.find(bob)) == 7
    world.group()
    assert world.counts() == {"Annabel": 7}
    assert {world.person_of(key) for key, _ in PHOTOS[:7]} == {bob}
    world.group()
    assert world.counts() == {"Annabel": 7}
    with pytest.raises(InvalidRequestError):
        merge_people(bob, world.application.album, others=[bob])
    with pytest.raises(PersonNotFoundError):
        merge_people(bob, world.application.album, others=["nobody"])


def test_pages_of_people_hold_everybody_once_the_most_images_first(world: World) -> None:
    _, bob = named(world)
    world.put(("bob3.jpg", "Bob photo 3"))
    found: list[str] = []
    token = ""
    while True:
        page, token = list_people(world.application.people, limit=1, token=token)
        found += [entry.person.name or entry.person.person_id for entry in page]
        if not token:
            break
    assert found == [bob, "Annabel"]


def everything_stored(world: World, tmp_path: Path) -> bytes:
    """Return all bytes of bucket and catalog."""
    derived, client = world.application.derived, world.application.s3_client
    stored = b"".join(
        key.encode() + client.get_object(Bucket="derived", Key=key)["Body"].read() for key in derived.list_documents("")
    )
    if world.is_table:
        return stored + repr(world.application.dynamodb_client.scan(TableName=TABLE)["Items"]).encode()
    return stored + b"".join(file.read_bytes() for file in tmp_path.iterdir())


def test_a_forgotten_person_is_in_no_store_and_no_file(world: World, tmp_path: Path) -> None:
    ann, bob = named(world)
    faces = [face_id for face_id, (name, _) in world.collection.faces.items() if name == "ann"]
    assert all(text.encode() in everything_stored(world, tmp_path) for text in ("Annabel", ann, *faces))
    done = forget_person("Annabel", world.application.forgetting)
    world.settle()
    world.application.people.purge()  # on AWS the stream counts after the command
    assert done.faces == 4
    assert {name for name, _ in world.collection.faces.values()} == {"bob", "zoe"}
    assert world.counts() == {bob: 4}
    stored = everything_stored(world, tmp_path)
    assert [text for text in ("Annabel", ann, *faces) if text.encode() in stored] == []
    with pytest.raises(PersonNotFoundError):
        forget_person("Annabel", world.application.forgetting)
    world.application.index_image.run(ImageEvent("ann0.jpg", analyzed_since="2026-01-01T23:00:00.000000Z"))
    world.settle()
    assert {name for name, _ in world.collection.faces.values()} == {"bob", "zoe"}
    assert world.group().people == 1


def test_all_people_are_in_no_store_and_no_file(world: World, tmp_path: Path) -> None:
    ann, bob = named(world)
    faces = list(world.collection.faces)
    forget_all_people(world.application.forgetting)
    world.settle()
    world.application.people.purge()  # on AWS the stream counts after the command
    assert (world.counts(), world.collection.faces) == ({}, {})
    stored = everything_stored(world, tmp_path)
    assert [text for text in ("Annabel", ann, bob, *faces) if text.encode() in stored] == []
    assert world.find(labels=("Dogs",)) == ["both.jpg"]
