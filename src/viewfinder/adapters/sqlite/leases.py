"""Leases: rows that let one at a time do a thing, in whatever process, and that expire where the holder died."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from viewfinder.adapters.sqlite.database import Database
from viewfinder.domain.errors import AnalysisInProgressError

_POLL_SECONDS = 0.1

_TAKE = """
    INSERT INTO leases (name, holder, expires_at) VALUES (:name, :holder, :expires_at)
    ON CONFLICT DO UPDATE SET holder = :holder, expires_at = :expires_at WHERE expires_at < :now
    RETURNING holder
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

    @contextmanager
    def held(self, name: str) -> Iterator[None]:
        """Wait for the lease and hold it for the block."""
        holder = uuid.uuid4().hex
        deadline = self._clock() + self._patience
        while not self._take(name, holder):
            if self._clock() > deadline:
                raise AnalysisInProgressError(f"{name} is held by someone else")
            self._sleep(_POLL_SECONDS)
        try:
            yield
        finally:
            self._release(name, holder)

    def _take(self, name: str, holder: str) -> bool:
        now = self._clock()
        row = {"name": name, "holder": holder, "expires_at": now + self._seconds, "now": now}
        with self._database.transaction() as connection:
            return connection.execute(_TAKE, row).fetchone() is not None

    def _release(self, name: str, holder: str) -> None:
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM leases WHERE name = ? AND holder = ?", [name, holder])
