"""The factory of the catalog in an SQLite file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from viewfinder.adapters.sqlite.catalog import SqliteCatalog
from viewfinder.adapters.sqlite.copies import SqliteCopies
from viewfinder.adapters.sqlite.database import Database
from viewfinder.adapters.sqlite.hashes import SqliteHashes
from viewfinder.adapters.sqlite.index import SqliteIndex
from viewfinder.adapters.sqlite.leases import SqliteLeases
from viewfinder.adapters.sqlite.outbox import SqliteOutbox
from viewfinder.adapters.sqlite.people import SqlitePeople
from viewfinder.adapters.sqlite.statistics import SqliteStatistics
from viewfinder.adapters.sqlite.vectors import SqliteVectors
from viewfinder.ports import CatalogParts

if TYPE_CHECKING:
    from viewfinder.settings import Settings


def sqlite_catalog(path: str, settings: Settings) -> CatalogParts:
    """Return the catalog in a file; the first call of a method opens it."""
    database = Database(path)
    catalog = SqliteCatalog(database, tombstone_seconds=settings.kept_tombstone_seconds, announces=settings.outbox)
    leases = SqliteLeases(database, seconds=settings.lease_seconds, patience=settings.lease_patience_seconds)
    return CatalogParts(
        catalog=catalog,
        records=catalog,
        leases=leases,
        index=SqliteIndex(database),
        statistics=SqliteStatistics(database),
        copies=SqliteCopies(database),
        outbox=SqliteOutbox(database),
        hashes=SqliteHashes(database),
        people=SqlitePeople(database),
        vectors=SqliteVectors(database),
        close=database.close,
    )
