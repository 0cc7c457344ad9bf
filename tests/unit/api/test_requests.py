"""Requests are read as their caller wrote them, whatever a gateway did to them on the way."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

import pytest

from viewfinder.adapters.http.requests import Request
from viewfinder.domain.errors import InvalidRequestError

KEYS = [
    "dog.jpg",
    "a b+c.jpg",
    "100%25.jpg",
    "100%.jpg",
    "//a//b.jpg",
    "/a.jpg",
    "🐶/日本.jpg",
    "images/images/x.jpg",
    "?#&=.jpg",
]


def an_event(**changes: Any) -> dict[str, Any]:
    event = {
        "httpMethod": "GET",
        "resource": "/images/{ImageId+}",
        "path": "/images/x",
        "pathParameters": {"ImageId": "x"},
        "requestContext": {"requestId": "request-1"},
    }
    return event | changes


def folding(key: str) -> str:
    return "/".join(part for part in key.split("/") if part)


@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_read_where_the_path_is_decoded_and_the_parameter_folded(key: str) -> None:
    event = an_event(path=f"/images/{key}", pathParameters={"ImageId": folding(key)})
    assert Request.from_event(event).image_id == key


@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_read_where_the_path_is_still_encoded(key: str) -> None:
    event = an_event(path=f"/images/{quote(key)}", pathParameters={"ImageId": key})
    assert Request.from_event(event).image_id == key


@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_read_below_the_base_path_of_a_domain(key: str) -> None:
    event = an_event(path=f"/pictures/images/{quote(key)}", pathParameters={"ImageId": key})
    assert Request.from_event(event).image_id == key


def test_the_parameter_counts_where_the_path_says_something_else() -> None:
    assert Request.from_event(an_event(path="/elsewhere", pathParameters={"ImageId": "a/b"})).image_id == "a/b"


def test_absent_parts_are_empty() -> None:
    request = Request.from_event(an_event(resource="/stats", path="/stats", pathParameters=None, body=None))
    assert (request.image_id, request.query, request.body) == ("", {}, "")


def test_a_body_in_base64_is_decoded() -> None:
    body = base64.b64encode('{"ImageId": "ü"}'.encode()).decode()
    assert Request.from_event(an_event(body=body, isBase64Encoded=True)).members() == {"ImageId": "ü"}


@pytest.mark.parametrize("body", ["", "x", "[]", "1", '{"a": NaN}', '{"a": Infinity}', "[" * 100_000])
def test_a_body_that_is_no_json_object_is_refused(body: str) -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        Request.from_event(an_event(body=body)).members()
    assert refusal.value.code == "InvalidBody"


@pytest.mark.parametrize("body", ["%%%", base64.b64encode(b"\xff").decode()])
def test_a_body_that_is_no_text_is_refused(body: str) -> None:
    with pytest.raises(InvalidRequestError):
        Request.from_event(an_event(body=body, isBase64Encoded=True)).members()
