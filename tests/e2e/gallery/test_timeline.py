"""The timeline: days with headings, and a rail of years and months that jumps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
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


def test_days_have_headings_and_images_without_a_time_are_a_group_at_the_end(
    open_page: OpenPage, serve_fake: ServeFake
) -> None:
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
            "Monday, 1 June 2026",
            "late.jpgDog 90 %",
            "noon.jpgDog 90 %",
            "30 May 2026",
            "early.jpgDog 90 %",
            "No capture time",
            "undated.jpgDog 90 %",
        ]
    )
    expect(page.get_by_role("link", name="undated.jpg. Dog. No capture time")).to_be_visible()
    assert page.url.endswith("/?order=taken")
    tops = [box["y"] for box in (cell.bounding_box() for cell in page.locator("#grid > li").all()) if box]
    headings, pictures = [tops[place] for place in (0, 3, 5)], [tops[place] for place in (1, 2, 4, 6)]
    assert (headings, pictures) == (sorted(headings), sorted(pictures))  # days of one picture share a row


def test_the_rail_has_the_years_and_months_with_pictures(open_page: OpenPage, serve_fake: ServeFake) -> None:
    times = ["2026-11-03T10:00:00", "2026-02-01T00:00:00", "2019-12-31T23:59:59", "2019-01-01T00:00:00"]
    api = FakeApi([taken(f"{time}.jpg", time) for time in times])
    page = open_page(f"{serve_fake(api)}/?order=taken")
    rail = page.get_by_role("navigation", name="Years and months")
    expect(rail.get_by_role("link")).to_have_text(["Latest", "2026", "Nov", "Feb", "2019"])

    rail.get_by_role("link", name="2019").click()

    expect(rail.get_by_role("link")).to_have_text(["Latest", "2026", "Nov", "Feb", "2019", "Dec", "Jan"])
    expect(rail.get_by_role("link", name="2019", exact=True)).to_be_focused()
    expect(page.locator(".day")).to_have_text(["31 Dec 2019", "1 Jan 2019"])
    rail.get_by_role("link", name="January 2019").click()
    expect(page.locator(".day")).to_have_text(["Tuesday, 1 January 2019"])
    assert page.url.endswith("order=taken&takenTo=2019-02-01")
    page.get_by_role("button", name="Remove before 2019-02-01").click()
    expect(page.locator(".tile")).to_have_count(4)


@pytest.mark.parametrize("profile", [{"viewport": DESKTOP}, PHONE_PROFILE], ids=["desktop", "phone"])
def test_a_click_on_a_year_moves_nothing_under_the_pointer(
    open_page: OpenPage, serve_fake: ServeFake, profile: dict[str, Any]
) -> None:
    times = [
        f"{year}-{month:02}-1{day}T10:00:00" for year in range(1998, 2027) for month in (1, 5, 9) for day in (1, 2)
    ]
    page = open_page(f"{serve_fake(FakeApi([taken(f'{time}.jpg', time) for time in times]))}/?order=taken", **profile)
    rail = page.get_by_role("navigation", name="Years and months")
    expect(rail.get_by_role("link", name="1998")).to_be_attached()
    expect(rail.get_by_role("link", name="September 2026")).to_be_attached()
    page.mouse.wheel(0, 900)
    page.wait_for_function("scrollY > 500")

    for year in ("2024", "2019", "1998", "2021"):
        link = rail.get_by_role("link", name=year, exact=True)
        link.scroll_into_view_if_needed()
        before = link.bounding_box()
        link.click()
        expect(rail.get_by_role("link", name=f"September {year}")).to_be_attached()
        expect(page.locator(".day").first).to_contain_text(year)
        assert link.bounding_box() == before, year


def test_days_with_one_picture_share_a_row(open_page: OpenPage, serve_fake: ServeFake) -> None:
    api = FakeApi(
        [
            taken("a.jpg", "2026-06-09T10:00:00"),
            taken("b.jpg", "2026-06-08T10:00:00"),
            taken("c.jpg", "2026-06-07T10:00:00"),
            taken("d.jpg", "2026-06-06T11:00:00"),
            taken("e.jpg", "2026-06-06T10:00:00"),
            taken("f.jpg", "2026-06-05T10:00:00"),
        ]
    )
    page = open_page(f"{serve_fake(api)}/?order=taken")

    days = page.locator(".day")
    expect(days).to_have_text(
        ["9 Jun 2026", "8 Jun 2026", "7 Jun 2026", "Saturday, 6 June 2026", "Friday, 5 June 2026"]
    )
    expect(days.first.locator("h2")).to_have_attribute("title", "Tuesday, 9 June 2026")
    boxes = [box_of(page, f'.tile[href*="{name}.jpg"]') for name in "abcdef"]
    heads = [box_of(page, f".day >> nth={number}") for number in range(5)]
    assert boxes[0]["y"] == boxes[1]["y"] == boxes[2]["y"] < boxes[3]["y"] == boxes[4]["y"] < boxes[5]["y"]
    assert [head["x"] for head in heads] == [boxes[place]["x"] for place in (0, 1, 2, 3, 5)]
    assert [head["y"] + head["height"] for head in heads] == [boxes[place]["y"] for place in (0, 1, 2, 3, 5)]


def test_rows_of_days_are_right_where_pages_meet(open_page: OpenPage, serve_fake: ServeFake) -> None:
    start = datetime(2019, 3, 1, 8, tzinfo=UTC)
    days = [start + timedelta(days=day // 2 if day % 7 else day) for day in range(160)]
    api = FakeApi([taken(f"{number}.jpg", f"{day:%Y-%m-%dT%H:%M:%S}") for number, day in enumerate(days)])
    page = open_page(f"{serve_fake(api)}/?order=taken")
    expected = len({f"{day:%Y-%m-%d}" for day in days})
    seen: set[str] = set()

    while len(seen) < expected:
        before = page.evaluate("scrollY")
        seen |= set(page.locator(".day h2").evaluate_all("nodes => nodes.map(node => node.title)"))
        tiles = page.locator("#grid > li").evaluate_all(PLACES)
        assert not [(one, other) for one, other in pairwise(tiles) if overlap(one, other)]
        page.mouse.wheel(0, 500)
        page.wait_for_function(
            "before => scrollY > before || scrollY + innerHeight >= document.body.scrollHeight - 1", arg=before
        )
    assert page.locator(".tile").count() > 0


PLACES = (
    "nodes => nodes.map(node => node.getBoundingClientRect()).map(box => [box.left, box.top, box.right, box.bottom])"
)


def overlap(one: list[float], other: list[float]) -> bool:
    """Return whether two boxes lie on one another, by more than a rounding."""
    return all(one[axis] < other[axis + 2] - 0.5 and other[axis] < one[axis + 2] - 0.5 for axis in (0, 1))


def box_of(page: Page, place: str) -> dict[str, float]:
    box = page.locator(place).bounding_box()
    assert box is not None
    return {side: round(box[side]) for side in ("x", "y", "width", "height")}


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
        asked = [path for _, path, _ in api.requests[before:]]
        return [path for path in asked if "/images?order=taken" in path and "limit=1&" not in path]

    for title, heading, end in [
        ("2020", "Thursday, 31 December 2020", "2021-01-01"),
        ("March 2020", "Tuesday, 31 March 2020", "2020-04-01"),
        ("2019", "Tuesday, 31 December 2019", "2020-01-01"),
    ]:
        assert pages_of_a_jump(title, heading)[0] == f"/prod/images?order=taken&takenTo={end}&limit=50&status=ANALYZED"
    assert_fits(page)


def assert_fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
