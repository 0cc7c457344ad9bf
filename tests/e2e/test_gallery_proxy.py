"""The gallery before the real stack: signed for its user, closed to everybody else."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.e2e.conftest import PROJECT, RunningStack
from tests.support.waiting import wait_for

PHOTO = PROJECT / "samples" / "cat.jpg"

KEYS = ["door/with space + plus.jpg", "door/100%25 %.jpg", "door/a//b.jpg", "door/🐈 é.jpg", "door/" + "é" * 509 + "."]


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key[:20])
def test_a_key_is_uploaded_read_shown_and_deleted_to_the_letter(stack: RunningStack, key: str) -> None:
    with httpx.Client(base_url=stack.gallery_url, headers=token(stack), timeout=60) as door:
        path = quote(key, safe="")
        sent = door.post(f"/uploads/{path}", content=PHOTO.read_bytes(), headers={"content-type": "image/jpeg"})
        etag = hashlib.md5(PHOTO.read_bytes()).hexdigest()
        assert (sent.status_code, sent.json()) == (201, {"ImageId": key, "ETag": etag})
        wait_for(lambda: door.get(f"/prod/images/{path}").status_code == 200, seconds=60, what="the analysis")

        assert door.get(f"/prod/images/{path}").json()["ImageId"] == key
        assert door.get(f"/content/{path}").content == PHOTO.read_bytes()
        assert door.get(f"/content/{path}?rendition=thumbnail").content[8:12] == b"WEBP"
        assert door.delete(f"/prod/images/{path}").status_code == 202
        wait_for(lambda: door.get(f"/prod/images/{path}").status_code == 404, seconds=60, what="the removal")


def token(stack: RunningStack) -> dict[str, str]:
    """Read the token off the page, as the page's own scripts do."""
    page = httpx.get(stack.gallery_url).text
    return {"X-Viewfinder-Token": page.split('name="viewfinder-token" content="')[1].split('"')[0]}


def test_curl_needs_no_signature_to_read(stack: RunningStack) -> None:
    stack.client("s3").put_object(Bucket=stack.bucket, Key="door/curl.jpg", Body=PHOTO.read_bytes())
    wait_for(lambda: stack.image("door/curl.jpg").status_code == 200, seconds=60, what="the analysis")

    answer = httpx.get(f"{stack.gallery_url}/prod/images?limit=1", timeout=60)

    assert (answer.status_code, len(answer.json()["Images"])) == (200, 1)


@pytest.mark.parametrize(
    "query",
    ["label=Mobile+Phone", "prefix=burst/", "from=2026-06-01T00:00:00Z", "prefix=%7Ea%2fb", "prefix=:,@!()*';"],
)
def test_a_query_is_answered_however_it_is_written(stack: RunningStack, query: str) -> None:
    assert httpx.get(f"{stack.gallery_url}/prod/images?{query}", timeout=60).status_code == 200


BOTH_WAYS: list[tuple[str, str] | tuple[str, str, bytes]] = [
    ("GET", "/health"),
    ("GET", "/stats"),
    ("GET", "/labels?limit=3"),
    ("GET", "/labels?prefix=c&limit=1"),
    ("GET", "/images?limit=2"),
    ("GET", "/images?label=Cat&order=confidence&minConfidence=50"),
    ("GET", "/images?label=Mobile%20Phone&label=Cat&match=any"),
    ("GET", "/images?limit=0"),
    ("GET", "/images?nonsense=1"),
    ("GET", "/images?prefix="),
    ("GET", "/images/both%20ways%2Fcat%2B1.jpg"),
    ("GET", "/images/both%20ways/cat%2B1.jpg"),
    ("GET", "/images/both%2520ways"),
    ("GET", "/images/nowhere.jpg?label=Cat"),
    ("GET", "/content/both%20ways%2Fcat%2B1.jpg?rendition=thumbnail"),
    ("GET", "/content/both%20ways%2Fcat%2B1.jpg?rendition=huge"),
    ("GET", "/content/nowhere.jpg"),
    ("DELETE", "/images/nowhere.jpg"),
    ("POST", "/analyses", b'{"ImageId": "nowhere.jpg"}'),
    ("POST", "/analyses", b"{"),
    ("POST", "/images", b'{"ContentType": "text/html"}'),
    ("POST", "/images", b'{"ContentType": "image/png", "MaxBytes": "5"}'),
]


def test_the_gallery_and_the_gateway_give_the_same_answers(stack: RunningStack) -> None:
    """The gallery of a local stack runs the API's handler itself."""
    key = "both ways/cat+1.jpg"
    stack.client("s3").put_object(Bucket=stack.bucket, Key=key, Body=PHOTO.read_bytes())
    wait_for(lambda: stack.image(key).status_code == 200, seconds=60, what="the analysis")

    for method, path, *body in BOTH_WAYS:
        content = body[0] if body else b""

        def agree(method: str = method, path: str = path, content: bytes = content) -> bool:
            signed = stack.call(method, path, content=content)
            url = f"{stack.gallery_url}/prod{path}"
            ours = httpx.request(method, url, content=content, headers=token(stack), timeout=60)
            return essence(signed) == essence(ours)

        wait_for(agree, seconds=20, what=f"the same answer to {method} {path}")  # counts follow the images


def essence(answer: httpx.Response) -> tuple[int, str, str, Any]:
    """Return what both ways have in common: not the request's id, nor the time in a signature or a token."""
    document = answer.json() if answer.content else None
    if isinstance(document, dict) and "Error" in document:
        assert document["Error"].pop("RequestId")
    if isinstance(document, dict) and "NextToken" in document:
        token = document["NextToken"]
        document["NextToken"] = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))) | {"as_of": ""}
    location = answer.headers.get("location", "").partition("?")[0]
    return answer.status_code, answer.headers.get("cache-control", ""), location, document


@pytest.mark.parametrize(
    "headers",
    [{"host": "evil.example"}, {"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}],
    ids=["rebound name", "origin", "site"],
)
def test_strangers_are_refused(stack: RunningStack, headers: dict[str, str]) -> None:
    assert httpx.get(f"{stack.gallery_url}/prod/images", headers=headers).status_code == 403


@pytest.mark.parametrize("path", ["/prod/images", "/prod/analyses", "/uploads/a.jpg"])
def test_changes_without_the_token_are_refused(stack: RunningStack, path: str) -> None:
    answer = httpx.post(f"{stack.gallery_url}{path}", content=b"{}")

    assert (answer.status_code, answer.json()["Error"]["Code"]) == (403, "Forbidden")


def test_an_upload_of_another_type_is_refused(stack: RunningStack) -> None:
    headers = {**token(stack), "content-type": "text/html"}

    answer = httpx.post(f"{stack.gallery_url}/uploads/a.html", content=b"<p>", headers=headers, timeout=60)

    assert answer.status_code == 400
    assert "ContentType" in answer.json()["Error"]["Message"]
