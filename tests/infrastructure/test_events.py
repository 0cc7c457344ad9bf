"""What events reach the functions, and what becomes of those that can't be worked on."""

from __future__ import annotations

from typing import Any

from tests.infrastructure.translation import of_type, translate

TEMPLATE = translate()
QUEUES = of_type(TEMPLATE, "AWS::SQS::Queue")
(STREAM,) = (
    source
    for source in of_type(TEMPLATE, "AWS::Lambda::EventSourceMapping").values()
    if source["FunctionName"] == {"Ref": "LabelStatisticsFunction"}
)


def _arn(name: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [name, "Arn"]}


def test_an_old_version_that_expires_is_no_event() -> None:
    """`s3:LifecycleExpiration:*` has `:Delete` too, 30 days after each overwrite (S3 User Guide, "Event types")."""
    notifications = of_type(TEMPLATE, "AWS::S3::Bucket")["ImagesBucket"]["NotificationConfiguration"]
    assert [configuration["Event"] for configuration in notifications["QueueConfigurations"]] == [
        "s3:ObjectCreated:*",
        "s3:ObjectRemoved:*",
        "s3:ObjectRestore:Completed",
        "s3:LifecycleExpiration:DeleteMarkerCreated",
    ]


def test_a_record_that_can_t_be_counted_does_not_hold_up_its_shard() -> None:
    """By default Lambda tries again until the record expires, after 24 hours."""
    assert STREAM["BisectBatchOnFunctionError"] is True
    assert STREAM["MaximumRetryAttempts"] == 100
    assert STREAM["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert STREAM["DestinationConfig"]["OnFailure"]["Destination"] == _arn("UncountedRecordsQueue")


def test_the_function_s_role_may_put_records_aside() -> None:
    role = of_type(TEMPLATE, "AWS::IAM::Role")["LabelStatisticsRole"]
    (statement,) = (
        statement
        for statement in role["Policies"][0]["PolicyDocument"]["Statement"]
        if "sqs:SendMessage" in statement["Action"]
    )
    assert (statement["Action"], statement["Resource"]) == ("sqs:SendMessage", _arn("UncountedRecordsQueue"))


def test_a_dead_letter_queue_is_open_to_its_own_queue_only() -> None:
    name = QUEUES["ImageQueue"]["QueueName"]
    policies: dict[str, Any] = {key: queue.get("RedriveAllowPolicy") for key, queue in QUEUES.items()}
    assert policies == {
        "ImageQueue": None,
        "ImageDeadLetterQueue": {
            "redrivePermission": "byQueue",
            "sourceQueueArns": [f"arn:aws:sqs:eu-west-1:123456789012:{name}"],
        },
        "UncountedRecordsQueue": {"redrivePermission": "denyAll"},
    }
