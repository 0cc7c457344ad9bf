"""Find the pictures below a folder, and the reason for each skipped file."""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from viewfinder.domain.errors import ImageRejectedError

SYSTEM_FOLDERS = frozenset(
    {
        "@eadir",  # Synology: thumbnails of its own
        "#recycle",
        "__macosx",  # macOS: what its archives carry beside the files
        "$recycle.bin",
        "system volume information",
        "lost+found",
    }
)
"""Case-folded names of folders that systems keep beside the user's; hidden ones, which begin with a dot, aside."""

READ_BEFORE = "a link to a folder that was read"

_HEADER_BYTES = 4096

Report = Callable[[OSError], None]


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file below a folder; `left_out` is the reason for skipping it ("": it is included)."""

    path: str
    left_out: str = ""


def is_hidden(name: str) -> bool:
    """Return whether a file or folder of this name belongs to a system or a program rather than to the user."""
    return name.startswith(".") or name.casefold() in SYSTEM_FOLDERS


def files_below(top: str, report: Report = lambda _: None) -> Iterator[FoundFile]:
    """Yield the files of a folder and its subfolders, ordered by name.

    Links to folders are followed, after all that is below the folder itself; no folder is read twice, so that links
    that lead upwards or to each other end. Hidden and system folders are left out with each of their files. `report`
    gets the error of a folder that can't be read; the others are read on.
    """
    read: set[tuple[int, int]] = set()
    tops = deque([top])
    while tops:
        yield from _tree(tops.popleft(), read, tops, report)


def is_regular(file: str) -> bool:
    """Return whether a file is a regular one; opening a named pipe would block."""
    return stat.S_ISREG(os.stat(file).st_mode)


def what_is_no_picture(file: str) -> str:
    """Return the kind of a file that is not a picture (for example its suffix), by its content; "" for a picture."""
    from viewfinder.adapters.pictures.formats import recognise  # not in the emulator's environment

    if not is_regular(file):
        return "not a regular file"
    with open(file, "rb") as content:
        try:
            recognise(content.read(_HEADER_BYTES))
        except ImageRejectedError:
            return os.path.splitext(file)[1].lower() or "without a suffix"
    return ""


def _tree(top: str, read: set[tuple[int, int]], links: deque[str], report: Report) -> Iterator[FoundFile]:
    if not _is_new(top, read):
        yield FoundFile(top, READ_BEFORE)
        return
    for folder, subfolders, names in os.walk(top, onerror=report):
        kept = []
        for name in sorted(subfolders):
            path = os.path.join(folder, name)
            if is_hidden(name):
                yield from _left_out(path, f"in {name}")
            elif os.path.islink(path):
                links.append(path)
            elif _is_new(path, read):
                kept.append(name)
        subfolders[:] = kept
        for name in sorted(names):
            yield FoundFile(os.path.join(folder, name), "hidden" if is_hidden(name) else "")


def _is_new(folder: str, read: set[tuple[int, int]]) -> bool:
    """Note a folder by its device and inode, whatever its name; one that can't be looked at is left to the walk."""
    try:
        facts = os.stat(folder)
    except OSError:
        return True
    known = (facts.st_dev, facts.st_ino) in read
    read.add((facts.st_dev, facts.st_ino))
    return not known


def _left_out(folder: str, reason: str) -> Iterator[FoundFile]:
    if os.path.islink(folder):
        yield FoundFile(folder, reason)
        return
    for place, _, names in os.walk(folder):
        yield from (FoundFile(os.path.join(place, name), reason) for name in sorted(names))
