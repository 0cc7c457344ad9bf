"""Who is let in: our own page and this machine's programs, nobody else."""

from __future__ import annotations

import pwd
import re

import pytest

from tests.unit.gallery.conftest import HOME, Door
from viewfinder.gallery.address import gallery_address
from viewfinder.gallery.guard import Guard, others_use_this_machine

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
    assert re.search(r'<script type="module" src="/web/[0-9a-f]{16}/main.js"></script>', page)
    assert "<style" not in page
    assert " style=" not in page
    assert "{" not in page  # every place is filled


@pytest.fixture
def locked(door: Door) -> Door:
    door.guard = Guard(8080, "sesame")
    return door


@pytest.mark.parametrize("path", [path for path in PATHS if path != "/healthz"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"cookie": "viewfinder-8080=guess"},
        {"cookie": "viewfinder-9090=sesame"},  # of another gallery
        {"authorization": "Basic dG9rZW46Z3Vlc3M="},
        {"authorization": "Basic ?"},
        {"authorization": "Bearer sesame"},
    ],
)
def test_a_locked_gallery_answers_nobody_without_the_token(locked: Door, path: str, headers: dict[str, str]) -> None:
    answer = locked.ask("GET", path, headers=headers)

    assert answer.status_code == 403
    assert "viewfinder status" in answer.text
    assert locked.guard.token not in answer.text
    assert locked.api.requests == []


def test_the_address_with_the_token_opens_a_locked_gallery(locked: Door) -> None:
    entrance = locked.ask("GET", "/?label=Dog&token=sesame&label=Cat")
    cookie = entrance.headers["set-cookie"]

    assert (entrance.status_code, entrance.headers["location"]) == (303, "/?label=Dog&label=Cat")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    inside = locked.ask("GET", "/prod/images", headers={"cookie": cookie.partition(";")[0]})
    assert inside.json() == {"Images": []}


BROWSER = {
    "accept": "text/html,application/xhtml+xml,*/*;q=0.8",
    "sec-fetch-site": "none",
    "sec-fetch-mode": "navigate",
}


@pytest.mark.parametrize(
    ("path", "location"),
    [("/~sesame", "/"), ("/~sesame/", "/"), ("/~sesame/?label=Dog&label=Cat", "/?label=Dog&label=Cat")],
)
def test_a_browser_that_opens_the_address_keeps_the_token_and_shows_the_page_without_it(
    locked: Door, path: str, location: str
) -> None:
    entrance = locked.ask("GET", path, headers=BROWSER)
    cookie = entrance.headers["set-cookie"]

    assert (entrance.status_code, entrance.headers["location"]) == (303, location)
    inside = locked.ask("GET", location, headers={**BROWSER, "cookie": cookie.partition(";")[0]})
    assert "<title>Viewfinder" in inside.text


def test_a_program_adds_a_path_to_the_address_and_needs_nothing_else(locked: Door) -> None:
    assert gallery_address(8080, "sesame") == f"{HOME}/~sesame"
    assert gallery_address(8080) == HOME
    assert locked.ask("GET", f"{gallery_address(8080, 'sesame')}/prod/images?label=Cat").json() == {"Images": []}
    assert locked.ask("GET", "/%7Esesame/prod/images").json() == {"Images": []}
    assert locked.ask("GET", "/~sesame").status_code == 200
    encoded = locked.ask("GET", "/~sesame/prod/images/a%2Fb%20c.jpg")
    assert (encoded.status_code, encoded.json()["Error"]["Code"]) == (404, "ImageNotFound")
    assert locked.api.requests[-1][1] == "/prod/images/a%2Fb%20c.jpg"
    changed = locked.ask("DELETE", "/~sesame/prod/images/dog.jpg")
    assert (changed.status_code, changed.json()["Error"]["Code"]) == (403, "Forbidden")


@pytest.mark.parametrize(
    "path",
    ["/?token=guess", "/?token=", "/prod/images?token=sesame", "/~", "/~guess/", "/sesame/", "/~sesam/prod/images"],
)
def test_nothing_else_opens_it(locked: Door, path: str) -> None:
    answer = locked.ask("GET", path)

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_a_program_opens_it_by_the_password_in_its_url(locked: Door) -> None:
    assert locked.ask("GET", "/prod/images", auth=("token", "sesame")).json() == {"Images": []}


def test_the_token_of_the_address_changes_nothing_by_itself(locked: Door) -> None:
    assert locked.ask("DELETE", "/prod/images/dog.jpg", auth=("token", "sesame")).status_code == 403
    assert locked.api.requests == []


def _account(uid: int, shell: str) -> pwd.struct_passwd:
    return pwd.struct_passwd(("name", "x", uid, uid, "", "/", shell))


@pytest.mark.parametrize(
    ("accounts", "expected"),
    [
        ([], False),
        ([(0, "/bin/bash"), (33, "/bin/sh")], False),
        ([(1500, "/usr/sbin/nologin"), (1501, "/bin/false")], False),
        ([(65534, "/bin/sh")], False),
        ([(1500, "/bin/bash")], False),  # our own
        ([(1501, "/bin/bash")], True),
    ],
)
def test_others_are_people_who_can_log_in(
    accounts: list[tuple[int, str]], expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.getuid", lambda: 1500)

    assert others_use_this_machine([_account(*account) for account in accounts]) is expected
