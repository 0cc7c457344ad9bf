"""Make the catalog of a local stack agree with its buckets: `python -m viewfinder.local.recovery DIR`.

A crash takes the messages of the queue and what the emulator had not saved. The buckets tell what is missing.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from viewfinder.local.data_directory import DataDirectory
from viewfinder.local.stack import LocalStack
from viewfinder.usecases.reconcile import Differences, reconcile

PATIENCE_SECONDS = 900
NICENESS = 10


def recover(stack: LocalStack) -> None:
    """Reconcile, and write the progress into the data directory; what does not end is tried again by the next `up`."""
    started = time.time()

    def progress(state: str, **more: Any) -> None:
        write_progress(stack.data, {"State": state, "Started": started, **more})

    def left(differences: Differences) -> None:
        progress("RUNNING", Left=len(differences.images), Images=differences.objects)

    progress("RUNNING")
    try:
        reconcile(stack.application().stores, patience=PATIENCE_SECONDS, on_progress=left)
    except Exception as error:
        progress("FAILED", Message=str(error))
        raise
    stack.data.recovery.unlink(missing_ok=True)


def write_progress(data: DataDirectory, progress: dict[str, Any]) -> None:
    """Write the file whole: others read it at any time."""
    unfinished = data.recovery.with_suffix(".new")
    unfinished.write_text(json.dumps(progress))
    unfinished.replace(data.recovery)


if __name__ == "__main__":
    os.nice(NICENESS)
    recover(LocalStack(DataDirectory(Path(sys.argv[1]))))
