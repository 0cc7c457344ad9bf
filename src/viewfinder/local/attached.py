"""Follow an attached folder: `python -m viewfinder.local.attached DIR` compares it with the catalog, and watches it.

Each change is a request to look at a key again, like an event of a bucket. What is seen is written into the data
directory for `viewfinder status`.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from viewfinder.adapters.folders import files_below
from viewfinder.domain.errors import ViewfinderError
from viewfinder.local import files
from viewfinder.local.data_directory import DataDirectory
from viewfinder.local.ministack.attached import keys_below, why_no_key
from viewfinder.local.running import Running
from viewfinder.local.stack import LocalStack
from viewfinder.usecases.reconcile import reconcile

PATIENCE_SECONDS = 900
AGAIN_SECONDS = 900
"""A folder on a network tells of no changes that other machines make: it is compared as often as this."""

LOOK_MILLISECONDS = 1000
DEBOUNCE_MILLISECONDS = 400
NICENESS = 5
_NAMED = 20


@dataclass
class Follower:
    """Compares the folder with the catalog, in a thread of its own, and asks for each key that changes."""

    folder: str
    compare: Callable[[], object]
    send: Callable[[list[str]], object]
    tell: Callable[[dict[str, Any]], object]
    compared_at: float = field(default=0.0)
    is_wanted: bool = True
    thread: threading.Thread | None = None

    def run(self, changes: Iterable[Iterable[tuple[Any, str]]]) -> None:
        """Follow until the changes end; each may be empty."""
        for several in changes:
            keys, others = self.sorted_out(path for _, path in several)
            if keys:
                self.send(keys)
            self.is_wanted |= others or time.monotonic() - self.compared_at >= AGAIN_SECONDS
            self._compare_if_wanted()

    def sorted_out(self, paths: Iterable[str]) -> tuple[list[str], bool]:
        """Return the keys of pictures among changed paths, and whether there may be more than these.

        Of a folder that is new, gone or renamed, the files in it are not among the paths.
        """
        keys: set[str] = set()
        others = False
        for path in paths:
            key = os.path.relpath(path, self.folder).replace(os.sep, "/")
            is_named = not why_no_key(key) and bool(os.path.splitext(key)[1])
            if is_named and not os.path.isdir(path):
                keys.add(key)
            else:
                others |= os.path.isdir(path) or not os.path.splitext(key)[1]
        return sorted(keys), others

    def _compare_if_wanted(self) -> None:
        if not self.is_wanted or (self.thread and self.thread.is_alive()):
            return
        self.is_wanted, self.compared_at = False, time.monotonic()
        self.thread = threading.Thread(target=self._compare, daemon=True)
        self.thread.start()

    def _compare(self) -> None:
        found = look(self.folder)
        self.tell(found | {"State": "COMPARING"})
        try:
            self.compare()
        except (ViewfinderError, OSError) as error:
            self.tell(found | {"State": "FAILED", "Message": str(error)})
            self.is_wanted = True
        else:
            self.tell(found | {"State": "WATCHING"})


def look(folder: str) -> dict[str, Any]:
    """Return how many pictures there are, how many files are left out and why, and what can't be read."""
    problems: list[str] = []
    left_out: dict[str, int] = {}
    for found in files_below(folder, lambda error: problems.append(f"{error.filename}: {error.strerror}")):
        key = os.path.relpath(found.path, folder).replace(os.sep, "/")
        if reason := found.left_out or why_no_key(key):
            left_out[reason] = left_out.get(reason, 0) + 1
    pictures = sum(1 for _ in keys_below(folder))
    return {"Folder": folder, "Pictures": pictures, "LeftOut": left_out, "Problems": problems[:_NAMED]}


def follow(stack: Running) -> None:
    """Follow the folder of a running stack, for ever."""
    from watchfiles import watch

    application, data = stack.application(), stack.data
    folder = str(stack.record.attached)

    def compare() -> None:
        reconcile(application.stores, patience=PATIENCE_SECONDS)
        data.recovery.unlink(missing_ok=True)

    follower = Follower(folder, compare, application.requests.send, lambda told: files.write(data.attached, told))
    options: dict[str, Any] = {"rust_timeout": LOOK_MILLISECONDS, "debounce": DEBOUNCE_MILLISECONDS}
    follower.run(watch(folder, watch_filter=None, yield_on_timeout=True, ignore_permission_denied=True, **options))


if __name__ == "__main__":
    os.nice(NICENESS)
    follow(LocalStack(DataDirectory(Path(sys.argv[1]))).running)
