"""The catalog's records: one image with its postings changes in one transaction, or not at all."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from viewfinder.adapters.aws_errors import misconfiguration_told
from viewfinder.adapters.dynamodb import schema
from viewfinder.domain.errors import CatalogConflictError
from viewfinder.domain.image import VISIBLE_STATUSES, Image

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_CONFLICTS = {"ConditionalCheckFailed", "TransactionConflict"}


class DynamoDbCatalog:
    """Implements `ports.Catalog`."""

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        *,
        shards: int,
        tombstone_seconds: int,
        microseconds: Callable[[], int] = lambda: time.time_ns() // 1000,
    ) -> None:
        self._client = client
        self._table = table
        self._shards = shards
        self._tombstone_seconds = tombstone_seconds
        self._microseconds = microseconds

    def find(self, image_id: str) -> Image | None:
        """Read the record, strongly consistent."""
        with misconfiguration_told(f"{self._table} can't be read"):
            answer = self._client.get_item(
                TableName=self._table, Key=schema.marshalled_key(schema.image_key(image_id)), ConsistentRead=True
            )
        return schema.image_from_item(answer["Item"]) if "Item" in answer else None

    def save(self, image: Image, *, replacing: Image | None) -> Image:
        """Write record and postings, and delete the postings that the image no longer has."""
        image = dataclasses.replace(image, version=self._next_version(replacing))
        postings = schema.posting_items(image, shards=self._shards)
        outdated = schema.posting_confidences(replacing, shards=self._shards) if replacing else {}
        writes = [self._record(image, replacing)]
        writes += [{"Put": {"TableName": self._table, "Item": posting}} for posting in postings.values()]
        writes += [self._deletion(key) for key in outdated if key not in postings]
        self._write(writes)
        return image

    def _next_version(self, replacing: Image | None) -> int:
        # Grows even where a tombstone has expired in between: time goes on.
        return max(self._microseconds(), replacing.version + 1 if replacing else 0)

    def _record(self, image: Image, replacing: Image | None) -> dict[str, Any]:
        item = schema.image_item(image, shards=self._shards, tombstone_seconds=self._tombstone_seconds)
        put: dict[str, Any] = {"TableName": self._table, "Item": item}
        if replacing is None:
            put |= {"ConditionExpression": "attribute_not_exists(PK)"}
        else:
            put |= {
                "ConditionExpression": "Version = :read",
                "ExpressionAttributeValues": {":read": {"N": str(replacing.version)}},
            }
        return {"Put": put}

    def _deletion(self, key: schema.Key) -> dict[str, Any]:
        return {"Delete": {"TableName": self._table, "Key": schema.marshalled_key(key)}}

    def _write(self, writes: list[dict[str, Any]]) -> None:
        try:
            with misconfiguration_told(f"{self._table} can't be written"):
                self._client.transact_write_items(TransactItems=writes)  # type: ignore[arg-type]
        except ClientError as error:
            if is_conflict(error):
                raise CatalogConflictError("the image was written by someone else meanwhile") from error
            raise


def is_conflict(error: ClientError) -> bool:
    """Return whether a transaction failed because someone else writes, or have written, the same items."""
    if error.response["Error"]["Code"] == "TransactionConflictException":
        return True
    reasons: list[dict[str, Any]] = error.response.get("CancellationReasons", [])  # type: ignore[assignment]
    return any(reason.get("Code") in _CONFLICTS for reason in reasons)


_AT_ONCE = 100
"""The most that BatchGetItem takes."""


class DynamoDbRecords:
    """Implements `ports.Records`."""

    def __init__(self, client: DynamoDBClient, table: str, *, shards: int) -> None:
        self._client = client
        self._table = table
        self._shards = shards

    def find_many(self, image_ids: Sequence[str]) -> dict[str, Image]:
        """Read the records, strongly consistent; ids without one are left out."""
        found: dict[str, Image] = {}
        image_ids = list(dict.fromkeys(image_ids))  # BatchGetItem refuses to be asked twice
        for start in range(0, len(image_ids), _AT_ONCE):
            for item in self._items_of(image_ids[start : start + _AT_ONCE]):
                image = schema.image_from_item(item)
                found[image.image_id] = image
        return found

    def list_all(self) -> Iterator[Image]:
        """Read every visible record from the listings: Queries of the index, which may lag a little."""
        for status in VISIBLE_STATUSES:
            for shard in range(self._shards):
                for item in self._partition(schema.listing(status, shard)):
                    yield schema.image_from_item(item)

    def _items_of(self, image_ids: Sequence[str]) -> Iterator[schema.Item]:
        wanted: Any = {
            self._table: {
                "Keys": [schema.marshalled_key(schema.image_key(image_id)) for image_id in image_ids],
                "ConsistentRead": True,
            }
        }
        while wanted:
            answer = self._client.batch_get_item(RequestItems=wanted)
            yield from answer["Responses"].get(self._table, [])
            wanted = answer.get("UnprocessedKeys")

    def _partition(self, name: str) -> Iterator[schema.Item]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=schema.GSI,
            KeyConditionExpression="GSI1PK = :partition",
            ExpressionAttributeValues={":partition": {"S": name}},
        )
        for page in pages:
            yield from page["Items"]
