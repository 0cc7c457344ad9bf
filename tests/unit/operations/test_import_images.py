"""An import sends what the pipeline lacks, no more, and says what it costs and saves."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from tests.support.fakes import FakeBucket, FakeCatalog, FakeDerivedStore, FakeRequests, etag
from viewfinder.adapters.import_sources import Files, OtherBucket, SameBucket
from viewfinder.adapters.s3 import S3Objects
from viewfinder.domain.analysis import Analysis, Parameters
from viewfinder.domain.image import Effort, Image, Status
from viewfinder.ports import Candidate
from viewfinder.usecases.import_images import (
    ImportStalledError,
    Plan,
    SameKeyError,
    Sent,
    Summary,
    await_images,
    plan_import,
    send_images,
)

PARAMETERS = Parameters(40, 55.0)
GIF = b"GIF89a"


class Bucket(FakeBucket):
    """A bucket that images can be sent to."""

    bucket = "images"

    def upload(self, key: str, file: Path) -> str:
        return self.put(key, file.read_bytes())

    def copy(self, key: str, source_bucket: str, source_key: str) -> str:
        return self.put(key, f"copy of {source_bucket}/{source_key}".encode())


def as_objects(bucket: Bucket) -> S3Objects:
    return cast(S3Objects, bucket)


def record(catalog: FakeCatalog, key: str, content: bytes, status: Status = Status.ANALYZED) -> Image:
    image = Image(key, status, "", "2026-01-01T00:00:00.000000Z", etag=etag(content))
    return catalog.save(image, replacing=catalog.find(key))


def folder_with(folder: Path, contents: dict[str, bytes]) -> Path:
    for name, content in contents.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return folder


def plan(bucket: Bucket, catalog: FakeCatalog, *paths: Path, prefix: str = "", **stores: Any) -> Plan:
    derived = stores.get("derived", FakeDerivedStore())
    return plan_import(Files(paths, prefix, as_objects(bucket)), derived, catalog, PARAMETERS)


def keys(candidates: tuple[Candidate, ...]) -> list[str]:
    return [candidate.image_id for candidate in candidates]


def test_pictures_of_a_folder_get_keys_relative_to_it_and_other_files_stay(tmp_path: Path) -> None:
    folder_with(tmp_path, {"a.gif": GIF, "deep/er ü.xyz": GIF, "notes.txt": b"text", "empty.jpg": b""})

    assert keys(plan(Bucket(), FakeCatalog(), tmp_path, prefix="trip/").new) == ["trip/a.gif", "trip/deep/er ü.xyz"]


def test_a_file_that_is_named_is_taken_whatever_it_is(tmp_path: Path) -> None:
    folder_with(tmp_path, {"notes.txt": b"text"})

    assert keys(plan(Bucket(), FakeCatalog(), tmp_path / "notes.txt").new) == ["notes.txt"]


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    folder_with(tmp_path, {"one/a.gif": GIF, "two/a.gif": GIF})

    with pytest.raises(SameKeyError, match=r"would both become a\.gif"):
        plan(Bucket(), FakeCatalog(), tmp_path / "one", tmp_path / "two")


def test_what_bucket_and_catalog_have_is_present_and_the_rest_is_not(tmp_path: Path) -> None:
    bucket, catalog = Bucket(), FakeCatalog()
    contents = {name: GIF + name.encode() for name in ("failed", "new", "other", "present", "rejected", "unanswered")}
    folder_with(tmp_path, contents)
    for name in ("failed", "present", "rejected", "unanswered"):
        bucket.put(name, contents[name])
    bucket.put("other", GIF + b"a different content")
    record(catalog, "present", contents["present"])
    record(catalog, "rejected", contents["rejected"], Status.REJECTED)
    record(catalog, "failed", contents["failed"], Status.FAILED)
    record(catalog, "unanswered", GIF + b"the content before")

    made = plan(bucket, catalog, tmp_path)

    assert made.present == (Status.ANALYZED, Status.REJECTED)
    assert keys(made.unanswered) == ["failed", "unanswered"]
    assert keys(made.new) == ["new", "other"]


def test_a_content_costs_one_call_and_a_known_one_none(tmp_path: Path) -> None:
    folder_with(tmp_path, {"a.gif": GIF, "b.gif": GIF, "c.gif": GIF + b"c", "known.gif": GIF + b"known"})
    derived = FakeDerivedStore()
    sha256 = hashlib.sha256(GIF + b"known").hexdigest()
    derived.save_analysis(PARAMETERS, Analysis(sha256, "GIF", 1, 1, "3.0", (), "", "2026"))

    made = plan(Bucket(), FakeCatalog(), tmp_path, derived=derived)

    assert made.calls == 2


def test_new_images_are_sent_and_unanswered_ones_asked_for(tmp_path: Path) -> None:
    bucket, catalog, requests = Bucket(), FakeCatalog(), FakeRequests()
    folder_with(tmp_path, {"new.gif": GIF, "unanswered.gif": GIF + b"2"})
    bucket.put("unanswered.gif", GIF + b"2")
    before = record(catalog, "unanswered.gif", b"another content")
    made = plan(bucket, catalog, tmp_path)

    sent = send_images(made, Files((tmp_path,), "", as_objects(bucket)), catalog, requests)

    assert bucket.contents["new.gif"] == GIF
    assert requests.sent == [("unanswered.gif", "")]
    assert sent == [Sent("unanswered.gif", etag(GIF + b"2"), before.version), Sent("new.gif", etag(GIF), 0)]


def test_objects_of_another_bucket_are_copied_under_their_keys() -> None:
    source, bucket = Bucket(), Bucket()
    source.bucket = "theirs"
    source.put("in/folder/", b"")
    for key in ("in/a.jpg", "out.jpg"):
        source.put(key, b"content of " + key.encode())
    other = OtherBucket(as_objects(source), "in/", as_objects(bucket))

    made = plan_import(other, FakeDerivedStore(), FakeCatalog(), PARAMETERS)
    send_images(made, other, FakeCatalog(), FakeRequests())

    assert bucket.contents == {"in/a.jpg": b"copy of theirs/in/a.jpg"}


@pytest.mark.parametrize(("modified", "is_stored"), [(99.0, False), (100.0, True)])
def test_an_object_uploaded_in_parts_is_known_by_size_and_time(modified: float, is_stored: bool) -> None:
    bucket = Bucket()
    bucket.put("a.jpg", b"content", modified)
    candidate = Candidate("a.jpg", 7, "d41d8cd98f00b204e9800998ecf8427e-2", "a.jpg", modified=100.0)
    other = OtherBucket(as_objects(Bucket()), "", as_objects(bucket))

    assert other.is_stored(candidate) is is_stored
    assert not other.is_stored(replace(candidate, size=8))


def test_objects_from_before_the_pipeline_are_only_asked_for() -> None:
    bucket, requests = Bucket(), FakeRequests()
    bucket.put("old/a.jpg", b"old")
    same = SameBucket(as_objects(bucket), "old/")

    made = plan_import(same, FakeDerivedStore(), FakeCatalog(), PARAMETERS)
    send_images(made, same, FakeCatalog(), requests)

    assert requests.sent == [("old/a.jpg", "")]


def test_images_are_sent_no_faster_than_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now, pauses = [0.0], list[float]()

    def sleep(seconds: float) -> None:
        pauses.append(round(seconds, 3))
        now[0] += seconds

    monkeypatch.setattr("viewfinder.usecases.import_images.time.monotonic", lambda: now[0])
    monkeypatch.setattr("viewfinder.usecases.import_images.time.sleep", sleep)
    bucket = Bucket()
    folder_with(tmp_path, {f"{number}.gif": GIF + bytes([number]) for number in range(3)})
    made = plan(bucket, FakeCatalog(), tmp_path)

    send_images(made, Files((tmp_path,), "", as_objects(bucket)), FakeCatalog(), FakeRequests(), per_second=2)

    assert pauses == [0.0, 0.5, 0.5]


def test_waiting_ends_with_the_record_of_what_was_sent_and_not_with_an_earlier_one() -> None:
    catalog = FakeCatalog()
    old = record(catalog, "a.jpg", b"old")
    same = record(catalog, "b.jpg", b"same")
    waited_for = [Sent("a.jpg", etag(b"new"), old.version), Sent("b.jpg", etag(b"same"), same.version)]
    with pytest.raises(ImportStalledError, match="2 images are not answered yet"):
        await_images(waited_for, catalog, patience=-1)
    answers = {record(catalog, "a.jpg", b"new"), record(catalog, "b.jpg", b"same")}

    assert set(await_images(waited_for, catalog, patience=0)) == answers


def test_the_summary_counts_what_reuse_saves() -> None:
    made = Plan((Status.ANALYZED, Status.ANALYZED, Status.REJECTED), (), (), frozenset())
    image = Image("a", Status.ANALYZED, "", "2026")
    answered = [
        replace(image, effort=Effort.DETECTED),
        replace(image, effort=Effort.REUSED),
        replace(image, status=Status.REJECTED),
        replace(image, status=Status.FAILED),
    ]

    summary = Summary.of(made, answered)

    assert (summary.images, summary.present, summary.analyzed) == (7, 3, 2)
    assert (summary.rejected, summary.failed, summary.calls) == (1, 1, 1)
    assert summary.saved_calls == 3
