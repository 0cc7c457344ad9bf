"""One suite over the fake catalog, SQLite and DynamoDB: what a use case may rely on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest

from tests.support.catalogs import all_images, read_words
from tests.support.databases import empty_database
from tests.support.fakes import FakeCatalog
from tests.support.findings import found
from tests.support.tables import TABLE, create_table
from viewfinder.adapters.dynamodb import schema
from viewfinder.adapters.dynamodb.catalog import DynamoDbCatalog
from viewfinder.adapters.dynamodb.leases import DynamoDbLeases
from viewfinder.adapters.dynamodb.quota import DynamoDbQuota
from viewfinder.adapters.sqlite.catalog import SqliteCatalog
from viewfinder.adapters.sqlite.leases import SqliteLeases
from viewfinder.domain.errors import (
    AnalysisInProgressError,
    CatalogConflictError,
    MisconfiguredError,
    TooManyRequestsError,
)
from viewfinder.domain.image import Effort, Facts, Image, Location, Status
from viewfinder.domain.label import BoundingBox, Corrections, Instance, Label
from viewfinder.domain.posting import SourceKind
from viewfinder.domain.record_state import RecordState
from viewfinder.ports import Catalog, Leases, Records

BOX = Instance(BoundingBox(0.1, 0.2, 0.3, 0.4), 91.5)
CAT = Label("Cat", 99.1234, ("Animal",), ("Animals and Pets",), ("Kitty",), (BOX,))
LONG = "🐈" * 256


def an_image(image_id: str = "a.jpg", *labels: Label, status: Status = Status.ANALYZED) -> Image:
    return Image(
        image_id,
        status,
        sequencer="0A1",
        analyzed_at="2026-01-01T00:00:00.000001Z",
        size=7,
        etag="9a0364b9e99bb480dd25e1f0284c8555",
        sha256="ab" * 32,
        format="JPEG",
        width=640,
        height=480,
        findings=found(labels or (CAT,)),
        model_version="3.0",
        thumbnail="thumbnails/a/0-ab.webp",
        effort=Effort.DETECTED,
        version_id="v1",
        corrections=Corrections(("Tree",), ("Cat",), "ab" * 32),
        facts=Facts(
            "2026-06-01T12:30:00.000000", "+02:00", "Acme One", None, 0.005, 1.8, 100, 4.25, Location(1.5, -2.0)
        ),
    )


@dataclass(frozen=True)
class Place:
    """A catalog of one kind."""

    catalog: Catalog
    records: Records
    leases: Leases


@pytest.fixture(params=["fake", "sqlite", "dynamodb"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    if request.param == "fake":
        catalog = FakeCatalog()
        yield Place(catalog, catalog, catalog)
        return
    if request.param == "sqlite":
        with empty_database() as database:
            sqlite = SqliteCatalog(database, tombstone_seconds=3600)
            yield Place(sqlite, sqlite, SqliteLeases(database, seconds=60, patience=0))
        return
    client = request.getfixturevalue("emulator")("dynamodb")
    create_table(client)
    table = DynamoDbCatalog(client, TABLE, shards=3, tombstone_seconds=3600)
    yield Place(table, table, DynamoDbLeases(client, TABLE, seconds=60, patience=0))
    client.delete_table(TableName=TABLE)


@pytest.mark.parametrize("image_id", ["a.jpg", "ü b+%20#.jpg", "/x//y.jpg", LONG])
def test_a_record_is_found_as_it_was_saved(place: Place, image_id: str) -> None:
    saved = place.catalog.save(an_image(image_id), replacing=None)

    assert replace(saved, version=0) == an_image(image_id)
    assert saved.version > 0
    assert place.catalog.find(image_id) == saved
    assert place.catalog.find("another") is None


def test_a_record_replaces_only_the_one_that_was_read(place: Place) -> None:
    first = place.catalog.save(an_image(), replacing=None)
    second = place.catalog.save(an_image(), replacing=first)

    assert second.version > first.version
    for read in (None, first):
        with pytest.raises(CatalogConflictError):
            place.catalog.save(an_image(), replacing=read)
    assert place.catalog.find("a.jpg") == second


def test_a_record_that_is_gone_can_not_be_replaced(place: Place) -> None:
    with pytest.raises(CatalogConflictError):
        place.catalog.save(an_image(), replacing=replace(an_image(), version=5))


def test_many_records_are_found_at_once_each_once(place: Place) -> None:
    saved = [place.catalog.save(an_image(f"{number}.jpg"), replacing=None) for number in range(105)]
    ids = [image.image_id for image in saved]

    assert place.records.find_many([*ids, "none", *ids[:3]]) == {image.image_id: image for image in saved}


def test_all_visible_records_are_listed(place: Place) -> None:
    wanted = [
        place.catalog.save(an_image(f"{status}.jpg", status=status), replacing=None)
        for status in (Status.ANALYZED, Status.REJECTED, Status.FAILED)
    ]
    place.catalog.save(an_image("removed.jpg", status=Status.REMOVED), replacing=None)

    assert set(place.records.states()) == {RecordState.of(image) for image in wanted}
    assert {image.image_id: image for image in all_images(place.records)} == {image.image_id: image for image in wanted}


def test_a_lease_is_held_by_one_at_a_time(place: Place) -> None:
    held = place.leases.claim("content")
    assert held
    assert place.leases.claim("another content")
    with pytest.raises(AnalysisInProgressError):
        place.leases.claim("content")
    place.leases.release(held)
    again = place.leases.claim("content")
    assert again
    assert not again.is_inherited  # nothing was done


def test_a_lease_ends_with_the_record_that_is_saved_and_is_remembered_as_done(place: Place) -> None:
    lease = place.leases.claim("content")
    assert lease
    place.catalog.save(an_image(), replacing=None, lease=lease.done("2026-01-02T00:00:00.000000Z"))

    assert place.leases.claim("content") is None
    assert place.leases.claim("content", since="2026-01-02T00:00:00.000000Z") is None
    later = place.leases.claim("content", since="2026-01-02T00:00:00.000001Z")
    assert later
    assert later.is_inherited


def test_a_lease_goes_on_where_the_record_could_not_be_saved(place: Place) -> None:
    place.catalog.save(an_image(), replacing=None)
    lease = place.leases.claim("content")
    assert lease
    with pytest.raises(CatalogConflictError):
        place.catalog.save(an_image(), replacing=None, lease=lease.done("2026-01-02T00:00:00.000000Z"))
    with pytest.raises(AnalysisInProgressError):
        place.leases.claim("content")


@dataclass
class Time:
    """A clock of the leases, in seconds; to sleep takes half a minute."""

    seconds: float = 1000.0

    def __call__(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += 30


@pytest.fixture(params=["sqlite", "dynamodb"])
def timed_leases(request: pytest.FixtureRequest) -> Iterator[Callable[..., Leases]]:
    """Make leases of a minute with a clock of the test's."""
    if request.param == "sqlite":
        with empty_database() as database:
            yield partial(SqliteLeases, database, seconds=60)
        return
    client = request.getfixturevalue("emulator")("dynamodb")
    create_table(client)
    yield partial(DynamoDbLeases, client, TABLE, seconds=60)
    client.delete_table(TableName=TABLE)


