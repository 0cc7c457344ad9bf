"""The people of the table: a row for what has been said of each, and counters that the stream keeps."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from viewfinder.adapters.dynamodb import schema
from viewfinder.adapters.dynamodb.calls import Table
from viewfinder.adapters.dynamodb.statistics import SHARDS
from viewfinder.domain import formats
from viewfinder.domain.errors import CatalogConflictError, InvalidRequestError
from viewfinder.domain.person import Person, PersonCount, name_key

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_PLACE = re.compile("([0-9]{12})#(.*)")


class DynamoDbPeople:
    """Implements `ports.People`: a page reads all counters and rows, which are some 100 bytes each."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._table = Table(client, table)

    def find(self, person_id: str) -> PersonCount | None:
        """Get the row and the counters."""
        key = schema.person_key(person_id)
        keys = [key, *((schema.person_counts(shard), person_id) for shard in range(SHARDS))]
        found = [schema.unmarshalled(item) for item in self._table.batch_get(keys)]
        rows = [row for row in found if row["PK"] == key[0]]
        count = sum(int(row["Count"]) for row in found if row["PK"] != key[0])
        if not rows and count <= 0:
            return None
        return PersonCount(Person.from_document(rows[0]) if rows else Person(person_id), max(0, count))

    def ids_of(self, name: str) -> Collection[str]:
        """Look through all rows for the name, and follow the merged ones."""
        rows = self._rows()
        return _with_merged(rows, {name} | _by_name(rows).get(name, set()))

    def named(self, names: Collection[str]) -> Mapping[str, Collection[str]]:
        """Look through all rows once."""
        rows = self._rows()
        known = _by_name(rows)
        return {name: _with_merged(rows, known[name]) for name in names if name in known}

    def page(self, after: str, most: int) -> tuple[Sequence[PersonCount], str]:
        """Sort the sums of the counters."""
        place = _place(after)
        counts: dict[str, int] = {}
        for shard in range(SHARDS):
            for row in self._partition(schema.person_counts(shard)):
                counts[row["SK"]] = counts.get(row["SK"], 0) + int(row["Count"])
        ordered = sorted(((count, person_id) for person_id, count in counts.items() if count > 0), reverse=True)
        found = [entry for entry in ordered if not place or entry < place][:most]
        rows = self._rows()
        people = [PersonCount(rows.get(person_id, Person(person_id)), count) for count, person_id in found]
        last = f"{found[-1][0]:012d}#{found[-1][1]}" if len(found) == most else ""
        return [entry for entry in people if not entry.person.merged_into], last

    def save(self, person: Person) -> None:
        """Put the row."""
        document = {name: value for name, value in person.to_document().items() if name != formats.MEMBER}
        self._table.put(Item=schema.stored(schema.person_key(person.person_id), document, formats.PERSON))

    def delete(self, person_id: str) -> None:
        """Delete the row."""
        self._table.delete(Key=schema.marshalled_key(schema.person_key(person_id)))

    def said(self) -> Iterable[str]:
        """Return the keys of the rows."""
        return list(self._rows())

    def purge(self) -> None:
        """Delete the counters of people who have no image any more; those that the stream is still counting stay."""
        rows: dict[str, list[dict[str, Any]]] = {}
        for shard in range(SHARDS):
            for row in self._partition(schema.person_counts(shard)):
                rows.setdefault(row["SK"], []).append(row)
        for several in rows.values():
            if sum(int(row["Count"]) for row in several) == 0:
                self._delete_unchanged(several)

    def _delete_unchanged(self, rows: Sequence[dict[str, Any]]) -> None:
        deletions = [
            {
                "Delete": {
                    "TableName": self._table.name,
                    "Key": schema.marshalled_key((row["PK"], row["SK"])),
                    "ConditionExpression": "#count = :count",
                    "ExpressionAttributeNames": {"#count": "Count"},
                    "ExpressionAttributeValues": {":count": {"N": str(row["Count"])}},
                }
            }
            for row in rows
        ]
        with suppress(CatalogConflictError):  # they are counting: the next time
            self._table.transact(lambda: deletions)

    def _rows(self) -> dict[str, Person]:
        rows = self._partition(schema.person_key("")[0])
        return {row["PersonId"]: Person.from_document(row) for row in rows}

    def _partition(self, name: str) -> list[dict[str, Any]]:
        question = {
            "KeyConditionExpression": "PK = :partition",
            "ExpressionAttributeValues": {":partition": {"S": name}},
        }
        return [schema.unmarshalled(item) for item in self._table.items(**question)]


def _place(after: str) -> tuple[int, str] | None:
    if not after:
        return None
    found = _PLACE.fullmatch(after)
    if not found:
        raise InvalidRequestError("is not a token of this catalog", parameter="nextToken", code="InvalidNextToken")
    return int(found[1]), found[2]


def _by_name(rows: Mapping[str, Person]) -> dict[str, set[str]]:
    """Map the key of each name to the ids of the people that have it: once for all names that are looked for."""
    found: dict[str, set[str]] = {}
    for person in rows.values():
        found.setdefault(name_key(person.name), set()).add(person.person_id)
    return found


def _with_merged(rows: Mapping[str, Person], ids: set[str]) -> set[str]:
    """Add those that were merged into them, and into these."""
    found = set(ids)
    while more := {each.person_id for each in rows.values() if each.merged_into in found} - found:
        found |= more
    return found
