"""Counts equal the catalog's, however often, late or halfway the stream's batches are delivered."""

from __future__ import annotations

import dataclasses
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.catalogs import images
from tests.support.examples import examples
from tests.support.findings import found
from tests.support.tables import TABLE, empty_table, moto_client
from viewfinder.adapters.dynamodb import schema
from viewfinder.adapters.dynamodb.catalog import DynamoDbCatalog
from viewfinder.adapters.dynamodb.copies import DynamoDbCopies
from viewfinder.adapters.dynamodb.counters import DynamoDbCounters
from viewfinder.adapters.dynamodb.statistics import SHARDS, DynamoDbStatistics
from viewfinder.adapters.dynamodb.stream import image_states
from viewfinder.domain.counting import ImageState
from viewfinder.domain.image import Image, Status
from viewfinder.domain.label import Label
from viewfinder.domain.statistics import LabelCount
from viewfinder.usecases.count_labels import count_labels

Record = dict[str, Any]

IMAGE_IDS = st.sampled_from([f"{name}.jpg" for name in "abcdefg"])


class UnreliableClient:
    """A client whose transactions may be lost, or be done and not be confirmed."""

    def __init__(self, client: Any, faults: Iterator[str]) -> None:
        self._client = client
        self._faults = faults

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def transact_write_items(self, **request: Any) -> Any:
        fault = next(self._faults, "none")
        if fault == "lost":
            raise _timeout()
        answer = self._client.transact_write_items(**request)
        if fault == "unconfirmed":
            raise _timeout()
        return answer


def _timeout() -> ClientError:
    return ClientError({"Error": {"Code": "InternalServerError", "Message": ""}}, "TransactWriteItems")


