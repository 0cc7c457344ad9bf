"""The emulator's saved state, made ready for its next process (the format is that of the pinned MiniStack)."""

from __future__ import annotations

import re
from pathlib import Path

from viewfinder.local.ministack.saving import MARK

QUEUE_URL = re.compile(r"http://localhost:\d+/(?=\d{12}/)")
"""Queue URLs, which are the queues' keys, hold the port; functions and stack outputs hold queue URLs."""

FILES_WITH_QUEUE_URLS = ("cloudformation.json", "lambda.json", "sqs.json")

HIDDEN_UNTIL = re.compile(r'"visible_at": [\d.]+')
"""A message in work. (In a message's body the quotes would be escaped.)"""


def was_saved(state: Path) -> bool:
    """Return whether the last emulator ended in order, with everything written; a killed one has lost its messages."""
    return (state / MARK).exists()


def resume(state: Path, port: int) -> None:
    """Move the queues to the port, and return back the messages whose functions ended with the last process."""
    for file in (state / name for name in FILES_WITH_QUEUE_URLS):
        if file.exists():
            before = file.read_text()
            after = QUEUE_URL.sub(f"http://localhost:{port}/", before)
            if file.name == "sqs.json":
                after = HIDDEN_UNTIL.sub('"visible_at": 0', after)
            _replace(file, before, after)


def _replace(file: Path, before: str, after: str) -> None:
    """Write whole or not at all: the next start may find this file only."""
    if after != before:
        unfinished = file.with_suffix(".new")
        unfinished.write_text(after)
        unfinished.replace(file)
