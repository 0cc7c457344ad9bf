"""What a page costs in DynamoDB: the same with a hundred images and with a thousand, where a Scan's cost grows."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pytest

from tests.support.findings import found
from tests.support.tables import create_table
from viewfinder.adapters.dynamodb import schema
from viewfinder.adapters.dynamodb.index import DynamoDbIndex
from viewfinder.adapters.dynamodb.statistics import DynamoDbStatistics
from viewfinder.bootstrap import SystemClock
from viewfinder.domain.image import Image, Status
from viewfinder.domain.label import Label
from viewfinder.domain.query import Match, Order, Query
from viewfinder.usecases.list_labels import list_labels
from viewfinder.usecases.search_images import Search, search_images

SHARDS = 4
LIMIT = 10
SIZES = (100, 1_000)  # benchmarks/api.py goes on to 10,000


@dataclass
class Cost:
    """What was asked of DynamoDB, and how many items it read for that."""

    calls: int = 0
    items: int = 0

    def watch(self, client: Any) -> None:
        client.meta.events.register("after-call.dynamodb.*", self._count)

    def _count(self, parsed: dict[str, Any], **_: Any) -> None:
        self.calls += 1
        tables = parsed.get("Responses", {}).values()  # of BatchGetItem
        self.items += parsed.get("ScannedCount", 0) + sum(len(found) for found in tables)


@dataclass
class Shelf:
    """A table that grows."""

    client: Any
    table: str
    size: int = 0

    def grow_to(self, size: int) -> None:
        writes = (
            {"PutRequest": {"Item": item}} for number in range(self.size, size) for item in _items_of(an_image(number))
        )
        while batch := list(islice(writes, 25)):
            self.client.batch_write_item(RequestItems={self.table: batch})
        self.size = size

    def cost_of(self, query: Query) -> Cost:
        cost = Cost()
        cost.watch(self.client)
        index = DynamoDbIndex(self.client, self.table, shards=SHARDS)
        search = Search(index, DynamoDbStatistics(self.client, self.table), SystemClock())
        assert len(search_images(query, search, limit=LIMIT).images) == LIMIT
        self.client.meta.events.unregister("after-call.dynamodb.*", cost._count)
        return cost

    def cost_of_scan(self) -> int:
        pages = self.client.get_paginator("scan").paginate(TableName=self.table)
        return sum(page["ScannedCount"] for page in pages)


def an_image(number: int) -> Image:
    label = Label("Dog", 50.0 + number % 50)
    return Image(f"{number}.jpg", Status.ANALYZED, "", f"2026-01-01T00:00:00.{number:06d}Z", findings=found([label]))


def _items_of(image: Image) -> Iterator[Any]:
    yield schema.image_item(image, shards=SHARDS, tombstone_seconds=60)
    yield from schema.posting_items(image, shards=SHARDS).values()


@pytest.fixture
def shelf(emulator: Callable[[str], Any]) -> Iterator[Shelf]:
    client, table = emulator("dynamodb"), f"cost-{uuid.uuid4()}"
    create_table(client, table)
    yield Shelf(client, table)
    client.delete_table(TableName=table)


def test_a_page_costs_the_same_whatever_the_size_and_a_scan_does_not(shelf: Shelf) -> None:
    by_label = [Query(labels=("Dog",)), Query(labels=("Dog",), order=Order.CONFIDENCE, min_confidence=60.0)]
    either = Query(labels=("Dog", "Cat"), match=Match.ANY)
    scanned = []
    for size in SIZES:
        shelf.grow_to(size)
        for query in by_label:
            # One Query per shard, which reads a page and the entry that tells whether there is another; one
            # BatchGetItem for the aliases. By confidence the first page also asks each shard for its newest time.
            more = SHARDS if query.order is Order.CONFIDENCE else 0
            assert shelf.cost_of(query) == Cost(calls=SHARDS + 1 + more, items=SHARDS * (LIMIT + 1) + more), size
        assert shelf.cost_of(either) == Cost(calls=2 * SHARDS + 1, items=SHARDS * (LIMIT + 1)), size
        scanned.append(shelf.cost_of_scan())
    assert scanned == [3 * size for size in SIZES]  # an image's record, and its postings of a label and its file's name


@pytest.mark.parametrize("labels", [50, 500])
def test_a_page_of_labels_reads_a_page_of_each_shard_whatever_the_number_of_labels(shelf: Shelf, labels: int) -> None:
    counts = (
        {"PutRequest": {"Item": {"PK": {"S": f"LABELS#{shard}"}, "SK": {"S": f"{name:05d}"}, "Count": {"N": "1"}}}}
        for name in range(labels)
        for shard in range(SHARDS)
    )
    while batch := list(islice(counts, 25)):
        shelf.client.batch_write_item(RequestItems={shelf.table: batch})
    cost = Cost()
    cost.watch(shelf.client)
    page = list_labels(DynamoDbStatistics(shelf.client, shelf.table), limit=LIMIT)
    shelf.client.meta.events.unregister("after-call.dynamodb.*", cost._count)
    assert [label.count for label in page.labels] == [SHARDS] * LIMIT
    assert cost == Cost(calls=SHARDS, items=SHARDS * (LIMIT + 2))
