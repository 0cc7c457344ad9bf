"""The statistics of the file; the transaction that saves an image updates the counts."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping

from viewfinder.adapters.sqlite.database import Database
from viewfinder.adapters.sqlite.index import BEHIND_ALL, source_terms
from viewfinder.domain.posting import Source, SourceKind
from viewfinder.domain.spelling import SHORTEST_WITH_TYPO
from viewfinder.domain.statistics import KnownName, LabelCount

_MOST_ROWS = 1000

_COUNTS = "SELECT name, count, description FROM terms WHERE kind = 'LABEL' AND name IN (SELECT value FROM json_each(?))"
_MOST_ALIKE = 500
_ALIKE = """
    SELECT terms.name FROM word_parts CROSS JOIN terms ON terms.id = word_parts.rowid
    WHERE word_parts MATCH ? AND terms.kind = ? LIMIT ?
"""
_ALIASES = """
    SELECT alias, name FROM aliases JOIN terms ON terms.id = term WHERE alias IN (SELECT value FROM json_each(?))
"""
_LABELS = """
    SELECT name, count, description FROM terms
    WHERE kind = 'LABEL' AND name >= ? AND name != ? AND name < ? ORDER BY name LIMIT ?
"""
_COMPLETIONS = """
    WITH texts AS MATERIALIZED (SELECT value AS text FROM json_each(?))
    SELECT count, description FROM terms WHERE kind = 'LABEL' AND (
        EXISTS (SELECT 1 FROM texts WHERE instr(name, text)) OR
        EXISTS (SELECT 1 FROM aliases, texts WHERE term = terms.id AND instr(alias, text))
    )
"""
_FOLDERS = "SELECT folder, count FROM folders WHERE level = ? AND folder >= ? AND folder < ? ORDER BY folder LIMIT ?"


class SqliteStatistics:
    """Implements `ports.Statistics`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, names: Collection[str]) -> Mapping[str, KnownName]:
        """Read the counts and the aliases of the names."""
        wanted = [json.dumps(list(names))]
        rows = self._database.rows(_COUNTS, wanted)
        counts = {name: (count, json.loads(description)[0] if description else "") for name, count, description in rows}
        stands_for: dict[str, set[str]] = {}
        for alias, name in self._database.rows(_ALIASES, wanted):
            stands_for.setdefault(alias, set()).add(name)
        return {
            name: KnownName(count, frozenset(stands_for.get(name, ())), shown)
            for name in names
            for count, shown in (counts.get(name, (0, "")),)
        }

    def known(self, sources: Collection[Source]) -> Collection[Source]:
        """Look for the terms."""
        return source_terms(self._database, sources).keys()

    def alike(self, kind: SourceKind, text: str) -> Collection[str]:
        """Look for names with the text in it, and with any three letters of it that stand together, by trigrams."""
        threes = [text[place : place + 3] for place in range(len(text) - 2)]
        parts = self._alike(kind, [text])
        return {*parts, *(self._alike(kind, threes) if len(text) >= SHORTEST_WITH_TYPO else ())}

    def _alike(self, kind: SourceKind, texts: Collection[str]) -> list[str]:
        quoted = " OR ".join('"' + text.replace('"', '""') + '"' for text in texts)
        return [name for (name,) in self._database.rows(_ALIKE, [quoted, str(kind), _MOST_ALIKE])]

    def sizes(self, sources: Collection[Source]) -> Mapping[Source, int]:
        """Return the number of images of each source."""
        found = source_terms(self._database, sources)
        return {source: found[source].count if source in found else 0 for source in sources}

    def labels(self, prefix: str, after: str, *, portion: int = _MOST_ROWS) -> Iterator[LabelCount]:
        """Read the labels in the order of their names, a page at a time."""
        while rows := self._database.rows(_LABELS, [max(after, prefix), after, prefix + BEHIND_ALL, portion]):
            yield from (_label_count(count, description) for _, count, description in rows)
            after = rows[-1][0]

    def completions(self, texts: Collection[str]) -> Iterator[LabelCount]:
        """Look for the texts in the names and aliases: SQLite reads both, but only what is found is taken apart."""
        rows = self._database.rows(_COMPLETIONS, [json.dumps(list(texts))])
        yield from (_label_count(count, description) for count, description in rows)

    def statuses(self) -> Mapping[str, int]:
        """Read the counts of the statuses."""
        rows = self._database.rows("SELECT name, count FROM terms WHERE kind = 'STATUS' AND name != 'removed'")
        return {name.upper(): count for name, count in rows}

    def folders(self, prefix: str, most: int) -> Mapping[str, int]:
        """Read the folders of the level that the prefix reaches."""
        return dict(self._database.rows(_FOLDERS, [prefix.count("/") + 1, prefix, prefix + BEHIND_ALL, most]))


def _label_count(count: int, description: str) -> LabelCount:
    name, *lists = json.loads(description)
    parents, categories, aliases = (tuple(names) for names in lists)
    return LabelCount(name, count, parents, categories, aliases)
