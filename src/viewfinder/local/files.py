"""The small files of a data directory: JSON with a format number, written atomically; errors name the remedy."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

from viewfinder.local.processes import LocalStackError

FORMAT = 1
"""Format of these files (`StoredFormat`). 0.1.0 and 0.2.0 wrote none, which reads as 0."""

Document = dict[str, Any]


class DamagedFileError(LocalStackError):
    """A file of the data directory can't be read; the message names the remedy."""


class NewerFileError(LocalStackError):
    """A newer version of Viewfinder wrote a file of the data directory."""


def read(file: Path, remedy: str) -> Document | None:
    """Return the members of a file; None if there is no file.

    Raise DamagedFileError, which ends with the remedy (a sentence), and NewerFileError.
    """
    try:
        document = json.loads(file.read_bytes())
    except FileNotFoundError:
        return None
    except (ValueError, RecursionError, IsADirectoryError) as error:
        raise damaged(file, str(error), remedy) from error
    if not isinstance(document, dict) or not isinstance(number := document.get("StoredFormat", 0), int):
        raise damaged(file, "it is not a file of this stack", remedy)
    if number > FORMAT:
        raise NewerFileError(f"{file} was written by a newer version of Viewfinder: use that one.")
    return document


def damaged(file: Path, reason: str, remedy: str) -> DamagedFileError:
    """Return the error that tells why a file can't be read, and what to do."""
    return DamagedFileError(f"{file} can't be read: {reason}. {remedy}")


def write(file: Path, members: Mapping[str, Any]) -> None:
    """Write the file atomically and durably, readable by its owner only."""
    unfinished = file.with_name(f"{file.name}.new")
    unfinished.unlink(missing_ok=True)
    with open(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as out:
        json.dump({**members, "StoredFormat": FORMAT}, out, indent=2)
        out.flush()
        os.fsync(out.fileno())
    unfinished.replace(file)


def set_aside(path: Path) -> Path | None:
    """Rename a file or folder to NAME.damaged, or NAME.damaged.2 and so on; return the name, None without a file.

    It neither reads the content nor overwrites an earlier renamed file.
    """
    if not os.path.lexists(path):
        return None
    names = (path.with_name(f"{path.name}.damaged{f'.{number}' if number > 1 else ''}") for number in count(1))
    kept = next(name for name in names if not os.path.lexists(name))
    path.rename(kept)
    return kept
