"""The people of the file: a row for what has been said of each, and the count of its term."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from viewfinder.adapters.sqlite.database import Database
from viewfinder.adapters.sqlite.schema import to_json
from viewfinder.domain.errors import InvalidRequestError
from viewfinder.domain.person import Person, PersonCount, name_key

_FIND = """
    SELECT (SELECT count FROM terms WHERE kind = 'PERSON' AND name = :id),
        (SELECT person FROM people WHERE person_id = :id)
"""
_IDS = """
    WITH RECURSIVE ids AS (
        SELECT person_id FROM people WHERE name = :name AND name != ''
        UNION SELECT :name
        UNION SELECT people.person_id FROM people JOIN ids ON people.merged_into = ids.person_id
        WHERE people.merged_into != ''
    )
    SELECT person_id FROM ids
"""
_PAGE = """
    SELECT terms.name, terms.count, people.person FROM terms INDEXED BY people_by_count
    LEFT JOIN people ON people.person_id = terms.name
    WHERE kind = 'PERSON' AND (count, terms.name) < (:count, :name)
    ORDER BY count DESC, terms.name DESC LIMIT :most
"""
_SAVE = """
    INSERT INTO people (person_id, name, merged_into, person) VALUES (:person_id, :name, :merged_into, :person)
    ON CONFLICT DO UPDATE SET name = :name, merged_into = :merged_into, person = :person
"""


class SqlitePeople:
    """Implements `ports.People`; a place is a count and an id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, person_id: str) -> PersonCount | None:
        """Read the row and the count."""
        [(count, person)] = self._database.rows(_FIND, {"id": person_id})
        return None if count is None and person is None else PersonCount(_person(person_id, person), count or 0)

    def ids_of(self, name: str) -> Collection[str]:
        """Follow the merged ones."""
        return [person_id for (person_id,) in self._database.rows(_IDS, {"name": name})]

    def named(self, names: Collection[str]) -> Mapping[str, Collection[str]]:
        """Look each of them up."""
        found = {name: [each for each in self.ids_of(name) if each != name] for name in names}
        return {name: ids for name, ids in found.items() if ids}

    def page(self, after: str, most: int) -> tuple[Sequence[PersonCount], str]:
        """Read along the index of the counts."""
        count, name = _place(after)
        rows = self._database.rows(_PAGE, {"count": count, "name": name, "most": most})
        found = [PersonCount(_person(person_id, person), number) for person_id, number, person in rows]
        place = f"{found[-1].count}#{found[-1].person.person_id}" if len(found) == most else ""
        return [entry for entry in found if not entry.person.merged_into], place

    def save(self, person: Person) -> None:
        """Write the row."""
        row: dict[str, Any] = {"person_id": person.person_id, "name": name_key(person.name)}
        row |= {"merged_into": person.merged_into, "person": to_json(person.to_document())}
        with self._database.transaction() as connection:
            connection.execute(_SAVE, row)

    def delete(self, person_id: str) -> None:
        """Delete the row."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM people WHERE person_id = ?", [person_id])

    def said(self) -> Iterable[str]:
        """Return the keys of the rows."""
        return [person_id for (person_id,) in self._database.rows("SELECT person_id FROM people")]

    def purge(self) -> None:
        """Write the file anew, without its free pages, and empty its log."""
        self._database.compact()


def _place(after: str) -> tuple[int, str]:
    if not after:
        return 2**62, ""
    count, _, name = after.partition("#")
    if not count.isdecimal() or len(count) > 18:
        raise InvalidRequestError("is not a token of this catalog", parameter="nextToken", code="InvalidNextToken")
    return int(count), name


def _person(person_id: str, stored: str | None) -> Person:
    return Person.from_document(json.loads(stored)) if stored else Person(person_id)
