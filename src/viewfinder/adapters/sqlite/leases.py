"""Leases: rows that expire."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

from viewfinder.adapters.sqlite.database import Database
from viewfinder.domain.errors import AnalysisInProgressError
from viewfinder.domain.lease import HORIZON, Lease

_POLL_SECONDS = 0.1

_TAKE = """
    INSERT INTO leases (name, holder, expires_at) VALUES (:name, :holder, :expires_at)
    ON CONFLICT DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at, done_at = NULL
    WHERE leases.expires_at < :now OR leases.expires_at > :horizon OR leases.done_at < :since
    RETURNING 1
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
        """Insert the row of the lease; wait for the holder if another process has it."""
        deadline = self._clock() + self._patience
        while True:
            now = int(self._clock())
            lease = Lease(name, uuid.uuid4().hex, now + self._seconds)
            values = {"name": name, "holder": lease.holder, "expires_at": lease.expires_at, "now": now, "since": since}
            values["horizon"] = now + HORIZON * self._seconds
            with self._database.transaction() as connection:
                connection.execute("DELETE FROM leases WHERE expires_at < ? AND name != ?", [now, name])
                held = connection.execute("SELECT done_at FROM leases WHERE name = ?", [name]).fetchone()
                if connection.execute(_TAKE, values).fetchall():
                    return lease.inherited() if held else lease
            if held and held[0]:
                return None
            if self._clock() > deadline:
                raise AnalysisInProgressError(f"{name} is held by another function")
            self._sleep(_POLL_SECONDS)

    def release(self, lease: Lease) -> None:
        """Delete the row if this holder still has it."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM leases WHERE name = ? AND holder = ?", [lease.name, lease.holder])


def drop_leases(database: Database) -> None:
    """Delete every lease of a file that no function uses, because all holders have ended."""
    with database.transaction() as connection:
        connection.execute("DELETE FROM leases")
