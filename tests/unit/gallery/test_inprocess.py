"""The events that the gallery makes are those of API Gateway's REST API."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from typing import Any
from urllib.parse import quote

import pytest

from viewfinder.adapters.http.fields import Request
from viewfinder.gallery.inprocess import OTHERS_AT_ONCE, SEARCHES_AT_ONCE, InProcessApi, proxy_event

KEYS = ["dog.jpg", "a b+c.jpg", "100%25.jpg", "//a//b.jpg", "🐶/日本.jpg", "?#&=.jpg", "é" * 512]


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key[:20])
@pytest.mark.parametrize("safe", ["", "/"])
def test_a_key_arrives_to_the_letter(key: str, safe: str) -> None:
    event = proxy_event("GET", f"/images/{quote(key, safe=safe)}", b"", {}, "prod")

    assert (event["resource"], Request.from_event(event).image_id) == ("/images/{ImageId+}", key)


def test_a_query_arrives_decoded_with_all_its_values() -> None:
    event = proxy_event("GET", "/images?label=Mobile+Phone&label=Dog&prefix=", b"", {}, "prod")

    assert event["resource"] == "/images"
    assert event["multiValueQueryStringParameters"] == {"label": ["Mobile Phone", "Dog"], "prefix": [""]}
    assert event["queryStringParameters"] == {"label": "Dog", "prefix": ""}
    assert event["pathParameters"] is None


def test_a_body_arrives_as_text() -> None:
    event = proxy_event("POST", "/analyses", '{"ImageId": "ü"}'.encode(), {}, "prod")

    assert Request.from_event(event).members() == {"ImageId": "ü"}


def test_an_answer_of_the_handler_is_the_answer() -> None:
    def handler(event: dict[str, Any], _: None) -> dict[str, Any]:
        headers = {"Content-Type": "application/json", "Location": "http://bucket.test/a"}
        return {"statusCode": 302, "headers": headers, "body": json.dumps({"asked": event["path"]})}

    answer = asyncio.run(InProcessApi(handler, "prod").call("GET", "/content/a%20b.jpg?rendition=thumbnail"))

    assert (answer.status_code, answer.json()) == (302, {"asked": "/content/a%20b.jpg"})
    assert (answer.headers["location"], len(answer.headers["x-amzn-requestid"])) == ("http://bucket.test/a", 36)
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("path", "least", "most"), [("/images?label=Dog", 1, SEARCHES_AT_ONCE), ("/images/1", 2, OTHERS_AT_ONCE)]
)
def test_searches_take_turns_of_their_own(path: str, least: int, most: int) -> None:
    at_work, seen = [], []

    def handler(event: dict[str, Any], _: None) -> dict[str, Any]:
        at_work.append(event)
        time.sleep(0.01)
        seen.append(len(at_work))
        at_work.remove(event)
        return {"statusCode": 200, "headers": {}, "body": "{}"}

    async def crowd() -> list[int]:
        api = InProcessApi(handler, "prod")
        answers = await asyncio.gather(*(api.call("GET", path) for _ in range(32)))
        return [answer.status_code for answer in answers]

    assert asyncio.run(crowd()) == [200] * 32
    assert least <= max(seen) <= most


def test_a_search_that_takes_long_lets_others_by() -> None:
    is_counted = threading.Event()

    def handler(event: dict[str, Any], _: None) -> dict[str, Any]:
        if event["resource"] == "/stats":
            is_counted.set()
        else:
            assert is_counted.wait(10)
        return {"statusCode": 200, "headers": {}, "body": "{}"}

    async def all_of(api: InProcessApi) -> list[int]:
        paths = ["/images?label=Dog"] * 8 + ["/duplicates", "/folders", "/stats"]
        answers = await asyncio.gather(*(api.call("GET", path) for path in paths))
        return [answer.status_code for answer in answers]

    assert asyncio.run(all_of(InProcessApi(handler, "prod"))) == [200] * 11
