"""The statistics of the table: counters that are spread over shards and summed when they are read."""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any

from viewfinder.adapters.dynamodb import schema
from viewfinder.adapters.dynamodb.catalog import batch_get, transact
from viewfinder.adapters.dynamodb.index import DynamoDbCopies
from viewfinder.domain.image import Status
from viewfinder.domain.label import Label
from viewfinder.domain.posting import SourceKind
from viewfinder.domain.query import Counted, ImageState, KnownName, LabelCount

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
        self._client = client
        self._table = table

    def find(self, names: Collection[str]) -> Mapping[str, KnownName]:
        """Ask for all rows of the names at once."""
        partitions = {schema.label_counts(shard) for shard in range(SHARDS)}
        wanted = [(partition, name) for name in names for partition in sorted(partitions)]
        counts = dict.fromkeys(names, 0)
        aliases: dict[str, frozenset[str]] = {}
        found = batch_get(self._client, self._table, wanted + [schema.alias_key(name) for name in names])
        for item in map(schema.unmarshalled, found):
            if item["PK"] in partitions:
                counts[item["SK"]] += int(item["Count"])
            else:
                aliases[item["Alias"]] = frozenset(item["Names"])
        return {name: KnownName(max(0, counts[name]), aliases.get(name, frozenset())) for name in names}

    def labels(self, prefix: str, after: str, *, portion: int = _MOST_ROWS) -> Iterator[LabelCount]:
        """Merge the shards lazily, a page of each at a time."""
        shards = [self._rows(schema.label_counts(shard), prefix, after, portion) for shard in range(SHARDS)]
        merged = heapq.merge(*shards, key=lambda row: str(row["SK"]))
        for name, rows in groupby(merged, key=lambda row: str(row["SK"])):
            label = _label_count(list(rows))
            if label.count > 0 and name != after:
                yield label

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
            "TableName": self._table,
            "KeyConditionExpression": "PK = :partition AND SK BETWEEN :first AND :last",
            "ExpressionAttributeValues": {":partition": {"S": partition}, ":first": {"S": first}, ":last": {"S": last}},
        }
        # One more than asked for: a range of keys includes its ends, and `after` is one.
        pages = self._client.get_paginator("query").paginate(**question, PaginationConfig={"PageSize": portion + 1})
        for page in pages:
            yield from map(schema.unmarshalled, page["Items"])


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


Change = tuple[ImageState, Counted]

_MOST_ITEMS = 100
"""Of one transaction (AWS limit). One image needs at most 95: its note, 2 x 40 labels, 2 statuses, 8 folders, and a
count and a copy for each of 2 contents."""


@dataclass(slots=True)
class _Chunk:
    """Changes that go into one transaction, and what they add to which counters."""

    changes: list[Change] = field(default_factory=list)
    labels: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    folders: Counter[str] = field(default_factory=Counter)
    contents: Counter[str] = field(default_factory=Counter)
    copies: dict[schema.Key, str] = field(default_factory=dict)
    described: dict[str, Label] = field(default_factory=dict)

    def with_change(self, change: Change) -> _Chunk:
        state, counted = change
        grown = _Chunk(
            [*self.changes, change],
            *(self.labels.copy(), self.statuses.copy(), self.folders.copy(), self.contents.copy()),
            {**self.copies},
            {**self.described},
        )
        grown.labels.update(dict.fromkeys(state.labels.keys() - counted.labels, 1))
        grown.labels.update(dict.fromkeys(counted.labels - state.labels.keys(), -1))
        grown.statuses.update(_status_delta(state.status, counted.status))
        grown.described.update({name: label for name, label in state.labels.items() if not label.is_bare})
        grown.described = {**state.labels, **grown.described}
        grown.add_content(state, counted)
        grown.folders.update(dict.fromkeys(state.folders - counted.folders, 1))
        grown.folders.update(dict.fromkeys(counted.folders - state.folders, -1))
        return grown

    def add_content(self, state: ImageState, counted: Counted) -> None:
        """Note of which content the image has become a copy ("" in `copies`: is no longer one)."""
        if state.content == counted.content:
            return
        for content, number, image_id in ((counted.content, -1, ""), (state.content, 1, state.image_id)):
            if content:
                self.contents[content] += number
                self.copies[schema.copy_key(content, state.image_id)] = image_id

    def size(self) -> int:
        counters = self.labels, self.statuses, self.folders, self.contents
        return len(self.changes) + len(self.copies) + sum(map(len, counters))


