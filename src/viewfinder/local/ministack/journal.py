"""Which objects have changed since the snapshot of all, so that a start after a crash reads the files of these only.

The emulator reads a file for each object: 24 s at 100,000 images. A journal is a hint: what it names is read from the
disk, and naming too much does no harm. Run by the emulator's own interpreter.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAME = "objects.{}.journal"
MAX_ENTRIES = 6_000
"""Objects that a start after a crash reads one by one; after so many a new snapshot is taken."""

Entry = tuple[str, str, str]
"""An object's account, bucket and key."""


class Journal:
    """The journals in a folder: one, or two while a snapshot is being written.

    Each begins with the mark of the snapshot that it follows. `boot` names this start of the machine: what was written
    before the machine lost its power may be lost, so that a journal of another start is of no use; "": none is kept.
    """

    def __init__(self, folder: Path, boot: str) -> None:
        self._folder = folder
        self._boot = boot
        self._file: int | None = None
        self.entries = 0

    def begin(self, mark: str) -> list[Path]:
        """Open a journal behind the snapshot of this mark, and return those before it, for `forget`."""
        before = self._files()
        self._close()
        self.entries = 0
        if self._boot:
            number = 1 + max(map(_number, before), default=0)
            with self._giving_up_on_failure():
                self._file = os.open(self._folder / NAME.format(number), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
                self._write([mark, self._boot])
        return before

    def note(self, entry: Entry) -> None:
        """Note that an object changes."""
        if self._file is not None:
            with self._giving_up_on_failure():
                self._write(entry)
            self.entries += 1

    def read(self, mark: str) -> set[Entry] | None:
        """Return all that has changed since the snapshot of this mark; None if that isn't known."""
        found: set[Entry] = set()
        follows = False
        for file in self._files():
            head, *entries = _lines(file) or [[]]
            if not self._boot or head[1:] != [self._boot]:
                return None
            follows |= head[0] == mark
            found |= {(account, bucket, key) for account, bucket, key in entries}
        return found if follows else None

    def forget(self, files: list[Path]) -> None:
        """Delete the journals that a snapshot replaces."""
        for file in files:
            file.unlink(missing_ok=True)

    @contextmanager
    def _giving_up_on_failure(self) -> Iterator[None]:
        """Delete all journals where the disk doesn't take one: one with a gap would hide a change."""
        try:
            yield
        except OSError:
            self._close()
            self.forget(self._files())

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _write(self, line: Any) -> None:
        content = json.dumps(line).encode() + b"\n"
        if self._file is not None and os.write(self._file, content) < len(content):
            raise OSError(errno.ENOSPC, "the disk is full")

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob(NAME.format("*")), key=_number)


def _number(file: Path) -> int:
    number = file.name.split(".")[1]
    return int(number) if number.isdecimal() else 0


def _lines(file: Path) -> list[list[str]] | None:
    """Return the lines; None of a file that was cut, or is no journal."""
    content = file.read_bytes()
    try:
        lines = [json.loads(line) for line in content.splitlines()]
    except ValueError:
        return None
    sizes = [len(line) for line in lines if isinstance(line, list) and all(isinstance(part, str) for part in line)]
    is_whole = content.endswith(b"\n") and sizes == [2, *[3] * (len(lines) - 1)]
    return lines if is_whole else None


def boot_id() -> str:
    """Return what names this start of the machine; "" where the system has no such name."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
