"""Whatever happens on the way, catalog, postings, statistics and thumbnails end as the bucket is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.databases import empty_database
from tests.support.examples import examples
from tests.support.fakes import etag, labels, screen, thumbnail
from tests.support.histories import Gate, Gated, World
from tests.support.tables import TABLE, create_table
from viewfinder.adapters.dynamodb import schema
from viewfinder.adapters.dynamodb.catalog import DynamoDbCatalog
from viewfinder.adapters.dynamodb.counters import DynamoDbCounters
from viewfinder.adapters.dynamodb.leases import DynamoDbLeases
from viewfinder.adapters.dynamodb.statistics import DynamoDbStatistics
from viewfinder.adapters.sqlite.catalog import SqliteCatalog
from viewfinder.adapters.sqlite.database import Database
from viewfinder.adapters.sqlite.leases import SqliteLeases
from viewfinder.adapters.sqlite.schema import posting_rows
from viewfinder.adapters.sqlite.statistics import SqliteStatistics
from viewfinder.domain.counting import ImageState
from viewfinder.domain.image import Image, Status
from viewfinder.domain.posting import SourceKind
from viewfinder.domain.screen import screen_key
from viewfinder.ports import Catalog, Counters, Leases
from viewfinder.usecases.count_labels import count_labels

KEYS = ("a.jpg", "b/ü +.jpg")
CONTENTS = (b"Dog Cat", b"Cat", b"Dog Tree", b"large Dog", b"bad one", b"", b"x" * 1001)
SHARDS = 2

images = st.sampled_from((KEYS[0], KEYS[0], KEYS[0], KEYS[1]))  # trouble comes of events of one image
contents = st.sampled_from((*CONTENTS, *CONTENTS[:2], *CONTENTS[:2]))
recent = st.integers(0, 3)
steps = st.sampled_from((0, 1, 2, 3, 5, 8, 10, 99))  # 99: to the end
deeds = st.one_of(
    *[st.tuples(st.just("put"), images, contents, steps)] * 2,
    st.tuples(st.just("delete"), images, steps),
    st.tuples(st.just("request"), images, st.booleans(), steps),
    st.tuples(st.just("deliver"), recent, steps),
    *[st.tuples(st.just("run"), recent, steps)] * 2,
    st.tuples(st.just("kill"), recent),
    st.tuples(st.just("correct"), images, st.sampled_from(("Holiday", "Cat"))),
    st.tuples(st.just("outage"), st.booleans()),
)
histories = st.lists(deeds, min_size=4, max_size=16)


def live(world: World, history: Sequence[tuple[Any, ...]]) -> None:
    """Let a history happen, then end all trouble."""
    try:
        for deed, *what in history:
            match deed:
                case "put":
                    world.put(what[0], what[1])
                    world.deliver(0, steps=what[2])
                case "delete":
                    world.delete(what[0])
                    world.deliver(0, steps=what[1])
                case "request":
                    world.request(what[0], anew=what[1])
                    world.deliver(0, steps=what[2])
                case "correct":
                    world.correct(what[0], add=what[1], remove="Dog")
                case "deliver":
                    world.deliver(what[0], steps=what[1])
                case "run":
                    world.run(what[0], steps=what[1])
                case "kill":
                    world.kill(what[0])
                case "outage":
                    world.start_outage() if what[0] else world.end_outage()
        world.settle()
    finally:
        world.close()


def assert_is_as_the_bucket(world: World, records: Mapping[str, Image]) -> None:
    """Compare every record and thumbnail with the object that it is about."""
    contents = world.bucket.contents
    visible = {image_id: image for image_id, image in records.items() if image.is_visible}
    assert visible.keys() == contents.keys()
    for image_id, image in visible.items():
        content = contents[image_id]
        is_picture = len(content) <= 1000 and not content.startswith(b"bad")
        assert image.status is (Status.ANALYZED if is_picture else Status.REJECTED)
        assert image.labels == (labels(content) if is_picture else ())
        assert (image.etag, image.size) == (etag(content), len(content))
        is_whole = is_picture and world.has_two_stages
        assert ([text.text for text in image.texts], image.pending) == (["STOP"] if is_whole else [], ())
    analysed = [image for image in visible.values() if image.status is Status.ANALYZED]
    thumbnails = {image.thumbnail: thumbnail(contents[image.image_id]) for image in analysed}
    large = [image for image in analysed if contents[image.image_id].startswith(b"large")]
    screens = {screen_key(image.thumbnail): screen(contents[image.image_id]) for image in large}
    assert {image.screen for image in analysed} - {""} == set(screens)
    assert world.derived.thumbnails == thumbnails | screens


def assert_calls_are_saved(world: World, history: Sequence[tuple[Any, ...]]) -> None:
    """Without interruptions, and if nobody asked for it, no content is shown to the detector twice."""
    asked_anew = any(deed[0] == "request" and deed[2] for deed in history)
    if not world.interruptions and not asked_anew:
        assert set(world.detector.asked.values()) <= {1}


def count(world: World, counters: Counters) -> None:
    """Tell the statistics of every write, of some more than once."""
    states = [
        ImageState.of(image, most_labels=schema.MAX_POSTINGS[SourceKind.LABEL]) for image in world.catalog.written
    ]
    for start in range(0, len(states), 3):
        count_labels(states[max(0, start - 2) : start + 3], counters)


def expected_counts(world: World, records: Mapping[str, Image]) -> tuple[dict[str, int], dict[str, int]]:
    """Count labels and statuses by hand."""
    by_label: dict[str, int] = {}
    by_status: dict[str, int] = {}
    for image in records.values():
        if image.is_visible:
            by_status[image.status] = by_status.get(image.status, 0) + 1
            found = labels(world.bucket.contents[image.image_id]) if image.status is Status.ANALYZED else ()
            for label in image.corrections.apply(found):
                by_label[label.name] = by_label.get(label.name, 0) + 1
    return by_label, by_status


TWO_OF_ONE_CONTENT = [("put", KEYS[0], b"Cat", 6), ("put", KEYS[1], b"Cat", 99)]
"""The second delivery comes while the first asks the detector."""

LABELLED_AND_DELETED = [
    ("put", KEYS[0], b"Dog Cat", 99),
    ("correct", KEYS[0], "Holiday"),
    ("delete", KEYS[0], 99),
]


OVERWRITTEN_BETWEEN_THE_STAGES = [
    ("put", KEYS[0], b"Cat", 99),
    ("deliver", 0, 3),  # the second stage has the object in its hands
    ("put", KEYS[0], b"Dog", 99),
    ("run", 0, 99),
]


class SqliteHome:
    """The adapters over a file; a delivery stops, or ends, before each of its statements and transactions."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._now = 1_000_000.0

    def catalog(self, gate: Gate) -> Catalog:
        database: Any = Gated(self._database, gate)
        return SqliteCatalog(database, tombstone_seconds=10**9)

    def leases(self, gate: Gate) -> Leases:
        database: Any = Gated(self._database, gate)
        return SqliteLeases(database, seconds=75, patience=1, clock=lambda: self._now, sleep=self.pass_time)

    def expire_leases(self) -> None:
        self.pass_time(100)

    def pass_time(self, seconds: float) -> None:
        self._now += seconds


