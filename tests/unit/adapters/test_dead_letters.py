"""Where SQS can move messages itself, it is asked to, and followed until it has."""

from __future__ import annotations

import json
import time
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from viewfinder.adapters.dead_letters import RedriveFailedError, count_messages, list_messages, redrive
from viewfinder.adapters.s3_events import request_body

DEAD, QUEUE = "https://sqs/dead", "https://sqs/queue"
ARN = {"Attributes": {"QueueArn": "arn:aws:sqs:us-east-1:000000000000:dead"}}


def client() -> Any:
    return boto3.client("sqs", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")


def add_task(stubber: Stubber, *states: dict[str, Any]) -> None:
    arn = ARN["Attributes"]["QueueArn"]
    stubber.add_response("get_queue_attributes", ARN)
    stubber.add_response("start_message_move_task", {"TaskHandle": "task"}, {"SourceArn": arn})
    for state in states:
        stubber.add_response("get_queue_attributes", ARN)
        stubber.add_response("list_message_move_tasks", {"Results": [state]})


def test_the_task_is_followed_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("viewfinder.adapters.dead_letters.time.sleep", lambda _: None)
    sqs, reported = client(), list[int]()
    with Stubber(sqs) as stubber:
        running = {"TaskHandle": "task", "Status": "RUNNING", "ApproximateNumberOfMessagesMoved": 2}
        add_task(stubber, running, {"Status": "COMPLETED", "ApproximateNumberOfMessagesMoved": 5})

        assert redrive(sqs, DEAD, QUEUE, reported.append) == 5
        stubber.assert_no_pending_responses()
    assert reported == [2, 5]


def test_a_task_that_fails_is_told() -> None:
    sqs = client()
    with Stubber(sqs) as stubber:
        add_task(stubber, {"Status": "FAILED", "FailureReason": "AccessDenied"})
        with pytest.raises(RedriveFailedError, match="AccessDenied"):
            redrive(sqs, DEAD, QUEUE)


def test_where_there_is_no_such_task_each_message_is_sent_before_it_is_deleted() -> None:
    sqs, reported = client(), list[int]()
    with Stubber(sqs) as stubber:
        stubber.add_response("get_queue_attributes", ARN)
        stubber.add_client_error("start_message_move_task", "InvalidAction")
        found = {"Messages": [{"MessageId": "1", "ReceiptHandle": "handle", "Body": "body"}]}
        asked = {"QueueUrl": DEAD, "MaxNumberOfMessages": 10}
        stubber.add_response("receive_message", found, asked)
        stubber.add_response("send_message", {}, {"QueueUrl": QUEUE, "MessageBody": "body"})
        stubber.add_response("delete_message", {}, {"QueueUrl": DEAD, "ReceiptHandle": "handle"})
        stubber.add_response("receive_message", {}, asked)

        assert redrive(sqs, DEAD, QUEUE, reported.append) == 1
        stubber.assert_no_pending_responses()
    assert reported == [1]


def test_dead_letters_are_listed_by_image_and_time_and_stay_where_they_are() -> None:
    entry = {"eventName": "ObjectCreated:Put", "s3": {"object": {"key": "a+%C3%BC.jpg", "sequencer": "1"}}}
    bodies = [json.dumps({"Records": [entry]}), request_body("b.jpg"), "not ours"]
    with mock_aws():
        sqs = client()
        url = sqs.create_queue(QueueName="dead")["QueueUrl"]
        sent = [sqs.send_message(QueueUrl=url, MessageBody=body)["MessageId"] for body in bodies]

        found = {letter.message_id: letter for letter in list_messages(sqs, url, 100)}

        assert [found[message_id].image_ids for message_id in sent] == [("a ü.jpg",), ("b.jpg",), ()]
        assert all(abs(letter.sent_at - time.time()) < 60 for letter in found.values())
        assert len(list_messages(sqs, url, 2)) == 2
        assert count_messages(sqs, url) == 3