class Streamed:
    """A catalog that keeps what its table's stream would deliver."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._catalog = DynamoDbCatalog(client, TABLE, shards=2, tombstone_seconds=60)
        self.records: list[Record] = []

    def save(self, image: Image) -> None:
        old = self._item(image.image_id)
        self._catalog.save(image, replacing=self._catalog.find(image.image_id))
        self._record(image.image_id, old, self._item(image.image_id))

    def forget(self, image_id: str) -> None:
        """Delete a record, as an operator may do, and time to live does with a tombstone."""
        if old := self._item(image_id):
            self._client.delete_item(TableName=TABLE, Key=_key(image_id))
            self._record(image_id, old, None)

    def images(self) -> list[Image]:
        found = [self._catalog.find(record["dynamodb"]["Keys"]["PK"]["S"][6:]) for record in self.records]
        return list({image.image_id: image for image in found if image and image.is_visible}.values())

    def _item(self, image_id: str) -> Any:
        return self._client.get_item(TableName=TABLE, Key=_key(image_id)).get("Item")

    def _record(self, image_id: str, old: Any, new: Any) -> None:
        change = {"Keys": _key(image_id), "OldImage": old, "NewImage": new}
        self.records.append({"dynamodb": {name: value for name, value in change.items() if value}})


def _key(image_id: str) -> Any:
    return schema.marshalled_key(schema.image_key(image_id))


def _deliver(records: list[Record], counters: DynamoDbCounters) -> None:
    """Deliver a batch until it is taken, as Lambda does."""
    while count_labels(image_states(records), counters).uncounted:
        pass


def _counts(statistics: DynamoDbStatistics) -> tuple[dict[str, int], dict[str, int]]:
    labels = {label.name.casefold(): label.count for label in statistics.labels("", "")}
    return labels, {status: count for status, count in statistics.statuses().items() if count}


CONTENTS = ("0" * 64, "a" * 64)


def _copies(catalog: list[Image]) -> dict[str, list[str]]:
    return {content: sorted(image.image_id for image in catalog if image.sha256 == content) for content in CONTENTS}


def _oracle(catalog: list[Image]) -> tuple[dict[str, int], dict[str, int]]:
    labels = Counter(label.name.casefold() for image in catalog for label in image.labels)
    return dict(labels), dict(Counter(str(image.status) for image in catalog))


@pytest.fixture(scope="module")
def moto() -> Iterator[Any]:
    with moto_client() as client:
        yield client


@given(data=st.data())
@settings(max_examples=examples(15), deadline=None)
def test_counts_equal_the_catalog_after_duplicates_replays_and_failures(moto: Any, data: st.DataObject) -> None:
    faults = data.draw(st.lists(st.sampled_from(["none", "none", "lost", "unconfirmed"]), max_size=20))
    with empty_table(moto):
        streamed = Streamed(moto)
        for image_id in data.draw(st.lists(IMAGE_IDS, max_size=15)):
            if data.draw(st.integers(0, 5)):
                content = data.draw(st.sampled_from(["", *CONTENTS]))
                streamed.save(dataclasses.replace(data.draw(images(image_id)), sha256=content))
            else:
                streamed.forget(image_id)
        counters = DynamoDbCounters(UnreliableClient(moto, iter(faults)), TABLE)  # type: ignore[arg-type]
        for start in range(0, len(streamed.records), 4):
            _deliver(streamed.records[start : start + 4], counters)
            replayed = data.draw(st.lists(st.sampled_from(streamed.records[: start + 4]), max_size=4))
            _deliver(replayed, counters)
        assert _counts(DynamoDbStatistics(moto, TABLE)) == _oracle(streamed.images())
        copies, expected = DynamoDbCopies(moto, TABLE), _copies(streamed.images())
        assert {content: copies.images(content, 9) for content in CONTENTS} == expected
        assert copies.contents("", 9) == [content for content in CONTENTS if len(expected[content]) > 1]


@pytest.fixture
def client(moto: Any) -> Iterator[Any]:
    with empty_table(moto):
        yield moto


def a_picture(image_id: str, *labels: Label, version: int = 1, status: Status = Status.ANALYZED) -> Image:
    return Image(image_id, status, "", "2026-01-01T00:00:00.000000Z", findings=found(labels), version=version)


def test_a_batch_of_full_images_fits_its_transactions_and_spreads_over_shards(client: Any) -> None:
    random.seed(1)
    catalog = [
        a_picture(f"{number}.jpg", *(Label(f"Label {(7 * number + label) % 90:02d}", 90.0) for label in range(40)))
        for number in range(12)
    ]
    count_labels((ImageState.of(image, most_labels=40) for image in catalog), DynamoDbCounters(client, TABLE))
    assert _counts(DynamoDbStatistics(client, TABLE)) == _oracle(catalog)
    shards = [schema.status_counts(shard) for shard in range(SHARDS)]
    keys = [schema.marshalled_key((shard, "ANALYZED")) for shard in shards]
    used = [client.get_item(TableName=TABLE, Key=key).get("Item") for key in keys]
    assert len([item for item in used if item]) > 1


def test_other_items_of_the_table_are_passed_over(client: Any) -> None:
    client.put_item(TableName=TABLE, Item=schema.marshalled_key(schema.counted_key("a.jpg")))
    record = {"dynamodb": {"Keys": schema.marshalled_key(schema.counted_key("a.jpg")), "NewImage": {}}}
    assert list(image_states([record])) == []


def test_a_label_comes_with_its_description_and_leaves_with_its_last_image(client: Any) -> None:
    streamed, statistics = Streamed(client), DynamoDbStatistics(client, TABLE)
    counters = DynamoDbCounters(client, TABLE)
    dog = Label("Dog", 90.0, ("Animal",), ("Animals and Pets",), ("Canine",))
    streamed.save(a_picture("a.jpg", dog))
    count_labels(image_states(streamed.records), counters)
    [label] = statistics.labels("", "")
    assert label == LabelCount("Dog", 1, ("Animal",), ("Animals and Pets",), ("Canine",))
    streamed.save(a_picture("a.jpg", status=Status.REMOVED))
    count_labels(image_states(streamed.records), counters)
    assert list(statistics.labels("", "")) == []


def test_an_alias_is_known_with_the_label_it_stands_for(client: Any) -> None:
    streamed = Streamed(client)
    streamed.save(a_picture("a.jpg", Label("Mobile Phone", 90.0, aliases=("Cell Phone",))))
    count_labels(image_states(streamed.records), DynamoDbCounters(client, TABLE))
    known = DynamoDbStatistics(client, TABLE).find(["cell phone", "mobile phone", "dog"])
    assert known["cell phone"].alias_of == {"mobile phone"}
    assert {name: entry.count for name, entry in known.items()} == {"cell phone": 0, "mobile phone": 1, "dog": 0}


def test_the_note_of_a_removed_image_expires_with_the_tombstone(client: Any) -> None:
    streamed = Streamed(client)
    streamed.save(a_picture("a.jpg", status=Status.REMOVED))
    count_labels(image_states(streamed.records), DynamoDbCounters(client, TABLE))
    tombstone = client.get_item(TableName=TABLE, Key=_key("a.jpg"))["Item"]
    note = client.get_item(TableName=TABLE, Key=schema.marshalled_key(schema.counted_key("a.jpg")))["Item"]
    assert note["ExpiresAt"] == tombstone["ExpiresAt"]


def test_a_second_writer_of_the_same_note_is_noticed(client: Any) -> None:
    """The note is the lock: of two that read the same one, only the first may count."""
    streamed = Streamed(client)
    streamed.save(a_picture("a.jpg", Label("Dog", 90.0)))
    counters = DynamoDbCounters(client, TABLE)
    find = counters.find
    stale = [find(["a.jpg"])]
    count_labels(image_states(streamed.records), counters)
    counters.find = lambda image_ids: stale.pop() if stale else find(image_ids)  # type: ignore[method-assign]
    count_labels(image_states(streamed.records), counters)
    assert stale == []
    assert _counts(DynamoDbStatistics(client, TABLE)) == ({"dog": 1}, {"ANALYZED": 1})
