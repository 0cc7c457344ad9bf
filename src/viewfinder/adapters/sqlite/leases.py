"""Leases: rows that expire."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

from viewfinder.adapters.sqlite.database import Database
from viewfinder.domain.errors import AnalysisInProgressError
from viewfinder.domain.lease import Lease

_POLL_SECONDS = 0.1

_TAKE = """
    INSERT INTO leases (name, holder, expires_at) VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at, done_at = NULL
"""


class SqliteLeases:
    """Implements `ports.Leases`.

    A lease ends after `seconds`, which must be more than the holder can live; `patience` is how long one waits for it.
    """

    def __init__(
        self,
        database: Database,
        *,
        seconds: int,
        patience: float,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._database = database
        self._seconds = seconds
        self._patience = patience
        self._clock = clock
        self._sleep = sleep

    def claim(self, name: str, *, since: str = "") -> Lease | None:
        """Write the row unless it is there."""
        deadline = self._clock() + self._patience
        while True:
            now = int(self._clock())
            lease = Lease(name, uuid.uuid4().hex, now + self._seconds)
            with self._database.transaction() as connection:
                connection.execute("DELETE FROM leases WHERE expires_at < ? AND name != ?", [now, name])
                row = connection.execute("SELECT expires_at, done_at FROM leases WHERE name = ?", [name]).fetchone()
                expires_at, done_at = row or (0, None)
                if expires_at < now or (done_at and done_at < since):
                    connection.execute(_TAKE, [name, lease.holder, lease.expires_at])
                    return lease.inherited() if row else lease
            if done_at:
                return None
            if self._clock() > deadline:
                raise AnalysisInProgressError(f"{name} is held by someone else")
            self._sleep(_POLL_SECONDS)

    def release(self, lease: Lease) -> None:
        """Delete the row if it is still that of this holder."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM leases WHERE name = ? AND holder = ?", [lease.name, lease.holder])


def drop_leases(database: Database) -> None:
    """Drop every lease: for a file that no function uses at the time, so that all holders are dead."""
    with database.transaction() as connection:
        connection.execute("DELETE FROM leases")
