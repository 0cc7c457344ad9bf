"""The catalog's records, each written with its postings in one transaction."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from viewfinder.adapters.dynamodb import schema
from viewfinder.adapters.dynamodb.calls import MOST_ITEMS, Table
from viewfinder.domain import formats, record_state
from viewfinder.domain.image import VISIBLE_STATUSES, Facts, Image
from viewfinder.domain.lease import Lease
from viewfinder.domain.likeness import NO_LIKENESS
from viewfinder.domain.record_state import RecordState

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_STATE_NAMES = {f"#{number}": name for number, name in enumerate(record_state.MEMBERS)}


class DynamoDbCatalog:
    """Implements `ports.Catalog` and `ports.Records`."""

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        *,
        shards: int,
        tombstone_seconds: int,
        microseconds: Callable[[], int] = lambda: time.time_ns() // 1000,
    ) -> None:
        self._table = Table(client, table)
        self._shards = shards
        self._tombstone_seconds = tombstone_seconds
        self._microseconds = microseconds

    def find(self, image_id: str) -> Image | None:
        """Read the record, strongly consistent."""
        item = self._table.get(schema.image_key(image_id), consistent=True)
        return schema.image_from_item(item) if item else None

    def find_many(self, image_ids: Sequence[str]) -> dict[str, Image]:
        """Read the records, strongly consistent; ids without one are left out."""
        wanted = [schema.image_key(image_id) for image_id in dict.fromkeys(image_ids)]  # none may be asked for twice
        found = map(schema.image_from_item, self._table.batch_get(wanted, consistent=True))
        return {image.image_id: image for image in found}

    def states(self) -> Iterator[RecordState]:
        """Read a few attributes of each record from the listings: Queries of the index, which may lag a little."""
        for status in VISIBLE_STATUSES:
            for shard in range(self._shards):
                for item in self._partition(schema.listing(status, shard)):
                    yield RecordState.from_document(schema.unmarshalled(item))

    def save(self, image: Image, *, replacing: Image | None, lease: Lease | None = None) -> Image:
        """Write record and postings, and delete the postings that the image no longer has.

        Where that is too much for one transaction, the old postings go first, with a record that says so: without an
        ETag it is outdated for `reconcile`, and with the old sequencer it accounts for no event of the new one.
        """
        writes, saved = self._writes(image, replacing, lease)
        if replacing and len(writes) > MOST_ITEMS:
            return self.save(image, replacing=self._emptied(replacing), lease=lease)
        self._table.transact(lambda: writes)
        return saved

    def _writes(self, image: Image, replacing: Image | None, lease: Lease | None) -> tuple[list[dict[str, Any]], Image]:
        """Return what a transaction has to write, and the image with its version."""
        image = dataclasses.replace(image, version=self._next_version(replacing), stored_format=formats.RECORD)
        postings = schema.posting_items(image, shards=self._shards)
        outdated: set[schema.Key] = set()
        if replacing:
            outdated = {*schema.posting_confidences(replacing, shards=self._shards)}
        if replacing is None or schema.hashed(image) != schema.hashed(replacing):
            postings |= schema.hash_items(image, shards=self._shards)
            outdated |= schema.hash_items(replacing, shards=self._shards).keys() if replacing else set()
        writes = [self._record(image, replacing)]
        # The first stage wrote the same ones a moment ago, unless the second has found words.
        same = schema.posting_items(replacing, shards=self._shards) if replacing and replacing.pending else {}
        changed = (posting for key, posting in postings.items() if posting != same.get(key))
        writes += [{"Put": {"TableName": self._table.name, "Item": posting}} for posting in changed]
        writes += [self._deletion(key) for key in outdated if key not in postings]
        if lease:
            writes.append({"Put": {"TableName": self._table.name, "Item": schema.lease_item(lease)}})
        return writes, image

    def _emptied(self, image: Image) -> Image:
        """Delete all postings of an image, and return the record that says so."""
        emptied = dataclasses.replace(image, findings={}, facts=Facts(), etag="", version=self._next_version(image))
        emptied = dataclasses.replace(emptied, likeness=NO_LIKENESS, stored_format=formats.RECORD)
        hashes = schema.hash_items(image, shards=self._shards)
        outdated = [*schema.posting_confidences(image, shards=self._shards), *hashes]
        self._table.transact(lambda: [self._record(emptied, image), *map(self._deletion, outdated)])
        return emptied

    def _next_version(self, replacing: Image | None) -> int:
        # Grows even where a tombstone has expired in between: time goes on.
        return max(self._microseconds(), replacing.version + 1 if replacing else 0)

    def _record(self, image: Image, replacing: Image | None) -> dict[str, Any]:
        item = schema.image_item(image, shards=self._shards, tombstone_seconds=self._tombstone_seconds)
        put: dict[str, Any] = {"TableName": self._table.name, "Item": item}
        if replacing is None:
            put |= {"ConditionExpression": "attribute_not_exists(PK)"}
        else:
            put |= {
                "ConditionExpression": "Version = :read",
                "ExpressionAttributeValues": {":read": {"N": str(replacing.version)}},
            }
        return {"Put": put}

    def _deletion(self, key: schema.Key) -> dict[str, Any]:
        return {"Delete": {"TableName": self._table.name, "Key": schema.marshalled_key(key)}}

    def _partition(self, name: str) -> Iterator[schema.Item]:
        return self._table.items(
            IndexName=schema.GSI,
            KeyConditionExpression="GSI1PK = :partition",
            ExpressionAttributeValues={":partition": {"S": name}},
            ProjectionExpression=",".join(_STATE_NAMES),
            ExpressionAttributeNames=_STATE_NAMES,
        )
