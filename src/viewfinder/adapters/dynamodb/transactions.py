"""Reads and writes of many items at once, tried again while the table is busy."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from viewfinder.adapters.aws import misconfiguration_told
from viewfinder.adapters.dynamodb import schema
from viewfinder.domain.errors import CatalogConflictError, CatalogUnavailableError

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

MOST_ITEMS = 100
"""Of one BatchGetItem, and of one transaction (AWS limits)."""

REFUSED = "ConditionalCheckFailedException"
"""The code of a single write whose condition does not hold."""

_READ_ATTEMPTS, _WRITE_ATTEMPTS = 10, 30  # some 4 and 14 seconds: a page waits for the one, a queue for the other
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 1.0


def batch_get(
    client: DynamoDBClient, table: str, wanted: Sequence[schema.Key], *, consistent: bool = False
) -> Iterator[schema.Item]:
    """Yield those of the items that exist, in no order; raise CatalogUnavailableError where the table is too busy."""
    for start in range(0, len(wanted), MOST_ITEMS):
        keys = [schema.marshalled_key(key) for key in wanted[start : start + MOST_ITEMS]]
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
