"""Every call of the table: the one rule for what is tried again while the table is busy, and for how long."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from botocore import exceptions
from botocore.exceptions import ClientError

from viewfinder.adapters.aws import misconfiguration_told
from viewfinder.adapters.dynamodb import schema
from viewfinder.domain.errors import CatalogConflictError, CatalogUnavailableError

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

T = TypeVar("T")

MOST_ITEMS = 100
"""Of one BatchGetItem, and of one transaction (AWS limits)."""

READ_SECONDS, WRITE_SECONDS = 4.0, 10.0
"""How long a call is tried again: a page of the API waits for the one, the queue for the other."""

PASSING_ERRORS = frozenset({
    *("ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded"),
    *("InternalServerError", "InternalFailure", "ServiceUnavailable"),
    *("TransactionInProgressException", "TransactionConflictException"),
})  # fmt: skip
"""Codes of errors that say nothing of the request (DynamoDB Developer Guide, "Error handling")."""

PASSING_REASONS = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})
"""Reasons of a cancelled transaction that say nothing of it. botocore repeats none (TransactWriteItems, "Errors")."""

_NO_ANSWER = (exceptions.ConnectionError, exceptions.HTTPClientError)
_CANCELLED = "TransactionCanceledException"
_CONDITION_FAILED = "ConditionalCheckFailed"
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 1.0


class Table:
    """A table of DynamoDB.

    Each method raises CatalogUnavailableError where the table stays busy for `read_seconds` or `write_seconds`,
    MisconfiguredError where an operator has to act, and ClientError for all else.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        name: str,
        *,
        read_seconds: float = READ_SECONDS,
        write_seconds: float = WRITE_SECONDS,
    ) -> None:
        self.name = name
        self._client = client
        self._read_seconds = read_seconds
        self._write_seconds = write_seconds

    def get(self, key: schema.Key, *, consistent: bool = False) -> schema.Item | None:
        """Return the item, None where there is none."""
        request: Any = {"Key": schema.marshalled_key(key), "ConsistentRead": consistent}
        return self._read(lambda: self._client.get_item(TableName=self.name, **request)).get("Item")

    def query(self, **question: Any) -> Mapping[str, Any]:
        """Return one page of a query."""
        return self._read(lambda: self._client.query(TableName=self.name, **question))

    def items(self, **question: Any) -> Iterator[schema.Item]:
        """Yield the items of all pages of a query; `Limit` is the size of a page."""
        while True:
            answer = self.query(**question)
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            question["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def batch_get(self, wanted: Sequence[schema.Key], *, consistent: bool = False) -> Iterator[schema.Item]:
        """Yield those of the items that exist, in no order."""
        for start in range(0, len(wanted), MOST_ITEMS):
            keys = [schema.marshalled_key(key) for key in wanted[start : start + MOST_ITEMS]]
            yield from self._batch({self.name: {"Keys": keys, "ConsistentRead": consistent}})

    def put(self, **request: Any) -> Mapping[str, Any]:
        """Call PutItem with this request, the table's name added."""
        return self._write(lambda: self._client.put_item(TableName=self.name, **request))

    def update(self, **request: Any) -> Mapping[str, Any]:
        """Call UpdateItem with this request, the table's name added."""
        return self._write(lambda: self._client.update_item(TableName=self.name, **request))

    def delete(self, **request: Any) -> Mapping[str, Any]:
        """Delete an item."""
        return self._write(lambda: self._client.delete_item(TableName=self.name, **request))

    def transact(self, writes: Callable[[], list[dict[str, Any]]]) -> None:
        """Write all items or none; ask for them anew before each attempt.

        Raises CatalogConflictError where a condition fails.
        """
        try:
            self._write(lambda: self._client.transact_write_items(TransactItems=writes()))  # type: ignore[arg-type]
        except ClientError as error:
            if _CONDITION_FAILED in _reasons(error):
                raise CatalogConflictError("the items were written by someone else meanwhile") from error
            raise

    def _batch(self, request: Any) -> Iterator[schema.Item]:
        patience = _Patience(self._read_seconds, self._busy("read"))
        while request:
            asked = request
            answer = self._read(lambda: self._client.batch_get_item(RequestItems=asked), patience)  # noqa: B023
            if found := answer["Responses"].get(self.name, []):
                yield from found
                # An answer has room for 16 MB: what did not fit is asked for at once.
                patience = _Patience(self._read_seconds, self._busy("read"))
            if request := answer.get("UnprocessedKeys"):
                patience.wait()

    def _read(self, call: Callable[[], T], patience: _Patience | None = None) -> T:
        with misconfiguration_told(f"{self.name} can't be read"):
            return _repeated(call, patience or _Patience(self._read_seconds, self._busy("read")))

    def _write(self, call: Callable[[], T]) -> T:
        with misconfiguration_told(f"{self.name} can't be written"):
            return _repeated(call, _Patience(self._write_seconds, self._busy("written")))

    def _busy(self, what: str) -> str:
        return f"{self.name} is too busy to be {what}"


def is_refused(error: ClientError) -> bool:
    """Return whether the condition of a single write does not hold."""
    return error.response["Error"]["Code"] == "ConditionalCheckFailedException"


class _Patience:
    """The pauses between the attempts of one call: at random up to twice as long each time, so that two part ways.

    Source: AWS Architecture Blog, "Exponential Backoff And Jitter" (full jitter).
    """

    def __init__(self, seconds: float, complaint: str) -> None:
        self._seconds = seconds
        self._complaint = complaint
        self._started = time.monotonic()
        self._waited = 0.0
        self._longest = _FIRST_PAUSE

    def wait(self, error: Exception | None = None) -> None:
        """Pause before the next attempt; raise CatalogUnavailableError where that would be too late."""
        pause = random.uniform(0, self._longest)  # noqa: S311 - not a secret
        spent = max(self._waited, time.monotonic() - self._started)
        if spent + pause > self._seconds:
            raise CatalogUnavailableError(self._complaint) from error
        time.sleep(pause)
        self._waited += pause
        self._longest = min(_LONGEST_PAUSE, 2 * self._longest)


def _repeated(call: Callable[[], T], patience: _Patience) -> T:
    """Return what a call answers in the end; raise its error where another attempt would not help."""
    while True:
        try:
            return call()
        except (ClientError, *_NO_ANSWER) as error:
            if not _is_passing(error):
                raise
            patience.wait(error)


def _is_passing(error: Exception) -> bool:
    if not isinstance(error, ClientError):
        return True
    reasons = _reasons(error)
    return error.response["Error"]["Code"] in PASSING_ERRORS or (
        _CONDITION_FAILED not in reasons and not PASSING_REASONS.isdisjoint(reasons)
    )


def _reasons(error: ClientError) -> set[str]:
    """Return why a transaction was cancelled: a code for each item that had a part in it."""
    if error.response["Error"]["Code"] != _CANCELLED:
        return set()
    reasons: list[dict[str, Any]] = error.response.get("CancellationReasons", [])  # type: ignore[assignment]
    return {reason.get("Code", "None") for reason in reasons}
