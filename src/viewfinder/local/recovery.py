"""Look at the catalog of a local stack, and make it agree with its buckets: `python -m viewfinder.local.recovery DIR`.

A crash takes the messages of the queue and what the emulator had not saved. The buckets tell what is missing.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

from viewfinder.local import files
from viewfinder.local.catalog import CatalogFile, DamagedCatalogError
from viewfinder.local.data_directory import DataDirectory
from viewfinder.local.running import Running
from viewfinder.local.stack import LocalStack
from viewfinder.local.state import SQLITE
from viewfinder.usecases.reconcile import Repair, reconcile

PATIENCE_SECONDS = 900
PROGRESS_SECONDS = 1.0
NICENESS = 10


def recover(stack: Running) -> None:
    """Look and reconcile, and write the progress into the data directory.

    What does not end is tried again by the next `up`.
    """
    try:
        if stack.record.catalog == SQLITE:
            CatalogFile(stack.data).look(max_bytes=sys.maxsize)
        if stack.data.recovery.exists():
            _reconcile(stack)
    except Exception as error:
        state = "DAMAGED" if isinstance(error, DamagedCatalogError) else "FAILED"
        files.write(stack.data.recovery, {"State": state, "Message": str(error)})
        raise
    stack.data.recovery.unlink(missing_ok=True)


def _reconcile(stack: Running) -> None:
    started, told = time.time(), 0.0

    def progress(**more: Any) -> None:
        files.write(stack.data.recovery, {"State": "RUNNING", "Started": started, **more})

    def left(done: Repair, images: int) -> None:
        nonlocal told
        if time.monotonic() - told >= PROGRESS_SECONDS:
            progress(Left=done.left, Images=images)
            told = time.monotonic()

    progress()
    reconcile(stack.application().stores, patience=PATIENCE_SECONDS, on_progress=left)


if __name__ == "__main__":
    os.nice(NICENESS)
    recover(LocalStack(DataDirectory(Path(sys.argv[1]))).running)
