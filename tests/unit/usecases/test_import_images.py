"""An import sends what the pipeline lacks, no more, and says what it costs and saves."""

from __future__ import annotations

import errno
import hashlib
import os
import signal
import threading
import time
import weakref
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from tests.support.fakes import FakeBucket, FakeCatalog, FakeDerivedStore, FakeRequests, etag
from viewfinder.adapters.import_sources import Files, OtherBucket, SameBucket
from viewfinder.adapters.s3 import S3Objects
from viewfinder.domain.analysis import Analysis
from viewfinder.domain.candidate import Candidate
from viewfinder.domain.errors import KeyTakenError, ObjectRefusedError
from viewfinder.domain.feature import Feature, Parameters
from viewfinder.domain.image import Effort, Image, Status
from viewfinder.domain.lease import Lease
from viewfinder.ports import ImportSource
from viewfinder.usecases.answers import Answers, PipelineStalledError, Sent
from viewfinder.usecases.import_images import Import, Plan, Summary

PARAMETERS = Parameters(40, 55.0)
GIF = b"GIF89a"


class Bucket(FakeBucket):
    """A bucket that images can be sent to."""

    bucket = "images"

    def __init__(self) -> None:
        super().__init__()
        self._turn = threading.Lock()

    def upload(self, key: str, file: Path, *, replace: bool) -> str:
        content = file.read_bytes()
        with self._turn:  # S3 looks and writes at once, too
            if not replace and key in self.contents:
                raise KeyTakenError(key)
            return self.put(key, content)

    def copy(self, key: str, source_bucket: str, source_key: str) -> str:
        return self.put(key, f"copy of {source_bucket}/{source_key}".encode())


class AnsweringRecords(FakeCatalog):
    """A catalog that has an answer to whatever the bucket holds."""

    def __init__(self, bucket: Bucket, status: Status = Status.ANALYZED) -> None:
        super().__init__()
        self._bucket, self._status = bucket, status
        self.answers = False

    def find_many(self, image_ids: Sequence[str]) -> dict[str, Image]:
        for key in image_ids if self.answers else ():
            if (content := self._bucket.contents.get(key)) is not None:
                record(self, key, content, self._status)
        self.answers = True  # a look before anything is sent finds nothing
        return super().find_many(image_ids)


def as_objects(bucket: Bucket) -> S3Objects:
    return cast(S3Objects, bucket)


def record(catalog: FakeCatalog, key: str, content: bytes, status: Status = Status.ANALYZED) -> Image:
    sha256 = hashlib.sha256(content).hexdigest() if status is Status.ANALYZED else ""
    image = Image(key, status, "", "2026-01-01T00:00:00.000000Z", etag=etag(content), size=len(content), sha256=sha256)
    return catalog.save(image, replacing=catalog.find(key))


def folder_with(folder: Path, contents: dict[str, bytes]) -> Path:
    for name, content in contents.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return folder


def files(bucket: Bucket, *paths: Path, prefix: str = "") -> Files:
    return Files(paths, prefix, bucket)


def imported(bucket: Bucket, *paths: Path, replace: bool = False) -> tuple[Files, Summary]:
    """Import into a bucket whose pipeline answers at once."""
    source = files(bucket, *paths)
    work = Import(source, AnsweringRecords(bucket), FakeRequests(), replace=replace)
    return source, work.run(patience=9)


def keys(source: ImportSource) -> list[str]:
    return [candidate.image_id for candidate in source.candidates()]


def test_a_folders_name_is_part_of_the_keys_and_other_files_are_passed_over(tmp_path: Path) -> None:
    folder_with(tmp_path / "trip", {"a.gif": GIF, "deep/er ü.xyz": GIF, "notes.TXT": b"text", "x.txt": b"", "y": b""})
    source = files(Bucket(), tmp_path / "trip", prefix="2026/")

    assert keys(source) == ["2026/trip/a.gif", "2026/trip/deep/er ü.xyz"]
    assert source.passed_over == {".txt": 2, "without a suffix": 1}
    assert source.problems == []
    assert source.count() == 5


def test_the_current_folder_has_a_name_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder_with(tmp_path / "trip", {"a.gif": GIF})
    monkeypatch.chdir(tmp_path / "trip")

    assert keys(files(Bucket(), Path("."))) == ["trip/a.gif"]


