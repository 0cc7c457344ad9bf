"""What an image costs in calls of AWS: each is money on AWS, and time everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.support.fakes import FakeDetector, FakePictures
from tests.support.tables import TABLE, create_table
from viewfinder.bootstrap import Application
from viewfinder.domain.image import Effort, ImageEvent
from viewfinder.settings import Settings

SETTINGS = Settings(images_bucket="images", derived_bucket="derived", table=TABLE, queue_url="queue")


@pytest.fixture
def application(monkeypatch: pytest.MonkeyPatch) -> Iterator[Application]:
    """The image function's parts over moto, but for reader and detector."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        application = Application(
            SETTINGS, session=boto3.Session(region_name="us-east-1"), pictures=FakePictures(), detector=FakeDetector()
        )
        create_table(application.dynamodb_client)
        for bucket in ("images", "derived"):
            application.s3_client.create_bucket(Bucket=bucket)
        yield application


def calls_for(application: Application, image_id: str, content: bytes, effort: Effort) -> list[str]:
    """Index an image, and return the names of the calls in their order."""
    application.s3_client.put_object(Bucket="images", Key=image_id, Body=content)
    calls: list[str] = []

    def note(model: Any, **_: Any) -> None:
        calls.append(model.name)

    clients = (application.s3_client, application.dynamodb_client)
    for client in clients:
        client.meta.events.register("before-call", note)
    outcome = application.index_image.run(ImageEvent(image_id, sequencer="1"))
    for client in clients:
        client.meta.events.unregister("before-call", note)
    assert outcome.effort is effort
    return calls


FETCH = "GetObject"


def test_a_first_image_needs_seven_calls_beside_the_fetch_and_the_detector(application: Application) -> None:
    assert calls_for(application, "a.jpg", b"Dog", Effort.DETECTED) == [
        "GetItem",  # the record
        FETCH,
        "GetObject",  # a known analysis
        "PutItem",  # the lease
        "PutObject",  # the analysis, and side by side with the detector
        "PutObject",  # the thumbnail
        "GetObject",  # corrections of this content
        "TransactWriteItems",  # record, postings and the end of the lease
    ]


def test_a_large_image_needs_one_more_for_its_rendition_for_screens(application: Application) -> None:
    first = calls_for(application, "a.heic", b"large Dog", Effort.DETECTED)
    again = calls_for(application, "b.heic", b"large Dog", Effort.REUSED)

    assert first[4:] == ["PutObject", "PutObject", "PutObject", "GetObject", "TransactWriteItems"]
    assert again[2:] == ["GetObject", "CopyObject", "CopyObject", "GetObject", "TransactWriteItems"]


def test_the_same_picture_again_needs_five(application: Application) -> None:
    calls_for(application, "a.jpg", b"Dog", Effort.DETECTED)
    assert calls_for(application, "b.jpg", b"Dog", Effort.REUSED) == [
        "GetItem",
        FETCH,
        "GetObject",  # a known analysis
        "CopyObject",  # the thumbnail
        "GetObject",  # corrections of this content
        "TransactWriteItems",
    ]
