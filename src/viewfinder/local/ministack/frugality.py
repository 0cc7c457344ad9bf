"""Reduce the emulator's memory per object and per invocation; run by the emulator's own interpreter.

Of an image in a bucket with versions it would keep all bytes for ever, and of each object every header's name and value
as a text of its own. An image is three objects: itself, its analysis and its thumbnail.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from viewfinder.local.ministack.guard import replace

DEFAULTS: Mapping[str, Any] = {
    "body": None,
    "content_encoding": None,
    "data": None,
    "metadata": {},
    "parts": None,
    "preserved_headers": {},
    "replication_status": None,
    "storage_class": "STANDARD",
    "checksums": {},
}
"""What the emulator takes for the value of a member that an object's record doesn't have."""

MAX_SHARED = 1000
"""Different sets of headers that are kept once for all objects; of more, each has its own."""


MAX_POINTS = 1000
"""Points kept of each metric, up to twice as many between two looks."""


def keep_little(s3: Any) -> None:
    """Have what is kept of an object made small as soon as it is on the disk, or was read from there."""
    persist, load, dispatch = s3._persist_object, s3._load_persisted_bucket, s3._dispatch
    shared = Shared()

    def persist_and_shrink(bucket: str, key: str, record: Any) -> None:
        persist(bucket, key, record)
        if isinstance(record, dict) and record.get("body") is None:  # else the disk did not take it
            for version in s3._object_versions.get((bucket, key), ()):
                if _is_on_disk(s3, bucket, key, version, record):
                    shared.shrink(version)
            shared.shrink(record)

    def load_and_shrink(account: str, name: str, path: str) -> None:
        load(account, name, path)
        bucket = s3._buckets._data.get((account, name), {"objects": {}})
        for record in bucket["objects"].values():
            if "body" in record:
                shared.shrink(record)
        for (owner, (of_bucket, *_)), versions in s3._object_versions._data.items():
            for version in versions if (owner, of_bucket) == (account, name) else ():
                if "data" in version:
                    shared.shrink(version)

    def dispatch_by_shared_name(method: str, bucket: str, *others: Any) -> Any:
        return dispatch(method, sys.intern(bucket), *others)

    replace(s3, "_persist_object", persist_and_shrink)
    replace(s3, "_load_persisted_bucket", load_and_shrink)
    replace(s3, "_dispatch", dispatch_by_shared_name)


def bound_metrics(cloudwatch: Any) -> None:
    """Keep the newest points of each metric.

    The emulator records four for each invocation, 2 kB, and keeps them for two weeks.
    """
    points_of = cloudwatch._metric_bucket

    def newest_points_of(key: Any) -> Any:
        points = points_of(key)
        if len(points) >= 2 * MAX_POINTS:
            del points[:-MAX_POINTS]
        return points

    replace(cloudwatch, "_metric_bucket", newest_points_of)


def _is_on_disk(s3: Any, bucket: str, key: str, version: dict[str, Any], current: dict[str, Any]) -> bool:
    """Return whether the bytes of a version are those of the current object, or in a file of the version's own."""
    if version.get("data") is None:
        return False
    number = version["version_id"]
    return number == (current.get("version_id") or "null") or bool(s3._version_file_exists(bucket, key, number))


class Shared:
    """Values that many objects have, each kept once."""

    def __init__(self) -> None:
        self._headers: dict[tuple[tuple[str, str], ...], dict[str, str]] = {}
        self._checksums: dict[str, str] = {}

    def shrink(self, record: dict[str, Any]) -> None:
        """Take the bytes out of a record, and what says nothing, and let equal values be one.

        Nobody changes these values in place. Only a record whose bytes are on the disk may be made small.
        """
        kept = {name: value for name, value in record.items() if name not in DEFAULTS or value != DEFAULTS[name]}
        kept.pop("data", None)
        for name in ("content_type", "storage_class", "content_encoding"):
            if name in kept:
                kept[name] = sys.intern(kept[name])
        for name in ("metadata", "preserved_headers"):
            if name in kept:
                kept[name] = self._shared(kept[name])
        if "checksums" in kept:
            kept["checksums"] = self._last_checksums(kept["checksums"])
        record.clear()
        record.update(kept)

    def _shared(self, headers: dict[str, str]) -> dict[str, str]:
        pairs = tuple(sorted(headers.items()))
        if len(self._headers) >= MAX_SHARED:
            return self._headers.get(pairs, headers)
        return self._headers.setdefault(pairs, headers)

    def _last_checksums(self, checksums: dict[str, str]) -> dict[str, str]:
        """Return the checksums, in the dictionary of the record before where they are the same: a version's are."""
        last = self._checksums
        if checksums == last:
            return last
        self._checksums = own = {sys.intern(name): value for name, value in checksums.items()}
        return own