@settings(max_examples=examples(200), deadline=None)
@example(history=TWO_OF_ONE_CONTENT, has_two_stages=False)
@example(history=LABELLED_AND_DELETED, has_two_stages=False)
@example(history=TWO_OF_ONE_CONTENT, has_two_stages=True)
@example(history=OVERWRITTEN_BETWEEN_THE_STAGES, has_two_stages=True)
@given(history=histories, has_two_stages=st.booleans())
def test_sqlite_ends_as_the_bucket_is(history: list[tuple[Any, ...]], *, has_two_stages: bool) -> None:
    with empty_database() as database:
        world = World(SqliteHome(database), has_two_stages=has_two_stages)
        live(world, history)
        records = {image.image_id: image for image in world.catalog.written}
        catalog = SqliteCatalog(database, tombstone_seconds=10**9)
        assert catalog.find_many(KEYS) == records
        assert_is_as_the_bucket(world, records)
        assert_calls_are_saved(world, history)
        assert_rows_are_those_of(records, database)
        statistics = SqliteStatistics(database)
        counted = {label.name: label.count for label in statistics.labels("", "")}
        assert (counted, statistics.statuses()) == expected_counts(world, records)


def assert_rows_are_those_of(records: Mapping[str, Image], database: Database) -> None:
    """Compare the postings with those that the records call for."""
    wanted = {
        (image.image_id, row["kind"], row["name"], row["analyzed_at"], row["rank"])
        for image in records.values()
        for row in posting_rows(image)
    }
    found = database.rows(
        "SELECT image_id, kind, name, analyzed_at, rank FROM postings"
        " JOIN images ON images.id = image JOIN terms ON terms.id = term"
    )
    assert sorted(found) == sorted(wanted)