def test_a_file_that_is_named_is_taken_whatever_it_is(tmp_path: Path) -> None:
    folder_with(tmp_path, {"notes.txt": b"text"})

    assert keys(files(Bucket(), tmp_path / "notes.txt")) == ["notes.txt"]


def test_two_pictures_of_one_name_are_both_kept_and_stay_where_they_are(tmp_path: Path) -> None:
    bucket = Bucket()
    folder_with(tmp_path, {"one/DCIM/a.gif": GIF + b"1", "two/DCIM/a.gif": GIF + b"2", "three/DCIM/a.gif": GIF + b"1"})
    beside = f"DCIM/a~{etag(GIF + b'2')[:8]}.gif"

    _, summary = imported(bucket, tmp_path / "one/DCIM", tmp_path / "two/DCIM")
    assert bucket.contents == {"DCIM/a.gif": GIF + b"1", beside: GIF + b"2"}
    assert (summary.analyzed, summary.beside) == (2, 1)

    again = Import(
        files(bucket, tmp_path / "three/DCIM", tmp_path / "two/DCIM"), AnsweringRecords(bucket), FakeRequests()
    )
    again.records.find_many([])  # the pipeline has answered by now
    assert again.run(patience=9).present == {Status.ANALYZED: 2}
    assert len(bucket.contents) == 2


@pytest.mark.parametrize("replace", [False, True])
def test_of_files_of_one_key_the_first_gets_it_whichever_is_sent_faster(replace: bool, tmp_path: Path) -> None:
    class SlowForTheFirst(Bucket):
        def upload(self, key: str, file: Path, *, replace: bool) -> str:
            time.sleep(0.1 if "one" in file.parts else 0)
            return super().upload(key, file, replace=replace)

    bucket = SlowForTheFirst()
    folder_with(tmp_path, {"one/DCIM/a.gif": GIF + b"1", "two/DCIM/a.gif": GIF + b"2", "six/DCIM/a.gif": GIF + b"6"})

    imported(bucket, *(tmp_path / name / "DCIM" for name in ("one", "two", "six")), replace=replace)

    assert bucket.contents["DCIM/a.gif"] == GIF + b"1"
    assert sorted(bucket.contents.values()) == [GIF + b"1", GIF + b"2", GIF + b"6"]


def test_what_is_to_be_replaced_is_overwritten_but_not_by_two_files_of_one_import(tmp_path: Path) -> None:
    bucket = Bucket()
    bucket.put("DCIM/a.gif", b"old")
    folder_with(tmp_path, {"one/DCIM/a.gif": GIF + b"1", "two/DCIM/a.gif": GIF + b"2"})

    imported(bucket, tmp_path / "one/DCIM", tmp_path / "two/DCIM", replace=True)

    assert sorted(bucket.contents.values()) == [GIF + b"1", GIF + b"2"]


@pytest.mark.parametrize(
    ("key", "beside"),
    [
        ("a.jpg", "a~0123abcd.jpg"),
        ("x/a.b.jpg", "x/a.b~0123abcd.jpg"),
        ("x.y/a", "x.y/a~0123abcd"),
        (".hidden", ".hidden~0123abcd"),
    ],
)
def test_a_key_beside_another_keeps_folder_and_suffix(key: str, beside: str) -> None:
    assert Candidate(key, 1, "", etag="0123abcdef").beside().image_id == beside


def test_a_file_that_cannot_be_imported_is_named_and_the_others_go_on(tmp_path: Path) -> None:
    bucket = Bucket()
    folder_with(tmp_path / "p", {"a.gif": GIF, "b.gif": GIF + b"2"})
    Path(os.fsdecode(os.fsencode(tmp_path / "p") + b"/\xff.gif")).write_bytes(GIF)
    long = tmp_path / "p" / "/".join(["x" * 200] * 6)
    long.mkdir(parents=True)
    (long / "c.gif").write_bytes(GIF)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "p" / "gone.gif").symlink_to(tmp_path / "nowhere")

    source, summary = imported(bucket, tmp_path / "p", tmp_path / "pipe")

    assert sorted(bucket.contents) == ["p/a.gif", "p/b.gif"]
    assert summary.analyzed == 2
    assert [problem.rpartition("/")[2] for problem in source.problems] == [
        "gone.gif: No such file or directory",
        "\udcff.gif: its name is not UTF-8",
        "c.gif: its name makes a key of more than 1,015 bytes",
        "pipe: not a regular file",
    ]


