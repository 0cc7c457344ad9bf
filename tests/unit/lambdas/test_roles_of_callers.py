"""Who may call which route: callers by IAM all, people who signed in by the groups of their token.

A token that is missing, forged, expired or of another pool never comes here: the HTTP API's authorizer answers 401
(tests/infrastructure/test_hosted_gallery.py has what it is told to accept).
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.contract import operations
from viewfinder.adapters.http.fields import Request
from viewfinder.adapters.http.responses import empty_response
from viewfinder.settings import Settings

REPOSITORY = Path(__file__).parents[3]

EDITORS_ONLY = {
    ("POST", "/images"),
    ("PATCH", "/images/{ImageId+}"),
    ("DELETE", "/images/{ImageId+}"),
    ("GET", "/trash"),
    ("POST", "/trash/{ImageId+}"),
    ("DELETE", "/trash/{ImageId+}"),
    ("GET", "/versions/{ImageId+}"),
    ("POST", "/versions/{ImageId+}"),
    ("POST", "/analyses"),
    ("PATCH", "/people/{PersonId}"),
    ("POST", "/people/{PersonId}"),
    ("DELETE", "/people/{PersonId}"),
    ("PATCH", "/faces"),
    ("PATCH", "/duplicates"),
}
"""What changes something, costs a detector call, or shows deleted images and overwritten content."""

SUB = "d3a4d8e2-1111-4222-8333-444455556666"


def _token(groups: Any) -> dict[str, Any]:
    claims = {"sub": SUB, "token_use": "access", "client_id": "client"}
    claims |= {"cognito:groups": groups} if groups is not None else {}
    return {"authorizer": {"claims": claims, "scopes": None}, "identity": {"caller": None}}


CALLERS: Mapping[str, tuple[dict[str, Any], int, int]] = {
    # Context of the request, and the statuses of a viewer's and an editor's route: 204 where the route was called.
    "by IAM": ({"identity": {"caller": "AIDAUSER"}}, 204, 204),
    "in process": ({}, 204, 204),
    "viewer": (_token("[viewers]"), 204, 403),
    "viewer of other groups, too": (_token("[eu-west-1_pool_Google viewers]"), 204, 403),
    "viewer, groups as a list": (_token(["viewers"]), 204, 403),
    "editor": (_token("[editors]"), 204, 204),
    "editor and viewer": (_token("[viewers editors]"), 204, 204),
    "of another group": (_token("[admins]"), 403, 403),
    "of a group whose name only begins so": (_token("[editors-of-texts]"), 403, 403),
    "without a group": (_token(None), 403, 403),
    "without claims": ({"authorizer": {"claims": None, "scopes": None}}, 403, 403),
    # A token beside IAM's identity is still a token's caller.
    "viewer with an identity": (_token("[viewers]") | {"identity": {"caller": "AIDAUSER"}}, 204, 403),
}


def load() -> Any:
    """Return the handler's module, loaded anew."""
    file = REPOSITORY / "lambdas" / "api_handler" / "handler.py"
    specification = importlib.util.spec_from_file_location("api_handler", file)
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def handler() -> Any:
    module = load()
    module._ROUTES = tuple(
        route._replace(answer=lambda *_, **__: empty_response(), needs=None) for route in module._ROUTES
    )
    return module


def an_event(method: str, resource: str, context: Mapping[str, Any]) -> dict[str, Any]:
    """Return the event of an HTTP API, payload format 1.0: decoded, the path with the stage, claims as texts."""
    parameter = "PersonId" if "{PersonId" in resource else "ImageId"
    return {
        "version": "1.0",
        "httpMethod": method,
        "resource": resource,
        "path": "/prod" + resource.partition("{")[0] + ("a b.jpg" if "{" in resource else ""),
        "pathParameters": {parameter: "a b.jpg"} if "{" in resource else None,
        "requestContext": {"requestId": "request-1", "stage": "prod", **context},
    }


def test_the_table_names_operations_of_the_contract() -> None:
    assert operations() > EDITORS_ONLY
    assert {(method, path) for method, path in operations() if method in {"PATCH", "DELETE", "PUT"}} <= EDITORS_ONLY


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("route", sorted(operations()), ids=" ".join)
def test_who_may_call_a_route(handler: Any, route: tuple[str, str], caller: str) -> None:
    context, of_viewers, of_editors = CALLERS[caller]

    response = handler.handler(an_event(*route, context), None)

    assert response["statusCode"] == (of_editors if route in EDITORS_ONLY else of_viewers)
    if response["statusCode"] == 403:
        error = json.loads(response["body"])["Error"]
        assert (error["Code"], error["RequestId"]) == ("Forbidden", "request-1")
        assert error["Message"].startswith("your account is ")


def test_a_person_is_counted_by_the_subject_of_the_token() -> None:
    request = Request.from_event(an_event("POST", "/analyses", _token("[editors]")))
    assert (request.caller, request.groups) == (SUB, frozenset({"editors"}))


@pytest.mark.parametrize("key", ["a b.jpg", "100%25.jpg", "a/b+c.jpg", "prod/images/x.jpg", "é.jpg"])
def test_a_key_is_read_from_both_kinds_of_api(key: str) -> None:
    """A REST API hands it over as it was sent, an HTTP API decoded and below its stage."""
    by_http = an_event("GET", "/images/{ImageId+}", {}) | {
        "path": f"/prod/images/{key}",
        "pathParameters": {"ImageId": key},
    }
    by_rest = an_event("GET", "/images/{ImageId+}", {}) | {
        "path": f"/images/{quote(key, safe='')}",
        "pathParameters": {"ImageId": quote(key, safe="")},
    }
    del by_rest["version"]

    assert [Request.from_event(event).image_id for event in (by_http, by_rest)] == [key, key]


@pytest.mark.parametrize(("groups", "role"), [("[viewers]", "viewer"), ("[viewers editors]", "editor"), (None, None)])
def test_health_tells_a_person_its_role(groups: str | None, role: str | None) -> None:
    module = load()
    settings = Settings(images_bucket="i", derived_bucket="d", table="t", queue_url="q")
    catalog = type("Catalog", (), {"find": lambda *_: None})()
    module.application = module.Application(settings, catalog=catalog)

    context = _token(groups) if groups else {}
    document = json.loads(module.handler(an_event("GET", "/health", context), None)["body"])

    assert document.get("Role") == role