class DynamoDbHome:
    """The real adapters over a real DynamoDB."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table
        self._now = 1_000_000.0

    def catalog(self, gate: Gate) -> Catalog:
        client: Any = Gated(self._client, gate)
        return DynamoDbCatalog(client, self._table, shards=SHARDS, tombstone_seconds=3600)

    def leases(self, gate: Gate) -> Leases:
        client: Any = Gated(self._client, gate)
        return DynamoDbLeases(
            client, self._table, seconds=75, patience=1, clock=lambda: self._now, sleep=self._pass_time
        )

    def expire_leases(self) -> None:
        self._pass_time(100)

    def _pass_time(self, seconds: float) -> None:
        self._now += seconds


@settings(max_examples=examples(30), deadline=None)
@example(history=LABELLED_AND_DELETED, has_two_stages=False)
@example(history=OVERWRITTEN_BETWEEN_THE_STAGES, has_two_stages=True)
@given(history=histories, has_two_stages=st.booleans())
def test_dynamodb_ends_as_the_bucket_is(
    emulator: Callable[[str], Any], history: list[tuple[Any, ...]], *, has_two_stages: bool
) -> None:
    dynamodb = emulator("dynamodb")
    create_table(dynamodb)
    try:
        world = World(DynamoDbHome(dynamodb, TABLE), has_two_stages=has_two_stages)
        live(world, history)
        stored = dynamodb.scan(TableName=TABLE)["Items"]
        records = {
            image.image_id: image
            for image in (schema.image_from_item(item) for item in stored if item["SK"]["S"] == schema.IMAGE_SORT_KEY)
        }
        assert_is_as_the_bucket(world, records)
        assert_calls_are_saved(world, history)
        assert_postings_are_those_of(records, stored)
        count(world, DynamoDbCounters(dynamodb, TABLE))
        statistics = DynamoDbStatistics(dynamodb, TABLE)
        counted = {label.name: label.count for label in statistics.labels("", "")}
        statuses = {status: number for status, number in statistics.statuses().items() if number}
        assert (counted, statuses) == expected_counts(world, records)
    finally:
        dynamodb.delete_table(TableName=TABLE)


def assert_postings_are_those_of(records: Mapping[str, Image], stored: Sequence[Mapping[str, Any]]) -> None:
    """Compare the postings with those that the records call for."""
    items_of = (schema.posting_items, schema.hash_items)
    wanted = [items(image, shards=SHARDS) for items in items_of for image in records.values()]
    all_wanted = {key: _described(posting) for postings in wanted for key, posting in postings.items()}
    found = [item for item in stored if item["PK"]["S"].startswith(("LABEL#", "CATEGORY#", "WORD#", "POSTING#"))]
    assert {(item["PK"]["S"], item["SK"]["S"]): _described(item) for item in found} == all_wanted


def _described(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of an item, but for the version that wrote a hash: later ones leave it as it is."""
    members = dict(schema.unmarshalled(item))
    if "Hash" in members:
        members["GSI1SK"] = members["GSI1SK"].partition("#")[2]
    return members