def test_hidden_and_system_folders_are_left_out_and_every_file_of_them_is_counted(tmp_path: Path) -> None:
    """On a memory card, in a NAS's share and in an archive of macOS."""
    left_out = (".thumbnails/a.gif", "@eaDir/b/c.gif", "@eaDir/d.gif", ".Trash-1000/files/e.gif", "__MACOSX/._f.gif")
    hidden = (".DS_Store", "._f.gif")
    folder_with(tmp_path / "card", dict.fromkeys(("f.gif", "deep/@eaDir/g.gif", *left_out, *hidden), GIF))
    source = files(Bucket(), tmp_path / "card")

    assert keys(source) == ["card/f.gif"]
    expected = {"in .thumbnails": 1, "in @eaDir": 3, "in .Trash-1000": 1, "in __MACOSX": 1, "hidden": 2}
    assert source.passed_over == expected
    assert source.problems == []
    assert source.count() == 9
    assert keys(files(Bucket(), tmp_path / "card" / ".thumbnails")) == [".thumbnails/a.gif"]  # named by its user


def test_links_to_folders_are_followed_and_each_folder_is_read_once(tmp_path: Path) -> None:
    folder_with(tmp_path, {"p/b/1.gif": GIF, "elsewhere/2.gif": GIF, "elsewhere/deep/3.gif": GIF})
    (tmp_path / "p/a link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "p/again").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "p/b/up").symlink_to("..")
    (tmp_path / "elsewhere/back").symlink_to(tmp_path / "p")
    source = files(Bucket(), tmp_path / "p")

    assert keys(source) == ["p/b/1.gif", "p/a link/2.gif", "p/a link/deep/3.gif"]
    assert source.passed_over == {"a link to a folder that was read": 3}
    assert source.problems == []
    assert source.count() == 6


def test_a_file_that_can_not_be_compared_is_named_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket, catalog = Bucket(), AnsweringRecords(Bucket())
    folder_with(tmp_path / "p", {"a.gif": GIF, "b.gif": GIF})
    record(catalog, "p/a.gif", GIF)

    def fail(file: str, _: str) -> str:
        raise OSError(errno.EIO, "Input/output error", file)

    monkeypatch.setattr("viewfinder.adapters.import_sources._digest", fail)
    source = files(bucket, tmp_path / "p")
    work = Import(source, catalog, FakeRequests())
    with pytest.raises(PipelineStalledError):  # nobody answers for b.gif
        work.run(patience=-1)

    assert bucket.contents == {"p/b.gif": GIF}
    assert source.problems == [f"{tmp_path}/p/a.gif: Input/output error"]
    assert work.plan(FakeDerivedStore(), PARAMETERS) == Plan(present=0, missing=1, calls=0)


def test_an_object_that_s3_refuses_is_named_and_the_others_go_on() -> None:
    class Reluctant(Bucket):
        def copy(self, key: str, source_bucket: str, source_key: str) -> str:
            if source_key == "frozen.jpg":
                raise ObjectRefusedError("The operation is not valid for the object's storage class")
            return super().copy(key, source_bucket, source_key)

    source, bucket = Bucket(), Reluctant()
    for key in ("a.jpg", "frozen.jpg"):
        source.put(key, b"content of " + key.encode())
    other = OtherBucket(as_objects(source), "", bucket)

    summary = Import(other, AnsweringRecords(bucket), FakeRequests()).run(patience=9)

    assert (summary.analyzed, list(bucket.contents)) == (1, ["a.jpg"])
    assert other.problems == ["frozen.jpg: The operation is not valid for the object's storage class"]


def test_a_file_that_vanishes_while_it_is_sent_is_named(tmp_path: Path) -> None:
    class Vanishing(Bucket):
        def upload(self, key: str, file: Path, *, replace: bool) -> str:
            if key.endswith("b.gif"):
                file.unlink()
            return super().upload(key, file, replace=replace)

    folder_with(tmp_path / "p", {"a.gif": GIF, "b.gif": GIF})

    source, summary = imported(Vanishing(), tmp_path / "p")

    assert summary.analyzed == 1
    assert source.problems == [f"{tmp_path}/p/b.gif: No such file or directory"]


def test_an_unreadable_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder_with(tmp_path / "p", {"a.gif": GIF, "locked/b.gif": GIF})
    scandir = os.scandir

    def refuse(path: str) -> Any:  # root, who runs tests in containers, may read everything
        if path.endswith("locked"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    source = files(Bucket(), tmp_path / "p")

    assert keys(source) == ["p/a.gif"]
    assert source.problems == [f"{tmp_path}/p/locked: Permission denied"]


def test_what_bucket_and_catalog_have_is_present_and_the_rest_is_sent(tmp_path: Path) -> None:
    bucket, catalog, requests = Bucket(), FakeCatalog(), FakeRequests()
    contents = {name: GIF + name.encode() for name in ("failed", "new", "present", "rejected", "unanswered")}
    folder_with(tmp_path / "p", contents)
    for name in ("failed", "present", "rejected", "unanswered"):
        bucket.put(f"p/{name}", contents[name])
    record(catalog, "p/present", contents["present"])
    record(catalog, "p/rejected", contents["rejected"], Status.REJECTED)
    record(catalog, "p/failed", contents["failed"], Status.FAILED)
    work = Import(files(bucket, tmp_path / "p"), catalog, requests)

    assert work.plan(FakeDerivedStore(), PARAMETERS) == Plan(present=2, missing=3, calls=3)
    with pytest.raises(PipelineStalledError, match="3 images are not answered yet"):
        work.run(patience=-1)

    assert work.summary.present == {Status.ANALYZED: 1, Status.REJECTED: 1}
    assert sorted(requests.sent) == [("p/failed", ""), ("p/unanswered", "")]  # threads send them, in any order
    assert bucket.contents["p/new"] == contents["new"]


def test_a_content_costs_one_call_and_a_known_one_none(tmp_path: Path) -> None:
    folder_with(tmp_path, {"a.gif": GIF, "b.gif": GIF, "c.gif": GIF + b"c", "known.gif": GIF + b"known"})
    derived = FakeDerivedStore()
    sha256 = hashlib.sha256(GIF + b"known").hexdigest()
    derived.save_analysis(PARAMETERS, Analysis(sha256, "GIF", 1, 1, "3.0", "", "2026", Feature.LABELS))

    plan = Import(files(Bucket(), tmp_path), FakeCatalog(), FakeRequests()).plan(derived, PARAMETERS)

    assert plan == Plan(present=0, missing=4, calls=2)


def test_the_same_content_is_known_by_its_hash_where_an_etag_is_none(tmp_path: Path) -> None:
    """Under a KMS key an ETag is no hash of the content."""
    file = folder_with(tmp_path, {"a.gif": GIF}) / "a.gif"
    source = files(Bucket(), file)
    image = Image("a.gif", Status.ANALYZED, "", "2026", etag="of KMS", size=6, sha256=hashlib.sha256(GIF).hexdigest())
    candidate = Candidate("a.gif", 6, str(file))

    assert source.is_content_of(candidate, image)
    assert not source.is_content_of(candidate, replace(image, sha256="another"))
    assert not source.is_content_of(candidate, replace(image, size=7))
    assert not source.is_content_of(candidate, replace(image, sha256="", status=Status.REJECTED))
    assert source.is_content_of(candidate, replace(image, sha256="", etag=etag(GIF)))


def test_objects_of_another_bucket_are_copied_under_their_keys_and_overwrite_nothing() -> None:
    source, bucket = Bucket(), Bucket()
    source.bucket = "theirs"
    source.put("in/folder/", b"")
    for key in ("in/a.jpg", "in/b.jpg", "out.jpg"):
        source.put(key, b"content of " + key.encode())
    bucket.put("in/b.jpg", b"ours")
    other = OtherBucket(as_objects(source), "in/", bucket)

    Import(other, AnsweringRecords(bucket), FakeRequests()).run(patience=9)

    beside = f"in/b~{etag(b'content of in/b.jpg')[:8]}.jpg"
    assert bucket.contents == {
        "in/a.jpg": b"copy of theirs/in/a.jpg",
        "in/b.jpg": b"ours",
        beside: b"copy of theirs/in/b.jpg",
    }


@pytest.mark.parametrize(("modified", "is_same"), [(99.0, False), (100.0, True)])
def test_an_object_uploaded_in_parts_is_known_by_size_and_time(modified: float, is_same: bool) -> None:
    bucket = Bucket()
    bucket.put("a.jpg", b"content", modified)
    candidate = Candidate("a.jpg", 7, "a.jpg", "d41d8cd98f00b204e9800998ecf8427e-2", modified=100.0)
    other = OtherBucket(as_objects(Bucket()), "", bucket)
    image = Image("a.jpg", Status.ANALYZED, "", "2026", etag="another", size=7)

    assert other.is_content_of(candidate, image) is is_same
    assert not other.is_content_of(replace(candidate, size=8), image)


def test_objects_from_before_the_pipeline_are_only_asked_for() -> None:
    bucket, requests = Bucket(), FakeRequests()
    bucket.put("old/a.jpg", b"old")
    work = Import(SameBucket(bucket, "old/", requests), AnsweringRecords(bucket), requests)

    assert work.run(patience=9).analyzed == 1
    assert requests.sent == [("old/a.jpg", "")]


def test_an_object_that_was_overwritten_meanwhile_is_asked_for_and_not_copied() -> None:
    bucket, requests, catalog = Bucket(), FakeRequests(), FakeCatalog()
    bucket.put("a.jpg", b"new")
    record(catalog, "a.jpg", b"old")

    with pytest.raises(PipelineStalledError):
        Import(SameBucket(as_objects(bucket), "", requests), catalog, requests, replace=True).run(patience=-1)

    assert requests.sent == [("a.jpg", "")]
    assert bucket.contents == {"a.jpg": b"new"}


def test_images_are_sent_no_faster_than_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now, pauses = [0.0], list[float]()

    def sleep(seconds: float) -> None:
        pauses.append(round(seconds, 3))
        now[0] += seconds

    monkeypatch.setattr("viewfinder.usecases.import_images.time.monotonic", lambda: now[0])
    monkeypatch.setattr("viewfinder.usecases.import_images.time.sleep", sleep)
    bucket = Bucket()
    folder_with(tmp_path, {f"{number}.gif": GIF + bytes([number]) for number in range(3)})

    Import(files(bucket, tmp_path), AnsweringRecords(bucket), FakeRequests(), per_second=2).run(patience=9)

    assert pauses == [0.0, 0.5, 0.5]


def test_a_ctrl_c_does_not_wait_for_what_is_being_sent(tmp_path: Path) -> None:
    finished, sent = threading.Event(), []

    class Slow(Bucket):
        def upload(self, key: str, file: Path, *, replace: bool) -> str:
            finished.wait(60)
            sent.append(key)
            return ""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    folder_with(tmp_path, {f"{number}.gif": GIF for number in range(20)})
    previous = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with pytest.raises(KeyboardInterrupt):
            Import(files(Slow(), tmp_path), FakeCatalog(), FakeRequests()).run(patience=9)
        assert sent == []
    finally:
        finished.set()
        signal.signal(signal.SIGALRM, previous)


class Followed(Candidate):
    """A candidate that can be referred to weakly."""


class ManyCandidates(Files):
    """So many files, none of which is on a disk; `most` is how many of their candidates were alive at once."""

    def __init__(self, count: int) -> None:
        super().__init__((), "", as_objects(Bucket()))
        self.number, self.most = count, 0

    def candidates(self) -> Iterator[Candidate]:
        alive: weakref.WeakSet[Candidate] = weakref.WeakSet()
        for number in range(self.number):
            candidate = Followed(f"{number}.jpg", 1, f"/photos/{number}.jpg")
            alive.add(candidate)
            self.most = max(self.most, len(alive))
            yield candidate

    def send(self, candidate: Candidate, *, replace: bool) -> str:
        return "etag"


class Answering(FakeCatalog):
    """A catalog that has no image before it is asked for it again, and keeps none."""

    def __init__(self) -> None:
        super().__init__()
        self._asked_until = -1

    def find_many(self, image_ids: Sequence[str]) -> dict[str, Image]:
        numbers = [int(image_id.removesuffix(".jpg")) for image_id in image_ids]
        known = [number for number in numbers if number <= self._asked_until]
        self._asked_until = max(self._asked_until, *numbers)
        images = (Image(f"{number}.jpg", Status.ANALYZED, "", "2026", etag="etag", version=1) for number in known)
        return {image.image_id: image for image in images}


def test_memory_does_not_grow_with_the_number_of_files() -> None:
    source = ManyCandidates(10_000)
    work = Import(source, Answering(), FakeRequests())
    waiting: list[int] = []

    work.run(patience=9, on_progress=lambda summary: waiting.append(summary.sent - summary.answered.total()))

    assert (work.summary.analyzed, max(waiting) <= 1200) == (10_000, True)
    assert source.most <= 600  # three batches: one is read while another is sent


def test_waiting_ends_with_the_record_of_what_was_sent_and_not_with_an_earlier_one() -> None:
    catalog = FakeCatalog()
    old = record(catalog, "a.jpg", b"old")
    same = record(catalog, "b.jpg", b"same")
    waited_for = [Sent("a.jpg", etag(b"new"), old.version), Sent("b.jpg", etag(b"same"), same.version)]
    found: list[Image] = []
    with pytest.raises(PipelineStalledError, match="2 images are not answered yet"):
        Answers(catalog, -1, found.append, deque(waited_for)).await_all_but(0)
    answers = {record(catalog, "a.jpg", b"new"), record(catalog, "b.jpg", b"same")}
    Answers(catalog, 0, found.append, deque(waited_for)).await_all_but(0)

    assert set(found) == answers


def test_the_summary_counts_what_reuse_saves() -> None:
    summary = Summary(present=Counter({Status.ANALYZED: 2, Status.REJECTED: 1}))
    image = Image("a", Status.ANALYZED, "", "2026")
    for answer in (
        replace(image, effort=Effort.DETECTED),
        replace(image, effort=Effort.REUSED),
        replace(image, status=Status.REJECTED),
        replace(image, status=Status.FAILED),
    ):
        summary.count(answer)

    assert (summary.settled, summary.analyzed) == (7, 2)
    assert (summary.rejected, summary.failed, summary.calls) == (1, 1, 1)
    assert summary.saved_calls == 3


class InTwoStages(AnsweringRecords):
    """A catalog whose images get their labels at once, and their text when all have labels; `failing` get none."""

    def __init__(self, bucket: Bucket, count: int, failing: frozenset[str] = frozenset()) -> None:
        super().__init__(bucket)
        self._count, self._failing = count, failing

    def save(self, image: Image, *, replacing: Image | None, lease: Lease | None = None) -> Image:
        if replacing is None:
            return super().save(replace(image, pending=("TEXT",)), replacing=None)
        if len(self.images) < self._count or not replacing.pending:
            return replacing
        reason = "DETECTOR_UNAVAILABLE" if image.image_id in self._failing else ""
        return super().save(replace(replacing, pending=(), reason=reason), replacing=replacing)


def test_an_import_tells_of_labels_first_and_ends_with_the_text(tmp_path: Path) -> None:
    folder_with(tmp_path, {f"{number}.gif": GIF + bytes([number]) for number in range(5)})
    bucket = Bucket()
    records = InTwoStages(bucket, 5)
    answered: list[Image] = []
    seen: list[tuple[int, int, int]] = []

    Import(files(bucket, tmp_path), records, FakeRequests()).run(
        patience=9,
        on_answered=answered.append,
        on_progress=lambda summary: seen.append((summary.settled, summary.completed, summary.halves)),
    )

    assert len(answered) == 5
    assert (5, 0, 5) in seen  # all can be searched for, and none is whole
    assert seen[-1] == (5, 5, 5)
    assert {image.pending for image in records.images.values()} == {()}


def test_an_import_counts_images_of_which_a_feature_failed(tmp_path: Path) -> None:
    folder_with(tmp_path, {f"{number}.gif": GIF + bytes([number]) for number in range(3)})
    bucket = Bucket()
    records = InTwoStages(bucket, 3, frozenset({f"{tmp_path.name}/1.gif"}))

    summary = Import(files(bucket, tmp_path), records, FakeRequests()).run(patience=9)

    assert (summary.analyzed, summary.whole, summary.lacking) == (3, 3, 1)


def test_an_image_that_is_deleted_between_the_stages_is_not_waited_for() -> None:
    catalog = FakeCatalog()
    half = catalog.save(Image("a.jpg", Status.ANALYZED, "", "2026", pending=("TEXT",)), replacing=None)
    whole: list[Image] = []
    answers = Answers(catalog, 5, waiting=deque([Sent("a.jpg", "", 0)]), on_whole=whole.append)
    answers.await_all_but(0)
    assert whole == []
    gone = catalog.save(Image("a.jpg", Status.REMOVED, "", "2027"), replacing=half)

    answers.await_whole()

    assert whole == [gone]