class DynamoDbCounters:
    """Implements `ports.Counters`."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table
        self._learnt: set[tuple[str, str]] = set()

    def find(self, image_ids: Collection[str]) -> Mapping[str, Counted]:
        """Read the notes, strongly consistent."""
        wanted = [schema.counted_key(image_id) for image_id in image_ids]
        notes = map(schema.unmarshalled, batch_get(self._client, self._table, wanted, consistent=True))
        return dict.fromkeys(image_ids, Counted()) | {note["ImageId"]: _counted(note) for note in notes}

    def apply(self, changes: Sequence[Change]) -> None:
        """Write as few transactions as hold the changes; each leaves notes and counters in agreement."""
        for chunk in _chunks(changes):
            self._learn_aliases(chunk)
            self._count(chunk)

    def _count(self, chunk: _Chunk) -> None:
        notes = list(self._notes(chunk))
        notes += self._copies(chunk)
        transact(self._client, self._table, lambda: [*notes, *self._additions(chunk)])
        DynamoDbCopies(self._client, self._table).list_anew(chunk.contents)

    def _learn_aliases(self, chunk: _Chunk) -> None:
        """Note for each alias the label it stands for: once in the life of a process, so that no item gets hot."""
        pairs = {(alias, name) for name, label in chunk.described.items() for alias in label.aliases}
        for alias, name in sorted(pairs - self._learnt):
            self._client.update_item(
                TableName=self._table,
                Key=schema.marshalled_key(schema.alias_key(alias)),
                UpdateExpression="SET #alias = :alias ADD #names :name",
                ExpressionAttributeNames={"#alias": "Alias", "#names": "Names"},
                ExpressionAttributeValues={":alias": {"S": alias.casefold()}, ":name": {"SS": [name]}},
            )
            self._learnt.add((alias, name))

    def _notes(self, chunk: _Chunk) -> Iterator[dict[str, Any]]:
        for state, counted in chunk.changes:
            note: dict[str, Any] = {"TableName": self._table, "Item": _note(state)}
            if counted.status is None:
                note["ConditionExpression"] = "attribute_not_exists(PK)"
            else:
                note["ConditionExpression"] = "#version = :version AND #status = :status"
                note["ExpressionAttributeNames"] = {"#version": "Version", "#status": "Status"}
                note["ExpressionAttributeValues"] = {
                    ":version": {"N": str(counted.version)},
                    ":status": {"S": counted.status},
                }
            yield {"Put": note}

    def _copies(self, chunk: _Chunk) -> Iterator[dict[str, Any]]:
        for key, image_id in chunk.copies.items():
            item = schema.marshalled_key(key)
            if image_id:
                yield {"Put": {"TableName": self._table, "Item": item | {"ImageId": {"S": image_id}}}}
            else:
                yield {"Delete": {"TableName": self._table, "Key": item}}

    def _additions(self, chunk: _Chunk) -> Iterator[dict[str, Any]]:
        shard = random.randrange(SHARDS)  # noqa: S311 - any will do, and another one where the first is busy
        for status, number in sorted(chunk.statuses.items()):
            if number:
                yield self._addition((schema.status_counts(shard), status), number, {})
        for name, number in sorted(chunk.labels.items()):
            if number:
                description = _description(chunk.described[name]) if number > 0 else {}
                yield self._addition((schema.label_counts(shard), name), number, description)

        further = [(schema.folder_key(shard, folder), number) for folder, number in sorted(chunk.folders.items())]
        further += [(schema.content_key(content), number) for content, number in sorted(chunk.contents.items())]
        yield from (self._addition(key, number, {}) for key, number in further if number)

    def _addition(self, key: schema.Key, number: int, description: Mapping[str, Any]) -> dict[str, Any]:
        # A name alone is a person's: it is set where nobody knows better.
        written = "#{0} = :{0}" if len(description) > 1 else "#{0} = if_not_exists(#{0}, :{0})"
        settings = ", ".join(written.format(name) for name in description)
        values = {f":{name}": schema.marshalled(value) for name, value in description.items()}
        return {
            "Update": {
                "TableName": self._table,
                "Key": schema.marshalled_key(key),
                "UpdateExpression": (f"SET {settings} " if settings else "") + "ADD #Count :Count",
                "ExpressionAttributeNames": {f"#{name}": name for name in (*description, "Count")},
                "ExpressionAttributeValues": values | {":Count": {"N": str(number)}},
            }
        }


def _chunks(changes: Sequence[Change]) -> Iterator[_Chunk]:
    chunk = _Chunk()
    for change in changes:
        grown = chunk.with_change(change)
        if grown.size() > _MOST_ITEMS:
            yield chunk
            grown = _Chunk().with_change(change)
        chunk = grown
    if chunk.changes:
        yield chunk


def _status_delta(new: Status, old: Status | None) -> dict[str, int]:
    """Return what changes in the counts of statuses; what is gone is not counted."""
    delta = Counter({str(new): 1})
    delta.subtract([str(old)])
    return {status: delta[status] for status in (new, old) if status and status is not Status.REMOVED and delta[status]}


def _note(state: ImageState) -> schema.Item:
    attributes = {
        "ImageId": state.image_id,
        "Version": state.version,
        "Status": str(state.status),
        "Names": sorted(state.labels),
        "Folders": sorted(state.folders),
        "Content": state.content,
    }
    if state.expires_at:
        attributes["ExpiresAt"] = state.expires_at
    key = schema.marshalled_key(schema.counted_key(state.image_id))
    return key | {name: schema.marshalled(value) for name, value in attributes.items()}


def _counted(note: Mapping[str, Any]) -> Counted:
    folders, content = frozenset(note.get("Folders", ())), note.get("Content", "")  # older notes have none
    return Counted(int(note["Version"]), Status(note["Status"]), frozenset(note["Names"]), folders, content)


def _description(label: Label) -> dict[str, Any]:
    if label.is_bare:
        return {"Name": label.name}
    return {
        "Name": label.name,
        "Parents": list(label.parents),
        "Categories": list(label.categories),
        "Aliases": list(label.aliases),
    }


def image_states(records: Iterable[Mapping[str, Any]]) -> Iterator[ImageState]:
    """Yield the state that each change of an image's record led to; passes over all other items."""
    for record in records:
        change = record["dynamodb"]
        if change["Keys"]["SK"]["S"] == schema.IMAGE_SORT_KEY:
            yield _present(change["NewImage"]) if "NewImage" in change else _gone(change["OldImage"])


def _present(item: Mapping[str, Any]) -> ImageState:
    expires_at = int(item["ExpiresAt"]["N"]) if "ExpiresAt" in item else 0
    most_labels = schema.MAX_POSTINGS[SourceKind.LABEL]
    return ImageState.of(schema.image_from_item(item), most_labels=most_labels, expires_at=expires_at)


def _gone(item: Mapping[str, Any]) -> ImageState:
    """Return the end of a record: of an expired tombstone, which was counted as removed before, or by an operator."""
    return ImageState(item["ImageId"]["S"], int(item["Version"]["N"]), Status.REMOVED, {})
