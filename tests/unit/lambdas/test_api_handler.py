"""The handler: every route is one of the contract, and every error leaves in the envelope without internals."""

from __future__ import annotations

import importlib.util
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError

from tests.support.contract import query_parameters
from tests.support.fakes import FakeClock, FakeRequests
from viewfinder.adapters.http import fields
from viewfinder.adapters.http.responses import empty_response, error_response
from viewfinder.adapters.s3 import S3Links
from viewfinder.domain.errors import (
    CatalogUnavailableError,
    ImageNotFoundError,
    InvalidRequestError,
    MisconfiguredError,
    TooManyRequestsError,
)
from viewfinder.domain.image import Facts, Image, Location, Status
from viewfinder.domain.statistics import LabelOrder
from viewfinder.settings import Settings
from viewfinder.usecases.reanalyze import Limits

REPOSITORY = Path(__file__).parents[3]
SECRET = "arn:aws:dynamodb:eu-central-1:123456789012:table/secret"


@pytest.fixture
def handler() -> Any:
    specification = importlib.util.spec_from_file_location(
        "api_handler", REPOSITORY / "lambdas" / "api_handler" / "handler.py"
    )
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def an_event(method: str, resource: str, image_id: str = "") -> dict[str, Any]:
    return {
        "httpMethod": method,
        "resource": resource,
        "path": resource.partition("{")[0] + image_id,
        "pathParameters": {"ImageId": image_id} if image_id else None,
        "requestContext": {"requestId": "request-1"},
    }


def error_of(response: dict[str, Any]) -> tuple[int, str, str]:
    error = json.loads(response["body"])["Error"]
    assert error.pop("RequestId") == "request-1"
    return response["statusCode"], error["Code"], error["Message"]


def _refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": SECRET}}, "Query")


def test_the_routes_are_the_operations_of_the_contract_and_take_its_query_parameters(handler: Any) -> None:
    routes = [((route.method, route.path), set(route.query)) for route in handler._ROUTES]

    assert dict(routes) == query_parameters()
    assert len(routes) == len(query_parameters())


def test_the_query_becomes_the_keywords_of_what_answers(handler: Any) -> None:
    event = an_event("GET", "/labels") | {"multiValueQueryStringParameters": {"limit": ["7"], "order": ["count"]}}
    given: dict[str, Any] = {}

    def answer(_: object, **query: Any) -> Any:
        given.update(query)
        return empty_response()

    handler._ROUTES = (handler.Route("GET", "/labels", fields.LABELS, answer),)

    handler.handler(event, None)

    assert given == {"limit": 7, "order": LabelOrder.COUNT}


