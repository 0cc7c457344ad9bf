"""A stack that attaches a bucket: what it may do with it, in each mode, and what it is told."""

from __future__ import annotations

from typing import Any

import pytest

from tests.infrastructure.translation import of_type, prerequisites, translate

BUCKET, PREFIX = "photos-of-years", "family/"
ATTACHED = {"ExistingBucketName": BUCKET, "ExistingPrefix": PREFIX}
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1"
READING = {"s3:GetObject", "s3:ListBucket", "kms:Decrypt"}


def _allowed(template: dict[str, Any], role: str) -> dict[str, set[str]]:
    """Map actions to the ARNs of the attached bucket, and of its key, that a role may do them on."""
    found: dict[str, set[str]] = {}
    for policy in of_type(template, "AWS::IAM::Role")[role]["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            ours = {each for each in resources if isinstance(each, str) and (BUCKET in each or each == KEY)}
            for action in actions if ours else ():
                found.setdefault(action, set()).update(ours)
    return found


def test_the_bucket_is_no_resource_of_the_stack_and_no_policy_of_it_is_set() -> None:
    template = translate(**ATTACHED)
    assert set(of_type(template, "AWS::S3::Bucket")) == {"DerivedBucket"}
    assert {policy["Bucket"]["Ref"] for policy in of_type(template, "AWS::S3::BucketPolicy").values()} == {
        "DerivedBucket"
    }
    prerequisites(template)  # no circle


def test_without_an_attached_bucket_the_stack_has_its_own_and_no_rule() -> None:
    template = translate()
    assert "ImagesBucket" in of_type(template, "AWS::S3::Bucket")
    assert of_type(template, "AWS::Events::Rule") == {}


def test_read_only_nothing_can_be_written_to_it_by_any_role() -> None:
    template = translate(**ATTACHED, ExistingKeyArn=KEY)
    objects = f"arn:aws:s3:::{BUCKET}/{PREFIX}*"
    assert _allowed(template, "ImageProcessingRole") == {
        "s3:GetObject": {objects},
        "s3:ListBucket": {f"arn:aws:s3:::{BUCKET}"},
        "kms:Decrypt": {KEY},
    }
    assert _allowed(template, "ApiHandlerRole") == {"s3:GetObject": {objects}, "kms:Decrypt": {KEY}}
    assert _allowed(template, "LabelStatisticsRole") == {}


@pytest.mark.parametrize(
    ("access", "writing"),
    [
        ("ReadWrite", {"s3:PutObject", "s3:DeleteObject", "kms:GenerateDataKey"}),
        (
            "ReadWriteVersions",
            {
                *("s3:PutObject", "s3:DeleteObject", "kms:GenerateDataKey"),
                *("s3:ListBucketVersions", "s3:GetObjectVersion", "s3:DeleteObjectVersion"),
            },
        ),
    ],
)
def test_read_write_the_api_may_write_and_the_image_function_may_not(access: str, writing: set[str]) -> None:
    template = translate(**ATTACHED, ExistingKeyArn=KEY, ExistingBucketAccess=access)
    assert set(_allowed(template, "ApiHandlerRole")) - READING == writing
    assert set(_allowed(template, "ImageProcessingRole")) - READING == set()


def test_a_listing_is_allowed_below_the_prefix_only() -> None:
    role = of_type(translate(**ATTACHED), "AWS::IAM::Role")["ImageProcessingRole"]
    (statement,) = (
        statement
        for statement in role["Policies"][0]["PolicyDocument"]["Statement"]
        if statement["Sid"] == "TellMissingAttachedFromForbidden"
    )
    assert statement["Condition"] == {"StringLike": {"s3:prefix": f"{PREFIX}*"}}


@pytest.mark.parametrize(
    ("prefix", "keys"), [(PREFIX, {"object": {"key": [{"prefix": PREFIX}]}}), ("", {})], ids=["a prefix", "all keys"]
)
def test_a_rule_brings_the_bucket_s_events_to_the_queue(prefix: str, keys: dict[str, Any]) -> None:
    template = translate(ExistingBucketName=BUCKET, ExistingPrefix=prefix)
    (rule,) = of_type(template, "AWS::Events::Rule").values()
    assert rule["EventPattern"] == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created", "Object Deleted", "Object Restore Completed"],
        "detail": {"bucket": {"name": [BUCKET]}, **keys},
    }
    assert [target["Arn"] for target in rule["Targets"]] == [{"Fn::GetAtt": ["ImageQueue", "Arn"]}]


def test_the_queue_takes_messages_of_this_rule_and_of_no_bucket() -> None:
    policy = of_type(translate(**ATTACHED), "AWS::SQS::QueuePolicy")["ImageQueuePolicy"]["PolicyDocument"]
    (statement,) = (each for each in policy["Statement"] if each["Effect"] == "Allow")
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": ["AttachedBucketRule", "Arn"]}}}


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, ("photos-images-123456789012-eu-west-1", "", "Own")),
        (ATTACHED, (BUCKET, PREFIX, "ReadOnly")),
        (ATTACHED | {"ExistingBucketAccess": "ReadWrite"}, (BUCKET, PREFIX, "ReadWrite")),
    ],
)
def test_the_functions_are_told_the_bucket_and_what_they_may_do(
    parameters: dict[str, str], expected: tuple[str, ...]
) -> None:
    names = ("VIEWFINDER_IMAGES_BUCKET", "VIEWFINDER_IMAGES_PREFIX", "VIEWFINDER_BUCKET_ACCESS")
    for function in of_type(translate(**parameters), "AWS::Lambda::Function").values():
        variables = function["Environment"]["Variables"]
        assert tuple(variables[name] for name in names) == expected


def test_the_routes_are_the_same_whatever_the_access_so_that_no_stage_serves_old_ones() -> None:
    """SAM names a deployment by the body as written (docs/decisions/2026-11-29-what-the-api-lacks-answers-405.md)."""
    accesses = ("ReadOnly", "ReadWrite", "ReadWriteVersions")
    several = [translate(), *(translate(**ATTACHED, ExistingBucketAccess=access) for access in accesses)]
    bodies = [next(iter(of_type(each, "AWS::ApiGateway::RestApi").values()))["Body"]["paths"] for each in several]
    assert bodies == [bodies[0]] * 4
    assert len({tuple(of_type(each, "AWS::ApiGateway::Deployment")) for each in several}) == 1
