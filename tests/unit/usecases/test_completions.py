"""Completing a label finds what a look at every counter would find, and reads the labels that are meant only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from tests.support.databases import empty_database
from tests.support.findings import found
from tests.support.memory_index import MemoryStatistics
from tests.support.tables import TABLE, empty_table, moto_client
from viewfinder.adapters.dynamodb.completions import _ARE_COMPLETE
from viewfinder.adapters.dynamodb.counters import DynamoDbCounters
from viewfinder.adapters.dynamodb.schema import marshalled_key
from viewfinder.adapters.dynamodb.statistics import DynamoDbStatistics
from viewfinder.adapters.sqlite.catalog import SqliteCatalog
from viewfinder.adapters.sqlite.statistics import SqliteStatistics
from viewfinder.domain.completion import beginnings
from viewfinder.domain.counting import ImageState
from viewfinder.domain.image import Image, Status
from viewfinder.domain.label import Label
from viewfinder.ports import Statistics
from viewfinder.usecases.count_labels import count_labels
from viewfinder.usecases.list_labels import list_labels

LABELS = (
    Label("Mobile Phone", 90.0, aliases=("Cell Phone",)),
    Label("Phone Case", 90.0),
    Label("Dog", 90.0, ("Animal",), aliases=("Canine",)),
    Label("Dogsled", 90.0),
    Label("Person", 90.0, aliases=("Human",)),
    Label("T-Shirt (White)", 90.0),
    Label("Straße", 90.0),
    Label("50%_off", 90.0),
)
TEXTS = (
    *("d", "dog", "dogs", "phone", "PHONES", "cell ph", "people", "hum", "shirt", "(wh", "white)", "STRASSE"),
    *("straß", "one", "hone", "%", "5", "_", ".*", "mobile phone x", "canines", "p"),
)


def images_of(labels: Sequence[Label], *, version: int = 1) -> list[Image]:
    """Return images, the first of all labels, each further one of one label less."""
    return [
        Image(
            f"{number}.jpg",
            Status.ANALYZED,
            "",
            "2026-01-01T00:00:00.000000Z",
            findings=found(labels[number:]),
            version=version,
        )
        for number in range(len(labels))
    ]


def count(client: Any, images: Sequence[Image]) -> None:
    count_labels((ImageState.of(image, most_labels=40) for image in images), DynamoDbCounters(client, TABLE))


@pytest.fixture
def client() -> Iterator[Any]:
    with moto_client() as client, empty_table(client):
        yield client


@pytest.fixture(params=["sqlite", "dynamodb"])
def statistics(request: pytest.FixtureRequest) -> Iterator[Statistics]:
    if request.param == "dynamodb":
        client = request.getfixturevalue("client")
        count(client, images_of(LABELS))
        yield DynamoDbStatistics(client, TABLE)
        return
    with empty_database() as database:
        for image in images_of(LABELS):
            SqliteCatalog(database, tombstone_seconds=60).save(image, replacing=None)
        yield SqliteStatistics(database)


def test_each_text_finds_what_it_finds_among_all_labels(statistics: Statistics) -> None:
    whole = MemoryStatistics(images_of(LABELS))
    for text in TEXTS:
        expected, answer = list_labels(whole, prefix=text).labels, list_labels(statistics, prefix=text).labels
        assert [(label.name, label.count, label.matched_by) for label in answer] == [
            (label.name, label.count, label.matched_by) for label in expected
        ], text
    assert [label.name for label in list_labels(statistics, prefix="dogs").labels] == ["Dog", "Dogsled"]


def test_a_label_without_images_is_not_offered(client: Any) -> None:
    count(client, images_of(LABELS[2:3]))
    count(client, [Image("0.jpg", Status.REMOVED, "", "2026-01-01T00:00:00.000000Z", version=2)])
    assert list_labels(DynamoDbStatistics(client, TABLE), prefix="dog").labels == ()


def test_labels_that_an_earlier_release_counted_are_found_before_and_after_their_rows_are_written(client: Any) -> None:
    count(client, images_of(LABELS))
    for item in client.scan(TableName=TABLE)["Items"]:
        if item["PK"]["S"].startswith("COMPLETIONS"):
            client.delete_item(TableName=TABLE, Key={"PK": item["PK"], "SK": item["SK"]})
    assert [label.name for label in list_labels(DynamoDbStatistics(client, TABLE), prefix="cell").labels] == [
        "Mobile Phone"
    ]

    count(client, images_of((Label("Cellist", 90.0),), version=2))

    assert "Item" in client.get_item(TableName=TABLE, Key=marshalled_key(_ARE_COMPLETE))
    assert {label.name for label in list_labels(DynamoDbStatistics(client, TABLE), prefix="cell").labels} == {
        "Cellist"
    }  # the only image is now of another label
    assert [label.name for label in list_labels(DynamoDbStatistics(client, TABLE), prefix="case").labels] == [
        "Phone Case"
    ]


def test_a_completion_reads_few_items_of_many_labels(client: Any) -> None:
    many = [Label(f"{chr(97 + number % 26)}label {number:03d}", 90.0) for number in range(300)]
    for start in range(0, 300, 30):
        picture = Image(
            f"{start}.jpg",
            Status.ANALYZED,
            "",
            "2026-01-01T00:00:00.000000Z",
            findings=found(many[start : start + 30]),
            version=1,
        )
        count(client, [picture])
    statistics = DynamoDbStatistics(client, TABLE)
    read = counted_items(client)

    found_labels = list_labels(statistics, prefix="qlabel").labels

    assert len(found_labels) == len([label for label in many if label.name.startswith("q")]) == 11
    assert read() <= 11 + 11 * 4 + 1  # a row for each label found, its counters in four shards, and the note of all


def counted_items(client: Any) -> Callable[[], int]:
    """Return a function that tells how many items the client has got since."""
    got: list[int] = []

    def note(parsed: dict[str, Any], **_: Any) -> None:
        got.append(len(parsed.get("Items", ())) + ("Item" in parsed))
        got.extend(len(items) for items in parsed.get("Responses", {}).values())

    client.meta.events.register("after-call", note)
    return lambda: sum(got)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Mobile Phone", ["mobile phone", "phone"]),
        ("T-Shirt", ["t-shirt", "shirt"]),
        ("(White)", ["(white)", "white)"]),
        ("Straße", ["strasse"]),
        ("", []),
    ],
)
def test_a_name_begins_anew_with_each_word(name: str, expected: list[str]) -> None:
    assert beginnings(name) == expected
