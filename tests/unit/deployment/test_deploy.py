"""The bucket of packages and templates: closed, tidy, and never somebody else's."""

from __future__ import annotations

import json
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from viewfinder.deployment.deploy import ArtifactsBucket
from viewfinder.deployment.environment import Environment


@pytest.fixture(params=["us-east-1", "eu-central-1"])
def bucket(request: pytest.FixtureRequest) -> Iterator[ArtifactsBucket]:
    with mock_aws():
        yield ArtifactsBucket(Environment(boto3.Session("key", "secret", region_name=request.param)))


def test_the_bucket_is_closed_to_the_public_and_to_plain_http(bucket: ArtifactsBucket) -> None:
    bucket.ensure()

    s3 = bucket.environment.s3
    closed = s3.get_public_access_block(Bucket=bucket.name)["PublicAccessBlockConfiguration"]
    (statement,) = json.loads(s3.get_bucket_policy(Bucket=bucket.name)["Policy"])["Statement"]
    assert all(closed.values())
    assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    assert statement["Resource"] == [f"arn:aws:s3:::{bucket.name}", f"arn:aws:s3:::{bucket.name}/*"]


def test_templates_expire_and_packages_stay_for_a_late_rollback(bucket: ArtifactsBucket) -> None:
    bucket.ensure()

    rules = bucket.environment.s3.get_bucket_lifecycle_configuration(Bucket=bucket.name)["Rules"]
    expiring = {rule["Filter"]["Prefix"]: rule["Expiration"]["Days"] for rule in rules if "Expiration" in rule}
    assert expiring == {"templates/": 30}


def test_a_bucket_of_before_gets_the_same_protection(bucket: ArtifactsBucket) -> None:
    bucket._create()
    bucket.ensure()

    assert bucket.environment.s3.get_bucket_policy(Bucket=bucket.name)["Policy"]


def test_the_same_content_is_uploaded_once_under_a_name_for_the_reader(bucket: ArtifactsBucket) -> None:
    bucket._create()
    uploads: list[str] = []
    bucket.environment.s3.meta.events.register("before-call.s3.PutObject", lambda **_: uploads.append("put"))

    keys = {bucket.upload("templates/template.json", b"{}") for _ in range(2)}

    assert (len(uploads), len(keys)) == (1, 1)
    assert keys.pop().startswith("templates/template-")
