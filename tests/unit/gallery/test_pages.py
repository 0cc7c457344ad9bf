"""The page and its files: what browsers keep, what they ask for again, and what a link loads first."""

from __future__ import annotations

import asyncio
import re
from importlib.resources import files

import pytest
from starlette.requests import Request

from tests.unit.gallery.conftest import Door
from viewfinder.gallery.pages import Pages

FOR_EVER = "public, max-age=31536000, immutable"


@pytest.mark.parametrize("name", ["main.js", "icons.svg", "theme.css"])
def test_a_browser_keeps_the_files_that_the_page_names_for_ever(door: Door, name: str) -> None:
    folder = folder_of(door)

    answer = door.ask("GET", f"/web/{folder}/{name}")

    assert answer.headers["cache-control"] == FOR_EVER
    assert answer.content == (files("viewfinder.gallery") / "web" / name).read_bytes()


def folder_of(door: Door) -> str:
    """Return the one folder below which the page names its files."""
    [folder] = set(re.findall(r'"/web/([^/"]+)/', door.ask("GET", "/").text))
    return str(folder)


@pytest.mark.parametrize("path", ["/web/icons.svg", "/web/0123456789abcdef/icons.svg"], ids=["no version", "another"])
def test_the_files_of_another_release_are_asked_for_by_their_etag(door: Door, path: str) -> None:
    answer = door.ask("GET", path)
    assert answer.headers["cache-control"] == "no-cache"

    again = door.ask("GET", path, headers={"if-none-match": answer.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")


def test_scripts_are_compressed_for_those_who_take_it(door: Door) -> None:
    packed = door.ask("GET", "/web/results.js", headers={"accept-encoding": "gzip"})
    plain = door.ask("GET", "/web/results.js", headers={"accept-encoding": "identity"})

    assert (packed.headers["content-encoding"], packed.headers["vary"]) == ("gzip", "accept-encoding")
    assert "content-encoding" not in plain.headers
    assert packed.text == plain.text
    assert int(packed.headers["content-length"]) < len(plain.content) / 2


def test_the_page_with_the_token_is_kept_nowhere_and_not_compressed(door: Door) -> None:
    answer = door.ask("GET", "/", headers={"accept-encoding": "gzip"})

    assert answer.headers["cache-control"] == "no-store"
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("image=dog.jpg", "/content/dog.jpg?rendition=thumbnail"),
        ("image=a%2Fb+c%2B1.jpg&label=Dog", "/content/a%2Fb%20c%2B1.jpg?rendition=thumbnail"),
        ("image=%22%3E%3Cscript%3E%7B%7D", "/content/%22%3E%3Cscript%3E%7B%7D?rendition=thumbnail"),
        ("image=it's(1)!*~.jpg", "/content/it's(1)!*~.jpg?rendition=thumbnail"),
    ],
)
def test_a_link_to_an_image_loads_its_thumbnail_before_any_script(door: Door, query: str, expected: str) -> None:
    page = door.ask("GET", f"/?{query}").text

    tag = f'<link rel="preload" as="image" href="{expected}" fetchpriority="high">'
    assert page.count(tag) == 1
    assert page.index(tag) < page.index("<script")
    assert '<dialog id="viewer" class="viewer" aria-labelledby="viewer-name" open>' in page
    assert page.count(f'<img src="{expected}" alt=""') == 1


def test_where_moderation_may_hide_a_picture_a_link_shows_none_before_its_record() -> None:
    request = Request({"type": "http", "headers": [], "query_string": b"image=dog.jpg"})

    page = bytes(asyncio.run(Pages("token", "prod", is_moderated=True).index(request)).body).decode()

    assert '<meta name="viewfinder-moderated" content="true">' in page
    assert "rendition=thumbnail" not in page
    assert '<dialog id="viewer" class="viewer" aria-labelledby="viewer-name"></dialog>' in page


@pytest.mark.parametrize("query", ["", "?image=", "?label=Dog"])
def test_a_page_without_an_image_loads_none_ahead(door: Door, query: str) -> None:
    page = door.ask("GET", f"/{query}").text

    assert 'rel="preload"' not in page
    assert "<img" not in page
    assert '<dialog id="viewer" class="viewer" aria-labelledby="viewer-name"></dialog>' in page