def test_a_dead_holders_lease_ends_and_is_not_given_back_by_it(timed_leases: Callable[..., Leases]) -> None:
    time = Time()
    leases = timed_leases(patience=0, clock=time, sleep=time.sleep)
    first = leases.claim("content")
    assert first
    time.seconds += 61
    second = leases.claim("content")
    assert second
    assert second.is_inherited
    leases.release(first)
    with pytest.raises(AnalysisInProgressError):
        leases.claim("content")


def test_a_lease_of_a_clock_that_was_ahead_holds_nobody_up(timed_leases: Callable[..., Leases]) -> None:
    time = Time(seconds=100_000.0)
    leases = timed_leases(patience=0, clock=time, sleep=time.sleep)
    leases.claim("content")
    time.seconds -= 3600
    lease = leases.claim("content")
    assert lease
    assert lease.is_inherited


def test_whoever_waits_gets_the_lease_when_it_is_free(timed_leases: Callable[..., Leases]) -> None:
    time = Time()
    leases = timed_leases(patience=100, clock=time, sleep=time.sleep)
    leases.claim("content")
    assert leases.claim("content")
    assert time.seconds == 1090.0


def test_an_image_of_as_many_labels_as_can_be_leaves_no_posting_behind(emulator: Callable[[str], Any]) -> None:
    client = emulator("dynamodb")
    create_table(client)
    catalog = DynamoDbCatalog(client, TABLE, shards=3, tombstone_seconds=3600)
    many = [[Label(f"{kind} {number}", 60.0 + number, (), (f"{kind} category {number}",)) for number in range(60)]
            for kind in ("old", "new")]  # fmt: skip
    try:
        first = catalog.save(an_image("a.jpg", *many[0]), replacing=None)
        second = catalog.save(an_image("a.jpg", *many[1]), replacing=first)

        stored = {(item["PK"]["S"], item["SK"]["S"]) for item in client.scan(TableName=TABLE)["Items"]}
        assert stored == {("IMAGE#a.jpg", "IMAGE"), *schema.posting_confidences(second, shards=3)}
        others = 2 + 1 + 2  # words of the camera, the file's name, month and day
        labels, categories = schema.MAX_POSTINGS[SourceKind.LABEL], schema.MAX_POSTINGS[SourceKind.CATEGORY]
        assert len(stored) == 1 + labels + categories + others
    finally:
        client.delete_table(TableName=TABLE)


