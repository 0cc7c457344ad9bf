"""An update of a stack of an earlier release replaces no queue, no table and no bucket."""

from __future__ import annotations

from typing import Any

import pytest

from tests.infrastructure.translation import PSEUDO_PARAMETERS, of_type, translate
from tests.support import golden

IN_PLACE_NEVER = {
    "AWS::SQS::Queue": ("QueueName", "FifoQueue"),
    "AWS::DynamoDB::Table": ("TableName", "KeySchema", "LocalSecondaryIndexes", "ImportSourceSpecification"),
    "AWS::S3::Bucket": ("BucketName",),
}
"""Properties with "Update requires: Replacement" (CloudFormation Template Reference, October 2026)."""

KEPT = "photos-ImageQueue-1A2B3C4D5E6F"
PARAMETERS = {"0.1.0": {"KeptImageQueue": KEPT}}
"""What `deploy` gives the template on a stack of a release (src/viewfinder/deployment/checks.py)."""


def _resolved(value: Any) -> Any:
    match value:
        case {"Fn::Sub": str(text)}:
            for name, pseudo in PSEUDO_PARAMETERS.items():
                text = text.replace(f"${{{name}}}", pseudo)
            return text
        case dict():
            return {name: _resolved(member) for name, member in value.items()}
        case list():
            return [_resolved(member) for member in value]
    return value


@pytest.mark.parametrize("version", golden.VERSIONS)
def test_what_holds_messages_or_data_is_updated_in_place(version: str) -> None:
    today = translate(ServerAccessLogs="Enabled", **PARAMETERS.get(version, {}))

    for name, before in golden.document(version, "resources.json").items():
        now = of_type(today, before["Type"])[name]
        for one in IN_PLACE_NEVER[before["Type"]]:
            assert now.get(one) == _resolved(before["Properties"].get(one)), f"{name} would be replaced: {one}"


@pytest.mark.parametrize("version", golden.VERSIONS)
def test_the_keys_of_an_index_stay_and_at_most_one_index_is_new(version: str) -> None:
    """DynamoDB makes one index at a time (UpdateTable, "GlobalSecondaryIndexUpdates")."""
    table = golden.document(version, "resources.json")["CatalogTable"]["Properties"]
    before = {index["IndexName"]: index for index in table["GlobalSecondaryIndexes"]}
    today = of_type(translate(), "AWS::DynamoDB::Table")["CatalogTable"]
    now = {index["IndexName"]: index for index in today["GlobalSecondaryIndexes"]}

    assert {name: now.get(name) for name in before} == before
    assert len(now.keys() - before.keys()) <= 1


def test_a_kept_queue_may_use_its_dead_letter_queue() -> None:
    queues = of_type(translate(KeptImageQueue=KEPT), "AWS::SQS::Queue")

    assert queues["ImageDeadLetterQueue"]["RedriveAllowPolicy"] == {
        "redrivePermission": "byQueue",
        "sourceQueueArns": [f"arn:aws:sqs:eu-west-1:123456789012:{KEPT}"],
    }
