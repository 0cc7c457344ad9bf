"""Perceptual hashes: small items of their own, in the order in which their images were written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from viewfinder.adapters.dynamodb import schema
from viewfinder.adapters.dynamodb.calls import Table
from viewfinder.domain.likeness import PerceptualHash
from viewfinder.ports import KnownHash

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_LATE_MICROSECONDS = 60_000_000
"""By so much an item may come later than its version says: writers' clocks differ, and the index lags."""


class DynamoDbHashes:
    """Implements `ports.Hashes`: one Query of the first index a shard, and a page for each megabyte of new items."""

    def __init__(self, client: DynamoDBClient, table: str, *, shards: int) -> None:
        self._table = Table(client, table)
        self._shards = shards

    def changed(self, after: int) -> Iterator[KnownHash]:
        """Read each shard behind a version, and once more what was written within a minute before it."""
        since = schema.version_digits(max(0, after - _LATE_MICROSECONDS))
        for shard in range(self._shards):
            items = self._table.items(
                IndexName=schema.GSI,
                KeyConditionExpression="GSI1PK = :partition AND GSI1SK > :since",
                ExpressionAttributeValues={":partition": {"S": schema.hashes(shard)}, ":since": {"S": since}},
                ProjectionExpression="Sha256,#hash,GSI1SK",
                ExpressionAttributeNames={"#hash": "Hash"},
            )
            for item in items:
                if known := PerceptualHash.from_text(item["Hash"]["S"]):
                    yield KnownHash(int(item["GSI1SK"]["S"].partition("#")[0]), item["Sha256"]["S"], known)
