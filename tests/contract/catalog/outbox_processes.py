"""The two processes of the kill test: one saves records, the other delivers their events; both may be killed."""

from __future__ import annotations

import sys
import time
from dataclasses import replace

from viewfinder.adapters.sqlite.catalog import SqliteCatalog
from viewfinder.adapters.sqlite.database import Database
from viewfinder.adapters.sqlite.outbox import SqliteOutbox
from viewfinder.adapters.webhooks import WebhookReceiver
from viewfinder.domain.image import Image, Status
from viewfinder.local.webhooks import deliver
from viewfinder.usecases.deliver_events import Deliveries

VERSIONS = 3


def save(path: str, images: int) -> None:
    """Save some versions of each image, going on where a killed process has left off."""
    catalog = SqliteCatalog(Database(path), tombstone_seconds=60, announces=True)
    for round_ in range(VERSIONS):
        for number in range(images):
            key = f"{number:04}.jpg"
            known = catalog.find(key)
            if known and known.size > round_:
                continue
            fresh = Image(key, Status.ANALYZED, "", "2026-01-31T12:00:00.000000Z", etag="e")
            catalog.save(replace(known or fresh, size=round_ + 1), replacing=known)


def send(path: str, url: str, secret: str) -> None:
    """Deliver for ever, with short pauses after failures."""
    deliver(
        Deliveries(SqliteOutbox(Database(path)), WebhookReceiver(url, secret), time.time, jitter=lambda: 0.002),
        pause=0.01,
    )


if __name__ == "__main__":
    {"save": lambda: save(sys.argv[2], int(sys.argv[3])), "send": lambda: send(*sys.argv[2:])}[sys.argv[1]]()
