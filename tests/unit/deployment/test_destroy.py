"""Removing a stack against an S3 and a CloudFormation that refuse what AWS refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.support.cloudformation import FakeResource, StrictCloudFormation
from viewfinder.deployment.destroy import plan_removal, remove
from viewfinder.deployment.environment import Environment
from viewfinder.deployment.progress import DeploymentError, silent
from viewfinder.deployment.stack import Stack

IMAGES, DERIVED, LOGS = "photos-images", "photos-derived", "photos-accesslogsbucket-1"
TABLE = "photos-catalog"


@pytest.fixture
def environment() -> Iterator[Environment]:
    with mock_aws():
        environment = Environment(boto3.Session("key", "secret", region_name="eu-central-1"))
        environment.__dict__["pause"] = 0
        where: Any = {"LocationConstraint": "eu-central-1"}
        for bucket in (IMAGES, DERIVED, LOGS):
            environment.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=where)
        environment.s3.put_bucket_versioning(Bucket=IMAGES, VersioningConfiguration={"Status": "Enabled"})
        environment.dynamodb.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "PK", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}],
        )
        yield environment


@pytest.fixture
def cloudformation(environment: Environment) -> StrictCloudFormation:
    """The stack; CloudFormation deletes the function last, as one that writes into the buckets might well be."""
    resources = [
        FakeResource("CatalogTable", TABLE, "AWS::DynamoDB::Table"),
        FakeResource("ImagesBucket", IMAGES, "AWS::S3::Bucket"),
        FakeResource("DerivedBucket", DERIVED, "AWS::S3::Bucket"),
        FakeResource("AccessLogsBucket", LOGS, "AWS::S3::Bucket", policy="Retain"),
        FakeResource("ImageProcessingFunction", "photos-function", "AWS::Lambda::Function"),
    ]
    fake = StrictCloudFormation(environment.s3, resources)
    environment.__dict__["cloudformation"] = fake
    return fake


@pytest.fixture
def stack(environment: Environment, cloudformation: StrictCloudFormation) -> Stack:
    return Stack(environment, "photos")


def put(environment: Environment, bucket: str, key: str = "a.jpg") -> None:
    environment.s3.put_object(Bucket=bucket, Key=key, Body=b"picture")


def buckets(environment: Environment) -> set[str]:
    return {bucket["Name"] for bucket in environment.s3.list_buckets()["Buckets"]}


def destroy(stack: Stack, **options: Any) -> None:
    remove(plan_removal(stack, **options), silent)


def test_an_empty_stack_goes_with_its_buckets(
    stack: Stack, environment: Environment, cloudformation: StrictCloudFormation
) -> None:
    destroy(stack, delete_data=False)

    assert (cloudformation.status, buckets(environment)) == (None, {LOGS})


def test_a_full_bucket_is_refused_before_anything_is_deleted(
    stack: Stack, environment: Environment, cloudformation: StrictCloudFormation
) -> None:
    put(environment, IMAGES)

    with pytest.raises(
        DeploymentError, match=r"photos-images: not empty.*viewfinder destroy --stack photos --delete-data"
    ):
        plan_removal(stack, delete_data=False)

    assert cloudformation.events == []


def test_an_old_version_and_its_delete_marker_make_a_bucket_full(stack: Stack, environment: Environment) -> None:
    put(environment, IMAGES)
    environment.s3.delete_object(Bucket=IMAGES, Key="a.jpg")

    with pytest.raises(DeploymentError, match="photos-images: not empty"):
        plan_removal(stack, delete_data=False)


def test_data_goes_with_every_version_and_delete_marker(
    stack: Stack, environment: Environment, cloudformation: StrictCloudFormation
) -> None:
    for key in ("a.jpg", "a.jpg", "b.jpg"):
        put(environment, IMAGES, key)
    environment.s3.delete_object(Bucket=IMAGES, Key="b.jpg")
    put(environment, DERIVED, "thumbnails/a.jpg")

    destroy(stack, delete_data=True)

    assert (cloudformation.status, buckets(environment)) == (None, {LOGS})


def test_the_access_logs_stay_with_what_is_in_them(stack: Stack, environment: Environment) -> None:
    put(environment, LOGS, "images/log")

    removal = plan_removal(stack, delete_data=True)
    remove(removal, silent)

    assert f"{LOGS} (AccessLogsBucket)" in removal.kept
    assert environment.s3.list_objects_v2(Bucket=LOGS)["KeyCount"] == 1


def test_the_access_logs_go_when_they_are_named(stack: Stack, environment: Environment) -> None:
    put(environment, LOGS, "images/log")

    removal = plan_removal(stack, delete_data=True, named=[LOGS])
    remove(removal, silent)

    assert buckets(environment) == set()
    assert not any(LOGS in kept for kept in removal.kept)


def test_only_a_bucket_that_the_stack_retains_can_be_named(stack: Stack) -> None:
    with pytest.raises(DeploymentError, match="photos retains no bucket named somebody-elses"):
        plan_removal(stack, delete_data=True, named=["somebody-elses"])


def test_an_object_that_a_function_wrote_late_is_deleted_in_a_second_attempt(
    stack: Stack, environment: Environment, cloudformation: StrictCloudFormation
) -> None:
    late = iter(["thumbnails/late.jpg"])

    def write_late() -> None:
        for key in late:
            put(environment, DERIVED, key)

    cloudformation.before_deletion = write_late
    destroy(stack, delete_data=True)

    assert (cloudformation.status, buckets(environment)) == (None, {LOGS})


def test_a_failed_deletion_tells_its_cause_and_is_resumed(
    stack: Stack, environment: Environment, cloudformation: StrictCloudFormation
) -> None:
    put(environment, IMAGES)
    cloudformation.broken = {"ImageProcessingFunction"}
    with pytest.raises(DeploymentError, match=r"ImageProcessingFunction \(AWS::Lambda::Function\): it does not work"):
        destroy(stack, delete_data=True)
    assert (cloudformation.status, cloudformation.left()) == ("DELETE_FAILED", {"ImageProcessingFunction"})

    cloudformation.broken = set()
    environment.dynamodb.delete_table(TableName=TABLE)  # as CloudFormation has done meanwhile
    destroy(stack, delete_data=True)

    assert (cloudformation.status, cloudformation.left()) == (None, set())


def test_an_object_that_s3_does_not_delete_stops_the_removal(
    stack: Stack, environment: Environment, cloudformation: StrictCloudFormation
) -> None:
    def refuse(parsed: dict[str, Any], **_: object) -> None:
        parsed["Errors"] = [{"Key": "a.jpg", "Code": "AccessDenied", "Message": "locked"}]

    put(environment, IMAGES)
    environment.s3.meta.events.register("after-call.s3.DeleteObjects", refuse)

    with pytest.raises(DeploymentError, match=r"1 objects can't be deleted. 'a.jpg': AccessDenied: locked"):
        destroy(stack, delete_data=True)

    assert cloudformation.events == []


def test_an_object_that_s3_could_not_delete_for_a_moment_is_tried_again(
    stack: Stack, environment: Environment, cloudformation: StrictCloudFormation
) -> None:
    answers = iter([[{"Key": "a.jpg", "Code": "SlowDown"}]])

    def slow_down(parsed: dict[str, Any], **_: object) -> None:
        parsed["Errors"] = next(answers, [])

    put(environment, IMAGES)
    environment.s3.meta.events.register("after-call.s3.DeleteObjects", slow_down)
    destroy(stack, delete_data=True)

    assert cloudformation.status is None


def test_deleted_images_are_not_told_to_the_functions(stack: Stack, environment: Environment) -> None:
    told: list[str] = []
    events = environment.s3.meta.events
    events.register("before-call.s3.PutBucketNotificationConfiguration", lambda **_: told.append("silenced"))
    events.register("before-call.s3.DeleteObjects", lambda **_: told.append("deleted"))
    put(environment, IMAGES)

    destroy(stack, delete_data=True)

    assert told[:2] == ["silenced", "deleted"]


def test_termination_protection_is_told_before_anything_is_deleted(
    stack: Stack, cloudformation: StrictCloudFormation
) -> None:
    cloudformation.protected = True

    with pytest.raises(DeploymentError, match="--no-termination-protection"):
        plan_removal(stack, delete_data=True)


def test_a_protected_table_is_told_before_anything_is_deleted(stack: Stack, environment: Environment) -> None:
    environment.dynamodb.update_table(TableName=TABLE, DeletionProtectionEnabled=True)

    with pytest.raises(DeploymentError, match="--parameter TableDeletionProtection=false"):
        plan_removal(stack, delete_data=True)


@pytest.mark.parametrize("status", ["CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS"])
def test_a_stack_that_is_being_changed_is_left_alone(
    stack: Stack, cloudformation: StrictCloudFormation, status: str
) -> None:
    cloudformation.status = status

    with pytest.raises(DeploymentError, match=f"photos is being changed \\({status}\\)"):
        plan_removal(stack, delete_data=True)


@pytest.mark.parametrize("delete_data", [False, True])
def test_the_page_of_a_hosted_gallery_goes_without_being_asked_for(
    stack: Stack, environment: Environment, cloudformation: StrictCloudFormation, delete_data: bool
) -> None:
    where: Any = {"LocationConstraint": "eu-central-1"}
    environment.s3.create_bucket(Bucket="photos-gallery", CreateBucketConfiguration=where)
    put(environment, "photos-gallery", "index.html")
    cloudformation.resources.append(FakeResource("GalleryBucket", "photos-gallery", "AWS::S3::Bucket"))

    destroy(stack, delete_data=delete_data)

    assert (cloudformation.status, buckets(environment)) == (None, {LOGS})