def test_an_image_of_very_many_words_is_replaced_in_two_steps(emulator: Callable[[str], Any]) -> None:
    """New and old postings are more than a transaction takes; in between the record says that it is outdated."""
    client = emulator("dynamodb")
    create_table(client)
    catalog = DynamoDbCatalog(client, TABLE, shards=3, tombstone_seconds=3600)
    old, new = (
        replace(
            an_image("a.jpg"),
            findings=found(
                (Label(f"{kind} {number}", 60.0 + number) for number in range(40)),
                texts=read_words(*(f"{kind}{number}" for number in range(40))),
            ),
        )
        for kind in ("old", "new")
    )
    try:
        first = catalog.save(old, replacing=None)
        second = catalog.save(new, replacing=first)

        stored = {(item["PK"]["S"], item["SK"]["S"]) for item in client.scan(TableName=TABLE)["Items"]}
        assert stored == {("IMAGE#a.jpg", "IMAGE"), *schema.posting_confidences(second, shards=3)}
        assert catalog.find("a.jpg") == second
        with pytest.raises(CatalogConflictError):
            catalog.save(new, replacing=first)
    finally:
        client.delete_table(TableName=TABLE)


def test_an_image_of_very_many_instances_is_trimmed_and_kept(emulator: Callable[[str], Any]) -> None:
    client = emulator("dynamodb")
    create_table(client)
    catalog = DynamoDbCatalog(client, TABLE, shards=3, tombstone_seconds=3600)
    crowd = tuple(Instance(BoundingBox(0.123456, 0.234567, 0.345678, number / 1e6), 50.0) for number in range(900))
    try:
        catalog.save(an_image("a.jpg", *(Label(f"L{n}", 90.0, instances=crowd) for n in range(20))), replacing=None)

        found = catalog.find("a.jpg")
        assert found
        assert {len(label.instances) for label in found.labels} == {100}
    finally:
        client.delete_table(TableName=TABLE)


def test_a_table_that_is_not_there_is_an_operators_matter(emulator: Callable[[str], Any]) -> None:
    catalog = DynamoDbCatalog(emulator("dynamodb"), "none", shards=1, tombstone_seconds=1)
    with pytest.raises(MisconfiguredError, match="ResourceNotFoundException"):
        catalog.find("a.jpg")


def test_a_caller_gets_its_share_of_each_minute(emulator: Callable[[str], Any]) -> None:
    client, time = emulator("dynamodb"), Time()
    create_table(client)
    time.seconds = 6_000_000_015.0
    quota = DynamoDbQuota(client, TABLE, per_minute=2, clock=time)
    quota.spend("AIDAONE")
    quota.spend("AIDAONE")
    quota.spend("AIDATWO")
    with pytest.raises(TooManyRequestsError) as refused:
        quota.spend("AIDAONE")
    assert refused.value.retry_after == 45
    time.seconds += 45
    quota.spend("AIDAONE")

    client.delete_table(TableName=TABLE)
