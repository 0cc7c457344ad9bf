"""The catalog's records, each written with its postings in one transaction; and the leases, items that expire."""

from __future__ import annotations

import dataclasses
import random
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from viewfinder.adapters.aws import misconfiguration_told
from viewfinder.adapters.dynamodb import schema
from viewfinder.domain import formats
from viewfinder.domain.errors import (
    AnalysisInProgressError,
    CatalogConflictError,
    CatalogUnavailableError,
    TooManyRequestsError,
)
from viewfinder.domain.image import VISIBLE_STATUSES, Facts, Image
from viewfinder.ports import Lease

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_MOST_ITEMS = 100
"""Of one BatchGetItem, and of one transaction (AWS limits)."""

_READ_ATTEMPTS, _WRITE_ATTEMPTS = 10, 30  # some 4 and 14 seconds: a page waits for the one, a queue for the other
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 1.0


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

    def find_many(self, image_ids: Sequence[str]) -> dict[str, Image]:
        """Read the records, strongly consistent; ids without one are left out."""
        wanted = [schema.image_key(image_id) for image_id in dict.fromkeys(image_ids)]  # none may be asked for twice
        found = map(schema.image_from_item, batch_get(self._client, self._table, wanted, consistent=True))
        return {image.image_id: image for image in found}

    def list_all(self) -> Iterator[Image]:
        """Read every visible record from the listings: Queries of the index, which may lag a little."""
        for status in VISIBLE_STATUSES:
            for shard in range(self._shards):
                for item in self._partition(schema.listing(status, shard)):
                    yield schema.image_from_item(item)

    def save(self, image: Image, *, replacing: Image | None, lease: Lease | None = None) -> Image:
        """Write record and postings, and delete the postings that the image no longer has.

        Where that is too much for one transaction, the old postings go first, with a record that says so: without an
        ETag it is outdated for `reconcile`, and with the old sequencer it accounts for no event of the new one.
        """
        writes, saved = self._writes(image, replacing, lease)
        if replacing and len(writes) > _MOST_ITEMS:
            emptied = dataclasses.replace(replacing, findings={}, facts=Facts(), etag="")
            return self.save(image, replacing=self.save(emptied, replacing=replacing), lease=lease)
        transact(self._client, self._table, lambda: writes)
        return saved

    def _writes(self, image: Image, replacing: Image | None, lease: Lease | None) -> tuple[list[dict[str, Any]], Image]:
        """Return what a transaction has to write, and the image with its version."""
        image = dataclasses.replace(image, version=self._next_version(replacing), stored_format=formats.RECORD)
        postings = schema.posting_items(image, shards=self._shards)
        outdated = schema.posting_confidences(replacing, shards=self._shards) if replacing else {}
        writes = [self._record(image, replacing)]
        writes += [{"Put": {"TableName": self._table, "Item": posting}} for posting in postings.values()]
        writes += [self._deletion(key) for key in outdated if key not in postings]
        if lease:
            writes.append({"Put": {"TableName": self._table, "Item": schema.lease_item(lease)}})
        return writes, image

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

    def _partition(self, name: str) -> Iterator[schema.Item]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=schema.GSI,
            KeyConditionExpression="GSI1PK = :partition",
            ExpressionAttributeValues={":partition": {"S": name}},
        )
        for page in pages:
            yield from page["Items"]


def batch_get(
    client: DynamoDBClient, table: str, wanted: Sequence[schema.Key], *, consistent: bool = False
) -> Iterator[schema.Item]:
    """Yield those of the items that exist, in no order; raise CatalogUnavailableError where the table is too busy."""
    for start in range(0, len(wanted), _MOST_ITEMS):
        keys = [schema.marshalled_key(key) for key in wanted[start : start + _MOST_ITEMS]]
        request: Any = {table: {"Keys": keys, "ConsistentRead": consistent}}
        waits = _pauses(_READ_ATTEMPTS)
        while request:
            with misconfiguration_told(f"{table} can't be read"):
                answer = client.batch_get_item(RequestItems=request)
            if found := answer["Responses"].get(table, []):
                yield from found
                waits = _pauses(_READ_ATTEMPTS)  # an answer has room for 16 MB: what did not fit is asked for at once
            if request := answer.get("UnprocessedKeys"):
                _pause(waits, f"{table} is too busy to be read")


