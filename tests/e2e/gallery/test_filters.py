"""The filters above the grid: the camera, and what moderation found."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import expect

from tests.e2e.gallery.conftest import OpenPage, ServeFake
from tests.support.fake_api import FakeApi, image


def cameras() -> FakeApi:
    return FakeApi(
        [
            image("a.jpg", Facts={"Camera": "Canon EOS R6"}),
            image("b.jpg", Facts={"Camera": "NIKON Z 6"}),
            image("c.jpg"),
        ]
    )


def test_the_pictures_of_a_camera_are_found_by_a_word_of_its_name(open_page: OpenPage, serve_fake: ServeFake) -> None:
    page = open_page(serve_fake(cameras()))
    field = page.get_by_role("textbox", name="Camera")

    field.fill(" canon ")
    field.press("Enter")

    expect(page.locator(".tile")).to_have_count(1)
    expect(page.locator('.tile[aria-label^="a.jpg"]')).to_be_visible()
    expect(page.locator(".chip")).to_have_text("by canon")
    assert parse_qs(urlsplit(page.url).query) == {"camera": ["canon"]}
    page.get_by_role("button", name="Remove by canon").click()
    expect(page.locator(".tile")).to_have_count(3)
    expect(field).to_have_value("")


def test_a_camera_in_the_viewer_searches_for_itself(open_page: OpenPage, serve_fake: ServeFake) -> None:
    page = open_page(serve_fake(cameras()) + "/?image=b.jpg")

    page.get_by_role("link", name="NIKON Z 6").click()

    expect(page.locator(".tile")).to_have_count(1)
    expect(page.get_by_role("textbox", name="Camera")).to_have_value("NIKON Z 6")
    assert parse_qs(urlsplit(page.url).query) == {"camera": ["NIKON Z 6"]}
