"""Nothing makes the page scroll sideways, however long names are and however narrow the screen."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page

from tests.e2e.gallery.conftest import OpenPage, ServeFake
from tests.support.fake_api import FakeApi, image, label

LONG_LABEL = "Dining Table With Long Feather"
LONG_FOLDER = "2019 a holiday by the sea with everybody of the whole family/"
WIDTHS = [320, 390, 1440]

SEARCHES = {
    "a long label": [("label", LONG_LABEL)],
    "a long folder": [("prefix", LONG_FOLDER)],
    "three chips": [("label", LONG_LABEL), ("exclude", LONG_LABEL.upper()), ("prefix", LONG_FOLDER)],
    "three chips of the timeline": [
        ("label", LONG_LABEL),
        ("text", "x" * 60),
        ("prefix", LONG_FOLDER),
        ("order", "taken"),
    ],
    "a camera and a warning": [("camera", "x" * 60), ("moderated", "true"), ("label", LONG_LABEL), ("label", "Dog")],
    "rejected files": [("status", "REJECTED")],
    "every status": [("status", "ANY")],
    "all": [],
    "the browse page": [("view", "browse")],
    "the trash": [("view", "trash")],
    "duplicates": [("view", "duplicates")],
}

TOO_WIDE = """() => {
    const isScrolled = node => ["auto", "scroll"].includes(getComputedStyle(node).overflowX);
    const inside = [...document.querySelectorAll("main *, header *")].filter(node => {
        const { width, right } = node.getBoundingClientRect();
        return width > 1 && right > innerWidth + 1 && !node.closest(".unseen, #rail") && !isScrolled(node);
    });
    return [document.documentElement.scrollWidth - innerWidth, inside.map(node => node.className || node.tagName)];
}"""


def an_archive() -> FakeApi:
    assert (len(LONG_LABEL), len(LONG_FOLDER)) == (30, 61)
    names = [f"{LONG_FOLDER}{'subfolder ' * 6}/{index} {'name ' * 12}.jpg" for index in range(6)]
    copies = [image(name, label(LONG_LABEL), label(LONG_LABEL.upper()), Sha256="a1") for name in names[:4]]
    bad = image(names[4], Status="REJECTED", Reason="NOT_AN_IMAGE", Message="no picture")
    return FakeApi([*copies, bad], trash=[image(names[5])])


@pytest.mark.parametrize("width", WIDTHS)
def test_no_view_scrolls_sideways(open_page: OpenPage, serve_fake: ServeFake, screenshots: Path, width: int) -> None:
    url = serve_fake(an_archive())
    page = open_page(url, viewport={"width": width, "height": 800}, has_touch=width < 1000, is_mobile=width < 1000)
    found = {}
    for name, search in SEARCHES.items():
        page.goto(f"{url}/?{urlencode(search)}")
        page.wait_for_load_state("networkidle")
        if name == "the browse page":
            page.get_by_role("button", name="Folders in").first.click()
            page.wait_for_load_state("networkidle")
        page.screenshot(path=screenshots / f"narrow-{width}-{name}.png")
        found[name] = page.evaluate(TOO_WIDE)

    assert found == {name: [0, []] for name in SEARCHES}


@pytest.mark.parametrize("width", [320, 390])
def test_every_filter_is_in_sight_on_a_phone(open_page: OpenPage, serve_fake: ServeFake, width: int) -> None:
    page = open_page(serve_fake(an_archive()) + "/?label=Dog&label=Cat", viewport={"width": width, "height": 800})
    page.wait_for_load_state("networkidle")

    for name in ("match", "order", "minConfidence", "status", "camera"):
        left, right = edges(page, f'#filters [name="{name}"]')
        assert 0 <= left < right <= width, name


def edges(page: Page, selector: str) -> tuple[float, float]:
    boxes = [found.bounding_box() for found in page.locator(selector).all()]
    assert all(boxes)
    return min(box["x"] for box in boxes if box), max(box["x"] + box["width"] for box in boxes if box)
