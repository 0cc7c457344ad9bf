"""The catalog as a search reads it: each call one Query of one partition, in the order of its sort key."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from viewfinder.adapters.dynamodb import schema
from viewfinder.adapters.dynamodb.catalog import batch_get
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
        self._client = client
        self._table = table
        self.shards = shards

    def read(self, source: Source, shard: int, stretch: Stretch, size: int) -> tuple[list[Entry], bool]:
        """Ask for one entry more where `after` is given: a range of keys includes its ends."""
        first, last = _bounds(stretch)
        if first > last:
            return [], True
        question = self._question(source, shard, stretch.order, (first, last))
        question["Limit"] = size + bool(stretch.after)
        while True:
            answer = self._client.query(**question)
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
            "TableName": self._table,
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


class DynamoDbCopies:
    """Implements `ports.Copies`; the first index has the counters of those contents that several images have."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def contents(self, after: str, most: int) -> list[str]:
        """Read the partitions one after the other, each a range of contents."""
        found: list[str] = []
        first = schema.partition_of_copied(after) if after else 0
        for number in range(first, schema.COPIED_PARTITIONS):
            if len(found) < most:
                values = {":partition": schema.copied_partition(number), ":after": after or _FIRST}
                answer = self._query("GSI1PK = :partition AND GSI1SK > :after", values, most - len(found), schema.GSI)
                found += [item["GSI1SK"]["S"] for item in answer]
        return found

    def images(self, content: str, most: int) -> list[str]:
        """Read what is beside the content's counter."""
        values = {":partition": schema.content_key(content)[0], ":copy": schema.COPY}
        answer = self._query("PK = :partition AND begins_with(SK, :copy)", values, most)
        return sorted(item["ImageId"]["S"] for item in answer)

    def list_anew(self, contents: Collection[str]) -> None:
        """List those that several images have by now, and no others.

        Whoever counts calls this afterwards; each change is made on the condition that the count still asks for it.
        """
        wanted = [schema.content_key(content) for content in contents]
        for row in map(schema.unmarshalled, batch_get(self._client, self._table, wanted, consistent=True)):
            if (row["Count"] > 1) != ("GSI1PK" in row):
                self._list(row["PK"].partition("#")[2], is_listed=row["Count"] > 1)

    def _list(self, content: str, *, is_listed: bool) -> None:
        change: dict[str, Any] = {"UpdateExpression": "REMOVE GSI1PK, GSI1SK", "ConditionExpression": "#count < :two"}
        values = {":two": {"N": "2"}}
        if is_listed:
            partition = schema.copied_partition(schema.partition_of_copied(content))
            change = {"UpdateExpression": "SET GSI1PK = :partition, GSI1SK = :content"}
            change["ConditionExpression"] = "#count >= :two"
            values |= {":partition": {"S": partition}, ":content": {"S": content}}
        with suppress(self._client.exceptions.ConditionalCheckFailedException):
            self._client.update_item(
                TableName=self._table,
                Key=schema.marshalled_key(schema.content_key(content)),
                ExpressionAttributeNames={"#count": "Count"},
                ExpressionAttributeValues=values,
                **change,
            )

    def _query(self, condition: str, values: Mapping[str, str], most: int, index: str = "") -> list[schema.Item]:
        question: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": {name: {"S": value} for name, value in values.items()},
            "Limit": most,
        }
        question |= {"IndexName": index} if index else {}
        return list(self._client.query(**question)["Items"])
