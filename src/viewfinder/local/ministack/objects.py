"""The metadata of the buckets' objects: a snapshot of all, and the files of those changed since.

Beside each object on the disk there is a file about it. 100,000 images are 300,000 objects: the emulator would read for
24 s at each start. Run by the emulator's own interpreter.
"""

from __future__ import annotations

import gc
import marshal
import os
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from viewfinder.local.ministack.guard import replace
from viewfinder.local.ministack.journal import MAX_ENTRIES, Entry, Journal

MARK = "saved"
"""A file beside the saved state, which is there while the state is whole and no emulator runs on it."""

OBJECTS = "objects.marshal"
"""The snapshot, beside the saved state."""

OBJECT_STORES = ("_object_versions", "_object_tags", "_object_acl", "_object_annotations")
"""What the emulator restores of objects beside themselves, each by (account, (bucket, key, ...))."""

CHANGES = ("_persist_object", "_persist_delete_marker", "_delete_persisted_object")
"""The functions by which an object's files change; each is told bucket and key first."""


class Objects:
    """The metadata of one emulator's objects."""

    def __init__(self, s3: Any, folder: Path, journal: Journal) -> None:
        self._s3 = s3
        self._file = folder / OBJECTS
        self._stop = folder / MARK
        self._journal = journal

    def load(self) -> None:
        """Restore the metadata from the snapshot and later changes, or from every object's own file."""
        gc.disable()
        self._s3.S3_PERSIST = True  # our start has it off while the emulator is imported, or it would read them then
        saved = _read(self._file)
        changed = self._changed_since(saved["mark"]) if saved else None
        if saved and changed is not None:
            self._restore(saved)
            read_again(self._s3, changed)
        else:
            self._s3._load_persisted_data()
        gc.freeze()  # they stay: collections need not visit them
        gc.enable()
        if saved and not changed and changed is not None:
            self._journal.forget(self._journal.begin(saved["mark"]))
        else:
            self._try_snapshot()

    def snapshot(self, *, durable: bool = False) -> str:
        """Write all that is known, begin a journal of what changes from now on, and return the snapshot's mark.

        Between two stops it need not be `durable`: after a loss of power neither it nor the journal is used.
        """
        mark = uuid.uuid4().hex
        before = self._journal.begin(mark)
        buckets = self._s3._buckets._data.items()
        # An attached folder is no dict, and nothing of it is kept.
        objects = {scoped: found["objects"] for scoped, found in buckets if isinstance(found["objects"], dict)}
        stores = {name: getattr(self._s3, name)._data for name in OBJECT_STORES}
        write(self._file, marshal.dumps({"mark": mark, "objects": objects, "stores": stores}), durable=durable)
        self._journal.forget(before)
        return mark

    def _try_snapshot(self) -> None:
        with suppress(OSError):  # a full disk: the snapshot before and its journals stay
            self.snapshot()

    def follow(self) -> None:
        """Note each change in the journal before it is made; after many changes, take another snapshot."""
        for name in CHANGES:
            replace(self._s3, name, self._noting(getattr(self._s3, name)))
        dispatch = self._s3._dispatch

        def dispatch_and_take_snapshots(*arguments: Any) -> Any:
            answer = dispatch(*arguments)
            if self._journal.entries >= MAX_ENTRIES:
                self._try_snapshot()
            return answer

        replace(self._s3, "_dispatch", dispatch_and_take_snapshots)

    def _noting(self, change: Any) -> Any:
        def note_and_change(bucket: str, key: str, *others: Any) -> Any:
            self._journal.note((self._s3.get_account_id(), bucket, key))
            return change(bucket, key, *others)

        return note_and_change

    def _changed_since(self, mark: str) -> Collection[Entry] | None:
        """Return what the snapshot doesn't know, nothing after an orderly stop; None if nobody can tell."""
        stopped = self._stop.exists() and self._stop.read_bytes() == mark.encode()
        return () if stopped else self._journal.read(mark)

    def _restore(self, saved: dict[str, Any]) -> None:
        for scoped, objects in saved["objects"].items():
            self._s3._buckets._data[scoped] = {"objects": objects}
        for name, entries in saved["stores"].items():
            getattr(self._s3, name)._data.update(entries)


def read_again(s3: Any, changed: Collection[Entry]) -> None:
    """Read the metadata of some objects again from their files."""
    entries = set(changed)
    for name in OBJECT_STORES if entries else ():
        store = getattr(s3, name)._data
        for scoped in [scoped for scoped in store if (scoped[0], *scoped[1][:2]) in entries]:
            del store[scoped]
    keys = defaultdict(list)
    for account, bucket, key in entries:
        s3._buckets._data.get((account, bucket), {"objects": {}})["objects"].pop(key, None)
        keys[account, bucket].append(key)
    list_all = s3._persisted_key_files
    try:
        for (account, bucket), of_bucket in keys.items():
            s3._persisted_key_files = _listing(s3, of_bucket)
            if os.path.isdir(path := os.path.join(s3.DATA_DIR, account, bucket)):
                s3._load_persisted_bucket(account, bucket, path)
    finally:
        s3._persisted_key_files = list_all


def _listing(s3: Any, keys: list[str]) -> Any:
    """Return the emulator's lister of a bucket's files, for these keys alone."""

    files: dict[str, str] = {}

    def list_files(path: str, sidecars: bool) -> Iterator[tuple[str, str]]:
        for key in keys:
            file = files[key] = files.get(key) or s3._key_disk_path(path, key)
            if os.path.isfile(found := file + ".meta.json" if sidecars else file):
                yield found, key

    return list_files


def _read(file: Path) -> dict[str, Any] | None:
    """Return a snapshot; None if there is none, or another Python wrote it in its own way."""
    try:
        saved = marshal.loads(file.read_bytes())  # noqa: S302 - written by ourselves
    except (OSError, ValueError, EOFError, TypeError):
        return None
    return saved if isinstance(saved, dict) and isinstance(saved.get("mark"), str) else None


def write(file: Path, content: bytes, *, durable: bool = True) -> None:
    """Write a file atomically; a durable one survives a loss of power."""
    unfinished = file.with_suffix(".new")
    with unfinished.open("wb") as out:
        out.write(content)
        out.flush()
        if durable:
            os.fsync(out.fileno())
    unfinished.replace(file)
