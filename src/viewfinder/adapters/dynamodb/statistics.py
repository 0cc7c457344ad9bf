"""The statistics of the table: counters that are spread over shards and summed when they are read."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any

from viewfinder.adapters.dynamodb import schema
from viewfinder.adapters.dynamodb.calls import Table
from viewfinder.adapters.dynamodb.completions import Completions
from viewfinder.adapters.dynamodb.vocabulary import Vocabulary
from viewfinder.domain.posting import Source, SourceKind
from viewfinder.domain.statistics import KnownName, LabelCount

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

SHARDS = 4
"""Rows that each counter is spread over; a row takes 1,000 writes a second (AWS), each of several images."""

_MOST_ROWS = 1000
"""Of one Query, where all rows are wanted; 1 MB is the limit of AWS."""

_FIRST, _LAST = "\x01", "\U0010ffff"


class DynamoDbStatistics:
    """Implements `ports.Statistics`."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._table = Table(client, table)
        self._completions = Completions(client, table)
        self._vocabulary = Vocabulary(client, table)

    def find(self, names: Collection[str]) -> Mapping[str, KnownName]:
        """Ask for all rows of the names at once."""
        partitions = {schema.label_counts(shard) for shard in range(SHARDS)}
        wanted = [(partition, name) for name in names for partition in sorted(partitions)]
        counts = dict.fromkeys(names, 0)
        shown: dict[str, str] = {}
        aliases: dict[str, frozenset[str]] = {}
        found = self._table.batch_get(wanted + [schema.alias_key(name) for name in names])
        for item in map(schema.unmarshalled, found):
            if item["PK"] in partitions:
                counts[item["SK"]] += int(item["Count"])
                shown |= {item["SK"]: item["Name"]} if "Name" in item else {}
            else:
                aliases[item["Alias"]] = frozenset(item["Names"])
        return {
            name: KnownName(max(0, counts[name]), aliases.get(name, frozenset()), shown.get(name, "")) for name in names
        }

    def known(self, sources: Collection[Source]) -> Collection[Source]:
        """Read the rows of the words."""
        return self._vocabulary.known(sources)

    def alike(self, kind: SourceKind, text: str) -> Collection[str]:
        """Read the rows of words that begin alike: a sort key has no other order."""
        return self._vocabulary.alike(kind, text)

    def sizes(self, sources: Collection[Source]) -> Mapping[Source, int]:
        """Return the counts of the labels and people; a search does without the sizes of other sources."""
        names = {source.name.casefold() for source in sources if source.kind is SourceKind.LABEL}
        known = self.find(names) if names else {}
        labels = {source: known[source.name.casefold()].count for source in sources if source.kind is SourceKind.LABEL}
        return labels | self._people([source for source in sources if source.kind is SourceKind.PERSON])

    def _people(self, sources: Collection[Source]) -> dict[Source, int]:
        counts = {source.name.casefold(): 0 for source in sources}
        wanted = [(schema.person_counts(shard), person) for person in counts for shard in range(SHARDS)]
        for item in map(schema.unmarshalled, self._table.batch_get(wanted) if wanted else ()):
            counts[item["SK"]] += int(item["Count"])
        return {source: max(0, counts[source.name.casefold()]) for source in sources}

    def labels(self, prefix: str, after: str, *, portion: int = _MOST_ROWS) -> Iterator[LabelCount]:
        """Merge the shards lazily, a page of each at a time."""
        shards = [self._rows(schema.label_counts(shard), prefix, after, portion) for shard in range(SHARDS)]
        merged = heapq.merge(*shards, key=lambda row: str(row["SK"]))
        for name, rows in groupby(merged, key=lambda row: str(row["SK"])):
            label = _label_count(list(rows))
            if label.count > 0 and name != after:
                yield label

    def completions(self, texts: Collection[str]) -> Iterator[LabelCount]:
        """Query the rows of words, and get the counters of the labels found; all counters while rows may be missing."""
        if not self._completions.are_complete():
            yield from self.labels("", "")
            return
        partitions = [schema.label_counts(shard) for shard in range(SHARDS)]
        wanted = [(partition, name) for name in self._completions.find(texts) for partition in partitions]
        found: dict[str, list[dict[str, Any]]] = {}
        for row in map(schema.unmarshalled, self._table.batch_get(wanted)):
            found.setdefault(row["SK"], []).append(row)
        yield from (label for label in map(_label_count, found.values()) if label.count > 0)

    def statuses(self) -> dict[str, int]:
        """Sum the rows of each status."""
        counts: dict[str, int] = {}
        for shard in range(SHARDS):
            for row in self._rows(schema.status_counts(shard), "", "", _MOST_ROWS):
                counts[row["SK"]] = counts.get(row["SK"], 0) + int(row["Count"])
        return counts

    def folders(self, prefix: str, most: int) -> dict[str, int]:
        """Merge the shards of the parent's partition lazily."""
        parent, name = prefix[: prefix.rfind("/") + 1], prefix[prefix.rfind("/") + 1 :]
        shards = [self._rows(schema.folder_counts(shard, parent), name, "", most) for shard in range(SHARDS)]
        merged = heapq.merge(*shards, key=lambda row: str(row["SK"]))
        sums = (
            (parent + child, sum(int(row["Count"]) for row in rows))
            for child, rows in groupby(merged, key=lambda row: str(row["SK"]))
        )
        return dict(islice(((folder, count) for folder, count in sums if count > 0), most))

    def _rows(self, partition: str, prefix: str, after: str, portion: int) -> Iterator[dict[str, Any]]:
        first, last = max(after, prefix, _FIRST), prefix + _LAST
        if first > last:
            return  # DynamoDB refuses a range that ends before it begins
        question: dict[str, Any] = {
            "KeyConditionExpression": "PK = :partition AND SK BETWEEN :first AND :last",
            "ExpressionAttributeValues": {":partition": {"S": partition}, ":first": {"S": first}, ":last": {"S": last}},
        }
        # One more than asked for: a range of keys includes its ends, and `after` is one.
        yield from map(schema.unmarshalled, self._table.items(**question, Limit=portion + 1))


def _label_count(rows: Sequence[Mapping[str, Any]]) -> LabelCount:
    """Sum the shards of a label; a shard that only ever counted down knows no more than the name."""
    described = max(rows, key=lambda row: ("Parents" in row, "Name" in row))
    return LabelCount(
        name=described.get("Name", rows[0]["SK"]),
        count=sum(int(row["Count"]) for row in rows),
        parents=tuple(described.get("Parents", ())),
        categories=tuple(described.get("Categories", ())),
        aliases=tuple(described.get("Aliases", ())),
    )
