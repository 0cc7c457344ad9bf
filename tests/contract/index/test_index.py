"""One behaviour of `ports.Index`: of the memory that the search's tests use, of SQLite and of DynamoDB."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

import pytest

from tests.support.catalogs import read_words
from tests.support.databases import empty_database
from tests.support.findings import found
from tests.support.memory_index import MemoryIndex
from tests.support.tables import create_table
from viewfinder.adapters.dynamodb.catalog import DynamoDbCatalog
from viewfinder.adapters.dynamodb.index import DynamoDbIndex
from viewfinder.adapters.sqlite.catalog import SqliteCatalog
from viewfinder.adapters.sqlite.database import Database
from viewfinder.adapters.sqlite.index import SqliteIndex
from viewfinder.domain.image import DELETED, FIRST_TAKEN, Facts, Image, Status
from viewfinder.domain.label import Corrections, Label
from viewfinder.domain.posting import Source, SourceKind
from viewfinder.domain.query import Entry, Order, Stretch
from viewfinder.domain.summary import Summary
from viewfinder.ports import Index

Fill = Callable[[Collection[Image], int], Index]

DOGS = Source(SourceKind.LABEL, "dog")
NEWEST, SUREST = Stretch(Order.NEWEST), Stretch(Order.CONFIDENCE)


@pytest.fixture(params=["memory", "sqlite", "emulator"])
def fill(request: pytest.FixtureRequest) -> Any:
    """Return an index of the images, in so many shards (SQLite: one)."""
    if request.param == "memory":
        yield MemoryIndex
    elif request.param == "sqlite":
        with empty_database() as database:
            yield lambda images, shards: _saved(database, images)
    else:
        client = request.getfixturevalue("emulator")("dynamodb")
        table = f"catalog-{uuid.uuid4()}"
        create_table(client, table)
        yield lambda images, shards: _filled(client, table, images, shards)
        client.delete_table(TableName=table)


def _saved(database: Database, images: Collection[Image]) -> Index:
    catalog = SqliteCatalog(database, tombstone_seconds=60)
    for image in images:
        catalog.save(image, replacing=None)
    return SqliteIndex(database)


def _filled(client: Any, table: str, images: Collection[Image], shards: int) -> Index:
    catalog = DynamoDbCatalog(client, table, shards=shards, tombstone_seconds=60)
    for image in images:
        catalog.save(image, replacing=None)
    return DynamoDbIndex(client, table, shards=shards)


def a_dog(name: str, confidence: float, day: int, words: Collection[str] = (), **facts: Any) -> Image:
    label = Label("Dog", confidence, ("Animal",), ("Animals and Pets",), ("Canine",))
    findings = found([label], texts=read_words(*words))
    return Image(name, Status.ANALYZED, "", f"2026-01-{day:02d}T00:00:00.000000Z", findings=findings, **facts)


DOG_PICTURES = [a_dog("b.jpg", 90.5, 2), a_dog("a.jpg", 100.0, 3), a_dog("c.jpg", 0.0001, 1)]
OTHERS = [
    Image("no.txt", Status.REJECTED, "", "2026-01-04T00:00:00.000000Z", reason="NOT_AN_IMAGE"),
    Image("gone.jpg", Status.REMOVED, "", "2026-01-05T00:00:00.000000Z"),
]


def ids(entries: list[Entry]) -> list[str]:
    return [entry.summary.image_id for entry in entries]


@pytest.mark.parametrize(
    ("source", "stretch", "expected"),
    [
        (DOGS, NEWEST, ["a.jpg", "b.jpg", "c.jpg"]),
        (DOGS, SUREST, ["a.jpg", "b.jpg", "c.jpg"]),
        (Source(SourceKind.LABEL, "DOG"), SUREST, ["a.jpg", "b.jpg", "c.jpg"]),
        (Source(SourceKind.LABEL, "Cat"), NEWEST, []),
        (Source(SourceKind.CATEGORY, "ANIMALS and pets"), SUREST, ["a.jpg", "b.jpg", "c.jpg"]),
        (Source(SourceKind.STATUS, "ANALYZED"), NEWEST, ["a.jpg", "b.jpg", "c.jpg"]),
        (Source(SourceKind.STATUS, "REJECTED"), NEWEST, ["no.txt"]),
        (Source(SourceKind.STATUS, "FAILED"), NEWEST, []),
    ],
)
def test_a_source_is_read_in_order(fill: Fill, source: Source, stretch: Stretch, expected: list[str]) -> None:
    entries, is_last = fill([*DOG_PICTURES, *OTHERS], 1).read(source, 0, stretch, 10)
    assert (ids(entries), is_last) == (expected, True)


def test_an_entry_has_what_a_list_shows_and_a_search_filters_by(fill: Fill) -> None:
    image = a_dog("ü +%.jpg", 98.7654, 1, width=640, height=480)
    [entry], _ = fill([image], 1).read(DOGS, 0, NEWEST, 10)
    assert (entry.summary, entry.confidence) == (Summary.of(image), 98.7654)


def test_a_listed_record_has_the_same_labels_and_a_reason(fill: Fill) -> None:
    index = fill([*DOG_PICTURES, *OTHERS], 1)
    dog = index.read(Source(SourceKind.STATUS, "ANALYZED"), 0, NEWEST, 10)[0][0]
    text = index.read(Source(SourceKind.STATUS, "REJECTED"), 0, NEWEST, 10)[0][0]
    assert (dog.summary.labels, text.summary.labels, text.summary.reason) == ({"Dog": 100.0}, {}, "NOT_AN_IMAGE")


@pytest.mark.parametrize("order", Order)
def test_reading_goes_on_behind_a_position(fill: Fill, order: Order) -> None:
    index = fill(DOG_PICTURES, 1)
    read: list[str] = []
    stretch, is_last = Stretch(order), False
    while not is_last:
        entries, is_last = index.read(DOGS, 0, stretch, 1)
        read += ids(entries)
        stretch = Stretch(order, after=entries[-1].position) if entries else stretch
    assert read == ["a.jpg", "b.jpg", "c.jpg"]


@pytest.mark.parametrize("shards", [1, 2, 8])
@pytest.mark.parametrize("order", Order)
def test_every_image_is_in_one_shard_whose_positions_are_in_order(fill: Fill, shards: int, order: Order) -> None:
    images = [a_dog(f"{number}.jpg", 50.0 + number % 3, 1 + number % 5) for number in range(20)]
    index = fill(images, shards)
    parts = [index.read(DOGS, shard, Stretch(order), 100)[0] for shard in range(index.shards)]
    for part in parts:
        positions = [entry.position for entry in part]
        assert positions == sorted(positions, reverse=order.is_descending)
    assert sorted(ids([entry for part in parts for entry in part])) == sorted(image.image_id for image in images)


@pytest.mark.parametrize(
    ("stretch", "expected"),
    [
        (Stretch(Order.NEWEST, since="2026-01-02T00:00:00.000000Z"), {"a.jpg", "b.jpg"}),
        (Stretch(Order.NEWEST, until="2026-01-02T00:00:00.000000Z"), {"c.jpg"}),
        (Stretch(Order.NEWEST, since="2026-01-09", until="2026-01-08"), set()),
        (Stretch(Order.CONFIDENCE, minimum=90.5), {"a.jpg", "b.jpg"}),
        (Stretch(Order.CONFIDENCE, minimum=90.5001), {"a.jpg"}),
    ],
)
def test_bounds_leave_out_nothing_that_is_within_them(fill: Fill, stretch: Stretch, expected: set[str]) -> None:
    entries, _ = fill(DOG_PICTURES, 1).read(DOGS, 0, stretch, 10)
    assert expected <= set(ids(entries))


@pytest.mark.parametrize("order", Order)
def test_images_of_one_time_and_confidence_have_places_of_their_own(fill: Fill, order: Order) -> None:
    index = fill([a_dog(f"{number}.jpg", 90.0, 1) for number in range(5)], 1)
    entries, _ = index.read(DOGS, 0, Stretch(order), 10)
    assert len({entry.position for entry in entries}) == 5


def test_images_are_read_in_the_order_in_which_they_were_taken(fill: Fill) -> None:
    """Those without a capture time come last, the one analysed last first."""
    index = fill(
        [
            a_dog("old.jpg", 90.0, 3, facts=Facts(taken_at="1969-07-20T20:17:40.000000")),
            a_dog("unknown.jpg", 90.0, 2),
            a_dog("unknown and older.jpg", 90.0, 1),
            a_dog("new.jpg", 90.0, 1, facts=Facts(taken_at="2026-06-01T12:30:00.500000")),
            a_dog("damaged.jpg", 90.0, 4, facts=Facts(taken_at="0002-11-30T00:00:00.000000")),
        ],
        1,
    )
    entries, is_last = index.read(DOGS, 0, Stretch(Order.TAKEN), 10)
    assert is_last
    assert [(entry.summary.image_id, entry.summary.taken_at) for entry in entries] == [
        ("new.jpg", "2026-06-01T12:30:00.500000"),
        ("old.jpg", "1969-07-20T20:17:40.000000"),
        ("damaged.jpg", "0002-11-30T00:00:00.000000"),
        ("unknown.jpg", ""),
        ("unknown and older.jpg", ""),
    ]
    for since in ("1969-07-20T20:17:40.000000", FIRST_TAKEN):
        bounds = Stretch(Order.TAKEN, taken_since=since, taken_until="2026-06-01T12:30:00.500000")
        assert "old.jpg" in ids(index.read(DOGS, 0, bounds, 10)[0])


def test_images_are_found_by_the_words_that_are_read_in_them(fill: Fill) -> None:
    index = fill(
        [
            a_dog("a.jpg", 90.0, 1, words=("EXIT", "Straße")),
            a_dog("b.jpg", 90.0, 2, words=("Exit!",)),
        ],
        1,
    )
    entries, _ = index.read(Source(SourceKind.WORD, "exit"), 0, NEWEST, 10)
    assert [(entry.summary.image_id, list(entry.summary.words)) for entry in entries] == [
        ("b.jpg", ["exit"]),
        ("a.jpg", ["exit", "strasse"]),
    ]


def test_the_trash_is_listed_by_time_of_removal_with_size_and_version(fill: Fill) -> None:
    early, late, for_good = (
        Image(name, Status.REMOVED, "", f"2099-01-0{day}T00:00:00.000000Z", reason=reason, size=day, version_id=version)
        for name, day, reason, version in (("early", 1, DELETED, "v1"), ("late", 2, DELETED, ""), ("good", 3, "", "v3"))
    )
    index = fill([a_dog("here", 90.0, 4), early, late, for_good], 1)
    found, is_last = index.read(Source(SourceKind.STATUS, "REMOVED"), 0, NEWEST, 10)
    assert [(entry.summary.image_id, entry.summary.size, entry.summary.version_id) for entry in found] == [
        ("late", 2, ""),
        ("early", 1, "v1"),
    ]
    assert is_last
    assert ids(index.read(Source(SourceKind.STATUS, "ANALYZED"), 0, NEWEST, 10)[0]) == ["here"]


@pytest.mark.parametrize("reason", [DELETED, ""], ids=["in the trash", "deleted for good"])
def test_a_removed_image_is_found_by_no_label_though_a_person_gave_it_one(fill: Fill, reason: str) -> None:
    removed = replace(
        a_dog("a.jpg", 90.0, 1, words=["EXIT"]),
        status=Status.REMOVED,
        analyzed_at="2099-01-01T00:00:00.000000Z",
        reason=reason,
        corrections=Corrections(("Holiday",)),
    )
    index = fill([removed], 1)
    kinds = {
        SourceKind.LABEL: ("holiday", "dog"),
        SourceKind.CATEGORY: ("animals and pets",),
        SourceKind.WORD: ("exit",),
    }
    for source in (Source(kind, name) for kind, names in kinds.items() for name in names):
        assert ids(index.read(source, 0, NEWEST, 10)[0]) == []
    trash, _ = index.read(Source(SourceKind.STATUS, "REMOVED"), 0, NEWEST, 10)
    assert [(dict(entry.summary.labels), list(entry.summary.words)) for entry in trash] == (
        [({}, [])] if reason else []
    )


def test_an_image_is_found_by_its_corrected_labels_only(fill: Fill) -> None:
    corrected = replace(a_dog("a.jpg", 90.0, 1), corrections=Corrections(("Tree",), ("DOG",)))
    index = fill([corrected], 1)
    assert ids(index.read(DOGS, 0, NEWEST, 10)[0]) == []
    assert ids(index.read(Source(SourceKind.CATEGORY, "animals and pets"), 0, NEWEST, 10)[0]) == []
    for source in (Source(SourceKind.LABEL, "tree"), Source(SourceKind.STATUS, "ANALYZED")):
        [entry] = index.read(source, 0, NEWEST, 10)[0]
        assert entry.summary.labels == {"Tree": 100.0}
