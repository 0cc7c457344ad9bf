"""Trash and versions over a bucket that keeps versions: nothing is lost until someone deletes it for good."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.support.fakes import FakeCatalog, FakeClock, FakeDetector, fake_indexer
from tests.support.memory_index import MemoryIndex, MemoryStatistics
from viewfinder.adapters.s3 import S3ImageStore, S3Links, S3Versions
from viewfinder.domain.errors import ImageNotFoundError, KeyTakenError, VersionNotFoundError
from viewfinder.domain.image import DELETED, Image, ImageEvent, Status
from viewfinder.usecases.search_images import Search
from viewfinder.usecases.trash import Trash, delete_for_good, list_trash, restore_image
from viewfinder.usecases.versions import list_versions, restore_version

KEY = "holiday/ü 1.jpg"


class Pipeline:
    """A bucket with versions, and a catalog that follows it when it is told to."""

    def __init__(self) -> None:
        session = boto3.Session("x", "x", region_name="us-east-1")
        self.s3: Any = session.client("s3")
        self.s3.create_bucket(Bucket="images")
        self.s3.put_bucket_versioning(Bucket="images", VersioningConfiguration={"Status": "Enabled"})
        self.catalog, self.detector, self.clock = FakeCatalog(), FakeDetector(), FakeClock()
        self.index = fake_indexer(
            self.catalog, images=S3ImageStore(self.s3, "images"), detector=self.detector, clock=self.clock
        )
        self.events = 0

    @property
    def trash(self) -> Trash:
        images = list(self.catalog.images.values())
        links = S3Links(self.s3, images_bucket="images", derived_bucket="derived", seconds=60)
        search = Search(MemoryIndex(images), MemoryStatistics(images), self.clock)
        return Trash(self.catalog, search, S3Versions(self.s3, "images"), links, days=30)

    def put(self, content: bytes, key: str = KEY) -> None:
        self.s3.put_object(Bucket="images", Key=key, Body=content)
        self.follow(key)

    def remove(self, key: str = KEY) -> None:
        self.s3.delete_object(Bucket="images", Key=key)
        self.follow(key)

    def follow(self, key: str = KEY) -> Image:
        self.events += 1
        return self.index.run(ImageEvent(key, f"{self.events:016x}")).image

    def trashed(self) -> list[str]:
        return [image.image_id for image in list_trash(self.trash)[0]]

    def content(self, key: str = KEY) -> bytes:
        return bytes(self.s3.get_object(Bucket="images", Key=key)["Body"].read())


@pytest.fixture
def pipeline() -> Iterator[Pipeline]:
    with mock_aws():
        yield Pipeline()


def test_a_removed_image_is_in_the_trash_with_its_size_and_a_link_to_its_last_content(pipeline: Pipeline) -> None:
    pipeline.put(b"Dog")
    version = pipeline.catalog.images[KEY].version_id
    pipeline.remove()
    [image], token = list_trash(pipeline.trash)
    assert (image.image_id, image.size, token) == (KEY, 3, "")
    assert (image.deleted_at[:10], image.expires_at[:10]) == ("2026-01-01", "2026-01-31")
    assert f"versionId={version}" in image.url


def test_what_is_restored_is_what_the_trash_shows(pipeline: Pipeline) -> None:
    pipeline.put(b"Dog")
    pipeline.s3.put_object(Bucket="images", Key=KEY, Body=b"Cat, of which the catalog never hears")
    pipeline.remove()
    [image], _ = list_trash(pipeline.trash)

    restore_image(KEY, pipeline.trash)

    assert (image.size, pipeline.content()) == (3, b"Dog")
    assert [version.size for version, _ in list_versions(KEY, pipeline.trash)] == [3, 37, 3]


def test_where_the_bucket_has_forgotten_what_the_trash_shows_the_last_version_is_restored(pipeline: Pipeline) -> None:
    pipeline.put(b"Dog")
    shown = pipeline.catalog.images[KEY].version_id
    pipeline.s3.put_object(Bucket="images", Key=KEY, Body=b"Cat")
    pipeline.remove()
    pipeline.s3.delete_object(Bucket="images", Key=KEY, VersionId=shown)

    restore_image(KEY, pipeline.trash)

    assert pipeline.content() == b"Cat"


def test_the_last_removed_comes_first_page_by_page(pipeline: Pipeline) -> None:
    for name in "abc":
        pipeline.put(b"Dog", name)
        pipeline.remove(name)
    first, token = list_trash(pipeline.trash, limit=2)
    second, end = list_trash(pipeline.trash, limit=2, token=token)
    assert ([image.image_id for image in (*first, *second)], end) == (["c", "b", "a"], "")


def test_what_the_bucket_has_forgotten_is_not_listed(pipeline: Pipeline) -> None:
    pipeline.put(b"Dog")
    pipeline.remove()
    later = replace(pipeline.trash, days=0)
    assert list_trash(later) == ([], "")


def test_an_event_of_an_object_that_never_was_leaves_nothing_in_the_trash(pipeline: Pipeline) -> None:
    assert pipeline.follow().reason == ""
    assert pipeline.trashed() == []


def test_a_restored_image_has_its_content_metadata_and_analysis_again_without_a_detector_call(
    pipeline: Pipeline,
) -> None:
    pipeline.s3.put_object(Bucket="images", Key=KEY, Body=b"old", ContentType="image/png")
    pipeline.s3.put_object(Bucket="images", Key=KEY, Body=b"Dog", ContentType="image/jpeg", Metadata={"by": "me"})
    pipeline.follow()
    pipeline.remove()
    restore_image(KEY, pipeline.trash)
    image = pipeline.follow()
    head = pipeline.s3.head_object(Bucket="images", Key=KEY)
    assert (pipeline.content(), head["ContentType"], head["Metadata"]) == (b"Dog", "image/jpeg", {"by": "me"})
    assert [label.name for label in image.labels] == ["Dog"]
    assert pipeline.detector.calls == {b"Dog": 1}
    assert pipeline.trashed() == []


def test_an_image_that_exists_is_neither_restored_nor_deleted_for_good(pipeline: Pipeline) -> None:
    pipeline.put(b"Dog")
    for call in (restore_image, delete_for_good):
        with pytest.raises(KeyTakenError):
            call(KEY, pipeline.trash)
    assert pipeline.content() == b"Dog"


def test_a_key_that_never_was_is_not_found(pipeline: Pipeline) -> None:
    pipeline.put(b"Dog", f"{KEY}.bak")  # begins with the key
    for call in (restore_image, delete_for_good, list_versions):
        with pytest.raises(ImageNotFoundError):
            call(KEY, pipeline.trash)


@pytest.mark.parametrize("follows", [True, False], ids=["after its event", "before its event"])
def test_deleted_for_good_nothing_is_left_and_nothing_comes_back(pipeline: Pipeline, *, follows: bool) -> None:
    pipeline.put(b"Cat")
    pipeline.put(b"Dog")
    pipeline.put(b"Cat", f"{KEY}.bak")
    pipeline.s3.delete_object(Bucket="images", Key=KEY)
    if follows:
        pipeline.follow()
    delete_for_good(KEY, pipeline.trash)
    pipeline.follow()  # S3 tells of each version that was deleted
    assert pipeline.s3.list_object_versions(Bucket="images", Prefix=KEY).get("DeleteMarkers", []) == []
    assert [version["Key"] for version in pipeline.s3.list_object_versions(Bucket="images")["Versions"]] == [
        f"{KEY}.bak"
    ]
    assert (pipeline.catalog.images[KEY].status, pipeline.trashed()) == (Status.REMOVED, [])
    with pytest.raises(ImageNotFoundError):
        restore_image(KEY, pipeline.trash)


def test_an_entry_whose_versions_are_gone_already_can_be_taken_out_of_the_trash(pipeline: Pipeline) -> None:
    pipeline.catalog.save(
        Image(KEY, Status.REMOVED, "1", "2026-01-01T00:00:00.000000Z", reason=DELETED), replacing=None
    )
    delete_for_good(KEY, pipeline.trash)
    assert pipeline.trashed() == []


def test_a_newer_image_of_the_key_is_not_taken_for_the_one_that_was_deleted(pipeline: Pipeline) -> None:
    pipeline.put(b"Dog")
    newer = replace(pipeline.catalog.images[KEY], version_id="newer")
    pipeline.catalog.images[KEY] = newer
    pipeline.s3.delete_object(Bucket="images", Key=KEY)
    delete_for_good(KEY, pipeline.trash)
    assert pipeline.catalog.images[KEY] == newer


def test_an_earlier_version_becomes_the_current_one_and_none_is_lost(pipeline: Pipeline) -> None:
    pipeline.put(b"Cat")
    pipeline.put(b"Dog")
    newest, oldest = (version for version, _ in list_versions(KEY, pipeline.trash))
    assert (newest.is_latest, oldest.is_latest, newest.size) == (True, False, 3)
    restore_version(KEY, oldest.version_id, pipeline.trash)
    assert [label.name for label in pipeline.follow().labels] == ["Cat"]
    assert len(list_versions(KEY, pipeline.trash)) == 3


def test_the_current_version_stays_as_it_is(pipeline: Pipeline) -> None:
    pipeline.put(b"Cat")
    [(version, _)] = list_versions(KEY, pipeline.trash)
    restore_version(KEY, version.version_id, pipeline.trash)
    assert len(list_versions(KEY, pipeline.trash)) == 1


def test_a_version_of_a_removed_image_brings_it_back(pipeline: Pipeline) -> None:
    pipeline.put(b"Cat")
    pipeline.put(b"Dog")
    pipeline.remove()
    versions = [version for version, _ in list_versions(KEY, pipeline.trash)]
    assert [version.is_latest for version in versions] == [False, False]
    restore_version(KEY, versions[-1].version_id, pipeline.trash)
    assert (pipeline.content(), pipeline.follow().status) == (b"Cat", Status.ANALYZED)


def test_a_marker_or_a_version_of_another_object_is_no_version(pipeline: Pipeline) -> None:
    pipeline.put(b"Cat")
    pipeline.put(b"Dog", "other.jpg")
    [(other, _)] = list_versions("other.jpg", pipeline.trash)
    pipeline.remove()
    [marker] = pipeline.s3.list_object_versions(Bucket="images", Prefix=KEY)["DeleteMarkers"]
    for version_id in (other.version_id, marker["VersionId"], "none"):
        with pytest.raises(VersionNotFoundError):
            restore_version(KEY, version_id, pipeline.trash)


class ManyVersions:
    """A client whose listing has the versions of one key on two pages, and then those of another."""

    def get_paginator(self, operation: str) -> ManyVersions:
        assert operation == "list_object_versions"
        return self

    def paginate(self, **query: str) -> Iterator[dict[str, Any]]:
        assert query == {"Bucket": "images", "Prefix": KEY}
        entry = {"Key": KEY, "LastModified": datetime(2026, 1, 1, tzinfo=UTC), "IsLatest": False}
        yield {"DeleteMarkers": [entry | {"VersionId": "marker", "IsLatest": True}], "NextKeyMarker": KEY}
        yield {
            "Versions": [entry | {"VersionId": "v1", "Size": 3}, entry | {"Key": f"{KEY}.bak", "VersionId": "v2"}],
            "NextKeyMarker": f"{KEY}.bak",
        }
        raise AssertionError("no page behind the key is read")


def test_all_versions_of_a_key_are_listed_and_no_page_behind_them_is_read() -> None:
    client: Any = ManyVersions()
    versions = S3Versions(client, "images").list(KEY)
    assert [(version.version_id, version.is_marker) for version in versions] == [("v1", False), ("marker", True)]
    assert versions[0].modified == "2026-01-01T00:00:00.000000Z"
