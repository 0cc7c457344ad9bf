"""The catalog's file of a stack: checks that it exists, is intact, and belongs to the buckets.

The file and the buckets carry the same mark, a new one from each start and each orderly stop on: an older copy of one
of them betrays itself. A rebuild needs none of this: it begins by renaming the file, unread.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from enum import Enum

from viewfinder.adapters.sqlite.database import Database
from viewfinder.adapters.sqlite.leases import drop_leases
from viewfinder.adapters.sqlite.soundness import generation, mark, require_whole, require_writable
from viewfinder.domain.errors import MisconfiguredError, ViewfinderError
from viewfinder.local import files
from viewfinder.local.data_directory import DataDirectory
from viewfinder.local.processes import LocalStackError

QUICK_BYTES = 50_000_000
"""Bytes above which the file is checked in the background; the check reads some 200 MB a second."""


class DamagedCatalogError(LocalStackError):
    """The catalog's file can't be used; the message names the remedy."""


class Found(Enum):
    """The result of a check of the file; `value` describes it for users."""

    GOOD = "is there"
    MISSING = "is missing"
    FOREIGN = "does not belong to the buckets: it is an older copy, or another stack's"
    UNWANTED = "is not to be used any more"


@dataclass(frozen=True, slots=True)
class CatalogFile:
    """The catalog's file of one data directory."""

    data: DataDirectory

    @property
    def setting(self) -> str:
        """The value of VIEWFINDER_CATALOG for the functions, which may not create the file."""
        return f"sqlite:{self.data.database}?mode=rw"

    @property
    def is_large(self) -> bool:
        """Whether the file is too large to check before a start."""
        return self.data.database.exists() and self.data.database.stat().st_size > QUICK_BYTES

    def look(self, *, max_bytes: int = QUICK_BYTES) -> Found:
        """Look at the file, and read all of it where it is not larger than that; raise DamagedCatalogError."""
        if not self.data.database.exists():
            return Found.MISSING
        with self._opened() as database:
            if generation(database) not in self._generations():
                return Found.FOREIGN
            require_writable(database)
            if self.data.database.stat().st_size <= max_bytes:
                require_whole(database)
        return Found.GOOD

    def prepare(self) -> None:
        """Prepare the file for a start, and create a missing one; raise DamagedCatalogError.

        It deletes the leases: no function runs, so none needs to wait for the lease of a killed one.
        """
        with self._opened(creates=True) as database:
            drop_leases(database)
            self._renew(database)

    def seal(self) -> None:
        """Renew the mark of file and buckets after a stop, unless they don't match or the file is unusable.

        It raises no error, because the next start finds and reports the same fault.
        """
        with suppress(ViewfinderError, OSError):
            if self.look(max_bytes=0) is Found.GOOD:
                with self._opened() as database:
                    self._renew(database)

    def _renew(self, database: Database) -> None:
        """Write a new mark to file and buckets; until both are written, the buckets accept the old one too."""
        before, after = generation(database), uuid.uuid4().hex
        files.write(self.data.generation, {"Generation": after, "Previous": before})
        mark(database, after)
        files.write(self.data.generation, {"Generation": after})

    def _generations(self) -> list[str | None]:
        """Return the marks that the buckets accept; None if they have none yet, as before 0.3.0."""
        try:
            document = files.read(self.data.generation, "")
        except files.DamagedFileError:
            return []
        if document is None:
            return [None]
        return [document[name] for name in ("Generation", "Previous") if name in document]

    @contextmanager
    def _opened(self, *, creates: bool = False) -> Iterator[Database]:
        path = str(self.data.database)
        with closing(Database(path if creates else f"{path}?mode=rw")) as database:
            try:
                yield database
            except (MisconfiguredError, sqlite3.Error) as error:
                remedy = f"Rebuild it from the buckets: {self.data.command('up --rebuild')}"
                raise DamagedCatalogError(f"{error}. {remedy}") from error
