"""What the emulator keeps in memory of an object on the disk: no bytes, nothing that says nothing, no value twice."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from viewfinder.local.ministack.frugality import MAX_POINTS, bound_metrics, keep_little

ENCRYPTED = {"x-amz-server-side-encryption": "AES256"}


def record(number: int, **others: Any) -> dict[str, Any]:
    return {
        "body": b"picture",
        "content_type": "".join(["image", "/jpeg"]),
        "content_encoding": None,
        "etag": f'"{number}"',
        "size": 7,
        "metadata": {},
        "preserved_headers": dict(ENCRYPTED),
        "storage_class": "STANDARD",
        "checksums": {"CRC32": str(number)},
        "version_id": f"v{number}",
        **others,
    }


def version(number: int, **others: Any) -> dict[str, Any]:
    entry = record(number, version_id=f"v{number}", data=b"picture", is_latest=True, parts=None, **others)
    entry.pop("body")
    return entry


@pytest.fixture
def s3() -> Any:
    """The part of the emulator's S3 that writes objects; the disk takes them unless it is full."""
    s3 = SimpleNamespace(_object_versions={}, full=False, files=set(), seen=[])

    def persist(_bucket: str, _key: str, record: Any) -> None:
        if not s3.full:
            record["body"] = None

    s3._persist_object = persist
    s3._version_file_exists = lambda _bucket, _key, number: number in s3.files
    s3._load_persisted_bucket = lambda *_: None
    s3._dispatch = lambda _method, bucket, *_: s3.seen.append(bucket)
    keep_little(s3)
    return s3


def test_of_an_object_on_the_disk_only_what_says_something_is_kept(s3: Any) -> None:
    obj, entry = record(1), version(1)
    s3._object_versions["b", "k"] = [entry]

    s3._persist_object("b", "k", obj)

    small = {"content_type": "image/jpeg", "etag": '"1"', "size": 7, "version_id": "v1"}
    small |= {"preserved_headers": ENCRYPTED, "checksums": {"CRC32": "1"}}
    assert obj == small
    assert entry == {**small, "is_latest": True}
    assert entry["checksums"] is obj["checksums"]


def test_equal_values_of_many_objects_are_one(s3: Any) -> None:
    first, second = record(1), record(2)
    s3._persist_object("b", "one", first)
    s3._persist_object("b", "two", second)

    assert first["preserved_headers"] is second["preserved_headers"]
    assert first["content_type"] is second["content_type"]
    assert (first["checksums"], second["checksums"]) == ({"CRC32": "1"}, {"CRC32": "2"})


def test_what_differs_from_the_emulators_default_stays(s3: Any) -> None:
    obj = record(1, metadata={"x-amz-meta-a": "b"}, storage_class="GLACIER", content_encoding="gzip")

    s3._persist_object("b", "k", obj)

    assert (obj["metadata"], obj["storage_class"], obj["content_encoding"]) == (
        {"x-amz-meta-a": "b"},
        "GLACIER",
        "gzip",
    )


def test_an_object_that_the_disk_did_not_take_keeps_its_bytes(s3: Any) -> None:
    obj, entry = record(1), version(1)
    s3._object_versions["b", "k"] = [entry]
    s3.full = True

    s3._persist_object("b", "k", obj)

    assert (obj["body"], entry["data"]) == (b"picture", b"picture")


def test_an_earlier_version_gives_up_its_bytes_once_it_has_a_file(s3: Any) -> None:
    earlier, without_file, entry = version(1), version(2), version(3)
    s3._object_versions["b", "k"] = [earlier, without_file, entry]
    s3.files.add("v1")

    s3._persist_object("b", "k", record(3))

    assert "data" not in earlier
    assert without_file["data"] == b"picture"
    assert "data" not in entry


def test_what_is_read_from_the_disk_is_made_small_too(s3: Any) -> None:
    bucket = {"objects": {"k": record(1, body=None)}}
    loading = SimpleNamespace(
        _buckets=SimpleNamespace(_data={("account", "b"): bucket}),
        _object_versions=SimpleNamespace(_data={("account", ("b", "k")): [version(1) | {"data": None}]}),
        _persist_object=None,
        _load_persisted_bucket=lambda *_: None,
        _dispatch=None,
    )
    keep_little(loading)

    loading._load_persisted_bucket("account", "b", "path")

    assert "body" not in bucket["objects"]["k"]
    assert "data" not in loading._object_versions._data["account", ("b", "k")][0]


def test_a_buckets_name_is_kept_once(s3: Any) -> None:
    s3._dispatch("PUT", "".join(["buck", "et"]), "k")
    s3._dispatch("PUT", "".join(["bu", "cket"]), "k")

    assert s3.seen[0] is s3.seen[1]


def test_the_newest_points_of_a_metric_stay() -> None:
    kept: dict[str, list[int]] = {"Duration": [], "Errors": [1]}
    cloudwatch = SimpleNamespace(_metric_bucket=lambda key: kept[key])
    bound_metrics(cloudwatch)

    for number in range(5 * MAX_POINTS):
        cloudwatch._metric_bucket("Duration").append(number)

    assert kept["Duration"][-MAX_POINTS:] == list(range(4 * MAX_POINTS, 5 * MAX_POINTS))
    assert len(kept["Duration"]) <= 2 * MAX_POINTS
    assert kept["Errors"] == [1]
