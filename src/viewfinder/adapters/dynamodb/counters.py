"""The statistics' counters as they are written: with a note per image of what is counted, in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from viewfinder.adapters.dynamodb import items, keys
from viewfinder.adapters.dynamodb.catalog import is_conflict
from viewfinder.adapters.dynamodb.statistics import SHARDS, batch_get
from viewfinder.domain.errors import CatalogConflictError
from viewfinder.domain.image import Status
from viewfinder.domain.label import Label
from viewfinder.domain.statistics import Counted, ImageState

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

Change = tuple[ImageState, Counted]

_MOST_ITEMS = 100
"""Of one transaction (AWS limit). One image needs at most 83: its note, 2 x 40 labels, 2 statuses."""


@dataclass(slots=True)
class _Chunk:
    """Changes that go into one transaction, and what they add to which counters."""

    changes: list[Change] = field(default_factory=list)
    labels: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    described: dict[str, Label] = field(default_factory=dict)

    def with_change(self, change: Change) -> _Chunk:
        state, counted = change
        grown = _Chunk([*self.changes, change], self.labels.copy(), self.statuses.copy(), {**self.described})
        grown.labels.update(dict.fromkeys(state.labels.keys() - counted.labels, 1))
        grown.labels.update(dict.fromkeys(counted.labels - state.labels.keys(), -1))
        grown.statuses.update(_status_delta(state.status, counted.status))
        grown.described.update(state.labels)
        return grown

    def size(self) -> int:
        return len(self.changes) + len(self.labels) + len(self.statuses)


class DynamoDbCounters:
    """Implements `ports.Counters`."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table
        self._learnt: set[tuple[str, str]] = set()

    def find(self, image_ids: Collection[str]) -> Mapping[str, Counted]:
        """Reads the notes, strongly consistent."""
        wanted = [keys.counted_key(image_id) for image_id in image_ids]
        notes = batch_get(self._client, self._table, wanted, consistent=True)
        return dict.fromkeys(image_ids, Counted()) | {note["ImageId"]: _counted(note) for note in notes}

    def apply(self, changes: Sequence[Change]) -> None:
        """Writes as few transactions as hold the changes; each leaves notes and counters in agreement."""
        for chunk in _chunks(changes):
            self._learn_aliases(chunk)
            self._write([*self._notes(chunk), *self._additions(chunk)])

    def _learn_aliases(self, chunk: _Chunk) -> None:
        """Notes for each alias the label it stands for: once in the life of a process, so that no item gets hot."""
        pairs = {(alias, name) for name, label in chunk.described.items() for alias in label.aliases}
        for alias, name in sorted(pairs - self._learnt):
            self._client.update_item(
                TableName=self._table,
                Key=keys.marshalled(keys.alias_key(alias)),
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

    def _additions(self, chunk: _Chunk) -> Iterator[dict[str, Any]]:
        # Any shard will do; images are even over theirs.
        shard = keys.shard_of(chunk.changes[0][0].image_id, SHARDS)
        for status, number in sorted(chunk.statuses.items()):
            if number:
                yield self._addition((keys.status_counts(shard), status), number, {})
        for name, number in sorted(chunk.labels.items()):
            if number:
                description = _description(chunk.described[name]) if number > 0 else {}
                yield self._addition((keys.label_counts(shard), name), number, description)

    def _addition(self, key: keys.Key, number: int, description: Mapping[str, Any]) -> dict[str, Any]:
        settings = ", ".join(f"#{name} = :{name}" for name in description)
        values = {f":{name}": items.marshalled(value) for name, value in description.items()}
        return {
            "Update": {
                "TableName": self._table,
                "Key": keys.marshalled(key),
                "UpdateExpression": (f"SET {settings} " if settings else "") + "ADD #Count :Count",
                "ExpressionAttributeNames": {f"#{name}": name for name in (*description, "Count")},
                "ExpressionAttributeValues": values | {":Count": {"N": str(number)}},
            }
        }

    def _write(self, writes: list[dict[str, Any]]) -> None:
        try:
            self._client.transact_write_items(TransactItems=writes)  # type: ignore[arg-type]
        except ClientError as error:
            if is_conflict(error):
                raise CatalogConflictError("the counters were written by someone else meanwhile") from error
            raise


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
    """Gives what changes in the counts of statuses; what is gone is not counted."""
    delta = Counter({str(new): 1})
    delta.subtract([str(old)])
    return {status: delta[status] for status in (new, old) if status and status is not Status.REMOVED and delta[status]}


def _note(state: ImageState) -> items.Item:
    attributes = {
        "ImageId": state.image_id,
        "Version": state.version,
        "Status": str(state.status),
        "Names": sorted(state.labels),
    }
    if state.expires_at:
        attributes["ExpiresAt"] = state.expires_at
    key = keys.marshalled(keys.counted_key(state.image_id))
    return key | {name: items.marshalled(value) for name, value in attributes.items()}


def _counted(note: Mapping[str, Any]) -> Counted:
    return Counted(int(note["Version"]), Status(note["Status"]), frozenset(note["Names"]))


def _description(label: Label) -> dict[str, Any]:
    return {
        "Name": label.name,
        "Parents": list(label.parents),
        "Categories": list(label.categories),
        "Aliases": list(label.aliases),
    }
