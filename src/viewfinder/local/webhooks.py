"""Deliver the outbox's events to the stack's webhook: `python -m viewfinder.local.webhooks DIR`, until it is ended."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from viewfinder.adapters.sqlite.database import Database
from viewfinder.adapters.sqlite.outbox import SqliteOutbox
from viewfinder.adapters.webhooks import WebhookReceiver
from viewfinder.domain.errors import CatalogUnavailableError
from viewfinder.local.data_directory import DataDirectory
from viewfinder.local.stack import LocalStack
from viewfinder.usecases.deliver_events import Deliveries

PAUSE_SECONDS = 0.5


def outbox_of(data: DataDirectory) -> SqliteOutbox:
    """Return the outbox in the catalog's file, which has to be there."""
    return SqliteOutbox(Database(f"{data.database}?mode=rw"))


def deliver(
    deliveries: Deliveries, *, goes_on: Callable[[], bool] = lambda: True, pause: float = PAUSE_SECONDS
) -> None:
    """Deliver what is due, and look again after a pause where there is nothing."""
    while goes_on():
        try:
            tried = deliveries.run()
        except CatalogUnavailableError:
            tried = 0  # others write for long, or the disk is full: everything is still in the outbox
        if not tried:
            time.sleep(pause)


def main(path: Path) -> None:
    """Deliver the events of one data directory."""
    data = DataDirectory(path)
    record = LocalStack(data).running.record
    receiver = WebhookReceiver(str(record.webhook), str(record.webhook_secret))
    deliver(Deliveries(outbox_of(data), receiver, time.time))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
