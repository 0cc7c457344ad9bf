"""Leases: items that expire."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from viewfinder.adapters.dynamodb import schema
from viewfinder.adapters.dynamodb.calls import Table, is_refused
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
        self._table = Table(client, table)
        self._seconds = seconds
        self._patience = patience
        self._clock = clock
        self._sleep = sleep

    def claim(self, name: str, *, since: str = "") -> Lease | None:
        """Write the item unless it is there; the refusal says what it is."""
        deadline, holder = self._clock() + self._patience, uuid.uuid4().hex
        while True:
            now = int(self._clock())
            lease = Lease(name, holder, now + self._seconds)
            try:
                answer = self._table.put(**self._question(lease, now, since))
                return lease.inherited() if answer.get("Attributes") else lease
            except ClientError as error:
                if not is_refused(error):
                    raise
                held: dict[str, Any] = error.response.get("Item", {})  # type: ignore[assignment]
            if held.get("Holder") == {"S": holder}:  # written by an attempt whose answer was lost
                return lease.inherited()
            if "DoneAt" in held:
                return None
            if self._clock() > deadline:
                raise AnalysisInProgressError(f"{name} is held by someone else")
            self._sleep(_POLL_SECONDS)

    def release(self, lease: Lease) -> None:
        """Delete the item if it is still that of this holder."""
        try:
            self._table.delete(
                Key=schema.marshalled_key(schema.lease_key(lease.name)),
                ConditionExpression="Holder = :holder",
                ExpressionAttributeValues={":holder": {"S": lease.holder}},
            )
        except ClientError as error:
            if not is_refused(error):
                raise

    def _question(self, lease: Lease, now: int, since: str) -> dict[str, Any]:
        return {
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