@pytest.mark.parametrize("route", sorted(query_parameters()))
def test_a_query_parameter_that_the_contract_has_not_is_refused(handler: Any, route: tuple[str, str]) -> None:
    event = an_event(*route, "a.jpg") | {"multiValueQueryStringParameters": {"nonsense": ["1"]}}
    assert error_of(handler.handler(event, None)) == (
        400,
        "UnknownParameter",
        "nonsense: is not a parameter of this call",
    )


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (InvalidRequestError("must be 5", parameter="limit"), (400, "InvalidParameter", "limit: must be 5")),
        (InvalidRequestError("no JSON", code="InvalidBody"), (400, "InvalidBody", "no JSON")),
        (ImageNotFoundError("there is no such image"), (404, "ImageNotFound", "there is no such image")),
        (MisconfiguredError(SECRET), (500, "InternalError", "the server failed")),
        (_refused("AccessDeniedException"), (500, "InternalError", "the server failed")),
        (KeyError(SECRET), (500, "InternalError", "the server failed")),
        (_refused("ThrottlingException"), (503, "ServiceUnavailable", "try again in a moment")),
        (CatalogUnavailableError(SECRET), (503, "ServiceUnavailable", "try again in a moment")),
        (EndpointConnectionError(endpoint_url=SECRET), (503, "ServiceUnavailable", "try again in a moment")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_has_its_status_and_tells_no_internals(error: Exception, expected: tuple[int, str, str]) -> None:
    response = error_response(error, "request-1")
    assert error_of(response) == expected
    assert SECRET not in response["body"]


@pytest.mark.parametrize(
    ("method", "resource", "expected"),
    [("PATCH", "/images", (405, "MethodNotAllowed")), ("GET", "/nothing", (404, "NotFound"))],
)
def test_what_the_contract_has_not_is_refused(handler: Any, method: str, resource: str, expected: Any) -> None:
    assert error_of(handler.handler(an_event(method, resource), None))[:2] == expected


class OneImage:
    """A catalog of one image."""

    def __init__(self, image: Image) -> None:
        self.image = image

    def find(self, image_id: str) -> Image | None:
        return self.image if image_id == self.image.image_id else None


def test_a_removed_image_is_not_found(handler: Any) -> None:
    gone = Image("gone.jpg", Status.REMOVED, "", "2026-01-01T00:00:00.000000Z")
    handler.application = handler.Application(catalog=OneImage(gone))
    assert error_of(handler.handler(an_event("GET", "/images/{ImageId+}", "gone.jpg"), None))[0] == 404


def test_an_image_shows_what_is_known_of_it_and_nothing_else(handler: Any) -> None:
    image = Image("a.txt", Status.REJECTED, "1", "2026-01-01T00:00:00.000000Z", size=9, reason="NOT_AN_IMAGE")
    handler.application = handler.Application(catalog=OneImage(image))
    response = handler.handler(an_event("GET", "/images/{ImageId+}", "a.txt"), None)
    assert json.loads(response["body"]) == {
        "ImageId": "a.txt",
        "Status": "REJECTED",
        "AnalyzedAt": "2026-01-01T00:00:00.000000Z",
        "Size": 9,
        "Reason": "NOT_AN_IMAGE",
        "Labels": [],
    }


def test_an_image_shows_the_facts_of_its_picture(handler: Any) -> None:
    facts = Facts(taken_at="2026-06-01T12:30:00.000000", camera="Acme One", iso_speed=100, location=Location(1.5, -2.0))
    image = Image("a.jpg", Status.ANALYZED, "1", "2026-01-01T00:00:00.000000Z", facts=facts)
    handler.application = handler.Application(catalog=OneImage(image))
    response = handler.handler(an_event("GET", "/images/{ImageId+}", "a.jpg"), None)
    assert json.loads(response["body"])["Facts"] == {
        "TakenAt": "2026-06-01T12:30:00.000000",
        "TakenAtSource": "EXIF",
        "Camera": "Acme One",
        "IsoSpeed": 100,
        "Latitude": 1.5,
        "Longitude": -2.0,
    }


@pytest.mark.parametrize(("redirect", "status"), [(None, 302), ("true", 302), ("false", 200)])
def test_a_picture_is_answered_by_its_url_to_follow_or_to_read(handler: Any, redirect: str | None, status: int) -> None:
    image = Image("a.jpg", Status.ANALYZED, "1", "2026-01-01T00:00:00.000000Z", thumbnail="thumbnails/a.webp")
    handler.application = handler.Application(catalog=OneImage(image), links=_links())
    event = an_event("GET", "/content/{ImageId+}", "a.jpg")
    query = {"rendition": ["thumbnail"]} | ({"redirect": [redirect]} if redirect else {})

    before = datetime.now(UTC)
    response = handler.handler(event | {"multiValueQueryStringParameters": query}, None)

    document = json.loads(response["body"] or "null")
    url = document["Url"] if document else response["headers"]["Location"]
    assert response["statusCode"] == status
    assert response["headers"]["Cache-Control"] == "no-store"
    assert urlsplit(url).path.endswith("/thumbnails/a.webp")
    assert parse_qs(urlsplit(url).query)["X-Amz-Expires"] == ["900"]
    if document:
        given = datetime.fromisoformat(document["ExpiresAt"]) - before
        assert timedelta(seconds=899) <= given <= timedelta(seconds=960)


def test_a_redirect_is_true_or_false(handler: Any) -> None:
    event = an_event("GET", "/content/{ImageId+}", "a.jpg") | {"multiValueQueryStringParameters": {"redirect": ["no"]}}
    assert error_of(handler.handler(event, None)) == (
        400,
        "InvalidParameter",
        "redirect: must be one of true, false",
    )


def _links() -> S3Links:
    client = boto3.client(
        "s3",
        "eu-central-1",
        config=Config(signature_version="s3v4"),
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    return S3Links(client, images_bucket="images", derived_bucket="derived", seconds=900)


def test_an_unreadable_setting_is_an_internal_error(handler: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIEWFINDER_TABLE", raising=False)
    handler.application = handler.Application()
    assert error_of(handler.handler(an_event("GET", "/stats"), None))[:2] == (500, "InternalError")


class OneRequest:
    """A quota of one request for each caller."""

    def __init__(self) -> None:
        self.callers: list[str] = []

    def spend(self, caller: str) -> None:
        if caller in self.callers:
            raise TooManyRequestsError("1 analysis a minute is a caller's share", retry_after=12)
        self.callers.append(caller)


def _asking(caller: str) -> dict[str, Any]:
    event = an_event("POST", "/analyses") | {"body": '{"ImageId": "a.jpg"}'}
    event["requestContext"]["identity"] = {"caller": caller}
    return event


def test_a_caller_that_has_had_its_share_of_analyses_is_told_when_there_is_more(handler: Any) -> None:
    requests = FakeRequests()
    image = Image("a.jpg", Status.ANALYZED, "1", "2026-01-01T00:00:00.000000Z")
    limits = Limits(quota=OneRequest())
    handler.application = handler.Application(
        catalog=OneImage(image), requests=requests, clock=FakeClock(), analysis_limits=limits
    )
    callers = ["AIDAUSER", "AROAROLE:monday", "AROAROLE:tuesday"]
    responses = [handler.handler(_asking(caller), None) for caller in callers]

    assert [response["statusCode"] for response in responses] == [202, 202, 429]
    assert responses[2]["headers"]["Retry-After"] == "12"
    assert error_of(responses[2])[1] == "TooManyRequests"
    assert len(requests.sent) == 2


def test_an_analysis_younger_than_the_interval_is_good_enough(handler: Any) -> None:
    requests = FakeRequests()
    image = Image("a.jpg", Status.ANALYZED, "1", "2026-01-01T00:00:00.000000Z")
    handler.application = handler.Application(
        catalog=OneImage(image), requests=requests, clock=FakeClock(), analysis_limits=Limits(interval_seconds=60)
    )
    handler.handler(_asking("AIDAUSER"), None)

    assert requests.sent == [("a.jpg", "2025-12-31T23:59:01.000000Z")]  # the clock says one second past midnight


def test_callers_are_counted_in_the_table_only(handler: Any, tmp_path: Path) -> None:
    names = ("IMAGES_BUCKET", "DERIVED_BUCKET", "TABLE", "QUEUE_URL")
    settings = Settings.from_environment(
        {f"VIEWFINDER_{name}": "x" for name in names}
        | {"VIEWFINDER_ANALYSES_PER_MINUTE": "5", "VIEWFINDER_CATALOG": f"sqlite:{tmp_path}/catalog.db"}
    )
    with pytest.raises(MisconfiguredError, match="VIEWFINDER_ANALYSES_PER_MINUTE"):
        _ = handler.Application(settings).analysis_limits


ATTACHED_READ_ONLY = "the images are in a bucket that is attached read-only"
UNVERSIONED = "the attached bucket keeps no versions of its objects"
WRITING = [
    ("POST", "/images", "Uploads"),
    ("DELETE", "/images/{ImageId+}", "Deletion"),
    ("GET", "/trash", "Trash"),
    ("POST", "/trash/{ImageId+}", "Trash"),
    ("DELETE", "/trash/{ImageId+}", "Trash"),
    ("GET", "/versions/{ImageId+}", "Versions"),
    ("POST", "/versions/{ImageId+}", "Versions"),
]


def settings_with(access: str, vectors: str = "catalog") -> Settings:
    return Settings(
        images_bucket="i", derived_bucket="d", table="t", queue_url="q", bucket_access=access, vectors=vectors
    )


@pytest.mark.parametrize(
    ("access", "reasons"),
    [
        ("ReadOnly", dict.fromkeys(["Uploads", "Deletion", "Trash", "Versions"], ATTACHED_READ_ONLY)),
        ("ReadWrite", {"Trash": UNVERSIONED, "Versions": UNVERSIONED}),
        ("ReadWriteVersions", {}),
        ("Own", {}),
    ],
)
def test_what_an_attached_bucket_does_not_allow_is_absent_with_the_reason(
    handler: Any, access: str, reasons: dict[str, str]
) -> None:
    asked: list[str] = []

    def answer(*_: object, **__: object) -> dict[str, Any]:
        asked.append("")
        return empty_response()

    handler.application.__dict__["settings"] = settings_with(access)
    handler.application.__dict__["catalog"] = type("Catalog", (), {"find": lambda *_: None})()
    handler._ROUTES = tuple(route._replace(answer=answer) if route.needs else route for route in handler._ROUTES)

    health = json.loads(handler.handler(an_event("GET", "/health"), None)["body"])
    answers = {route: handler.handler(an_event(*route[:2], "a.jpg"), None) for route in WRITING}

    assert {name: why for name, why in health.get("Absent", {}).items() if name != "Words"} == reasons
    refused = {route: error_of(answer) for route, answer in answers.items() if answer["statusCode"] == 405}
    assert refused == {route: (405, "MethodNotAllowed", reasons[route[2]]) for route in WRITING if route[2] in reasons}
    assert len(asked) == len(WRITING) - len(refused)


def test_an_access_that_nobody_knows_is_misconfigured(handler: Any) -> None:
    handler.application.__dict__["settings"] = settings_with("Everything")
    assert error_of(handler.handler(an_event("GET", "/trash"), None))[0] == 500
