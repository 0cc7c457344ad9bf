"""The page of a hosted gallery in its bucket: names by hash, the page itself last, and nothing twice."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from viewfinder.deployment import page as pages
from viewfinder.deployment.environment import Environment
from viewfinder.deployment.page import Page, page_of, publish
from viewfinder.deployment.progress import silent

BUCKET = "photos-gallery"
OUTPUTS = {
    "GalleryUrl": "https://d1.cloudfront.net",
    "GalleryBucketName": BUCKET,
    "GalleryDistributionId": "E1",
    "GalleryLoginUrl": "https://photos-1.auth.eu-west-1.amazoncognito.com",
    "GalleryClientId": "client",
    "ImagesBucketName": "photos-images",
    "DerivedBucketName": "photos-derived",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[Environment]:
    with mock_aws():
        environment = Environment(boto3.Session("key", "secret", region_name="eu-west-1"))
        where: Any = {"LocationConstraint": "eu-west-1"}
        environment.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=where)
        environment.__dict__["account"] = "123456789012"
        monkeypatch.setattr(pages, "_invalidate", lambda _, distribution: invalidated.append(distribution))
        invalidated.clear()
        yield environment


invalidated: list[str] = []


def stored(environment: Environment) -> dict[str, dict[str, Any]]:
    keys = [each["Key"] for each in environment.s3.list_objects_v2(Bucket=BUCKET).get("Contents", ())]
    return {key: dict(environment.s3.get_object(Bucket=BUCKET, Key=key)) for key in keys}


def test_every_file_has_its_type_and_how_long_it_may_be_kept(environment: Environment) -> None:
    assert publish(environment, OUTPUTS, "LABELS", silent) is True

    found = stored(environment)
    version = page_of(environment, OUTPUTS, "LABELS").version
    kept = {key: (entry["ContentType"], entry["CacheControl"]) for key, entry in found.items()}
    assert kept["index.html"] == ("text/html; charset=utf-8", "no-store")
    assert kept["settings.json"] == ("application/json", "no-cache")
    assert kept[f"web/{version}/main.js"] == ("text/javascript", "public, max-age=31536000, immutable")
    assert kept[f"web/{version}/theme.css"][0] == "text/css"
    assert kept[f"web/{version}/icons.svg"][0] == "image/svg+xml"
    assert [
        key for key in found if not re.fullmatch(rf"(index.html|settings.json|worker.js|web/{version}/[\w.-]+)", key)
    ] == []
    assert f"web/{version}/types.d.ts" not in found


def test_the_page_names_files_that_are_there_and_no_place_is_left_open(environment: Environment) -> None:
    publish(environment, OUTPUTS, "LABELS,MODERATION", silent)

    found = stored(environment)
    page = found["index.html"]["Body"].read().decode()
    named = set(re.findall(r'"/(web/[^"#]+)', page))
    assert len(named) > 20
    assert named - found.keys() == set()
    assert re.findall(r"\{\w+\}", page) == []
    assert 'name="viewfinder-token" content=""' in page
    assert 'name="viewfinder-stage" content="prod"' in page
    assert 'name="viewfinder-moderated" content="true"' in page


def test_the_settings_tell_login_and_buckets(environment: Environment) -> None:
    publish(environment, OUTPUTS, "LABELS", silent)

    assert json.loads(stored(environment)["settings.json"]["Body"].read()) == {
        "Stage": "prod",
        "Login": {"Authority": OUTPUTS["GalleryLoginUrl"], "ClientId": "client"},
        "Buckets": [f"https://s3.eu-west-1.amazonaws.com/photos-{name}" for name in ("images", "derived")],
    }


def test_what_is_there_is_not_uploaded_again(environment: Environment) -> None:
    publish(environment, OUTPUTS, "LABELS", silent)

    assert publish(environment, OUTPUTS, "LABELS", silent) is False
    assert publish(environment, OUTPUTS | {"GalleryClientId": "another"}, "LABELS", silent) is True
    assert invalidated == ["E1"], "the settings are asked for each time"


def test_the_page_is_the_last_file(environment: Environment) -> None:
    assert [key for key, _ in page_of(environment, OUTPUTS, "LABELS").files()][-1] == "index.html"


def test_the_release_before_stays_and_earlier_ones_go(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = []
    for release in (b"one", b"two", b"three"):
        contents = Page({})._contents | {"main.js": release}
        monkeypatch.setattr(Page, "_contents", contents)
        publish(environment, OUTPUTS, "LABELS", silent)
        versions.append(Page({}).version)

    folders = {key.split("/")[1] for key in stored(environment) if key.startswith("web/")}
    assert len(set(versions)) == 3
    assert folders == set(versions[1:])
    assert len(invalidated) == 3
