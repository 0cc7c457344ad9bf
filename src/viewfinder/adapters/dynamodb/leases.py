"""Leases: items that expire."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from viewfinder.adapters.aws import misconfiguration_told
from viewfinder.adapters.dynamodb import schema
from viewfinder.adapters.dynamodb.transactions import REFUSED
from viewfinder.domain.errors import AnalysisInProgressError
from viewfinder.domain.lease import HORIZON, Lease

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_POLL_SECONDS = 0.2


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
                    if error.response["Error"]["Code"] != REFUSED:
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
            if error.response["Error"]["Code"] != REFUSED:
                raise

    def _question(self, lease: Lease, now: int, since: str) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "Item": schema.lease_item(lease),
            "ConditionExpression": (
                "attribute_not_exists(PK) OR ExpiresAt < :now OR ExpiresAt > :horizon OR DoneAt < :since"
            ),
            "ExpressionAttributeValues": {
                ":now": {"N": str(now)},
                ":horizon": {"N": str(now + HORIZON * self._seconds)},
                ":since": {"S": since},
            },
            "ReturnValues": "ALL_OLD",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
