"""The routes of duplicates: documents as the contract has them, and decisions that are checked."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openapi_schema_validator import OAS30Validator

from tests.support.contract import CONTRACT
from tests.unit.lambdas.test_api_handler import an_event, error_of, handler
from tests.unit.usecases.test_duplicates import IMAGES, FakeDistinctions, Near, alike
from viewfinder.bootstrap import Application

__all__ = ["handler"]  # the fixture

CONTENTS = ["a" * 64, "b" * 64]


@pytest.fixture
def api(handler: Any) -> Any:
    """Return the handler with three images, of which one is near the first two."""
    handler.application = Application(
        alike=alike(Near([tuple(CONTENTS)], pending=7), images=IMAGES[:3]), distinctions=FakeDistinctions()
    )
    return handler


def asked(api: Any, method: str, query: dict[str, list[str]] | None = None, body: Any = None) -> dict[str, Any]:
    event = an_event(method, "/duplicates") | {"multiValueQueryStringParameters": query, "body": json.dumps(body)}
    response: dict[str, Any] = api.handler(event, None)
    return response


def test_near_duplicates_are_answered_as_the_contract_says(api: Any) -> None:
    response = asked(api, "GET", {"near": ["true"], "limit": ["1"]})
    document = json.loads(response["body"])
    assert [(group["Kind"], len(group["Images"])) for group in document["Groups"]] == [("EQUAL", 2)]
    last = json.loads(asked(api, "GET", {"near": ["true"], "nextToken": [document["NextToken"]]})["body"])
    assert (last["Pending"], last["Groups"][0]["Kind"]) == (7, "NEAR")
    assert last["Groups"][0]["Keep"] == {"ImageId": "a1", "Reason": "NAME"}
    schema = CONTRACT["paths"]["/duplicates"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    validator = OAS30Validator({**schema, "components": CONTRACT["components"]})
    assert [error.message for page in (document, last) for error in validator.iter_errors(page)] == []


def test_a_decision_is_remembered_and_answered(api: Any) -> None:
    decision = {"Contents": CONTENTS, "AreDuplicates": False}
    response = asked(api, "PATCH", body=decision)
    assert (response["statusCode"], json.loads(response["body"])) == (200, decision)
    assert api.application.distinctions.decisions == {frozenset(content[:32] for content in CONTENTS)}
    asked(api, "PATCH", body=decision | {"AreDuplicates": True})
    assert api.application.distinctions.decisions == set()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"Contents": CONTENTS}, "AreDuplicates: is missing"),
        ({"AreDuplicates": True}, "Contents: is missing"),
        ({"Contents": CONTENTS, "AreDuplicates": "no"}, "AreDuplicates: must be true or false"),
        ({"Contents": CONTENTS[:1], "AreDuplicates": True}, "Contents: must be a list of 2 to 30 different hashes"),
        ({"Contents": CONTENTS[:1] * 2, "AreDuplicates": True}, "Contents: must be a list of 2 to 30 different hashes"),
        ({"Contents": [1, 2], "AreDuplicates": True}, "Contents: must be a list of 2 to 30 different hashes"),
        (
            {"Contents": ["a", "../b"], "AreDuplicates": True},
            "Contents: must be SHA-256 hashes of 64 hexadecimal digits",
        ),
    ],
)
def test_a_decision_about_anything_else_is_refused(api: Any, body: Any, message: str) -> None:
    assert error_of(asked(api, "PATCH", body=body))[2] == message


def test_near_is_true_or_false(api: Any) -> None:
    assert error_of(asked(api, "GET", {"near": ["yes"]}))[2] == "near: must be one of true, false"
