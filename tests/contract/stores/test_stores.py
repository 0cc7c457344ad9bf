"""One suite over the fake buckets and the adapters on S3: what a use case may rely on."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.support.fakes import FakeBucket, FakeDerivedStore, etag
from viewfinder.adapters.s3 import S3DerivedStore, S3ImageStore, S3Objects
from viewfinder.domain.analysis import Analysis
from viewfinder.domain.errors import DocumentConflictError, KeyTakenError, MisconfiguredError, ObjectNotFoundError
from viewfinder.domain.feature import Feature, Parameters
from viewfinder.domain.image import Facts, Location
from viewfinder.domain.label import BoundingBox, Instance, Label
from viewfinder.ports import DerivedStore, ImageStore, Objects, StoredObject

PARAMETERS = Parameters(40, 55.0)
BOX = Instance(BoundingBox(0.1, 0.2, 0.3, 0.4), 91.5)
FACTS = Facts(taken_at="2026-06-01T12:30:00.000000", f_number=1.8, location=Location(1.5, -2.0, 9.0))
LABELS = (Label("Cat", 99.1234, ("Animal",), ("Animals and Pets",), ("Kitty",), (BOX,)),)
ANALYSIS = Analysis(
    sha256="ab" * 32,
    format="JPEG",
    width=640,
    height=480,
    model_version="3.0",
    thumbnail="thumbnails/a/0-ab.webp",
    analyzed_at="2026-01-01T00:00:00.000000Z",
    feature=Feature.LABELS,
    findings=LABELS,
    facts=FACTS,
)
KEYS = ("a.jpg", "ü b+%20.jpg", "/x//y.jpg", "🐈" * 256)


@dataclass(frozen=True)
class Buckets:
    """The buckets of one kind, and a way to put into the images bucket."""

    images: ImageStore
    objects: Objects
    derived: DerivedStore
    put: Callable[[str, bytes], object]
    archive: Callable[[str, bytes], object]


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "aws-chunked,gzip"])
def test_an_object_that_is_stored_packed_is_read_as_browsers_show_it(encoding: str) -> None:
    content = b"a picture" * 100
    packed = gzip.compress(content)
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="images")
        client.put_object(Bucket="images", Key="a.jpg", Body=packed, ContentEncoding=encoding)
        client.put_object(Bucket="images", Key="plain.jpg", Body=content, ContentEncoding=encoding)
        client.put_object(Bucket="images", Key="bomb.jpg", Body=gzip.compress(bytes(10**7)), ContentEncoding=encoding)
        store = S3ImageStore(client, "images")
        found = store.fetch("a.jpg", 900)
        assert (found.content, found.size, found.etag) == (content, len(packed), etag(packed))
        assert store.fetch("plain.jpg", 10**6).content == content  # whatever its header says
        assert store.fetch("a.jpg", 899).content is None
        assert store.fetch("bomb.jpg", 10**6).content is None


@pytest.fixture(params=["fake", "s3"])
def buckets(request: pytest.FixtureRequest) -> Iterator[Buckets]:
    if request.param == "fake":
        bucket = FakeBucket()

        def archive_fake(key: str, content: bytes) -> None:
            bucket.put(key, content)
            bucket.archived.add(key)

        yield Buckets(bucket, bucket, FakeDerivedStore(), bucket.put, archive_fake)
        return
    with mock_aws():
        client: Any = boto3.client("s3", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
        client.create_bucket(Bucket="images")
        client.create_bucket(Bucket="derived")

        def put(key: str, content: bytes) -> None:
            client.put_object(Bucket="images", Key=key, Body=content)

        def archive(key: str, content: bytes) -> None:
            client.put_object(Bucket="images", Key=key, Body=content, StorageClass="DEEP_ARCHIVE")

        yield Buckets(
            S3ImageStore(client, "images"), S3Objects(client, "images"), S3DerivedStore(client, "derived"), put, archive
        )


@pytest.mark.parametrize("key", KEYS)
def test_an_object_is_fetched_with_size_and_etag(buckets: Buckets, key: str) -> None:
    buckets.put(key, b"content")

    stored = buckets.images.fetch(key, 7)

    assert (stored.content, stored.size, stored.etag) == (b"content", 7, etag(b"content"))


def test_of_a_large_object_only_the_size_is_told(buckets: Buckets) -> None:
    buckets.put("a.jpg", b"content")

    assert (buckets.images.fetch("a.jpg", 6).content, buckets.images.fetch("a.jpg", 6).size) == (None, 7)


def test_of_an_archived_object_size_and_etag_are_told(buckets: Buckets) -> None:
    buckets.archive("a.jpg", b"content")

    assert buckets.images.fetch("a.jpg", 100) == StoredObject(None, 7, etag(b"content"), is_archived=True)


def test_an_object_that_is_gone_is_not_found(buckets: Buckets) -> None:
    buckets.put("a.jpg", b"content")
    buckets.objects.delete("a.jpg")
    buckets.objects.delete("a.jpg")

    with pytest.raises(ObjectNotFoundError):
        buckets.images.fetch("a.jpg", 100)
    assert buckets.objects.find("a.jpg") is None


def test_an_upload_overwrites_only_what_it_is_told_to(tmp_path: Path) -> None:
    (tmp_path / "new").write_bytes(b"new")
    with mock_aws():
        client: Any = boto3.client("s3", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
        client.create_bucket(Bucket="images")
        objects = S3Objects(client, "images")

        assert objects.upload("a.jpg", tmp_path / "new", replace=False) == etag(b"new")
        (tmp_path / "new").write_bytes(b"newer")
        with pytest.raises(KeyTakenError):
            objects.upload("a.jpg", tmp_path / "new", replace=False)
        assert client.get_object(Bucket="images", Key="a.jpg")["Body"].read() == b"new"
        assert objects.upload("a.jpg", tmp_path / "new", replace=True) == etag(b"newer")


def test_an_upload_keeps_the_time_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"content")
    os.utime(tmp_path / "a.jpg", (1_560_327_132.25, 1_560_327_132.25))
    with mock_aws():
        client: Any = boto3.client("s3", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
        for bucket in ("images", "copies"):
            client.create_bucket(Bucket=bucket)
        S3Objects(client, "images").upload("a.jpg", tmp_path / "a.jpg", replace=False)
        S3Objects(client, "copies").copy("b.jpg", "images", "a.jpg")

        assert client.head_object(Bucket="images", Key="a.jpg")["Metadata"] == {"mtime": "1560327132.250000"}
        assert S3ImageStore(client, "images").fetch("a.jpg", 100).modified == 1_560_327_132.25
        assert S3ImageStore(client, "copies").fetch("b.jpg", 100).modified == 1_560_327_132.25


@pytest.mark.parametrize(
    ("metadata", "modified"),
    [({}, None), ({"mtime": "1560327132"}, 1_560_327_132.0), ({"mtime": "yesterday"}, None), ({"mtime": ""}, None)],
)
def test_the_time_of_a_file_is_read_as_others_write_it(metadata: dict[str, str], modified: float | None) -> None:
    with mock_aws():
        client: Any = boto3.client("s3", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
        client.create_bucket(Bucket="images")
        client.put_object(Bucket="images", Key="a.jpg", Body=b"content", Metadata=metadata)

        assert S3ImageStore(client, "images").fetch("a.jpg", 100).modified == modified


def test_objects_are_listed_by_prefix(buckets: Buckets) -> None:
    for key in KEYS:
        buckets.put(key, key.encode())

    assert {found.key: (found.size, found.etag) for found in buckets.objects.list()} == {
        key: (len(key.encode()), etag(key.encode())) for key in KEYS
    }
    assert [found.key for found in buckets.objects.list("ü b+%2")] == ["ü b+%20.jpg"]
    assert buckets.objects.find("ü b+%20.jpg") == next(iter(buckets.objects.list("ü")))


def test_an_analysis_is_found_by_content_and_parameters(buckets: Buckets) -> None:
    assert buckets.derived.find_analysis(PARAMETERS, ANALYSIS.sha256) is None
    assert not buckets.derived.has_analysis(PARAMETERS, ANALYSIS.sha256)

    buckets.derived.save_analysis(PARAMETERS, ANALYSIS)

    assert buckets.derived.find_analysis(PARAMETERS, ANALYSIS.sha256) == ANALYSIS
    assert buckets.derived.has_analysis(PARAMETERS, ANALYSIS.sha256)
    assert buckets.derived.find_analysis(Parameters(40, 60.0), ANALYSIS.sha256) is None


def test_an_analysis_of_an_older_engine_stays_valid(buckets: Buckets) -> None:
    older, newer = (replace(PARAMETERS, detector=f"viewfinder-1.{minor}") for minor in (1, 2))
    buckets.derived.save_analysis(older, ANALYSIS)

    assert buckets.derived.find_analysis(newer, ANALYSIS.sha256) is None
    upgraded = replace(newer, former=("viewfinder-1.1",))
    assert buckets.derived.find_analysis(upgraded, ANALYSIS.sha256) == ANALYSIS
    assert buckets.derived.has_analysis(upgraded, ANALYSIS.sha256)

    again = replace(ANALYSIS, model_version="viewfinder-1.2")
    buckets.derived.save_analysis(upgraded, again)
    assert buckets.derived.find_analysis(upgraded, ANALYSIS.sha256) == again
    assert buckets.derived.find_analysis(older, ANALYSIS.sha256) == ANALYSIS


def test_a_thumbnail_is_copied_where_it_is_there(buckets: Buckets) -> None:
    derived = buckets.derived
    derived.put_thumbnail("thumbnails/a/0-x.webp", b"webp")

    assert derived.copy_thumbnail("thumbnails/a/0-x.webp", "thumbnails/b/0-x.webp")
    assert derived.copy_thumbnail("thumbnails/a/0-x.webp", "thumbnails/a/0-x.webp")
    assert not derived.copy_thumbnail("thumbnails/none/0-x.webp", "thumbnails/c/0-x.webp")
    assert not derived.copy_thumbnail("thumbnails/none/0-x.webp", "thumbnails/none/0-x.webp")
    assert derived.list_thumbnails("thumbnails/") == ["thumbnails/a/0-x.webp", "thumbnails/b/0-x.webp"]


def test_thumbnails_are_deleted_gone_or_not(buckets: Buckets) -> None:
    buckets.derived.put_thumbnail("thumbnails/a/0-x.webp", b"webp")

    buckets.derived.delete_thumbnails(["thumbnails/a/0-x.webp", "thumbnails/none.webp"])

    assert buckets.derived.list_thumbnails("thumbnails/a/") == []


def test_a_bucket_that_is_not_there_is_an_operators_matter() -> None:
    with mock_aws():
        client: Any = boto3.client("s3", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
        with pytest.raises(MisconfiguredError, match="NoSuchBucket"):
            S3ImageStore(client, "none").fetch("a.jpg", 1)
        with pytest.raises(MisconfiguredError, match="NoSuchBucket"):
            S3DerivedStore(client, "none").save_analysis(PARAMETERS, ANALYSIS)


KEY = "corrections/ab.json"


def test_a_document_is_written_once_and_replaced_by_who_has_read_it(buckets: Buckets) -> None:
    store = buckets.derived
    assert store.find_document(KEY) is None
    store.save_document(KEY, {"Name": "Zoë"}, replacing=None)
    first = store.find_document(KEY)
    assert first
    assert first.content == {"Name": "Zoë"}
    with pytest.raises(DocumentConflictError):
        store.save_document(KEY, {"Name": "Max"}, replacing=None)
    store.save_document(KEY, {"Name": "Max"}, replacing=first)
    with pytest.raises(DocumentConflictError):
        store.save_document(KEY, {"Name": "Ann"}, replacing=first)
    second = store.find_document(KEY)
    assert second
    assert second.content == {"Name": "Max"}


def test_a_document_that_was_deleted_is_not_replaced(buckets: Buckets) -> None:
    store = buckets.derived
    store.save_document(KEY, {"Name": "Zoë"}, replacing=None)
    store.save_document("corrections/aa.json", {}, replacing=None)
    known = store.find_document(KEY)
    assert list(store.list_documents("corrections/")) == ["corrections/aa.json", KEY]
    assert list(store.list_documents("corrections/", "corrections/aa.json")) == [KEY]
    assert list(store.list_documents("corrections/", KEY)) == []
    store.delete_document(KEY)
    store.delete_document(KEY)
    assert list(store.list_documents("corrections/")) == ["corrections/aa.json"]
    with pytest.raises(DocumentConflictError):
        store.save_document(KEY, {"Name": "Max"}, replacing=known)
