"""The least that a person would write: every photo of a folder through the same networks, and a row in SQLite.

python -m benchmarks.baseline.script FOLDER DATABASE
"""

from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from benchmarks.engine.bare_loop import BareLoop


def main(folder: Path, database: Path) -> None:
    """Look at each photo, and keep what was found; no thumbnails, postings, retries or merging of labels."""
    loop = BareLoop(os.cpu_count() or 1)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE photos (name TEXT PRIMARY KEY, class INTEGER)")
        for photo in sorted(folder.iterdir()):
            found = loop.look(photo.read_bytes())
            with connection:
                connection.execute("INSERT INTO photos VALUES (?, ?)", [photo.name, found])


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
