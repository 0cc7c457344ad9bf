"""The statistics as they are written: notes of what is counted of each image, in agreement with the counters."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from viewfinder.adapters.dynamodb import schema
from viewfinder.adapters.dynamodb.calls import MOST_ITEMS, Table
from viewfinder.adapters.dynamodb.completions import CompletionsWriter
from viewfinder.adapters.dynamodb.copies import DynamoDbCopiesWriter
from viewfinder.adapters.dynamodb.statistics import SHARDS, DynamoDbStatistics
from viewfinder.adapters.dynamodb.vocabulary import VocabularyWriter
from viewfinder.domain import formats
from viewfinder.domain.counting import Counted, ImageState
from viewfinder.domain.errors import CatalogUnavailableError
from viewfinder.domain.image import Status
from viewfinder.domain.label import Label
from viewfinder.observability import logger

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

Change = tuple[ImageState, Counted]

_PATIENCE_SECONDS = 40.0
"""How long a transaction is tried again: the function has 60 seconds, and the stream gives a batch 100 attempts."""

_MOST_ITEMS = MOST_ITEMS
"""Of one transaction. One image needs at most 95: its note, 2 x 40 labels, 2 statuses, 8 folders, and a
count and a copy for each of 2 contents. People find room in what is left (`_with_room`)."""


@dataclass(slots=True)
class _Chunk:
    """Changes that go into one transaction, and what they add to which counters."""

    changes: list[Change] = field(default_factory=list)
    labels: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    folders: Counter[str] = field(default_factory=Counter)
    people: Counter[str] = field(default_factory=Counter)
    contents: Counter[str] = field(default_factory=Counter)
    copies: dict[schema.Key, str] = field(default_factory=dict)
    listed: set[str] = field(default_factory=set)
    described: dict[str, Label] = field(default_factory=dict)

    def with_change(self, change: Change) -> _Chunk:
        state, counted = change
        grown = _Chunk(
            [*self.changes, change],
            *(self.labels.copy(), self.statuses.copy(), self.folders.copy(), self.people.copy(), self.contents.copy()),
            {**self.copies},
            {*self.listed, *_listed(counted)},
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
        grown.people.update(dict.fromkeys(state.people - counted.people, 1))
        grown.people.update(dict.fromkeys(counted.people - state.people, -1))
        return grown

    def add_content(self, state: ImageState, counted: Counted) -> None:
        """Note of which content the image has become a copy ("" in `copies`: is no longer one)."""
        if state.content == counted.content:
            return
        for content, number, image_id in ((counted.content, -1, ""), (state.content, 1, state.image_id)):
            if content:
                self.contents[content] += number
                self.listed.add(content)
                self.copies[schema.copy_key(content, state.image_id)] = image_id

    def size(self) -> int:
        counters = self.labels, self.statuses, self.folders, self.people, self.contents
        return len(self.changes) + len(self.copies) + sum(map(len, counters))


class DynamoDbCounters:
    """Implements `ports.Counters`."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._table = Table(client, table, write_seconds=_PATIENCE_SECONDS)
        self._copies_writer = DynamoDbCopiesWriter(client, table)
        self._completions = CompletionsWriter(client, table)
        self._vocabulary = VocabularyWriter(client, table)
        self._statistics = DynamoDbStatistics(client, table)
        self._are_completions_known = False
        self._learnt: set[tuple[str, str]] = set()

    def find(self, image_ids: Collection[str]) -> Mapping[str, Counted]:
        """Read the notes, strongly consistent."""
        wanted = [schema.counted_key(image_id) for image_id in image_ids]
        notes = map(schema.unmarshalled, self._table.batch_get(wanted, consistent=True))
        return dict.fromkeys(image_ids, Counted()) | {note["ImageId"]: _counted(note) for note in notes}

    def apply(self, changes: Sequence[Change]) -> int:
        """Write as few transactions as hold the changes; each leaves notes and counters in agreement."""
        applied = 0
        for chunk in _chunks(changes):
            try:
                self._learn_completions(chunk)
                self._learn_aliases(chunk)
                self._vocabulary.learn({source for state, _ in chunk.changes for source in state.sources})
                self._count(chunk)
                self._copies_writer.list_anew(chunk.listed)
            except CatalogUnavailableError:
                logger.exception("counters not written")
                return applied
            applied += len(chunk.changes)
        return applied

    def complete(self, counted: Collection[Counted]) -> None:
        """List the contents that several images have, which an `apply` does after it has counted."""
        self._copies_writer.list_anew(set().union(*map(_listed, counted)))

    def _count(self, chunk: _Chunk) -> None:
        notes = list(self._notes(chunk))
        notes += self._copies(chunk)
        self._table.transact(lambda: [*notes, *self._additions(chunk)])

    def _learn_completions(self, chunk: _Chunk) -> None:
        """Write what a label's words lead to; at the first time, that of all labels which earlier releases counted."""
        if not self._are_completions_known:
            if self._completions.lack_labels():
                labels = self._statistics.labels("", "")
                self._completions.learn({label.name.casefold(): label.aliases for label in labels})
                self._completions.say_complete()
            self._are_completions_known = True
        self._completions.learn({name: label.aliases for name, label in chunk.described.items()})

    def _learn_aliases(self, chunk: _Chunk) -> None:
        """Note for each alias the label it stands for: once in the life of a process, so that no item gets hot."""
        pairs = {(alias, name) for name, label in chunk.described.items() for alias in label.aliases}
        for alias, name in sorted(pairs - self._learnt):
            self._table.update(
                Key=schema.marshalled_key(schema.alias_key(alias)),
                UpdateExpression="SET #alias = :alias, #format = :format ADD #names :name",
                ExpressionAttributeNames={"#alias": "Alias", "#names": "Names", "#format": formats.MEMBER},
                ExpressionAttributeValues={
                    ":alias": {"S": alias.casefold()},
                    ":name": {"SS": [name]},
                    ":format": {"N": str(formats.COUNTING)},
                },
            )
            self._learnt.add((alias, name))

    def _notes(self, chunk: _Chunk) -> Iterator[dict[str, Any]]:
        for state, counted in chunk.changes:
            note: dict[str, Any] = {"TableName": self._table.name, "Item": _note(state, counted)}
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
            if image_id:
                item = schema.stored(key, {"ImageId": image_id}, formats.COUNTING)
                yield {"Put": {"TableName": self._table.name, "Item": item}}
            else:
                yield {"Delete": {"TableName": self._table.name, "Key": schema.marshalled_key(key)}}

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
        further += [((schema.person_counts(shard), person), number) for person, number in sorted(chunk.people.items())]
        further += [(schema.content_key(content), number) for content, number in sorted(chunk.contents.items())]
        yield from (self._addition(key, number, {}) for key, number in further if number)

    def _addition(self, key: schema.Key, number: int, description: Mapping[str, Any]) -> dict[str, Any]:
        # A name alone is a person's: it is set where nobody knows better.
        written = "#{0} = :{0}" if len(description) > 1 else "#{0} = if_not_exists(#{0}, :{0})"
        settings = ", ".join(["#StoredFormat = :StoredFormat", *(written.format(name) for name in description)])
        values = {f":{name}": schema.marshalled(value) for name, value in description.items()}
        values |= {":StoredFormat": {"N": str(formats.COUNTING)}, ":Count": {"N": str(number)}}
        return {
            "Update": {
                "TableName": self._table.name,
                "Key": schema.marshalled_key(key),
                "UpdateExpression": f"SET {settings} ADD #Count :Count",
                "ExpressionAttributeNames": {f"#{name}": name for name in (*description, "Count", formats.MEMBER)},
                "ExpressionAttributeValues": values,
            }
        }


