"""One behaviour of `ports.Statistics`: of the memory that the search's tests use, of SQLite and of DynamoDB."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any

import pytest

from tests.support.databases import empty_database
from tests.support.findings import found
from tests.support.memory_index import MemoryCopies, MemoryStatistics
from tests.support.tables import create_table
from viewfinder.adapters.dynamodb.copies import DynamoDbCopies
from viewfinder.adapters.dynamodb.counters import DynamoDbCounters
from viewfinder.adapters.dynamodb.statistics import SHARDS, DynamoDbStatistics
from viewfinder.adapters.sqlite.catalog import SqliteCatalog
from viewfinder.adapters.sqlite.copies import SqliteCopies
from viewfinder.adapters.sqlite.database import Database
from viewfinder.adapters.sqlite.statistics import SqliteStatistics
from viewfinder.domain.counting import Counted, ImageState
from viewfinder.domain.errors import CatalogConflictError
from viewfinder.domain.image import Image, Status
from viewfinder.domain.label import Corrections, Label
from viewfinder.domain.statistics import KnownName, LabelCount
from viewfinder.ports import Copies, Statistics
from viewfinder.usecases.count_labels import count_labels

Fill = Callable[[Collection[Image]], Statistics]

DOG = Label("Dog", 90.0, ("Animal",), ("Animals and Pets",), ("Canine",))
PHONE = Label("Mobile Phone", 80.0, (), ("Technology and Computing",), ("Cell Phone",))
STREET = Label("Straße", 70.0)
CLOCK = Label("Ōsaka Clock 🕰", 70.0)


@pytest.fixture
def client_and_table(emulator: Callable[[str], Any]) -> Any:
    client, table = emulator("dynamodb"), f"statistics-{uuid.uuid4()}"
    create_table(client, table)
    yield client, table
    client.delete_table(TableName=table)


@pytest.fixture(params=["memory", "sqlite", "emulator"])
def fill(request: pytest.FixtureRequest) -> Fill:
    """Return the statistics of the images."""
    if request.param == "memory":
        return MemoryStatistics
    if request.param == "sqlite":
        return partial(_saved, request.getfixturevalue("database"))
    client, table = request.getfixturevalue("client_and_table")

    def counted(images: Collection[Image]) -> Statistics:
        for image in images:  # one by one, so that they come to lie in several shards
            count_labels([a_state(image)], DynamoDbCounters(client, table))
        return DynamoDbStatistics(client, table)

    return counted


@pytest.fixture
def database() -> Iterator[Database]:
    with empty_database() as database:
        yield database


def _saved(database: Database, images: Collection[Image]) -> Statistics:
    for image in images:
        SqliteCatalog(database, tombstone_seconds=60).save(image, replacing=None)
    return SqliteStatistics(database)


def an_image(number: int, *labels: Label, status: Status = Status.ANALYZED) -> Image:
    return Image(f"{number}.jpg", status, "", "2026-01-01T00:00:00.000000Z", findings=found(labels), version=1)


def a_state(image: Image) -> ImageState:
    return ImageState.of(image, most_labels=40)


IMAGES = [
    *(an_image(number, DOG, PHONE) for number in range(6)),
    an_image(6, STREET, DOG),
    an_image(7, CLOCK),
    an_image(8, status=Status.REJECTED),
    an_image(9, status=Status.REMOVED),
]


def test_labels_come_in_order_with_what_is_known_of_them(fill: Fill) -> None:
    assert list(fill(IMAGES).labels("", "")) == [
        LabelCount("Dog", 7, ("Animal",), ("Animals and Pets",), ("Canine",)),
        LabelCount("Mobile Phone", 6, (), ("Technology and Computing",), ("Cell Phone",)),
        LabelCount("Straße", 1),
        LabelCount("Ōsaka Clock 🕰", 1),
    ]


@pytest.mark.parametrize(
    ("prefix", "after", "expected"),
    [
        ("", "dog", ["Mobile Phone", "Straße", "Ōsaka Clock 🕰"]),
        ("", "mobile", ["Mobile Phone", "Straße", "Ōsaka Clock 🕰"]),
        ("stras", "", ["Straße"]),
        ("mobile phone", "mobile phone", []),
        ("d", "mobile", []),
        ("x", "", []),
    ],
)
def test_labels_begin_behind_a_name_and_with_a_prefix(fill: Fill, prefix: str, after: str, expected: list[str]) -> None:
    assert [label.name for label in fill(IMAGES).labels(prefix, after)] == expected


def test_labels_can_be_left_off_before_the_end(fill: Fill) -> None:
    assert [label.name for label in islice(fill(IMAGES).labels("", ""), 1)] == ["Dog"]


def test_names_are_found_with_their_counts_and_what_they_stand_for(fill: Fill) -> None:
    assert fill(IMAGES).find(["dog", "cell phone", "unicorn"]) == {
        "dog": KnownName(7),
        "cell phone": KnownName(0, frozenset({"mobile phone"})),
        "unicorn": KnownName(0),
    }


def test_statuses_are_counted_but_what_is_removed_is_not(fill: Fill) -> None:
    assert {status: count for status, count in fill(IMAGES).statuses().items() if count} == {
        "ANALYZED": 8,
        "REJECTED": 1,
    }


def test_corrected_labels_are_counted_and_a_persons_tells_nothing_of_a_label_but_its_name(fill: Fill) -> None:
    corrections = Corrections(("Dog", "Tree"), ("Mobile Phone",))
    corrected = replace(an_image(0, PHONE), corrections=corrections)
    last = replace(an_image(2), corrections=corrections)
    assert list(fill([corrected, an_image(1, DOG), last]).labels("", "")) == [
        LabelCount("Dog", 3, ("Animal",), ("Animals and Pets",), ("Canine",)),
        LabelCount("Tree", 2),
    ]


def test_a_removed_image_counts_for_no_label_though_a_person_gave_it_one(fill: Fill) -> None:
    removed = replace(an_image(0, DOG, status=Status.REMOVED), corrections=Corrections(("Holiday",)))
    statistics = fill([removed, an_image(1, DOG)])
    assert [(label.name, label.count) for label in statistics.labels("", "")] == [("Dog", 1)]
    assert statistics.find(["holiday", "dog"]) == {"holiday": KnownName(0), "dog": KnownName(1)}


def test_labels_that_were_counted_of_a_tombstone_go_with_it(client_and_table: Any) -> None:
    """Version 0.2.0 counted those that a person had added."""
    counters, statistics = DynamoDbCounters(*client_and_table), DynamoDbStatistics(*client_and_table)
    counters.apply([(ImageState("1.jpg", 2, Status.REMOVED, {"dog": DOG}), Counted())])
    count_labels([ImageState("1.jpg", 2, Status.REMOVED, {})], counters)
    assert list(statistics.labels("", "")) == []


FOLDERS = [
    *("top.jpg", "trip/a.jpg", "trip/b.jpg", "trip/beach/c.jpg", "Tür/ü.jpg", "trips/d.jpg", "//e.jpg", "empty/"),
    "/".join("abcdefghijk") + "/deep.jpg",
]


@pytest.mark.parametrize(
    ("prefix", "most", "expected"),
    [
        ("", 9, {"/": 1, "Tür/": 1, "a/": 1, "trip/": 3, "trips/": 1}),
        ("", 2, {"/": 1, "Tür/": 1}),
        ("tri", 9, {"trip/": 3, "trips/": 1}),
        ("trip/", 9, {"trip/beach/": 1}),
        ("trip/b", 9, {"trip/beach/": 1}),
        ("trip/beach/", 9, {}),
        ("/", 9, {"//": 1}),
        ("a/b/c/d/e/f/g/", 9, {"a/b/c/d/e/f/g/h/": 1}),
        ("none", 9, {}),
    ],
)
def test_folders_of_a_level_are_counted_in_order(fill: Fill, prefix: str, most: int, expected: dict[str, int]) -> None:
    images = [replace(an_image(1), image_id=image_id) for image_id in FOLDERS]
    found = fill([*images, replace(an_image(1, status=Status.REMOVED), image_id="gone/x.jpg")]).folders(prefix, most)
    assert list(found.items()) == sorted(expected.items())


def test_a_folder_goes_with_its_last_image(client_and_table: Any, database: Database) -> None:
    counters, statistics = DynamoDbCounters(*client_and_table), DynamoDbStatistics(*client_and_table)
    catalog = SqliteCatalog(database, tombstone_seconds=60)
    saved = catalog.save(replace(an_image(1), image_id="a/1.jpg"), replacing=None)
    gone = catalog.save(replace(saved, status=Status.REMOVED), replacing=saved)
    count_labels([a_state(saved)], counters)
    assert statistics.folders("", 9) == {"a/": 1}
    count_labels([a_state(gone)], counters)
    assert statistics.folders("", 9) == SqliteStatistics(database).folders("", 9) == {}


def test_an_image_that_was_counted_before_there_were_folders_counts_in_them_once_it_is_written(
    client_and_table: Any,
) -> None:
    client, table = client_and_table
    counters, statistics = DynamoDbCounters(client, table), DynamoDbStatistics(client, table)
    state = ImageState("a/1.jpg", 1, Status.ANALYZED, {})
    counters.apply([(state, Counted())])
    key = {"PK": {"S": "IMAGE#a/1.jpg"}, "SK": {"S": "COUNTED"}}
    client.update_item(TableName=table, Key=key, UpdateExpression="REMOVE Folders")
    for shard in range(SHARDS):
        client.delete_item(TableName=table, Key={"PK": {"S": f"FOLDERS#{shard}#"}, "SK": {"S": "a/"}})
    count_labels([replace(state, version=2)], counters)
    assert statistics.folders("", 9) == {"a/": 1}


def test_sqlite_counts_what_an_image_has_now_and_forgets_labels_and_aliases_of_none(database: Database) -> None:
    catalog, statistics = SqliteCatalog(database, tombstone_seconds=60), SqliteStatistics(database)
    first = catalog.save(an_image(1, DOG, PHONE), replacing=None)
    second = catalog.save(an_image(1, DOG, STREET), replacing=first)
    assert {label.name: label.count for label in statistics.labels("", "")} == {"Dog": 1, "Straße": 1}
    assert statistics.find(["cell phone", "mobile phone"]) == {"cell phone": KnownName(), "mobile phone": KnownName()}
    catalog.save(an_image(1, status=Status.REMOVED), replacing=second)
    assert (list(statistics.labels("", "")), statistics.statuses()) == ([], {})


BEGUN = Counted(1, Status.ANALYZED, frozenset({"dog"}))


@pytest.mark.parametrize(
    ("counted", "state"),
    [
        (Counted(), ImageState("1.jpg", 1, Status.ANALYZED, {"dog": DOG})),
        (BEGUN, ImageState("1.jpg", 2, Status.ANALYZED, {"strasse": STREET})),
        (BEGUN, ImageState("1.jpg", 1, Status.REMOVED, {})),
    ],
    ids=["first", "later", "end"],
)
def test_of_two_that_count_from_the_same_note_only_the_first_counts(
    client_and_table: Any, counted: Counted, state: ImageState
) -> None:
    counters, statistics = DynamoDbCounters(*client_and_table), DynamoDbStatistics(*client_and_table)
    if counted.status:
        counters.apply([(ImageState("1.jpg", 1, Status.ANALYZED, {"dog": DOG}), Counted())])
    counters.apply([(state, counted)])
    with pytest.raises(CatalogConflictError):
        counters.apply([(state, counted)])
    assert counters.find(["1.jpg", "2.jpg"]) == {
        "1.jpg": Counted(state.version, state.status, frozenset(state.labels)),
        "2.jpg": Counted(),
    }
    assert {label.name.casefold(): label.count for label in statistics.labels("", "")} == dict.fromkeys(state.labels, 1)


HASHES = [digit * 64 for digit in "0369cf"]


@pytest.fixture(params=["memory", "sqlite", "emulator"])
def copies_of(request: pytest.FixtureRequest) -> Callable[[Sequence[Image]], Copies]:
    """Return the copies among images, which are written one after the other, also one in the place of another."""

    def written(images: Sequence[Image]) -> Copies:
        if request.param == "memory":
            return MemoryCopies({image.image_id: image for image in images}.values())
        if request.param == "sqlite":
            database: Database = request.getfixturevalue("database")
            catalog = SqliteCatalog(database, tombstone_seconds=10**9)
            for image in images:
                catalog.save(image, replacing=catalog.find(image.image_id))
            return SqliteCopies(database)
        client, table = request.getfixturevalue("client_and_table")
        for version, image in enumerate(images, 1):
            count_labels([a_state(replace(image, version=version))], DynamoDbCounters(client, table))
        return DynamoDbCopies(client, table)

    return written


def with_content(name: str, content: str, status: Status = Status.ANALYZED) -> Image:
    return replace(an_image(1, status=status), image_id=name, sha256=content)


def test_contents_of_several_images_come_in_order_and_behind_one(
    copies_of: Callable[[Sequence[Image]], Copies],
) -> None:
    copied = [with_content(f"{name}{content[0]}.jpg", content) for content in HASHES for name in ("ü ", "b/")]
    copies = copies_of([*copied, with_content("single.jpg", "5" * 64), with_content("a.jpg", ""), an_image(3)])
    assert copies.contents("", 9) == HASHES
    assert copies.contents("", 4) == HASHES[:4]
    assert copies.contents(HASHES[1], 2) == HASHES[2:4]
    assert copies.contents("4" + "0" * 63, 9) == HASHES[2:]
    assert copies.contents(HASHES[-1], 9) == []
    assert copies.images(HASHES[0], 9) == ["b/0.jpg", "ü 0.jpg"]
    assert copies.images("7" * 64, 9) == []


def test_an_image_of_another_content_and_a_removed_one_are_copies_no_longer(
    copies_of: Callable[[Sequence[Image]], Copies],
) -> None:
    one, other, third = HASHES[:3]
    copies = copies_of(
        [
            *(with_content(name, one) for name in ("a", "b", "c")),
            *(with_content(name, other) for name in ("d", "e")),
            with_content("a", third),
            with_content("d", other, Status.REMOVED),
            with_content("f", third),
        ]
    )
    assert copies.contents("", 9) == [one, third]
    assert {content: list(copies.images(content, 9)) for content in (one, other, third)} == {
        one: ["b", "c"],
        other: ["e"],
        third: ["a", "f"],
    }
