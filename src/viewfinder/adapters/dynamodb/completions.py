"""Which labels a text may be the beginning of: a row for each word of a label's name and aliases, all in one partition.

A row is written before the label is first counted, and stays: readers get the counters of the labels that they find.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from viewfinder.adapters.dynamodb import schema
from viewfinder.adapters.dynamodb.calls import Table
from viewfinder.domain import formats
from viewfinder.domain.completion import beginnings
from viewfinder.domain.image import image_digest

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_PARTITION = "COMPLETIONS"
_ARE_COMPLETE: schema.Key = ("COMPLETIONS#COMPLETE", "COMPLETE")
"""An item that says that every label has its rows: those of releases before 0.3.0 had none."""

_LONGEST = 200
"""Characters of a row's text, so that the key fits into 1,024 bytes; callers ask for at most 100."""


class Completions:
    """Finds labels by the rows."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._table = Table(client, table)
        self._are_complete = False

    def are_complete(self) -> bool:
        """Return whether every label can be found; what has been true once stays so."""
        self._are_complete = self._are_complete or self._table.get(_ARE_COMPLETE) is not None
        return self._are_complete

    def find(self, texts: Iterable[str]) -> set[str]:
        """Return the case-folded names of the labels that one of the texts may be the beginning of: a query each."""
        return {
            item["Label"]["S"]
            for text in texts
            for item in self._table.items(
                KeyConditionExpression="PK = :partition AND begins_with(SK, :text)",
                ExpressionAttributeValues={":partition": {"S": _PARTITION}, ":text": {"S": text[:_LONGEST]}},
            )
        }


class CompletionsWriter:
    """Writes the rows: once in the life of a process, and only those that are missing."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._table = Table(client, table)
        self._learnt: set[schema.Key] = set()

    def learn(self, aliases: Mapping[str, Collection[str]]) -> None:
        """Write the rows of labels, by their case-folded names, with the aliases of each."""
        rows = {key: label for label, others in aliases.items() for key in _keys(label, others)}
        missing = rows.keys() - self._learnt
        present = self._table.batch_get(sorted(missing))
        missing -= {(item["PK"]["S"], item["SK"]["S"]) for item in present}
        for key in sorted(missing):
            self._table.put(Item=schema.stored(key, {"Label": rows[key]}, formats.COUNTING))
        self._learnt |= rows.keys()

    def lack_labels(self) -> bool:
        """Return whether labels that were counted by an earlier release may have no rows yet."""
        return self._table.get(_ARE_COMPLETE) is None

    def say_complete(self) -> None:
        """Note that every label has its rows."""
        self._table.put(Item=schema.stored(_ARE_COMPLETE, {}, formats.COUNTING))


def _keys(label: str, aliases: Collection[str]) -> set[schema.Key]:
    """Return the keys of a label's rows; the digest keeps labels apart that share a word."""
    texts = {text for name in (label, *aliases) for text in beginnings(name)}
    return {(_PARTITION, f"{text[:_LONGEST]}#{image_digest(label)}") for text in texts}
