"""Attaching a bucket: of its notifications one flag changes, and `destroy` leaves it as it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from moto import mock_aws
from moto.s3.responses import S3Response

from tests.infrastructure.translation import of_type, translate
from tests.support.cloudformation import FakeResource, StrictCloudFormation
from viewfinder.deployment.attach import ADDED, EVENTBRIDGE_TAG, FOUND, OWNERS, ExistingBucket, plan_attachment
from viewfinder.deployment.destroy import plan_removal, remove
from viewfinder.deployment.environment import Environment
from viewfinder.deployment.progress import DeploymentError, silent
from viewfinder.deployment.stack import Stack

BUCKET, RULE = "photos-of-years", "photos-attached"
KEY = "arn:aws:kms:eu-central-1:222222222222:key/1"


NONE = b'<NotificationConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>'


@pytest.fixture
def documents(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """What S3 keeps, by bucket: moto forgets the flag when it is asked for the configuration."""
    kept: dict[str, bytes] = {}
    read = S3Response._notification_config_from_body

    def keep(response: Any) -> dict[str, Any]:
        kept[response.bucket_name] = response.body if isinstance(response.body, bytes) else response.body.encode()
        return read(response)

    monkeypatch.setattr(S3Response, "_notification_config_from_body", keep)
    monkeypatch.setattr(
        S3Response, "get_bucket_notification", lambda response: (200, {}, kept.get(response.bucket_name, NONE))
    )
    return kept


@pytest.fixture
def environment(documents: dict[str, bytes]) -> Iterator[Environment]:
    with mock_aws():
        environment = Environment(boto3.Session("key", "secret", region_name="eu-central-1"))
        environment.__dict__["pause"] = 0
        where: Any = {"LocationConstraint": "eu-central-1"}
        environment.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=where)
        yield environment


@pytest.fixture
def bucket(environment: Environment) -> ExistingBucket:
    return ExistingBucket(environment, BUCKET)


def stack_of(environment: Environment, *, parameters: dict[str, str], tags: dict[str, str]) -> Stack:
    """A stack that attaches a bucket; CloudFormation tells its parameters and tags."""
    environment.__dict__["cloudformation"] = StrictCloudFormation(
        environment.s3,
        [FakeResource("AttachedBucketRule", RULE, "AWS::Events::Rule")],
        parameters=parameters,
        tags=tags,
    )
    return Stack(environment, "photos")


def foreign(environment: Environment) -> dict[str, Any]:
    """Give the bucket a queue's and a topic's notifications of others."""
    queue = environment.client("sqs").create_queue(QueueName="theirs")["QueueUrl"]
    topic = environment.client("sns").create_topic(Name="theirs")["TopicArn"]
    arn = environment.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    rules = [{"Name": "prefix", "Value": "a&b/<c>"}, {"Name": "suffix", "Value": ".jpg"}]
    configuration: Any = {
        "QueueConfigurations": [
            {
                "Id": "theirs",
                "QueueArn": arn["Attributes"]["QueueArn"],
                "Events": ["s3:ObjectCreated:*"],
                "Filter": {"Key": {"FilterRules": rules}},
            }
        ],
        "TopicConfigurations": [{"Id": "more", "TopicArn": topic, "Events": ["s3:ObjectRemoved:*"]}],
    }
    environment.s3.put_bucket_notification_configuration(Bucket=BUCKET, NotificationConfiguration=configuration)
    return told(environment)


def told(environment: Environment) -> dict[str, Any]:
    found: dict[str, Any] = dict(environment.s3.get_bucket_notification_configuration(Bucket=BUCKET))
    return {name: value for name, value in found.items() if name != "ResponseMetadata"}


def test_only_the_flag_is_added_and_taken_away_again(environment: Environment, bucket: ExistingBucket) -> None:
    before, document = foreign(environment), bucket.notifications()

    assert bucket.turn_on() is True
    assert told(environment) == before | {"EventBridgeConfiguration": {}}
    assert bucket.turn_on() is False
    assert bucket.turn_off() is True
    assert (told(environment), bucket.notifications()) == (before, document)


def test_a_bucket_without_notifications_gets_the_flag_alone(environment: Environment, bucket: ExistingBucket) -> None:
    assert bucket.turn_on() is True
    assert told(environment) == {"EventBridgeConfiguration": {}}


def test_what_s3_keeps_goes_back_byte_for_byte() -> None:
    """An element that botocore does not know stays, too: the document is never read and written anew."""
    from viewfinder.deployment.attach import _with_flag, _without_flag

    start = b'<?xml version="1.0"?>\n<NotificationConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    theirs = b"<QueueConfiguration><Id>a</Id><New x='1'/></QueueConfiguration>\n"
    end = b"</NotificationConfiguration>\n"
    flag = b"<EventBridgeConfiguration></EventBridgeConfiguration>"

    assert _with_flag(start + theirs + end) == start + theirs + flag + end
    assert _without_flag(start + theirs + b"<EventBridgeConfiguration />" + end) == start + theirs + end


def test_another_writer_between_reading_and_writing_is_reported(
    bucket: ExistingBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = iter([b"<NotificationConfiguration/>", b"<NotificationConfiguration><X/></NotificationConfiguration>"])
    monkeypatch.setattr(ExistingBucket, "notifications", lambda _: next(documents))

    with pytest.raises(DeploymentError, match="someone else changed it"):
        bucket.turn_on()


@pytest.mark.parametrize(("is_on", "state"), [(False, ADDED), (True, FOUND)])
def test_the_stack_remembers_whether_the_flag_was_there(environment: Environment, is_on: bool, state: str) -> None:
    if is_on:
        ExistingBucket(environment, BUCKET).turn_on()
    stack = Stack(environment, "photos")  # there is none yet

    attachment = plan_attachment(stack, BUCKET, prefix="family/")

    assert attachment.tags == {EVENTBRIDGE_TAG: state}
    assert attachment.parameters == {
        "ExistingBucketName": BUCKET,
        "ExistingPrefix": "family/",
        "ExistingKeyArn": "",
        "ExistingBucketAccess": "ReadOnly",
    }


@pytest.mark.parametrize(("status", "access"), [("Enabled", "ReadWriteVersions"), ("Suspended", "ReadWrite")])
def test_without_versions_there_is_no_trash(environment: Environment, status: Any, access: str) -> None:
    environment.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": status})

    attachment = plan_attachment(Stack(environment, "photos"), BUCKET, read_write=True)

    assert attachment.parameters["ExistingBucketAccess"] == access


def test_a_stack_attaches_one_bucket(environment: Environment) -> None:
    stack = stack_of(environment, parameters={"ExistingBucketName": "others"}, tags={})
    with pytest.raises(DeploymentError, match="attaches s3://others/: attach s3://photos-of-years/ by another stack"):
        plan_attachment(stack, BUCKET)


def test_a_stack_with_a_bucket_of_its_own_keeps_it(environment: Environment) -> None:
    stack = stack_of(environment, parameters={"ExistingBucketName": "", "Detector": "Engine"}, tags={})
    with pytest.raises(DeploymentError, match="has a bucket of its own"):
        plan_attachment(stack, BUCKET)


def test_a_bucket_that_is_not_there_or_elsewhere_is_refused(environment: Environment) -> None:
    with pytest.raises(DeploymentError, match="There is no bucket nowhere"):
        plan_attachment(Stack(environment, "photos"), "nowhere")
    boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="far-away")
    with pytest.raises(DeploymentError, match="far-away is in us-east-1"):
        plan_attachment(Stack(environment, "photos"), "far-away")


@pytest.fixture
def others_bucket(environment: Environment, bucket: ExistingBucket) -> ExistingBucket:
    """The bucket as another account's: S3 answers 403 to a request that expects this account as its owner."""

    def refuse(params: dict[str, Any], **_: object) -> Any:
        if params["headers"].get("x-amz-expected-bucket-owner") == environment.account:
            return AWSResponse("https://s3", 403, HTTPHeaders(), None), {
                "Error": {"Code": "403", "Message": "Forbidden"}
            }
        return None

    environment.s3.meta.events.register("before-call.s3.HeadBucket", refuse)
    return bucket


