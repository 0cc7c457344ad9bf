"""The catalog's records in bulk, for an operator's commands: by id, or all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from viewfinder.adapters.dynamodb import items, keys
from viewfinder.domain.image import VISIBLE_STATUSES, Image

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_AT_ONCE = 100
"""The most that BatchGetItem takes."""


class DynamoDbRecords:
    """Implements `ports.Records`."""

    def __init__(self, client: DynamoDBClient, table: str, *, shards: int) -> None:
        self._client = client
        self._table = table
        self._shards = shards

    def find_many(self, image_ids: Sequence[str]) -> dict[str, Image]:
        """Reads the records, strongly consistent; ids without one are left out."""
        found: dict[str, Image] = {}
        image_ids = list(dict.fromkeys(image_ids))  # BatchGetItem refuses to be asked twice
        for start in range(0, len(image_ids), _AT_ONCE):
            for item in self._items_of(image_ids[start : start + _AT_ONCE]):
                image = items.image_from_item(item)
                found[image.image_id] = image
        return found

    def list_all(self) -> Iterator[Image]:
        """Reads every visible record from the listings: Queries of the index, which may lag a little."""
        for status in VISIBLE_STATUSES:
            for shard in range(self._shards):
                for item in self._partition(keys.listing(status, shard)):
                    yield items.image_from_item(item)

    def _items_of(self, image_ids: Sequence[str]) -> Iterator[items.Item]:
        wanted: Any = {
            self._table: {
                "Keys": [keys.marshalled(keys.image_key(image_id)) for image_id in image_ids],
                "ConsistentRead": True,
            }
        }
        while wanted:
            answer = self._client.batch_get_item(RequestItems=wanted)
            yield from answer["Responses"].get(self._table, [])
            wanted = answer.get("UnprocessedKeys")

    def _partition(self, name: str) -> Iterator[items.Item]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=keys.GSI,
            KeyConditionExpression="GSI1PK = :partition",
            ExpressionAttributeValues={":partition": {"S": name}},
        )
        for page in pages:
            yield from page["Items"]
