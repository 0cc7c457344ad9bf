"""The routes of people and faces: documents as the contract has them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openapi_schema_validator import OAS30Validator

from tests.support.contract import CONTRACT
from tests.support.people_world import World, named
from tests.unit.lambdas.test_api_handler import an_event, error_of, handler
from viewfinder.domain.feature import Feature

__all__ = ["handler"]  # the fixture


def ask(api: Any, method: str, path: str, *, query: dict[str, str] | None = None, body: Any = None) -> dict[str, Any]:
    """Call a route; its document follows the contract."""
    event = an_event(method, path) | {"body": json.dumps(body)}
    event |= {"multiValueQueryStringParameters": {name: [value] for name, value in (query or {}).items()}}
    event |= {"pathParameters": {"PersonId": path.rpartition("/")[2]}} if path.startswith("/people/") else {}
    event |= {"resource": "/people/{PersonId}"} if path.startswith("/people/") else {}
    response: dict[str, Any] = api.handler(event, None)
    document: dict[str, Any] = json.loads(response["body"])
    operation = CONTRACT["paths"][event["resource"]][method.lower()]
    if response["statusCode"] == 200:
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        validator = OAS30Validator({**schema, "components": CONTRACT["components"]})
        assert [error.message for error in validator.iter_errors(document)] == []
    else:
        assert str(response["statusCode"]) in operation["responses"]
    return response | {"document": document}


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_people_and_faces_are_answered_as_the_contract_says(world: World, handler: Any) -> None:
    ann, bob = named(world)
    handler.application = world.application
    face = {"ImageId": "ann0.jpg", "FaceId": world.image("ann0.jpg").findings[Feature.PEOPLE][0].face_id}

    people = ask(handler, "GET", "/people")["document"]["People"]
    assert {person["PersonId"]: person["Count"] for person in people} == {ann: 4, bob: 4}
    assert ask(handler, "PATCH", f"/people/{ann}", body={"Cover": face})["document"]["Cover"]["ImageId"] == "ann0.jpg"
    assert ask(handler, "GET", f"/people/{ann}")["document"]["Name"] == "Annabel"
    faces = ask(handler, "GET", "/faces", query={"person": "Annabel"})["document"]["Faces"]
    assert sorted(each["ImageId"] for each in faces) == ["ann0.jpg", "ann1.jpg", "ann2.jpg", "both.jpg"]
    assert ask(handler, "GET", "/faces")["document"] == {"Faces": []}
    said = ask(handler, "PATCH", "/faces", body={"Faces": [face], "Action": "SPLIT", "Name": "Anna"})["document"]
    assert [each["PersonId"] for each in said["Faces"]] == [said["PersonId"]]
    merged = ask(handler, "POST", f"/people/{ann}", body={"PersonIds": [said["PersonId"]]})["document"]
    assert (merged["PersonId"], merged["Name"]) == (ann, "Annabel")
    assert "MergedInto" in ask(handler, "GET", f"/people/{said['PersonId']}")["document"]
    undone = ask(handler, "PATCH", f"/people/{said['PersonId']}", body={"Merged": False})["document"]
    assert (undone["Name"], "MergedInto" in undone) == ("Anna", False)

    for body, message in (
        ({"Faces": [], "Action": "SPLIT"}, "Faces: must be a list of 1 to 100 faces"),
        ({"Faces": [{"ImageId": "a.jpg"}], "Action": "SPLIT"}, "Faces: FaceId is missing"),
        ({"Faces": [face], "Action": "LOVE"}, "Action: must be one of ASSIGN, EXCLUDE, SPLIT, FORGET, RESET"),
    ):
        assert error_of(ask(handler, "PATCH", "/faces", body=body))[2] == message
    assert error_of(ask(handler, "GET", "/people/nobody"))[:2] == (404, "PersonNotFound")
    gone = ask(handler, "PATCH", "/faces", body={"Faces": [face | {"FaceId": "none"}], "Action": "SPLIT"})
    assert error_of(gone)[:2] == (404, "FaceNotFound")


@pytest.mark.parametrize("world", ["sqlite", "dynamodb"], indirect=True)
def test_a_person_is_forgotten_by_calls_that_tell_when_all_is_done(world: World, handler: Any) -> None:
    ann, bob = named(world)
    handler.application = world.application
    first = ask(handler, "DELETE", f"/people/{ann}")["document"]
    assert (first["Faces"], first["Images"], world.find("Annabel")) == (4, 4, [])
    token, calls = first["NextToken"], 1
    while token:
        answer = ask(handler, "DELETE", f"/people/{ann}", query={"nextToken": token})["document"]
        token, calls = answer.get("NextToken", ""), calls + 1
    assert (calls, answer) == (2, {"Faces": 0, "Images": 0})
    world.settle()
    assert error_of(ask(handler, "DELETE", f"/people/{ann}"))[:2] == (404, "PersonNotFound")
    assert world.counts() == {bob: 4}
    other = ask(handler, "DELETE", f"/people/{bob}", query={"nextToken": first["NextToken"]})
    assert error_of(other)[:2] == (400, "InvalidNextToken")


@pytest.mark.parametrize("world", ["sqlite"], indirect=True)
def test_nobody_is_forgotten_by_a_name_which_several_may_have(world: World, handler: Any) -> None:
    named(world)
    handler.application = world.application
    assert error_of(ask(handler, "DELETE", "/people/Annabel"))[:2] == (404, "PersonNotFound")
    assert len(world.find("Annabel")) == 4
