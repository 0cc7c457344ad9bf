"""What the guard opens while a gallery is hosted: the login, the pool's keys, and the buckets for one page."""

from __future__ import annotations

import pytest

from tests.unit.local.ministack.test_guard import FORM, HOST, PRESIGNED, SIGNED
from viewfinder.local.ministack.guard import refusal

PAGE = "http://localhost:8081"
OF_PAGE = ("origin", PAGE)
STRANGER = ("origin", "http://stranger.example")
CROSS = ("sec-fetch-site", "cross-site")
KEYS = "/us-east-1_Abc123/.well-known/jwks.json"

OPENED = [
    ("GET", "/oauth2/authorize", "client_id=1", [HOST, CROSS]),
    ("POST", "/login", "", [HOST, ("origin", "http://127.0.0.1:4566")]),
    ("GET", "/logout", "client_id=1", [HOST, CROSS]),
    ("POST", "/oauth2/token", "", [HOST, OF_PAGE, CROSS]),
    ("POST", "/oauth2/revoke", "", [HOST, OF_PAGE, CROSS]),
    ("GET", KEYS, "", [HOST]),
    ("GET", "/bucket/key", PRESIGNED, [HOST, OF_PAGE, CROSS]),
    ("POST", "/my-bucket", "", [HOST, OF_PAGE, CROSS, FORM]),
    ("OPTIONS", "/my-bucket", "", [HOST, OF_PAGE, CROSS]),
    ("OPTIONS", "/bucket/key", PRESIGNED, [HOST, OF_PAGE, CROSS]),
]


@pytest.mark.parametrize(("method", "path", "query", "headers"), OPENED)
def test_the_hosted_page_signs_in_and_reaches_the_buckets(
    method: str, path: str, query: str, headers: list[tuple[str, str]]
) -> None:
    assert refusal(method, path, query, headers, PAGE) is None


@pytest.mark.parametrize(("method", "path", "query", "headers"), [case for case in OPENED if case[1] != "/bucket/key"])
def test_nothing_of_it_is_open_without_a_hosted_gallery(
    method: str, path: str, query: str, headers: list[tuple[str, str]]
) -> None:
    without_page = [pair for pair in headers if pair not in {OF_PAGE, CROSS}]
    if (method, without_page) == ("POST", [HOST, FORM]):  # a program's upload
        return
    assert refusal(method, path, query, without_page)


@pytest.mark.parametrize(
    ("method", "path", "query", "headers"),
    [
        *[(method, path, query, [HOST, STRANGER]) for method, path, query, _ in OPENED],
        ("POST", "/login", "", [HOST, OF_PAGE]),
        ("GET", "/bucket/key", "", [HOST, OF_PAGE, SIGNED]),
        ("PUT", "/bucket/key", PRESIGNED, [HOST, OF_PAGE]),
        ("DELETE", "/bucket/key", PRESIGNED, [HOST, OF_PAGE]),
        ("POST", "/", "", [HOST, OF_PAGE, SIGNED]),
        ("POST", "/my-bucket", "delete", [HOST, OF_PAGE, FORM]),
        ("GET", "/oauth2/userInfo", "", [HOST]),
        ("GET", "/oauth2/idpresponse", "", [HOST]),
        ("GET", "/my-bucket/.well-known/jwks.json", "", [HOST]),
        ("GET", "/us-east-1_Abc123/.well-known/openid-configuration", "", [HOST]),
        ("GET", "/_ministack/state", "", [HOST, OF_PAGE]),
        ("GET", "/oauth2/authorize", "", [("host", "stranger.example:4566")]),
    ],
)
def test_nothing_else_is_open_to_it_and_nothing_to_strangers(
    method: str, path: str, query: str, headers: list[tuple[str, str]]
) -> None:
    assert refusal(method, path, query, headers, PAGE)
