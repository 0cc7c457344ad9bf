"""What a caller may spend: a counter for each minute."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from viewfinder.adapters.dynamodb import schema
from viewfinder.adapters.dynamodb.calls import READ_SECONDS, Table, is_refused
from viewfinder.domain import formats
from viewfinder.domain.errors import TooManyRequestsError

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


class DynamoDbQuota:
    """Implements `ports.Quota`: an item per caller and minute, which expires."""

    def __init__(
        self, client: DynamoDBClient, table: str, *, per_minute: int, clock: Callable[[], float] = time.time
    ) -> None:
        self._table = Table(client, table, write_seconds=READ_SECONDS)
        self._per_minute = per_minute
        self._clock = clock

    def spend(self, caller: str) -> None:
        """Add one to the item, unless it says that the share is used up."""
        minute, second = divmod(int(self._clock()), 60)
        try:
            self._table.update(
                Key=schema.marshalled_key(schema.quota_key(caller, minute)),
                UpdateExpression="ADD Spent :one SET ExpiresAt = :end, StoredFormat = :format",
                ConditionExpression="attribute_not_exists(Spent) OR Spent < :share",
                ExpressionAttributeValues={
                    ":one": {"N": "1"},
                    ":share": {"N": str(self._per_minute)},
                    ":end": {"N": str((minute + 2) * 60)},
                    ":format": {"N": str(formats.LEASE)},
                },
            )
        except ClientError as error:
            if not is_refused(error):
                raise
            message = f"{self._per_minute} analyses a minute are a caller's share"
            raise TooManyRequestsError(message, retry_after=60 - second) from error
