"""The outbox: events that were written with their records, until they are delivered or given up."""

from __future__ import annotations

import json
from collections.abc import Sequence

from viewfinder.adapters.sqlite.database import Database
from viewfinder.ports import OutboxCounts, OutboxEvent

_COLUMNS = "id, image_id, version, event, saved_at, attempts, problem"
_DUE = f"""
    SELECT {_COLUMNS} FROM outbox AS event WHERE NOT is_dead AND due_at <= ? AND NOT EXISTS (
        SELECT 1 FROM outbox WHERE image_id = event.image_id AND id < event.id AND NOT is_dead
    ) ORDER BY due_at, id LIMIT ?
"""  # noqa: S608 - columns of ours
_DEAD = f"SELECT {_COLUMNS} FROM outbox WHERE is_dead ORDER BY id LIMIT ?"  # noqa: S608
_POSTPONE = "UPDATE outbox SET attempts = attempts + 1, due_at = ?, problem = ? WHERE id = ?"
_BURY = "UPDATE outbox SET attempts = attempts + 1, problem = ?, is_dead = 1 WHERE id = ?"
_REVIVE = "UPDATE outbox SET attempts = 0, due_at = 0, saved_at = ?, is_dead = 0 WHERE is_dead"
_COUNTS = "SELECT count(*) FILTER (WHERE NOT is_dead), count(*) FILTER (WHERE is_dead) FROM outbox"


class SqliteOutbox:
    """Implements `ports.Outbox`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def due(self, now: float, most: int) -> Sequence[OutboxEvent]:
        """Read the first event of each image, if its time has come."""
        return [_event(row) for row in self._database.rows(_DUE, [now, most])]

    def remove(self, event: OutboxEvent) -> None:
        """Delete the row."""
        self._change("DELETE FROM outbox WHERE id = ?", [event.number])

    def postpone(self, event: OutboxEvent, until: float, problem: str) -> None:
        """Set the time of the next attempt; the later events of the image wait with it."""
        self._change(_POSTPONE, [until, problem, event.number])

    def bury(self, event: OutboxEvent, problem: str) -> None:
        """Mark the row; the later events of the image go on."""
        self._change(_BURY, [problem, event.number])

    def dead(self, most: int) -> Sequence[OutboxEvent]:
        """Read the marked rows, oldest first."""
        return [_event(row) for row in self._database.rows(_DEAD, [most])]

    def revive(self, now: float) -> int:
        """Remove the marks, with a whole day for each once more."""
        with self._database.transaction() as connection:
            return connection.execute(_REVIVE, [now]).rowcount

    def counts(self) -> OutboxCounts:
        """Count the rows."""
        ((waiting, dead),) = self._database.rows(_COUNTS)
        return OutboxCounts(waiting, dead)

    def _change(self, statement: str, values: Sequence[object]) -> None:
        with self._database.transaction() as connection:
            connection.execute(statement, values)


def _event(row: Sequence[object]) -> OutboxEvent:
    number, image_id, version, event, saved_at, attempts, problem = row
    return OutboxEvent(number, image_id, version, json.loads(str(event)), saved_at, attempts, problem)  # type: ignore[arg-type]
