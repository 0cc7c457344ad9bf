"""The words that images are found by, beside labels: a row for each, so that one request tells which of many are known.

A row is written with the counters of the first image that has the word, and stays. All rows of a kind are one
partition, in the order of the words: those that begin alike are one Query.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice
from typing import TYPE_CHECKING

from viewfinder.adapters.dynamodb import schema
from viewfinder.adapters.dynamodb.calls import Table
from viewfinder.domain import formats
from viewfinder.domain.posting import Source, SourceKind
from viewfinder.domain.spelling import SHORTEST_PART, SHORTEST_WITH_TYPO

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

KINDS = frozenset({SourceKind.CATEGORY, SourceKind.WORD, SourceKind.CAMERA, SourceKind.FILE, SourceKind.FOLDER})
_PREFIX = "VOCABULARY#"
_MOST_ALIKE = 1000
_MOST_LEARNT = 100_000
"""Words that a process remembers to have written: some 10 MB."""


class Vocabulary:
    """Reads the rows."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._table = Table(client, table)

    def known(self, sources: Collection[Source]) -> Collection[Source]:
        """Return the sources that have a row."""
        keys = {_key(source): source for source in sources if source.kind in KINDS}
        found = self._table.batch_get(sorted(keys))
        return {keys[item["PK"]["S"], item["SK"]["S"]] for item in found}

    def alike(self, kind: SourceKind, text: str) -> Collection[str]:
        """Return names that begin with a text; of a longer text those that begin with its first three letters."""
        begins = text[:SHORTEST_PART] if len(text) >= SHORTEST_WITH_TYPO else text
        items = self._table.items(
            KeyConditionExpression="PK = :partition AND begins_with(SK, :text)",
            ExpressionAttributeValues={":partition": {"S": f"{_PREFIX}{kind}"}, ":text": {"S": begins}},
        )
        return {item["SK"]["S"] for item in islice(items, _MOST_ALIKE)}


class VocabularyWriter:
    """Writes the rows that are missing; a process looks for each once."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._table = Table(client, table)
        self._learnt: set[schema.Key] = set()

    def learn(self, sources: Collection[Source]) -> None:
        """Write the rows of sources."""
        keys = {_key(source) for source in sources if source.kind in KINDS} - self._learnt
        present = {(item["PK"]["S"], item["SK"]["S"]) for item in self._table.batch_get(sorted(keys))}
        for key in sorted(keys - present):
            self._table.put(Item=schema.stored(key, {}, formats.COUNTING))
        self._learnt = keys if len(self._learnt) > _MOST_LEARNT else self._learnt | keys


def _key(source: Source) -> schema.Key:
    return f"{_PREFIX}{source.kind}", source.name.casefold()
