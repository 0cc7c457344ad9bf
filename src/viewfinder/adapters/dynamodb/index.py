"""The catalog as a search reads it: each call one Query of one partition, in the order of its sort key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
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

_FEW = 1000
"""Entries of a narrow range that are sorted for a page; an answer has room for some 1,000 (1 MB, AWS limit)."""

_FIRST, _LAST = "!", "~"  # sort before and after all positions, which begin with a digit


class DynamoDbIndex:
    """Implements `ports.Index`; reads are eventually consistent, as those of a global index always are."""

    def __init__(self, client: DynamoDBClient, table: str, *, shards: int) -> None:
        self._table = Table(client, table)
        self.shards = shards

    def read(self, source: Source, shard: int, stretch: Stretch, size: int) -> tuple[list[Entry], bool]:
        """Read a page in the order asked for, or sort what is in a narrow range of the other time's index."""
        if stretch.is_first and (narrow := _narrower(stretch)):
            first, last = _bounds(narrow)
            if first > last:
                return [], True
            answer = self._table.query(**self._question(source, shard, narrow.order, (first, last)), Limit=_FEW)
            if "LastEvaluatedKey" not in answer:
                return _sorted(answer["Items"], stretch), True
        return self._along_the_order(source, shard, stretch, size)

    def _along_the_order(self, source: Source, shard: int, stretch: Stretch, size: int) -> tuple[list[Entry], bool]:
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


def _narrower(stretch: Stretch) -> Stretch | None:
    """Return the stretch by the other time, where that is bounded and not the one of the order."""
    if stretch.order is Order.NEWEST and (stretch.taken_since or stretch.taken_until):
        return replace(stretch, order=Order.TAKEN, after="")
    if stretch.order is Order.TAKEN and (stretch.since or stretch.until):
        return replace(stretch, order=Order.NEWEST, after="")
    return None


def _sorted(items: Iterable[Mapping[str, Any]], stretch: Stretch) -> list[Entry]:
    entries = sorted((_entry(item, stretch.order) for item in items), key=lambda entry: entry.position, reverse=True)
    return [entry for entry in entries if not stretch.after or entry.position < stretch.after]


def _bounds(stretch: Stretch) -> tuple[str, str]:
    """Return the first and the last sort key that may answer; `until` itself is a key that no entry has."""
    if stretch.order.is_descending:
        taken = stretch.order is Order.TAKEN
        since, until = (stretch.taken_since, stretch.taken_until) if taken else (stretch.since, stretch.until)
        return since or _FIRST, min(stretch.after or _LAST, until or _LAST)
    last = schema.rank_digits(stretch.minimum) + _LAST if stretch.minimum else _LAST
    return stretch.after or _FIRST, last


def _entry(item: Mapping[str, Any], order: Order) -> Entry:
    """Read a posting, or what of an image's record is as in a posting."""
    confidence = float(item["Confidence"]["N"]) if "Confidence" in item else 0.0
    return Entry(item[_KEYS[order][1]]["S"], schema.summary_from_item(item), confidence)
