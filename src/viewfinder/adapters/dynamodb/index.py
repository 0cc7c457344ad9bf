"""The catalog as a search reads it: each call one Query of one partition, in the order of its sort key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from viewfinder.adapters.dynamodb import schema
from viewfinder.adapters.dynamodb.calls import Table
from viewfinder.domain.posting import Source
from viewfinder.domain.query import Entry, Order, Stretch

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_ATTRIBUTES = ("Summary", "Confidence", "SK", "GSI1SK", "GSI2SK", *schema.SUMMARY_OF_FORMAT_0)
_NAMES = {f"#{number}": name for number, name in enumerate(_ATTRIBUTES)}

_KEYS = {
    Order.NEWEST: ("GSI1PK", "GSI1SK"),
    Order.TAKEN: ("GSI1PK", "GSI2SK"),
    Order.CONFIDENCE: ("PK", "SK"),
}
_INDEXES = {Order.NEWEST: schema.GSI, Order.TAKEN: schema.GSI_BY_TAKING}

_FIRST, _LAST = "!", "~"  # sort before and after all positions, which begin with a digit


class DynamoDbIndex:
    """Implements `ports.Index`; reads are eventually consistent, as those of a global index always are."""

    def __init__(self, client: DynamoDBClient, table: str, *, shards: int) -> None:
        self._table = Table(client, table)
        self.shards = shards

    def read(self, source: Source, shard: int, stretch: Stretch, size: int) -> tuple[list[Entry], bool]:
        """Ask for one entry more where `after` is given: a range of keys includes its ends."""
        first, last = _bounds(stretch)
        if first > last:
            return [], True
        question = self._question(source, shard, stretch.order, (first, last))
        question["Limit"] = size + bool(stretch.after)
        while True:
            answer = self._table.query(**question)
            entries = [_entry(item, stretch.order) for item in answer["Items"]]
            entries = [entry for entry in entries if entry.position != stretch.after]
            if entries or "LastEvaluatedKey" not in answer:
                return entries, "LastEvaluatedKey" not in answer
            question["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _question(self, source: Source, shard: int, order: Order, bounds: tuple[str, str]) -> dict[str, Any]:
        partition_key, sort_key = _KEYS[order]
        condition = f"{partition_key} = :partition"
        values = {":partition": {"S": schema.partition(source, shard)}}
        # A range of everything costs nothing on AWS, but the emulator tries it on each item of the partition.
        if bounds != (_FIRST, _LAST):
            condition += f" AND {sort_key} BETWEEN :first AND :last"
            values |= {":first": {"S": bounds[0]}, ":last": {"S": bounds[1]}}
        question: dict[str, Any] = {
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": values,
            "ProjectionExpression": ",".join(_NAMES),
            "ExpressionAttributeNames": _NAMES,
        }
        if order in _INDEXES:
            question |= {"IndexName": _INDEXES[order], "ScanIndexForward": False}
        return question


def _bounds(stretch: Stretch) -> tuple[str, str]:
    """Return the first and the last sort key that may answer; `until` itself is a key that no entry has."""
    if stretch.order.is_descending:
        return stretch.since or _FIRST, min(stretch.after or _LAST, stretch.until or _LAST)
    last = schema.rank_digits(stretch.min_confidence) + _LAST if stretch.min_confidence else _LAST
    return stretch.after or _FIRST, last


def _entry(item: Mapping[str, Any], order: Order) -> Entry:
    """Read a posting, or what of an image's record is as in a posting."""
    confidence = float(item["Confidence"]["N"]) if "Confidence" in item else 0.0
    return Entry(item[_KEYS[order][1]]["S"], schema.summary_from_item(item), confidence)