def _with_room(change: Change) -> Change:
    """Leave people as they are counted where one image's transaction has no room: its next change counts them.

    That is an image whose 40 labels are all exchanged at once, and people with them.
    """
    state, counted = change
    alone = _Chunk().with_change(change)
    return change if alone.size() <= _MOST_ITEMS else (replace(state, people=counted.people), counted)


def _chunks(changes: Sequence[Change]) -> Iterator[_Chunk]:
    chunk = _Chunk()
    for change in map(_with_room, changes):
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


def _listed(counted: Counted) -> set[str]:
    """Return the contents whose place in the list of copies depends on what is counted of an image."""
    return {counted.content, counted.left_content} - {""}


def _note(state: ImageState, counted: Counted) -> schema.Item:
    attributes = {
        "ImageId": state.image_id,
        "Version": state.version,
        "Status": str(state.status),
        "Names": sorted(state.labels),
        "Folders": sorted(state.folders),
        "Content": state.content,
        "LeftContent": counted.left_content if state.content == counted.content else counted.content,
    }
    attributes |= {"People": sorted(state.people)} if state.people else {}
    if state.expires_at:
        attributes["ExpiresAt"] = state.expires_at
    return schema.stored(schema.counted_key(state.image_id), attributes, formats.COUNTING)


def _counted(note: Mapping[str, Any]) -> Counted:
    # 0.1.0 counted neither folders nor contents: their counts come with the next change of the image.
    return Counted(
        int(note["Version"]),
        Status(note["Status"]),
        frozenset(note["Names"]),
        frozenset(note.get("Folders", ())),
        note.get("Content", ""),
        note.get("LeftContent", ""),
        frozenset(note.get("People", ())),
    )


def _description(label: Label) -> dict[str, Any]:
    if label.is_bare:
        return {"Name": label.name}
    return {
        "Name": label.name,
        "Parents": list(label.parents),
        "Categories": list(label.categories),
        "Aliases": list(label.aliases),
    }
