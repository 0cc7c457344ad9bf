"""The filters above the grid: the camera, and what moderation found."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.gallery.conftest import DESKTOP, PHONE_PROFILE, OpenPage, ServeFake
from tests.e2e.gallery.test_views import violations
from tests.support.fake_api import FakeApi, image, label

HIDDEN = '.tile[aria-label="red.jpg. Rose. Sensitive content: press to show"]'
SHOWN = '.tile[aria-label="red.jpg. Rose"]'


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


def moderated() -> FakeApi:
    """Return one picture with a moderation label, one with a content type only, and one that was not looked at."""
    features = {"Features": ["LABELS", "MODERATION"]}
    nudity = {"Name": "Nudity", "Confidence": 97.6, "ParentName": "Explicit", "TaxonomyLevel": 2}
    drawn = {"Name": "Illustrated Content", "Confidence": 90.0, "ParentName": "", "TaxonomyLevel": 0}
    return FakeApi(
        [
            image(
                "red.jpg", label("Rose"), Moderated="true", ModerationLabels=[nudity, drawn], Sha256="a1", **features
            ),
            image("green.jpg", label("Tree"), Moderated="false", ModerationLabels=[drawn], **features),
            image("blue.jpg", label("Sea"), Sha256="a1"),
        ],
        trash=[image("gone.jpg")],
    )


def pictures_of(page: Page) -> set[str]:
    """Return the keys whose picture the page has asked for."""
    names: list[str] = page.evaluate("performance.getEntriesByType('resource').map(entry => entry.name)")
    return {urlsplit(name).path.removeprefix("/content/") for name in names if "/content/" in name}


def test_a_tile_is_hidden_until_a_press_and_opens_by_the_next(open_page: OpenPage, serve_fake: ServeFake) -> None:
    page = open_page(serve_fake(moderated(), is_moderated=True))
    expect(page.locator(".tile img.ready")).to_have_count(2)
    assert pictures_of(page) == {"green.jpg", "blue.jpg"}

    page.locator(HIDDEN).click()

    expect(page.locator(f"{SHOWN} img.ready")).to_be_visible()
    expect(page.locator("#viewer")).to_be_hidden()
    page.locator(SHOWN).click()
    expect(page.locator("#viewer .frame.ready img")).to_be_visible()
    expect(page.locator(".warning")).to_have_count(0)


def test_the_keyboard_shows_a_hidden_tile_and_keeps_its_focus(open_page: OpenPage, serve_fake: ServeFake) -> None:
    page = open_page(serve_fake(moderated(), is_moderated=True))
    page.locator(HIDDEN).focus()

    page.keyboard.press("Enter")

    expect(page.locator(f"{SHOWN} img.ready")).to_be_visible()
    expect(page.locator(SHOWN)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#viewer .frame.ready")).to_be_visible()


@pytest.mark.parametrize("profile", [{"viewport": DESKTOP}, PHONE_PROFILE], ids=["desktop", "phone"])
def test_a_link_shows_a_warning_with_what_was_found_and_the_picture_on_demand(
    open_page: OpenPage, serve_fake: ServeFake, screenshots: Path, profile: dict[str, Any]
) -> None:
    page = open_page(serve_fake(moderated(), is_moderated=True) + "/?image=red.jpg", **profile)
    warning = page.locator("#viewer .warning")
    expect(warning).to_contain_text("Moderation found: Nudity 98 %")
    expect(warning).not_to_contain_text("Illustrated")
    page.wait_for_load_state("networkidle")
    page.screenshot(path=screenshots / f"warning-{page.evaluate('innerWidth')}.png")
    assert "red.jpg" not in pictures_of(page)
    assert page.locator("#viewer .frame").count() == 0

    page.get_by_role("button", name="Show the picture").focus()
    page.keyboard.press("Enter")

    expect(page.locator("#viewer .frame.ready img")).to_be_visible()
    expect(page.locator(".panel")).to_contain_text("Illustrated Content 90 %")
    page.keyboard.press("Escape")
    expect(page.locator(f"{SHOWN} img.ready")).to_be_visible()


def test_the_next_image_is_hidden_even_before_its_record_is_here(open_page: OpenPage, serve_fake: ServeFake) -> None:
    api = moderated()
    api.images.reverse()
    page = open_page(serve_fake(api, is_moderated=True))
    page.locator('.tile[aria-label^="green.jpg"]').click()
    expect(page.locator("#viewer .frame.ready")).to_be_visible()
    page.route("**/prod/images/red.jpg", lambda _: None)  # its record never comes

    page.keyboard.press("ArrowRight")

    expect(page.locator("#viewer .warning")).to_be_visible()
    assert "red.jpg" not in pictures_of(page)
    page.get_by_role("button", name="Show the picture").click()
    expect(page.locator("#viewer .frame.ready img")).to_be_visible()


def test_the_filter_of_moderation_is_there_where_it_says_something(open_page: OpenPage, serve_fake: ServeFake) -> None:
    page = open_page(serve_fake(moderated()))
    expect(page.locator(".tile")).to_have_count(3)
    expect(page.locator('[name="moderated"]')).to_be_hidden()
    page = open_page(serve_fake(moderated(), is_moderated=True))

    page.locator('[name="moderated"]').select_option("Without a warning")

    expect(page.locator(".tile")).to_have_count(1)
    assert parse_qs(urlsplit(page.url).query) == {"moderated": ["false"]}
    page.locator('[name="moderated"]').select_option("With a warning")
    expect(page.locator(HIDDEN)).to_be_visible()
    expect(page.locator(".tile")).to_have_count(1)


@pytest.mark.parametrize("view", ["trash", "duplicates"])
def test_lists_without_records_show_no_picture_where_moderation_may_hide_one(
    open_page: OpenPage, serve_fake: ServeFake, view: str
) -> None:
    page = open_page(serve_fake(moderated(), is_moderated=True) + f"/?view={view}")
    expect(page.locator("#page li .picture").first).to_be_visible()
    page.wait_for_load_state("networkidle")

    assert page.locator("#page .picture img").count() == 0


def test_axe_finds_no_violation_in_the_warnings(
    open_page: OpenPage, serve_fake: ServeFake, axe: str, screenshots: Path
) -> None:
    url = serve_fake(moderated(), is_moderated=True)
    found = {}
    for scheme, profile in (("light", PHONE_PROFILE), ("dark", {"viewport": DESKTOP})):
        page = open_page(url, color_scheme=scheme, bypass_csp=True, reduced_motion="reduce", **profile)
        expect(page.locator(HIDDEN)).to_be_visible()
        page.wait_for_load_state("networkidle")
        page.screenshot(path=screenshots / f"hidden-{scheme}.png")
        found[f"grid {scheme}"] = violations(page, axe)
        page.goto(f"{url}/?image=red.jpg")
        expect(page.locator(".warning")).to_contain_text("Nudity")
        found[f"viewer {scheme}"] = violations(page, axe)

    assert found == {"grid light": [], "viewer light": [], "grid dark": [], "viewer dark": []}
