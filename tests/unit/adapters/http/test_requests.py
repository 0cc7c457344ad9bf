"""Requests are read as their caller wrote them, whatever a gateway did to them on the way."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewfinder.adapters.http.fields import Request
from viewfinder.domain.errors import InvalidRequestError

KEYS = [
    "dog.jpg",
    "a b+c.jpg",
    "100%25.jpg",
    "100%.jpg",
    "%252F.jpg",
    "//a//b.jpg",
    "/a.jpg",
    "a/",
    "../outside.jpg",
    "a/./b.jpg",
    "🐶/日本.jpg",
    "images/images/x.jpg",
    "?#&=.jpg",
    "line\r\nbreak.jpg",
    "é" * 512,
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


def of_rest_api(path: str, parameter: str) -> dict[str, Any]:
    """Return the event of API Gateway's REST API: percent-encoded."""
    return an_event(path=path, pathParameters={"ImageId": parameter})


def of_emulator(path: str, parameter: str) -> dict[str, Any]:
    """Return the event of the emulator's REST API: decoded, the parameter without empty segments."""
    folded = "/".join(part for part in parameter.split("/") if part)
    return an_event(version="1.0", path=path, pathParameters={"ImageId": folded})


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key[:20])
@pytest.mark.parametrize("safe", ["", "/", "/+:@!$&'()*,;=~"])
def test_a_key_is_decoded_once_however_its_caller_encoded_it(key: str, safe: str) -> None:
    encoded = quote(key, safe=safe)
    assert Request.from_event(of_rest_api(f"/images/{encoded}", encoded)).image_id == key


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key[:20])
def test_a_key_that_the_gateway_decoded_is_not_decoded_again(key: str) -> None:
    assert Request.from_event(of_emulator(f"/images/{key}", key)).image_id == key


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key[:20])
def test_a_key_is_read_below_the_base_path_of_a_domain(key: str) -> None:
    encoded = quote(key, safe="")
    assert Request.from_event(of_rest_api(f"/pictures/images/{encoded}", encoded)).image_id == key


@pytest.mark.parametrize("key", [key for key in KEYS if not key.startswith("/")], ids=lambda key: key[:20])
def test_a_key_is_read_below_a_base_path_of_the_same_name(key: str) -> None:
    encoded = quote(key, safe="")
    assert Request.from_event(of_rest_api(f"/images/images/{encoded}", encoded)).image_id == key


# MiniStack: a key of slashes alone is no segment to it, and becomes another resource.
@given(key=st.text(min_size=1, max_size=60).filter(lambda key: key.strip("/")))
def test_every_key_is_read_from_events_of_both_shapes(key: str) -> None:
    encoded = quote(key, safe="")
    assert Request.from_event(of_rest_api(f"/images/{encoded}", encoded)).image_id == key
    if key.strip("/"):  # MiniStack: slashes alone are no parameter to it
        assert Request.from_event(of_emulator(f"/images/{key}", key)).image_id == key


def test_the_parameter_counts_where_the_path_says_something_else() -> None:
    assert Request.from_event(of_rest_api("/elsewhere", "a/b%20c")).image_id == "a/b c"


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
