"""The emulator's saved state: how to write it, check it, and prepare it for the next process."""

from __future__ import annotations

import gc
import hashlib
import json
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from viewfinder.local.ministack.guard import replace
from viewfinder.local.ministack.objects import MARK, Objects, write

MAX_STREAMS = 500
"""Log streams kept of each group: the emulator makes one for each invocation."""

STREAM = "viewfinder_stream"

TOLD_FILES = 5000
"""After so many files the progress is told again."""

LARGE = ("ministack.services.dynamodb", "ministack.services.cloudwatch_logs")
"""Services whose state may be large, and is only read while it is written."""


def save_whole(app: Any, persistence: Any, objects: Objects, folder: Path) -> None:
    """Write each service's state in one piece, and the mark once all is written.

    The emulator's own way copies every table first, encodes in Python instead of C (5 s instead of 0.5 for 22 MB), and
    takes a failure for a success.
    """

    def save_all(services: Mapping[str, Callable[[], Any]]) -> None:
        gc.disable()  # it would visit each of a million small objects again and again; we end anyway
        failed = False
        for name, state_of in services.items():
            try:
                _save(name, state_of, persistence, folder)
            except Exception:  # the other services are to be saved all the same
                traceback.print_exc(file=sys.stderr)
                failed = True
        if not failed:
            write(folder / MARK, objects.snapshot(durable=True).encode())

    replace(app, "save_all", save_all)


def _save(name: str, state_of: Callable[[], Any], persistence: Any, folder: Path) -> None:
    if state_of.__module__ in LARGE:
        vars(sys.modules[state_of.__module__])["copy"] = SimpleNamespace(deepcopy=lambda value: value)
    if (state := state_of()) is not None:
        document = {"__ministack_format__": persistence._state_format_version(name), "payload": state}
        write(folder / f"{name}.json", json.dumps(document, default=persistence._json_default).encode())


def tell_progress(s3: Any, file: Path) -> None:
    """Write the number of files that the emulator has read, at intervals, for the waiting `up`."""
    list_files, numbers = s3._persisted_key_files, count(1)

    def count_files(*arguments: Any, **options: Any) -> Iterator[Any]:
        for found in list_files(*arguments, **options):
            if (number := next(numbers)) % TOLD_FILES == 0:
                with suppress(OSError):
                    file.write_text(f"reading the objects' metadata from the disk: {number:,} files")
            yield found

    replace(s3, "_persisted_key_files", count_files)


def bound_logs(functions: Any, logs: Any) -> None:
    """Keep the newest streams of each log group: all would be 25 MB after 13,000 calls of the API."""
    emit = functions._emit_lambda_logs

    def emit_and_trim(*arguments: Any, **options: Any) -> None:
        emit(*arguments, **options)
        for _, group in logs._log_groups.all_items():
            for name in list(group["streams"])[:-MAX_STREAMS]:
                group["streams"].pop(name, None)

    replace(functions, "_emit_lambda_logs", emit_and_trim)


def keep_stream(dynamodb: Any) -> None:
    """Save the records of a table's stream beside the positions of those who read it.

    The emulator saves the positions alone: after a restart as many new records would be skipped as there were before.
    """
    state_of, load = dynamodb.get_state, dynamodb.load_persisted_state

    def get_state() -> dict[str, Any]:
        return {**state_of(), STREAM: {"records": dynamodb._stream_records, "trimmed": dynamodb._stream_trimmed}}

    def load_persisted_state(data: dict[str, Any]) -> None:
        stream = data.pop(STREAM, {})
        load(data)
        dynamodb._stream_records.update(stream.get("records", {}))
        dynamodb._stream_trimmed.update(stream.get("trimmed", {}))

    get_state.__module__ = dynamodb.__name__
    replace(dynamodb, "get_state", get_state)
    replace(dynamodb, "load_persisted_state", load_persisted_state)


QUEUE_URL = re.compile(r"http://localhost:\d+/(?=\d{12}/)")
"""Queue URLs, which are the queues' keys, hold the port; functions and stack outputs hold queue URLs."""

FILES_WITH_QUEUE_URLS = ("cloudformation.json", "lambda.json", "sqs.json")

HIDDEN_UNTIL = re.compile(r'"visible_at": [\d.]+')
"""A message in work. (In a message's body the quotes would be escaped.)"""


NEEDED = ("apigateway_v1.json", "cloudformation.json", "iam.json", "lambda.json", "s3.json", "sqs.json")
"""What the emulator has saved of every deployed stack."""


PACKAGE = re.compile(r'"code_blob_ref": "([0-9a-f]{64})"')


def damage(state: Path) -> str | None:
    """Return the fault of the saved state; None if every file exists and is readable."""
    for file in sorted({*state.glob("*.json"), *(state / name for name in NEEDED)}):
        if not file.exists():
            return f"{file} is missing"
        if not _is_state(file):
            return f"{file} can't be read"
    for name in sorted(set(PACKAGE.findall((state / "lambda.json").read_text()))):
        if not _is_package(file := state / "lambda-blobs" / f"{name}.zip"):
            return f"{file} is missing or damaged"
    return None


def _is_package(file: Path) -> bool:
    """Return whether a function's package is there and whole: its name is its digest."""
    return file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() == file.stem


def _is_state(file: Path) -> bool:
    """Return whether this is a file as `save_whole` writes it; one that is cut or another program's is none."""
    try:
        document = json.loads(file.read_bytes())
    except (ValueError, RecursionError, IsADirectoryError):
        return False
    return isinstance(document, dict) and isinstance(document.get("__ministack_format__"), int)


def was_saved(state: Path) -> bool:
    """Return whether the last emulator stopped in order and wrote everything; a killed one has lost its messages."""
    return (state / MARK).exists()


def resume(state: Path, port: int) -> None:
    """Move the queues to the port, and make messages visible whose functions ended with the last process."""
    for file in (state / name for name in FILES_WITH_QUEUE_URLS):
        if file.exists():
            before = file.read_text()
            after = QUEUE_URL.sub(f"http://localhost:{port}/", before)
            if file.name == "sqs.json":
                after = HIDDEN_UNTIL.sub('"visible_at": 0', after)
            _replace(file, before, after)


def _replace(file: Path, before: str, after: str) -> None:
    """Write a file atomically, because the next start may find it in any state."""
    if after != before:
        unfinished = file.with_suffix(".new")
        unfinished.write_text(after)
        unfinished.replace(file)
