"""Rows on disk: more of them than memory should hold, as they come or sorted."""

from __future__ import annotations

import heapq
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, Any, Self

Row = Sequence[Any]
"""Values that JSON can hold; the first is a text, by which rows are sorted."""

_ROWS_AT_ONCE = 20_000
"""Rows that are sorted in memory, some 20 MB of them."""

_RUNS_AT_ONCE = 32
"""Sorted files that are merged at a time: each is open, and has a buffer."""

_key = itemgetter(0)


class Spool:
    """Rows in the order in which they were added. A context manager: its file goes with it."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        # It lives as long as the spool, which closes it.
        self._file: IO[str] = TemporaryFile("w+", encoding="ascii", prefix="viewfinder-")  # noqa: SIM115
        self._size = 0
        for row in rows:
            self.add(row)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        return self._size

    def add(self, row: Row) -> None:
        """Write a row behind the others."""
        self._file.write(json.dumps(row, separators=(",", ":")) + "\n")
        self._size += 1

    def __iter__(self) -> Iterator[Any]:
        """Yield the rows as lists, from the first: one reader at a time, and none while rows are added."""
        self._file.seek(0)
        for line in self._file:
            yield json.loads(line)

    def close(self) -> None:
        """Delete the file."""
        self._file.close()


class DiskSort:
    """Sorts rows by their first values, as code points: the order of UTF-8's bytes. A context manager as well."""

    def __init__(self, rows: Iterable[Row] = (), *, rows_at_once: int = _ROWS_AT_ONCE) -> None:
        self._rows_at_once = rows_at_once
        self._pending: list[Row] = []
        self._levels: defaultdict[int, list[Spool]] = defaultdict(list)
        for row in rows:
            self.add(row)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for run in self._runs():
            run.close()

    def add(self, row: Row) -> None:
        """Take a row."""
        self._pending.append(row)
        if len(self._pending) >= self._rows_at_once:
            self._keep(Spool(sorted(self._pending, key=_key)), 0)
            self._pending = []

    def __iter__(self) -> Iterator[Any]:
        """Yield the rows in order, those of equal first values as they were added."""
        return heapq.merge(*self._runs(), sorted(self._pending, key=_key), key=_key)

    def _runs(self) -> list[Spool]:
        return [run for level in sorted(self._levels, reverse=True) for run in self._levels[level]]

    def _keep(self, run: Spool, level: int) -> None:
        """Merge the runs of a level when there are many, so that few files are open at a time."""
        runs = self._levels[level]
        runs.append(run)
        if len(runs) >= _RUNS_AT_ONCE:
            merged = Spool(heapq.merge(*runs, key=_key))
            for old in runs:
                old.close()
            self._levels[level] = []
            self._keep(merged, level + 1)
