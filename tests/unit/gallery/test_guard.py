"""Who is let in: our own page and this machine's programs, nobody else."""

from __future__ import annotations

import pytest

from tests.unit.gallery.conftest import Door

REFUSED = {
    "a name rebound to loopback": {"host": "evil.example:8080"},
    "loopback by another port": {"host": "localhost:8081"},
    "no port": {"host": "localhost"},
    "another address of loopback": {"host": "127.0.0.2:8080"},
    "another origin": {"origin": "https://evil.example"},
    "no origin that could be named": {"origin": "null"},
    "our name by https": {"origin": "https://localhost:8080"},
    "another port's page": {"origin": "http://localhost:3000"},
    "a cross-site subresource": {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"},
    "another port's subresource": {"sec-fetch-site": "same-site"},
    "a frame elsewhere": {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"},
}

LET_IN = {
    "curl": {},
    "our page": {"origin": "http://localhost:8080", "sec-fetch-site": "same-origin"},
    "the address bar": {"sec-fetch-site": "none", "sec-fetch-mode": "navigate"},
    "by address": {"host": "127.0.0.1:8080"},
    "by IPv6 address": {"host": "[::1]:8080"},
}

PATHS = ["/", "/prod/images", "/content/dog.jpg", "/status.json", "/web/main.js", "/healthz"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("headers", REFUSED.values(), ids=REFUSED)
def test_strangers_are_refused(door: Door, path: str, headers: dict[str, str]) -> None:
    assert door.ask("GET", path, headers=headers).status_code == 403
    assert door.api.requests == []


@pytest.mark.parametrize("headers", LET_IN.values(), ids=LET_IN)
def test_the_user_is_let_in(door: Door, headers: dict[str, str]) -> None:
    assert door.ask("GET", "/prod/images", headers=headers).json() == {"Images": []}


def test_a_link_elsewhere_opens_the_page_and_nothing_else(door: Door) -> None:
    follows = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}

    assert door.ask("GET", "/?label=Dog", headers=follows).status_code == 200
    assert door.ask("GET", "/prod/images", headers=follows).status_code == 403


@pytest.mark.parametrize("headers", [{}, {"x-viewfinder-token": ""}, {"x-viewfinder-token": "guess"}])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/prod/images"),
        ("DELETE", "/prod/images/dog.jpg"),
        ("POST", "/uploads/a.jpg"),
        ("PUT", "/"),
        ("OPTIONS", "/"),
    ],
)
def test_changes_need_the_token(door: Door, method: str, path: str, headers: dict[str, str]) -> None:
    assert door.ask(method, path, headers=headers).status_code == 403
    assert door.api.requests == []


def test_each_start_has_a_token_of_its_own_in_its_page(door: Door) -> None:
    assert door.guard.token in door.ask("GET", "/").text
    assert door.guard.token != Door(door.api).guard.token
    assert len(door.guard.token) >= 43  # 256 bits


@pytest.mark.parametrize("path", [*PATHS, "/nowhere", "/web/nothing.js", "/web/index.html"])
def test_every_answer_is_strict(door: Door, path: str) -> None:
    headers = door.ask("GET", path).headers

    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-inline" not in policy.replace("style-src 'unsafe-inline'; sandbox", "")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert not [name for name in headers if name.startswith("access-control-")]


def test_the_page_has_no_inline_code(door: Door) -> None:
    page = door.ask("GET", "/").text

    assert page.count("<script") == 2
    assert '<script type="module" src="/web/main.js"></script>' in page
    assert "<style" not in page
    assert " style=" not in page
    assert "{" not in page  # both places are filled
