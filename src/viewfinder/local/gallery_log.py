"""The gallery's log: count requests that the handler of the API failed to answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

FAILED = "request failed"
"""The log message of the handler for an error that is not the caller's."""

TAIL_BYTES = 2_000_000


def failed_requests(log: Path, *, since: float) -> int:
    """Count the failures in the end of the log since a time (epoch seconds)."""
    return sum(FAILED in line and _time(line) >= since for line in _tail(log))


def _tail(log: Path) -> Iterator[str]:
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - TAIL_BYTES))
            yield from file.read().decode(errors="replace").splitlines()
    except FileNotFoundError:
        return


def _time(line: str) -> float:
    """Return when a structured line was written; of any other, the beginning of time."""
    try:
        fields = json.loads(line)
        return datetime.fromisoformat(fields["timestamp"]).timestamp() if fields["message"] == FAILED else 0
    except (ValueError, KeyError, TypeError):
        return 0