def test_of_another_account_s_bucket_deploy_prints_what_its_owner_must_allow(
    environment: Environment, others_bucket: ExistingBucket
) -> None:
    before = others_bucket.notifications()

    attachment = plan_attachment(Stack(environment, "photos"), BUCKET, prefix="family/", key_arn=KEY)

    assert (others_bucket.is_own, attachment.tags) == (False, {EVENTBRIDGE_TAG: OWNERS})
    _, policy, events, of_key = attachment.explanations()
    head, _, statements = policy.partition("\n")
    root = {"AWS": f"arn:aws:iam::{environment.account}:root"}
    assert head == f"{BUCKET} belongs to another account. Its policy needs:"
    assert json.loads(statements) == [
        {
            "Sid": "ViewfinderReads",
            "Effect": "Allow",
            "Principal": root,
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{BUCKET}/family/*",
        },
        {
            "Sid": "ViewfinderLists",
            "Effect": "Allow",
            "Principal": root,
            "Action": "s3:ListBucket",
            "Resource": f"arn:aws:s3:::{BUCKET}",
        },
    ]
    assert f"arn:aws:events:eu-central-1:{environment.account}:event-bus/default" in events
    assert of_key == f"The policy of {KEY} has to allow kms:Decrypt to {root['AWS']}."
    assert attachment.apply() is False
    assert others_bucket.notifications() == before


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.mark.usefixtures("others_bucket")
@pytest.mark.parametrize("status", ["Enabled", "Suspended"])
def test_what_is_printed_for_another_account_s_bucket_is_what_the_roles_do(
    environment: Environment, status: Any
) -> None:
    environment.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": status})

    attachment = plan_attachment(Stack(environment, "photos"), BUCKET, key_arn=KEY, read_write=True)

    _, policy, _, of_key = attachment.explanations()
    printed = {(each["Action"], each["Resource"]) for each in json.loads(policy.partition("\n")[2])}
    roles = of_type(translate(**attachment.parameters), "AWS::IAM::Role")
    done = {
        (action, resource)
        for role in roles.values()
        for statement in (each for found in role.get("Policies", ()) for each in found["PolicyDocument"]["Statement"])
        for action in _several(statement["Action"])
        for resource in _several(statement["Resource"])
        if isinstance(resource, str)
    }
    assert printed == {each for each in done if BUCKET in each[1]}
    for action, resource in done:
        assert resource != KEY or action in of_key


@pytest.mark.usefixtures("others_bucket")
def test_a_bucket_of_which_versioning_may_not_be_asked_is_named(environment: Environment) -> None:
    denied = {"Error": {"Code": "AccessDenied", "Message": "Access Denied"}}
    refuse: Any = lambda **_: (AWSResponse("https://s3", 403, HTTPHeaders(), None), denied)  # noqa: E731
    environment.s3.meta.events.register("before-call.s3.GetBucketVersioning", refuse)

    with pytest.raises(DeploymentError, match="need s3:GetBucketVersioning"):
        plan_attachment(Stack(environment, "photos"), BUCKET, read_write=True)


def destroyed(environment: Environment, tag: str) -> list[str]:
    stack = stack_of(environment, parameters={"ExistingBucketName": BUCKET}, tags={EVENTBRIDGE_TAG: tag})
    environment.s3.put_object(Bucket=BUCKET, Key="a.jpg", Body=b"picture")
    removal = plan_removal(stack, delete_data=True)
    assert removal.emptied == []
    remove(removal, silent)
    assert [found["Key"] for found in environment.s3.list_objects_v2(Bucket=BUCKET)["Contents"]] == ["a.jpg"]
    return removal.kept


def test_destroy_takes_the_flag_away_that_deploy_added(environment: Environment, bucket: ExistingBucket) -> None:
    before = foreign(environment)
    bucket.turn_on()

    kept = destroyed(environment, ADDED)

    assert told(environment) == before
    assert kept[-1] == f"{BUCKET} (attached), with every object; its events to EventBridge are turned off, as before"


def test_destroy_leaves_a_flag_that_was_there_before(environment: Environment, bucket: ExistingBucket) -> None:
    bucket.turn_on()

    destroyed(environment, FOUND)

    assert bucket.tells_eventbridge


def test_destroy_leaves_a_flag_that_another_rule_needs(environment: Environment, bucket: ExistingBucket) -> None:
    """Several stacks may attach one bucket: the last one that goes takes the flag along."""
    bucket.turn_on()
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": [BUCKET]}}}
    for name in (RULE, "theirs"):
        environment.client("events").put_rule(Name=name, EventPattern=json.dumps(pattern))
    elsewhere = pattern | {"detail": {"bucket": {"name": ["others"]}}}
    environment.client("events").put_rule(Name="unrelated", EventPattern=json.dumps(elsewhere))

    kept = destroyed(environment, ADDED)

    assert bucket.tells_eventbridge
    assert kept[-1].endswith("; rules that take its events: theirs")