def transact(client: DynamoDBClient, table: str, writes: Callable[[], list[dict[str, Any]]]) -> None:
    """Write all items or none; ask for them again, and try again, where another transaction has hold of one of them.

    Raises CatalogConflictError where a condition fails, and CatalogUnavailableError where others write for too long.
    """
    waits = _pauses(_WRITE_ATTEMPTS)
    while True:
        try:
            with misconfiguration_told(f"{table} can't be written"):
                client.transact_write_items(TransactItems=writes())  # type: ignore[arg-type]
            return
        except ClientError as error:
            reasons = _reasons(error)
            if "ConditionalCheckFailed" in reasons:
                raise CatalogConflictError("the items were written by someone else meanwhile") from error
            if "TransactionConflict" not in reasons:
                raise
        _pause(waits, f"{table} is too busy to be written")


def _reasons(error: ClientError) -> set[str]:
    """Return why a transaction was cancelled: a code for each item that had a part in it."""
    reasons: list[dict[str, Any]] = error.response.get("CancellationReasons", [])  # type: ignore[assignment]
    return {reason.get("Code", "None") for reason in reasons} | {
        error.response["Error"]["Code"].removesuffix("Exception")
    }


def _pauses(attempts: int) -> Iterator[float]:
    """Yield the seconds before each further attempt: up to twice as many each time, at random, so that two part ways.

    Source: AWS Architecture Blog, "Exponential Backoff And Jitter" (full jitter).
    """
    for attempt in range(attempts - 1):
        yield random.uniform(0, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**attempt))  # noqa: S311 - not a secret


def _pause(waits: Iterator[float], complaint: str) -> None:
    seconds = next(waits, None)
    if seconds is None:
        raise CatalogUnavailableError(complaint)
    time.sleep(seconds)


_POLL_SECONDS = 0.2
_REFUSED = "ConditionalCheckFailedException"


class DynamoDbLeases:
    """Implements `ports.Leases`.

    A lease ends after `seconds`, which must be more than the holder can live; `patience` is how long one waits for it.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        *,
        seconds: int,
        patience: float,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._table = table
        self._seconds = seconds
        self._patience = patience
        self._clock = clock
        self._sleep = sleep

    def claim(self, name: str, *, since: str = "") -> Lease | None:
        """Write the item unless it is there; the refusal says what it is."""
        deadline = self._clock() + self._patience
        while True:
            now = int(self._clock())
            lease = Lease(name, uuid.uuid4().hex, now + self._seconds)
            with misconfiguration_told(f"{self._table} can't be written"):
                try:
                    answer = self._client.put_item(**self._question(lease, now, since))
                    return lease.inherited() if answer.get("Attributes") else lease
                except ClientError as error:
                    if error.response["Error"]["Code"] != _REFUSED:
                        raise
                    held: dict[str, Any] = error.response.get("Item", {})  # type: ignore[assignment]
                    if "DoneAt" in held:
                        return None
            if self._clock() > deadline:
                raise AnalysisInProgressError(f"{name} is held by someone else")
            self._sleep(_POLL_SECONDS)

    def release(self, lease: Lease) -> None:
        """Delete the item if it is still that of this holder."""
        try:
            self._client.delete_item(
                TableName=self._table,
                Key=schema.marshalled_key(schema.lease_key(lease.name)),
                ConditionExpression="Holder = :holder",
                ExpressionAttributeValues={":holder": {"S": lease.holder}},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != _REFUSED:
                raise

    def _question(self, lease: Lease, now: int, since: str) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "Item": schema.lease_item(lease),
            "ConditionExpression": "attribute_not_exists(PK) OR ExpiresAt < :now OR DoneAt < :since",
            "ExpressionAttributeValues": {":now": {"N": str(now)}, ":since": {"S": since}},
            "ReturnValues": "ALL_OLD",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }


class DynamoDbQuota:
    """Implements `ports.Quota`: an item per caller and minute, which expires."""

    def __init__(
        self, client: DynamoDBClient, table: str, *, per_minute: int, clock: Callable[[], float] = time.time
    ) -> None:
        self._client = client
        self._table = table
        self._per_minute = per_minute
        self._clock = clock

    def spend(self, caller: str) -> None:
        """Add one to the item, unless it says that the share is used up."""
        minute, second = divmod(int(self._clock()), 60)
        try:
            self._client.update_item(
                TableName=self._table,
                Key=schema.marshalled_key(schema.quota_key(caller, minute)),
                UpdateExpression="ADD Spent :one SET ExpiresAt = :end",
                ConditionExpression="attribute_not_exists(Spent) OR Spent < :share",
                ExpressionAttributeValues={
                    ":one": {"N": "1"},
                    ":share": {"N": str(self._per_minute)},
                    ":end": {"N": str((minute + 2) * 60)},
                },
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != _REFUSED:
                raise
            message = f"{self._per_minute} analyses a minute are a caller's share"
            raise TooManyRequestsError(message, retry_after=60 - second) from error
