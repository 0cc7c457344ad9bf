"""The API's handler takes any event that a gateway may make of a request: 4xx at worst, and an answer that is whole."""

from __future__ import annotations

import base64
import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from tests.support import hostile
from viewfinder.adapters.http import fields
from viewfinder.bootstrap import Application
from viewfinder.domain.errors import VersionNotFoundError
from viewfinder.domain.feature import Feature
from viewfinder.domain.image import Image, Status
from viewfinder.domain.label import Label
from viewfinder.ports import ObjectVersion
from viewfinder.settings import Settings
from viewfinder.usecases.trash import Trash

HANDLER = Path(__file__).parents[3] / "lambdas" / "api_handler" / "handler.py"
ANALYZED = Image(
    "known.jpg", Status.ANALYZED, "e", "2026-01-01T00:00:00.000000Z", findings={Feature.LABELS: (Label("Cat", 99.0),)}
)


@pytest.fixture(scope="module")
def handler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The handler on a catalog and a bucket with one image."""
    specification = importlib.util.spec_from_file_location("hostile_handler", HANDLER)
    assert specification
    assert specification.loader
    module: Any = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    with mock_aws(), pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "AKIAHOSTILE")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        module.application = application(tmp_path_factory.mktemp("hostile"))
        yield module


class NoVersions:
    """A bucket's versions, of which there are none. (moto answers 500 to some keys.)"""

    def list(self, key: str) -> list[ObjectVersion]:
        return []

    def copy(self, key: str, version_id: str, *, replace: bool) -> None:
        raise VersionNotFoundError("the image has no such version")

    def delete(self, key: str, version_id: str) -> None:
        return None


def application(folder: Path) -> Application:
    session = boto3.Session(region_name="us-east-1")
    for bucket in ("images", "derived"):
        session.client("s3").create_bucket(Bucket=bucket)
    session.client("s3").put_object(Bucket="images", Key="known.jpg", Body=b"picture")
    settings = Settings(
        images_bucket="images",
        derived_bucket="derived",
        table="",
        queue_url=session.client("sqs").create_queue(QueueName="images")["QueueUrl"],
        catalog=f"sqlite:{folder}/catalog.db",
    )
    made = Application(settings, session=session)
    made.catalog.save(ANALYZED, replacing=None)
    trash = Trash(made.catalog, made.search, NoVersions(), made.links, 30)
    return Application(settings, session=session, trash=trash)


KNOWN = sorted({name for table in vars(fields).values() if isinstance(table, dict) for name in table})
keys = hostile.encoded | st.sampled_from(["known.jpg", "gone.jpg", "missing.jpg", "known.jpg%17", "%C2%81", "a%09b"])
queries = st.dictionaries(
    st.sampled_from(KNOWN) | hostile.texts, st.lists(hostile.texts, min_size=1, max_size=3), max_size=3
)
member_values = hostile.json_values | st.sampled_from(["known.jpg", ["Cat"], ["\ud800"], "image/jpeg"])
members = st.dictionaries(st.sampled_from(KNOWN), member_values, max_size=3).map(
    lambda document: json.dumps(document).encode(errors="surrogatepass")
)


def event(
    route: tuple[str, str], key: str, query: dict[str, list[str]], body: bytes, is_base64: bool
) -> dict[str, Any]:
    method, resource = route
    return {
        "httpMethod": method,
        "resource": resource,
        "path": resource.partition("{")[0] + (key if "{" in resource else ""),
        "pathParameters": {"ImageId": key.strip("/")} if "{" in resource and key.strip("/") else None,
        "multiValueQueryStringParameters": query or None,
        "body": base64.b64encode(body).decode() if is_base64 else body.decode(errors="replace"),
        "isBase64Encoded": is_base64,
        "requestContext": {"requestId": "request-1", "identity": {"caller": "AIDA:session"}},
    }


@pytest.mark.parametrize("examples", hostile.EXAMPLES)
def test_any_event_is_answered_and_none_is_a_failure_of_the_server(handler: Any, examples: int) -> None:
    routes = st.sampled_from([(route.method, route.path) for route in handler._ROUTES])

    @hostile.thorough(examples)
    @given(st.builds(event, routes, keys, queries, hostile.bodies | members, st.booleans()))
    def asked(request: dict[str, Any]) -> None:
        response = handler.handler(request, None)
        assert response["statusCode"] < 500, request
        assert all(re.fullmatch("[ -~]*", value) for value in response["headers"].values())
        assert json.loads(response["body"] or "{}") is not None

    asked()


@pytest.mark.parametrize("error", [ClientError({"Error": {"Code": "418"}}, "Query"), ResponseParserError("no XML")])
def test_an_answer_of_aws_that_nobody_expected_is_a_service_that_is_unavailable(handler: Any, error: Exception) -> None:
    def fail(_: object) -> None:
        raise error

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(handler, "_ROUTES", [handler.Route("GET", "/health", fields.NOTHING, fail)])
        response = handler.handler(event(("GET", "/health"), "", {}, b"", is_base64=False), None)

    assert response["statusCode"] == 503
