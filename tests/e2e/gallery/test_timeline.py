"""The timeline: days with headings, and a rail of years and months that jumps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.gallery.conftest import DESKTOP, PHONE_PROFILE, OpenPage, ServeFake
from tests.support.fake_api import FakeApi, image, label


def taken(image_id: str, at: str) -> dict[str, Any]:
    return image(image_id, label("Dog"), Facts={"TakenAt": f"{at}.000000"})


def years_of_images(number: int) -> list[dict[str, Any]]:
    """Images of about seven years, one every six hours, newest last."""
    start = datetime(2019, 3, 1, 8, tzinfo=UTC)
    return [taken(f"{index}.jpg", f"{start + timedelta(hours=6 * index):%Y-%m-%dT%H:%M:%S}") for index in range(number)]


def test_days_have_headings_and_an_image_without_a_time_says_so(open_page: OpenPage, serve_fake: ServeFake) -> None:
    images = [
        taken("early.jpg", "2026-05-30T23:59:59"),
        taken("noon.jpg", "2026-06-01T12:00:00"),
        taken("late.jpg", "2026-06-01T18:00:00"),
        image("undated.jpg", label("Dog"), AnalyzedAt="2026-06-02T09:00:00.000000Z"),
    ]
    page = open_page(serve_fake(FakeApi(images)))

    page.get_by_label("Timeline").check()

    expect(page.locator("#grid > li")).to_have_text(
        [
            "Tuesday, 2 June 2026",
            "No capture timeundated.jpgDog 90 %",
            "Monday, 1 June 2026",
            "late.jpgDog 90 %",
            "noon.jpgDog 90 %",
            "Saturday, 30 May 2026",
            "early.jpgDog 90 %",
        ]
    )
    expect(page.get_by_role("link", name="undated.jpg. Dog. No capture time")).to_be_visible()
    assert page.url.endswith("/?order=taken")
    tops = [box["y"] for box in (cell.bounding_box() for cell in page.locator("#grid > li").all()) if box]
    assert tops == sorted(tops)


def test_the_rail_has_the_years_and_months_with_pictures(open_page: OpenPage, serve_fake: ServeFake) -> None:
    times = ["2026-11-03T10:00:00", "2026-02-01T00:00:00", "2019-12-31T23:59:59", "2019-01-01T00:00:00"]
    api = FakeApi([taken(f"{time}.jpg", time) for time in times])
    page = open_page(f"{serve_fake(api)}/?order=taken")
    rail = page.get_by_role("navigation", name="Years and months")
    expect(rail.get_by_role("link")).to_have_text(["Latest", "2026", "Nov", "Feb", "2019"])

    rail.get_by_role("link", name="2019").click()

    expect(rail.get_by_role("link")).to_have_text(["Latest", "2026", "2019", "Dec", "Jan"])
    expect(rail.get_by_role("link", name="2019", exact=True)).to_be_focused()
    expect(page.locator(".day").first).to_have_text("Tuesday, 31 December 2019")
    rail.get_by_role("link", name="January 2019").click()
    expect(page.locator(".day")).to_have_text(["Tuesday, 1 January 2019"])
    assert page.url.endswith("order=taken&takenTo=2019-02-01")
    page.get_by_role("button", name="Remove before 2019-02-01").click()
    expect(page.locator(".tile")).to_have_count(4)


JUMPED = """heading => {
    const found = document.querySelector(".day")?.textContent === heading;
    return found && [...document.querySelectorAll(".tile img")].some(image => image.complete);
}"""


@pytest.mark.parametrize("profile", [{"viewport": DESKTOP}, PHONE_PROFILE], ids=["desktop", "phone"])
def test_a_jump_among_ten_thousand_images_begins_with_a_page_of_its_end(
    open_page: OpenPage, serve_fake: ServeFake, profile: dict[str, Any]
) -> None:
    """However far it goes, it asks for no page in between; how long it takes is measured by benchmarks/catalog.py."""
    api = FakeApi(years_of_images(10_000))
    page = open_page(f"{serve_fake(api)}/?order=taken", **profile)
    page.locator("#rail .year", has_text="2019").wait_for()

    def pages_of_a_jump(title: str, heading: str) -> list[str]:
        before = len(api.requests)
        page.get_by_role("link", name=title, exact=True).click()
        page.wait_for_function(JUMPED, arg=heading)
        return [path for _, path, _ in api.requests[before:] if "/images?" in path and "limit=1&" not in path]

    for title, heading, end in [
        ("2020", "Thursday, 31 December 2020", "2021-01-01"),
        ("March 2020", "Tuesday, 31 March 2020", "2020-04-01"),
        ("2019", "Tuesday, 31 December 2019", "2020-01-01"),
    ]:
        assert pages_of_a_jump(title, heading)[0] == f"/prod/images?order=taken&takenTo={end}&limit=50&status=ANALYZED"
    assert_fits(page)


def assert_fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
