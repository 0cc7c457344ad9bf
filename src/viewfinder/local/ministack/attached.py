"""A folder of the user's as a bucket of the emulator: read where it lies, never written; run by its own interpreter.

Nothing is copied. A key is a file's path below the folder; an ETag follows from the file's size and time, so that a
listing reads no file.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from viewfinder.adapters.folders import files_below, is_hidden
from viewfinder.domain.image import MAX_IMAGE_ID_BYTES
from viewfinder.domain.picture_names import why_no_picture_name
from viewfinder.local.ministack.guard import replace

BUCKET = "viewfinder-attached"
"""The name of the bucket; functions find it by the template's parameter ExistingBucketName."""

ACCOUNT = "000000000000"
READING = {"GET", "HEAD"}
_KEPT_SECONDS = 2.0
"""How long the names of a walk are used again: a listing of many pages walks once."""


class FolderObjects(Mapping[str, dict[str, Any]]):
    """The emulator's objects of a bucket: key -> what is known of it, as it is now."""

    def __init__(self, folder: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._clock = clock
        self._keys: list[str] = []
        self._walked_at = -_KEPT_SECONDS

    def path(self, key: str) -> str:
        """Return the file of a key; it need not be there. Raise KeyError for a key that no listing has."""
        parts = key.split("/")
        if any(part in {"", ".", ".."} or is_hidden(part) for part in parts) or why_no_key(key):
            raise KeyError(key)
        return os.path.join(self._folder, *parts)

    def __getitem__(self, key: str) -> dict[str, Any]:
        try:
            facts = os.stat(self.path(key))
        except (OSError, ValueError) as error:
            raise KeyError(key) from error
        if not stat.S_ISREG(facts.st_mode):
            raise KeyError(key)
        return _record(facts)

    def __iter__(self) -> Iterator[str]:
        if self._clock() - self._walked_at >= _KEPT_SECONDS:
            self._keys = sorted(keys_below(self._folder))
            self._walked_at = self._clock()
        return (key for key in self._keys if key in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def keys_below(folder: str, report: Callable[[OSError], None] = lambda _: None) -> Iterator[str]:
    """Yield the keys of the pictures below a folder, by their names; `report` gets folders that can't be read."""
    for found in files_below(folder, report):
        key = os.path.relpath(found.path, folder).replace(os.sep, "/")
        if not found.left_out and not why_no_key(key):
            yield key


def why_no_key(key: str) -> str:
    """Return why a path can't be the key of an image; "" if it can."""
    try:
        size = len(key.encode())
    except UnicodeEncodeError:
        return "its name is not UTF-8"
    return "its name is too long" if size > MAX_IMAGE_ID_BYTES else why_no_picture_name(key)


def attach(s3: Any, folder: str) -> None:
    """Show the folder as the bucket, and refuse whatever would change it."""
    objects = FolderObjects(folder)
    bucket = {"created": "2026-01-01T00:00:00.000Z", "region": os.environ["MINISTACK_REGION"]}
    s3._buckets._data[(ACCOUNT, BUCKET)] = {**bucket, "objects": objects}
    read_body, dispatch = s3._read_body, s3._dispatch

    def read(name: str, key: str, record: dict[str, Any]) -> Any:
        if name != BUCKET:
            return read_body(name, key, record)
        with open(objects.path(key), "rb") as file:
            return file.read()

    def dispatch_reading(method: str, name: str, *others: Any) -> Any:
        if name == BUCKET and method not in READING:
            return s3._error("AccessDenied", "The attached folder is only read.", 403, f"/{name}")
        return dispatch(method, name, *others)

    replace(s3, "_read_body", read)
    replace(s3, "_dispatch", dispatch_reading)


def _record(facts: os.stat_result) -> dict[str, Any]:
    modified = datetime.fromtimestamp(facts.st_mtime, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    # With a dash, like that of an upload in parts: no hash of the content.
    etag = hashlib.blake2b(f"{facts.st_size} {facts.st_mtime_ns}".encode(), digest_size=16).hexdigest()
    return {
        "content_type": "application/octet-stream",
        "etag": f'"{etag}-1"',
        "last_modified": modified,
        "size": facts.st_size,
        "metadata": {"x-amz-meta-mtime": f"{facts.st_mtime:.6f}"},
    }
