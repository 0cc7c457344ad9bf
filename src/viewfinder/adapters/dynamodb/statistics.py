"""The statistics of the table: counters that are spread over shards and summed when they are read."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from viewfinder.adapters.dynamodb import items, keys
from viewfinder.domain.statistics import KnownName, LabelCount

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

SHARDS = 4
"""Rows that each counter is spread over; a row takes 1,000 writes a second (AWS), each of several images."""

_BATCH = 100  # keys of one BatchGetItem (AWS limit): a search's 20 names need 5 each
_FIRST, _LAST = "\x01", "\U0010ffff"


class DynamoDbStatistics:
    """Implements `ports.Statistics`."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def find(self, names: Collection[str]) -> Mapping[str, KnownName]:
        """Asks for all rows of the names at once."""
        partitions = {keys.label_counts(shard) for shard in range(SHARDS)}
        wanted = [(partition, name) for name in names for partition in sorted(partitions)]
        counts = dict.fromkeys(names, 0)
        aliases: dict[str, frozenset[str]] = {}
        for item in batch_get(self._client, self._table, wanted + [keys.alias_key(name) for name in names]):
            if item["PK"] in partitions:
                counts[item["SK"]] += int(item["Count"])
            else:
                aliases[item["Alias"]] = frozenset(item["Names"])
        return {name: KnownName(max(0, counts[name]), aliases.get(name, frozenset())) for name in names}

    def labels(self, prefix: str, after: str) -> Iterator[LabelCount]:
        """Merges the shards lazily, a page of each at a time."""
        shards = [self._rows(keys.label_counts(shard), prefix, after) for shard in range(SHARDS)]
        merged = heapq.merge(*shards, key=lambda row: str(row["SK"]))
        for name, rows in groupby(merged, key=lambda row: str(row["SK"])):
            label = _label_count(list(rows))
            if label.count > 0 and name != after:
                yield label

    def statuses(self) -> dict[str, int]:
        """Sums the rows of each status."""
        counts: dict[str, int] = {}
        for shard in range(SHARDS):
            for row in self._rows(keys.status_counts(shard), "", ""):
                counts[row["SK"]] = counts.get(row["SK"], 0) + int(row["Count"])
        return counts

    def _rows(self, partition: str, prefix: str, after: str) -> Iterator[dict[str, Any]]:
        first, last = max(after, prefix, _FIRST), prefix + _LAST
        if first > last:
            return  # DynamoDB refuses a range that ends before it begins
        question: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "PK = :partition AND SK BETWEEN :first AND :last",
            "ExpressionAttributeValues": {":partition": {"S": partition}, ":first": {"S": first}, ":last": {"S": last}},
        }
        for page in self._client.get_paginator("query").paginate(**question):
            yield from map(items.unmarshalled, page["Items"])


def batch_get(
    client: DynamoDBClient, table: str, wanted: Sequence[keys.Key], *, consistent: bool = False
) -> Iterator[dict[str, Any]]:
    """Gives those of the items that exist, in no order."""
    for start in range(0, len(wanted), _BATCH):
        batch = [keys.marshalled(key) for key in wanted[start : start + _BATCH]]
        request: Any = {table: {"Keys": batch, "ConsistentRead": consistent}}
        while request:
            answer = client.batch_get_item(RequestItems=request)
            yield from map(items.unmarshalled, answer["Responses"].get(table, []))
            request = answer.get("UnprocessedKeys")


def _label_count(rows: Sequence[Mapping[str, Any]]) -> LabelCount:
    """Sums the shards of a label; a shard that only ever counted down knows no more than the name."""
    described = next((row for row in rows if "Name" in row), {})
    return LabelCount(
        name=described.get("Name", rows[0]["SK"]),
        count=sum(int(row["Count"]) for row in rows),
        parents=tuple(described.get("Parents", ())),
        categories=tuple(described.get("Categories", ())),
        aliases=tuple(described.get("Aliases", ())),
    )
