"""The bus of events: none unless it is asked for, and a publisher that may do nothing but publish."""

from __future__ import annotations

import pytest

from tests.infrastructure.translation import of_type, prerequisites, translate

PLAIN, WITH_BUS = translate(), translate(EventBusName="photos", EventArchiveDays="30")


def test_without_a_name_the_stack_is_as_small_as_before() -> None:
    added = WITH_BUS["Resources"].keys() - PLAIN["Resources"].keys()
    assert {WITH_BUS["Resources"][name]["Type"] for name in added} == {
        "AWS::CloudWatch::Alarm",
        "AWS::Events::Archive",
        "AWS::Events::EventBus",
        "AWS::IAM::Role",
        "AWS::Lambda::EventSourceMapping",
        "AWS::Lambda::Function",
        "AWS::Logs::LogGroup",
        "AWS::SQS::Queue",
        "AWS::SQS::QueuePolicy",
    }
    assert len(added) == 11
    assert PLAIN["Resources"].keys() < WITH_BUS["Resources"].keys()
    prerequisites(WITH_BUS)  # no circle


@pytest.mark.parametrize(("days", "archives"), [("0", 0), ("7", 1)])
def test_an_archive_is_kept_by_parameter(days: str, archives: int) -> None:
    template = translate(EventBusName="photos", EventArchiveDays=days)
    assert len(of_type(template, "AWS::Events::Archive")) == archives


def test_the_publisher_reads_the_records_of_the_stream_and_puts_aside_what_it_can_not_announce() -> None:
    (source,) = (
        each
        for each in of_type(WITH_BUS, "AWS::Lambda::EventSourceMapping").values()
        if each["FunctionName"] == {"Ref": "EventPublisherFunction"}
    )
    assert source["EventSourceArn"] == {"Fn::GetAtt": ["CatalogTable", "StreamArn"]}
    assert source["FilterCriteria"]["Filters"] == [{"Pattern": '{"dynamodb": {"Keys": {"SK": {"S": ["IMAGE"]}}}}'}]
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    destination = source["DestinationConfig"]["OnFailure"]["Destination"]
    assert destination == {"Fn::GetAtt": ["UnannouncedRecordsQueue", "Arn"]}


def test_the_stream_has_no_more_than_two_readers() -> None:
    """More are throttled (DynamoDB Developer Guide, "Change data capture for DynamoDB Streams")."""
    readers = [
        source
        for source in of_type(WITH_BUS, "AWS::Lambda::EventSourceMapping").values()
        if source["EventSourceArn"] == {"Fn::GetAtt": ["CatalogTable", "StreamArn"]}
    ]
    assert len(readers) == 2


def test_the_publisher_may_put_events_on_this_bus_only() -> None:
    (policy,) = of_type(WITH_BUS, "AWS::IAM::Role")["EventPublisherRole"]["Policies"]
    statements = {each["Sid"]: each for each in policy["PolicyDocument"]["Statement"]}
    assert statements["Announce"]["Action"] == "events:PutEvents"
    assert statements["Announce"]["Resource"] == {"Fn::GetAtt": ["EventBus", "Arn"]}
    actions = {
        action
        for each in statements.values()
        for action in ([each["Action"]] if isinstance(each["Action"], str) else each["Action"])
    }
    assert not {action for action in actions if action.startswith(("s3:", "dynamodb:Put", "dynamodb:Update"))}


def test_the_publisher_is_told_the_bus_and_the_others_are_not() -> None:
    functions = of_type(WITH_BUS, "AWS::Lambda::Function")
    told = {name for name, each in functions.items() if "VIEWFINDER_EVENT_BUS" in each["Environment"]["Variables"]}
    assert told == {"EventPublisherFunction"}
    assert functions["EventPublisherFunction"]["Handler"] == "publish.handler"
