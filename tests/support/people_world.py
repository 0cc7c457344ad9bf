"""A pipeline that keeps people, on one of the catalogs."""

from __future__ import annotations

from typing import Any

import boto3

from tests.support.fakes import FakeBucket, FakeClock, FakePictures, FakeRequests
from tests.support.modelled_rekognition import COLLECTION, ModelledRekognition
from tests.support.people import FakeCollection
from tests.support.tables import TABLE, create_table
from viewfinder.adapters.detector import RekognitionDetector
from viewfinder.adapters.dynamodb import schema
from viewfinder.adapters.dynamodb.counters import DynamoDbCounters
from viewfinder.adapters.face_collection import RekognitionCollection
from viewfinder.bootstrap import Application
from viewfinder.domain.counting import ImageState
from viewfinder.domain.feature import Feature
from viewfinder.domain.image import Image, ImageEvent
from viewfinder.domain.query import Query
from viewfinder.settings import Settings
from viewfinder.usecases.count_labels import count_labels
from viewfinder.usecases.group_people import Pass, group_people
from viewfinder.usecases.index_people import PeopleDetector
from viewfinder.usecases.people import change_person, list_people
from viewfinder.usecases.search_images import search_images


class World:
    """A pipeline with PEOPLE on one of the catalogs, over moto's buckets."""

    def __init__(self, catalog: str, session: boto3.Session, service: ModelledRekognition | None = None) -> None:
        """Make one; with a `service` the detector and the collection are the adapters of Amazon Rekognition."""
        self.collection = service.known if service else FakeCollection()
        self.bucket, self.requests = FakeBucket(), FakeRequests()
        settings = Settings(
            images_bucket="images",
            derived_bucket="derived",
            table=TABLE,
            queue_url="",
            catalog=catalog,
            features="LABELS,PEOPLE",
            collection=COLLECTION,
        )
        plain = Application(settings, session=session)
        detector = RekognitionDetector(service.client) if service else self.collection
        collection = RekognitionCollection(service.client, COLLECTION) if service else self.collection
        self.application = Application(
            settings,
            session=session,
            images=self.bucket,
            pictures=FakePictures(),
            detector=PeopleDetector(detector, collection, plain.derived),
            face_collection=collection,
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
