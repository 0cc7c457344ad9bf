"""Alarms watch metrics that exist, under dimensions that they have: for others AWS stays silent for ever."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.infrastructure.translation import of_type, translate

RUNBOOK = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
TEMPLATE = translate(EventBusName="photos")
ALARMS = of_type(TEMPLATE, "AWS::CloudWatch::Alarm")

DIMENSIONS: dict[str, tuple[frozenset[str], ...]] = {
    "AWS/DynamoDB": (frozenset({"TableName"}), frozenset({"TableName", "GlobalSecondaryIndexName"})),
    "AWS/SQS": (frozenset({"QueueName"}),),
    "AWS/Lambda": (frozenset({"FunctionName"}), frozenset({"FunctionName", "Resource"})),
    "AWS/ApiGateway": (frozenset({"ApiName"}), frozenset({"ApiName", "Stage"})),
}
METRICS = {
    "AWS/DynamoDB": {"WriteThrottleEvents", "ReadThrottleEvents"},
    "AWS/SQS": {"ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"},
    "AWS/Lambda": {"Errors", "Throttles", "IteratorAge"},
    "AWS/ApiGateway": {"Count", "4XXError", "5XXError", "Latency"},
}
"""Metrics by namespace, and the sets of dimensions that AWS publishes those under, as far as they matter here.

Sources: DynamoDB Developer Guide, "DynamoDB Metrics and dimensions"; SQS Developer Guide, "Available CloudWatch metrics
for Amazon SQS"; Lambda Developer Guide, "Types of metrics for Lambda functions"; API Gateway Developer Guide, "Amazon
API Gateway dimensions and metrics".
"""


def dimensions(alarm: dict[str, Any]) -> dict[str, Any]:
    return {dimension["Name"]: dimension["Value"] for dimension in alarm["Dimensions"]}


def test_every_alarm_watches_a_metric_that_aws_has_under_these_dimensions() -> None:
    for name, alarm in ALARMS.items():
        assert alarm["MetricName"] in METRICS[alarm["Namespace"]], name
        assert frozenset(dimensions(alarm)) in DIMENSIONS[alarm["Namespace"]], name


def test_reads_and_writes_of_the_table_and_of_each_index_have_an_alarm() -> None:
    (table,) = of_type(TEMPLATE, "AWS::DynamoDB::Table").values()
    indexes = [index["IndexName"] for index in table["GlobalSecondaryIndexes"]]
    watched = {
        (alarm["MetricName"], dimensions(alarm).get("GlobalSecondaryIndexName"))
        for alarm in ALARMS.values()
        if alarm["Namespace"] == "AWS/DynamoDB"
    }
    metrics = ("ReadThrottleEvents", "WriteThrottleEvents")
    assert indexes == ["GSI1", "GSI2"]
    assert watched == {(metric, index) for metric in metrics for index in (None, *indexes)}


def test_the_runbook_has_each_alarm_with_its_metric_and_what_it_can_not_see() -> None:
    rows = re.findall(r"^\| `([\w-]+)` \| `(AWS/\w+) (\w+)` \| (`[^|]+`) \| ([^|]{10,}) \|$", RUNBOOK, re.MULTILINE)
    told = {name: (namespace, metric, set(re.findall(r"`(\w+)`", names))) for name, namespace, metric, names, _ in rows}
    assert told == {
        alarm["AlarmName"].removeprefix("photos-"): (alarm["Namespace"], alarm["MetricName"], {*dimensions(alarm)})
        for alarm in ALARMS.values()
    }


def test_every_metric_of_aws_on_the_dashboard_is_one() -> None:
    (dashboard,) = of_type(TEMPLATE, "AWS::CloudWatch::Dashboard").values()
    body = str(dashboard["DashboardBody"])
    for namespace in ("AWS/SQS", "AWS/Lambda", "AWS/ApiGateway"):
        first = re.search(rf'\["{namespace}", "(\w+)", "(\w+)"', body)
        assert first
        assert first[1] in METRICS[namespace]
        assert any(first[2] in names for names in DIMENSIONS[namespace])
