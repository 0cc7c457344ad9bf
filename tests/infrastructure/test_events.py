"""What events reach the functions, and what becomes of those that can't be worked on."""

from __future__ import annotations

from typing import Any

import pytest

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
    name, second = (QUEUES[queue]["QueueName"] for queue in ("ImageQueue", "SecondStageQueue"))
    policies: dict[str, Any] = {key: queue.get("RedriveAllowPolicy") for key, queue in QUEUES.items()}
    assert policies == {
        "ImageQueue": None,
        "ImageDeadLetterQueue": {
            "redrivePermission": "byQueue",
            "sourceQueueArns": [f"arn:aws:sqs:eu-west-1:123456789012:{name}"],
        },
        "SecondStageQueue": None,
        "SecondStageDeadLetterQueue": {
            "redrivePermission": "byQueue",
            "sourceQueueArns": [f"arn:aws:sqs:eu-west-1:123456789012:{second}"],
        },
        "UncountedRecordsQueue": {"redrivePermission": "denyAll"},
    }


def test_the_second_stage_is_the_same_function_with_a_concurrency_of_its_own() -> None:
    """Lambda bounds each event source by its own MaximumConcurrency (Lambda API Reference, "ScalingConfig")."""
    sources = {
        source["EventSourceArn"]["Fn::GetAtt"][0]: source
        for source in of_type(TEMPLATE, "AWS::Lambda::EventSourceMapping").values()
        if source["FunctionName"] == {"Ref": "ImageProcessingFunction"}
    }
    assert sources.keys() == {"ImageQueue", "SecondStageQueue"}
    concurrency = {name: source["ScalingConfig"]["MaximumConcurrency"] for name, source in sources.items()}
    assert concurrency == {"ImageQueue": 5, "SecondStageQueue": 2}
    assert {tuple(source["FunctionResponseTypes"]) for source in sources.values()} == {("ReportBatchItemFailures",)}
    assert len({(queue["VisibilityTimeout"]) for name, queue in QUEUES.items() if name in sources}) == 1


@pytest.mark.parametrize(("stages", "url"), [("2", {"Ref": "SecondStageQueue"}), ("1", "")])
def test_with_one_stage_the_function_knows_no_second_queue(stages: str, url: Any) -> None:
    function = of_type(translate(Stages=stages), "AWS::Lambda::Function")["ImageProcessingFunction"]
    assert function["Environment"]["Variables"]["VIEWFINDER_SECOND_STAGE_QUEUE_URL"] == url


def test_nobody_but_the_function_sends_to_the_second_stage() -> None:
    roles = of_type(TEMPLATE, "AWS::IAM::Role")
    senders = {
        name
        for name, role in roles.items()
        for policy in role.get("Policies", ())
        for statement in policy["PolicyDocument"]["Statement"]
        if "sqs:SendMessage" in statement["Action"] and "SecondStageQueue" in str(statement["Resource"])
    }
    assert senders == {"ImageProcessingRole"}
