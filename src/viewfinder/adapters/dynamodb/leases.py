"""Leases: items of the table that let one at a time do a thing, and that expire where the holder died."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from viewfinder.adapters.aws_errors import misconfiguration_told
from viewfinder.adapters.dynamodb import schema
from viewfinder.domain.errors import AnalysisInProgressError

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

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

    @contextmanager
    def held(self, name: str) -> Iterator[None]:
        """Wait for the lease and hold it for the block."""
        holder = uuid.uuid4().hex
        deadline = self._clock() + self._patience
        while not self._take(name, holder):
            if self._clock() > deadline:
                raise AnalysisInProgressError(f"{name} is held by someone else")
            self._sleep(_POLL_SECONDS)
        try:
            yield
        finally:
            self._release(name, holder)

    def _take(self, name: str, holder: str) -> bool:
        now = int(self._clock())
        item = {"Holder": {"S": holder}, "ExpiresAt": {"N": str(now + self._seconds)}}
        with misconfiguration_told(f"{self._table} can't be written"):
            return self._holds(
                lambda: self._client.put_item(
                    TableName=self._table,
                    Item=schema.marshalled_key(schema.lease_key(name)) | item,
                    ConditionExpression="attribute_not_exists(PK) OR ExpiresAt < :now",
                    ExpressionAttributeValues={":now": {"N": str(now)}},
                )
            )

    def _release(self, name: str, holder: str) -> None:
        self._holds(
            lambda: self._client.delete_item(
                TableName=self._table,
                Key=schema.marshalled_key(schema.lease_key(name)),
                ConditionExpression="Holder = :holder",
                ExpressionAttributeValues={":holder": {"S": holder}},
            )
        )

    def _holds(self, write: Callable[[], object]) -> bool:
        try:
            write()
        except ClientError as error:
            if error.response["Error"]["Code"] == _REFUSED:
                return False
            raise
        return True
