"""Backfill: what is sent and left out, at what rate, and what an interrupted one goes on with."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import boto3
import pytest
from moto import mock_aws

from viewfinder.adapters.listings import BucketListing, InventoryListing, S3Marks
from viewfinder.adapters.s3 import S3Objects
from viewfinder.domain.errors import InvalidRequestError
from viewfinder.ports import ObjectSummary
from viewfinder.usecases.backfill import OLDER, Backfill, Tally

MAX_BYTES = 100


class FakeListing:
    """Implements `ports.Listing`; positions are keys."""

    def __init__(self, *found: ObjectSummary) -> None:
        self.found = found

    def entries(self, after: str = "") -> Iterator[tuple[str, ObjectSummary]]:
        return ((each.key, each) for each in self.found if each.key > after)


class FakeQueue:
    """Implements `ports.Requests`; fails after so many messages."""

    def __init__(self, most: int = 10**9) -> None:
        self.sent: list[str] = []
        self.most = most

    def send(self, image_ids: Sequence[str], *, analyzed_since: str = "") -> None:
        if len(self.sent) >= self.most:
            raise ConnectionError("the network is gone")
        self.sent += image_ids


class FakeMarks:
    """Implements `ports.Marks`."""

    def __init__(self) -> None:
        self.mark: dict[str, Any] = {}

    def load(self) -> dict[str, Any]:
        return self.mark

    def save(self, mark: Mapping[str, Any]) -> None:
        self.mark = json.loads(json.dumps(mark))

    def delete(self) -> None:
        self.mark = {}


def pictures(number: int) -> list[ObjectSummary]:
    return [ObjectSummary(f"{index:05}.jpg", 10, "etag", 1000.0) for index in range(number)]


def backfill(listing: Any, queue: FakeQueue, marks: FakeMarks | None = None, **options: Any) -> Backfill:
    return Backfill(listing, queue, marks or FakeMarks(), max_bytes=MAX_BYTES, **options)


def test_what_is_no_picture_by_name_or_size_is_left_out_and_counted() -> None:
    listing = FakeListing(
        ObjectSummary("a.jpg", 10, "", 5.0),
        ObjectSummary("b.MP4", 10, "", 5.0),
        ObjectSummary("c.HEIC", 10, "", 5.0),
        ObjectSummary("d/", 0, "", 5.0),
        ObjectSummary("e.jpg", 0, "", 5.0),
        ObjectSummary("f.jpg", MAX_BYTES + 1, "", 5.0),
        ObjectSummary("g", 10, "", 5.0),
        ObjectSummary("h.jpg", 10, "", 4.9),
    )
    queue = FakeQueue()

    done = backfill(listing, queue, newer_than=5.0).run()

    assert queue.sent == ["a.jpg", "c.HEIC", "g"]
    assert (done.images, done.bytes) == (3, 30)
    assert done.left_out == {".mp4": 1, "a folder": 1, "empty": 1, "too large": 1, OLDER: 1}


def test_a_count_sends_nothing_and_leaves_no_mark() -> None:
    queue, marks = FakeQueue(), FakeMarks()

    assert backfill(FakeListing(*pictures(25)), queue, marks).count() == Tally(25, 250)
    assert (queue.sent, marks.mark) == ([], {})


def test_an_interrupted_backfill_goes_on_behind_its_last_portion() -> None:
    listing, marks, first = FakeListing(*pictures(2500)), FakeMarks(), FakeQueue(most=2000)
    with pytest.raises(ConnectionError):
        backfill(listing, first, marks).run()
    assert backfill(listing, first, marks).count().images == 500

    second = FakeQueue()
    done = backfill(listing, second, marks).run()

    assert sorted(second.sent) == [f"{index:05}.jpg" for index in range(2000, 2500)]
    assert {*first.sent, *second.sent} == {found.key for found in pictures(2500)}
    assert (done.images, marks.mark) == (2500, {})


def test_messages_keep_to_the_rate() -> None:
    time, slept = [0.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        time[0] += seconds

    backfill(FakeListing(*pictures(100)), FakeQueue(), max_rate=20.0, now=lambda: time[0], sleep=sleep).run()

    assert slept == pytest.approx([1.0] * 5)


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        for bucket in ("images", "derived", "reports"):
            client.create_bucket(Bucket=bucket)
        yield client


def test_a_bucket_is_listed_below_its_prefix_and_behind_a_key(s3: Any) -> None:
    for key in ("a.jpg", "p/1.jpg", "p/2 +%.jpg", "p/3.jpg", "q.jpg"):
        s3.put_object(Bucket="images", Key=key, Body=b"x")
    listing = BucketListing(S3Objects(s3, "images", "p/"))

    assert [position for position, _ in listing.entries()] == ["p/1.jpg", "p/2 +%.jpg", "p/3.jpg"]
    assert [found.key for _, found in listing.entries("p/1.jpg")] == ["p/2 +%.jpg", "p/3.jpg"]


SCHEMA = "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, ETag"


def inventory(s3: Any, *files: str, **changes: str) -> str:
    names = []
    for number, text in enumerate(files):
        names.append({"key": f"data/{number}.csv.gz"})
        s3.put_object(Bucket="reports", Key=names[-1]["key"], Body=gzip.compress(text.encode()))
    manifest = {
        "sourceBucket": "images",
        "destinationBucket": "arn:aws:s3:::reports",
        "fileFormat": "CSV",
        "fileSchema": SCHEMA,
        "files": names,
    }
    s3.put_object(Bucket="reports", Key="manifest.json", Body=json.dumps(manifest | changes))
    return "s3://reports/manifest.json"


def test_an_inventory_is_read_row_by_row_and_goes_on_in_the_middle_of_a_file(s3: Any) -> None:
    time = "2026-01-31T00:00:00.000Z"
    first = (
        f'"images","p/a%2Bb+c%25.jpg","v1","true","false","10","{time}","e1"\n'
        f'"images","p/a%2Bb+c%25.jpg","v0","false","false","9","{time}","e0"\n'
        f'"images","p/gone.jpg","v2","true","true","","{time}",""\n'
        f'"images","elsewhere.jpg","v2","true","false","10","{time}","e"\n'
    )
    second = f'"images","p/z.jpg","v1","true","false","7","{time}","e2"\n'
    listing = InventoryListing(s3, inventory(s3, first, second), "images", "p/")

    entries = list(listing.entries())

    assert [(position, found.key, found.size) for position, found in entries] == [
        ("0:1", "p/a+b c%.jpg", 10),
        ("1:1", "p/z.jpg", 7),
    ]
    assert entries[0][1].modified == 1769817600.0
    assert [position for position, _ in listing.entries("0:1")] == ["1:1"]
    assert list(listing.entries("1:1")) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"fileFormat": "ORC"}, "the inventory is in ORC"),
        ({"sourceBucket": "others"}, "the inventory is of others"),
    ],
)
def test_another_inventory_is_refused(s3: Any, changes: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidRequestError, match=message):
        list(InventoryListing(s3, inventory(s3, **changes), "images").entries())


def test_a_mark_is_one_of_its_listing(s3: Any) -> None:
    mark, other = S3Marks(s3, "derived", "images", ""), S3Marks(s3, "derived", "images", "p/")
    mark.save({"Position": "ü+%.jpg"})

    assert (mark.load(), other.load()) == ({"Position": "ü+%.jpg"}, {})
    mark.delete()
    assert mark.load() == {}
