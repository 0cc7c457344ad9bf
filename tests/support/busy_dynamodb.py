"""A DynamoDB that is busy: refuses calls for every reason that says nothing of them, before it does what is asked."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count, cycle
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from tests.support.tables import TABLE, create_table, moto_client
from viewfinder.adapters.dynamodb import calls, schema
from viewfinder.adapters.dynamodb.catalog import DynamoDbCatalog
from viewfinder.adapters.dynamodb.leases import DynamoDbLeases
from viewfinder.domain.image import Image
from viewfinder.domain.lease import Lease

READS = ("get_item", "batch_get_item", "query")
WRITES = ("put_item", "update_item", "delete_item", "transact_write_items")
UNPROCESSED, UNCONFIRMED, UNREACHABLE = "UnprocessedKeys", "Unconfirmed", "Unreachable"

_ERRORS = (*sorted(calls.PASSING_ERRORS - {"TransactionConflictException"}), UNREACHABLE)


def reasons_of(operation: str) -> tuple[str, ...]:
    """Return for what a call of an operation may be refused: codes of errors, reasons of a cancellation, and ours.

    UNCONFIRMED: it is done, and the answer is lost. UNPROCESSED: a batch is answered without any item.
    """
    if operation == "transact_write_items":
        return (*_ERRORS, *sorted(calls.PASSING_REASONS), UNCONFIRMED)
    if operation == "batch_get_item":
        return (*_ERRORS, UNPROCESSED)
    if operation == "query":
        return _ERRORS
    return (*_ERRORS, "TransactionConflictException", *((UNCONFIRMED,) if operation in WRITES else ()))


def refusal(operation: str, reason: str) -> Exception:
    """Return the error that botocore raises."""
    if reason == UNREACHABLE:
        return EndpointConnectionError(endpoint_url="https://dynamodb")
    if reason == UNCONFIRMED:
        return ReadTimeoutError(endpoint_url="https://dynamodb")
    if reason in calls.PASSING_REASONS:
        answer: Any = {"Error": {"Code": "TransactionCanceledException", "Message": ""}}
        answer["CancellationReasons"] = [{"Code": "None"}, {"Code": reason}]
        return ClientError(answer, operation)
    return ClientError({"Error": {"Code": reason, "Message": ""}}, operation)


@dataclass
class BusyClient:
    """Refuses so many calls of each operation before each that it passes on, every reason in its turn."""

    client: Any
    refusals: int = 2
    attempts: Counter[str] = field(default_factory=Counter)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._reasons = {operation: cycle(reasons_of(operation)) for operation in (*READS, *WRITES)}
        self._lock = threading.Lock()

    def __getattr__(self, operation: str) -> Any:
        def call(**request: Any) -> Any:
            if not (reason := self._reason(operation)):
                return getattr(self.client, operation)(**request)
            if reason == UNPROCESSED:
                return {"Responses": {}, "UnprocessedKeys": request["RequestItems"]}
            if reason == UNCONFIRMED:
                getattr(self.client, operation)(**request)
            raise refusal(operation, reason)

        return call

    def _reason(self, operation: str) -> str:
        with self._lock:
            self.attempts[operation] += 1
            if self.attempts[operation] % (self.refusals + 1) == 0:
                return ""
            reason = next(self._reasons[operation])
            self.refused[operation, reason] += 1
            return reason


@dataclass
class AlwaysBusyClient:
    """Refuses every call for one reason, and does nothing."""

    reason: str

    def __getattr__(self, operation: str) -> Any:
        def call(**request: Any) -> Any:
            if self.reason == UNPROCESSED and operation == "batch_get_item":
                return {"Responses": {}, "UnprocessedKeys": request["RequestItems"]}
            raise refusal(operation, self.reason if self.reason != UNPROCESSED else UNREACHABLE)

        return call


class BusyCatalog(DynamoDbCatalog):
    """Catalog and leases in a busy table; `images` reads it past all refusals."""

    def __init__(self, client: Any) -> None:
        versions = count(1)
        super().__init__(client, TABLE, shards=2, tombstone_seconds=10**9, microseconds=lambda: next(versions))
        self.client = client
        self._leases = DynamoDbLeases(client, TABLE, seconds=75, patience=0, sleep=lambda _: None)

    @property
    def images(self) -> dict[str, Image]:
        """Every record by its id."""
        items = self.client.client.scan(TableName=TABLE)["Items"]
        records = [schema.image_from_item(item) for item in items if item["SK"]["S"] == schema.IMAGE_SORT_KEY]
        return {record.image_id: record for record in records}

    def claim(self, name: str, *, since: str = "") -> Lease | None:
        return self._leases.claim(name, since=since)

    def release(self, lease: Lease) -> None:
        self._leases.release(lease)


@contextmanager
def busy_table(monkeypatch: pytest.MonkeyPatch, waits: list[float] | None = None) -> Iterator[BusyClient]:
    """Return a client of an empty table, for whose refusals nobody has to wait; `waits` gets the seconds."""
    monkeypatch.setattr("viewfinder.adapters.dynamodb.calls.time.sleep", (waits if waits is not None else []).append)
    with moto_client() as client:
        create_table(client)
        yield BusyClient(client)
