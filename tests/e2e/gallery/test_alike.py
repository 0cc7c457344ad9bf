"""Images that look alike: their groups on the page of duplicates, and bursts as stacks of the timeline."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e.gallery.conftest import PHONE, PHONE_PROFILE, OpenPage, ServeFake
from tests.e2e.gallery.test_views import violations
from tests.support.fake_api import FakeApi, image, label

SMALL, LARGE, OTHER = "1" * 64, "2" * 64, "3" * 64


def an_image(image_id: str, content: str, look: str, width: int, **members: Any) -> dict[str, Any]:
    return image(image_id, label("Dog"), Sha256=content, _look=look, **{"Width": width, "Height": 200, **members})


def an_api() -> FakeApi:
    """Two groups of images that look alike, and one of equal images."""
    return FakeApi(
        [
            an_image("sent.jpg", SMALL, "dog", 300, Format="JPEG"),
            an_image("camera.jpg", LARGE, "dog", 4000),
            an_image("a.jpg", OTHER, "sea", 100),
            an_image("b.jpg", "4" * 64, "sea", 90),
            *(an_image(name, "5" * 64, name, 80) for name in ("c.jpg", "c (2).jpg")),
        ]
    )


def groups_of(page: Page) -> Any:
    return page.locator(".groups > li")


def test_the_best_of_images_that_look_alike_is_kept(open_page: OpenPage, serve_fake: ServeFake) -> None:
    api = an_api()
    page = open_page(f"{serve_fake(api)}/?view=duplicates")
    titles = groups_of(page).locator("h2")
    expect(titles).to_have_text(["2 images of 1.2 kB each", "2 images that look alike", "2 images that look alike"])
    expect(page.locator("#page [role=status]")).to_have_text(
        "1 group of images with the same content: 1 spare copy, 1.2 kB. 2 groups of images that look alike."
    )
    dog = groups_of(page).nth(1)
    expect(dog.locator("small")).to_have_text(["300 × 200 · JPEG · 1.2 kB", "4000 × 200 · PNG · 1.2 kB"])
    expect(dog.locator(".best")).to_have_text(["Best: most pixels"])

    page.get_by_role("button", name="Keep the best: camera.jpg").click()
    page.locator("#question").get_by_role("button", name="Delete").click()

    expect(groups_of(page)).to_have_count(2)
    assert [entry["ImageId"] for entry in api.trash] == ["sent.jpg"]
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(groups_of(page)).to_have_count(3)
    assert api.trash == []


def test_what_is_told_apart_stays_apart_until_that_is_undone(open_page: OpenPage, serve_fake: ServeFake) -> None:
    api = an_api()
    page = open_page(f"{serve_fake(api)}/?view=duplicates")
    page.get_by_role("button", name="Not duplicates: sent.jpg").click()
    expect(groups_of(page)).to_have_count(2)
    assert api.distinct == {frozenset({SMALL, LARGE})}
    page.reload()
    expect(groups_of(page)).to_have_count(2)

    page.get_by_role("button", name="Not duplicates: a.jpg").click()
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Not duplicates: a.jpg")).to_be_visible()
    assert api.distinct == {frozenset({SMALL, LARGE})}
    sent = [json.loads(body)["AreDuplicates"] for method, _, body in api.requests if method == "PATCH"]
    assert sent == [False, False, True]


def test_a_group_of_which_all_are_kept_comes_back(open_page: OpenPage, serve_fake: ServeFake) -> None:
    api = an_api()
    page = open_page(f"{serve_fake(api)}/?view=duplicates")
    page.get_by_role("button", name="Keep all: c.jpg").click()
    expect(groups_of(page)).to_have_count(2)
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(groups_of(page)).to_have_count(3)
    assert (len(api.images), api.distinct) == (6, set())


def test_the_groups_fit_a_phone(open_page: OpenPage, serve_fake: ServeFake) -> None:
    page = open_page(f"{serve_fake(an_api())}/?view=duplicates", **PHONE_PROFILE)
    expect(groups_of(page)).to_have_count(3)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    expect(page.get_by_role("button", name="Keep the best: camera.jpg")).to_be_visible()


def shot(second: int, hash_: str = "0" * 32, camera: str = "Acme One") -> dict[str, Any]:
    facts = {"TakenAt": f"2026-06-01T12:00:{second:02}.000000", "Camera": camera}
    return image(f"{second:02}.jpg", label("Dog"), Facts=facts, _hash=hash_)


def test_a_burst_is_a_stack_that_opens(open_page: OpenPage, serve_fake: ServeFake) -> None:
    near = "f" * 9 + "0" * 23  # 36 bits
    shots = [shot(0), shot(4), shot(7, near), shot(20), shot(21, "f" * 32), shot(22, "f" * 32, "Other Two")]
    page = open_page(f"{serve_fake(FakeApi(shots))}/?order=taken")
    tiles = page.locator("#grid .tile b")
    expect(tiles).to_have_text(["22.jpg", "21.jpg", "20.jpg", "07.jpg"])
    expect(page.locator("#count")).to_contain_text("6 images")

    stack = page.get_by_role("button", name="Burst of 3: 07.jpg")
    expect(stack).to_have_attribute("aria-expanded", "false")
    stack.click()
    expect(tiles).to_have_text(["22.jpg", "21.jpg", "20.jpg", "07.jpg", "04.jpg", "00.jpg"])
    expect(stack).to_have_attribute("aria-expanded", "true")
    expect(stack).to_be_focused()
    page.keyboard.press("Enter")
    expect(tiles).to_have_text(["22.jpg", "21.jpg", "20.jpg", "07.jpg"])


def similar_of(page: Page) -> Any:
    return page.locator(".similar li a")


def test_more_like_this_shows_the_most_similar_images_which_open(open_page: OpenPage, serve_fake: ServeFake) -> None:
    api = an_api()
    page = open_page(f"{serve_fake(api)}/?image=sent.jpg")
    page.get_by_text("More like this").click()
    expect(similar_of(page)).to_have_count(5)
    expect(similar_of(page).first).to_have_accessible_name("camera.jpg, 98 % similar")
    asked = [path for method, path, _ in api.requests if "/similar/" in path]
    assert [path.partition("/similar/")[2] for path in asked] == ["sent.jpg?limit=12"]

    similar_of(page).first.click()
    expect(page.locator("#viewer-name")).to_contain_text("camera.jpg")
    expect(similar_of(page).first).to_have_accessible_name("sent.jpg, 98 % similar")
    page.go_back()
    expect(page.locator("#viewer-name")).to_contain_text("sent.jpg")


def test_more_like_this_says_what_is_missing(open_page: OpenPage, serve_fake: ServeFake) -> None:
    page = open_page(f"{serve_fake(FakeApi([image('old.jpg', label('Dog'))]))}/?image=old.jpg")
    page.get_by_text("More like this").click()
    expect(page.locator(".similar li")).to_have_text(["no vector"])


def test_a_stack_without_vectors_offers_no_similar_images(open_page: OpenPage, serve_fake: ServeFake) -> None:
    api = an_api()
    api.absent = {"Similar": "no vectors"}
    page = open_page(f"{serve_fake(api)}/?image=sent.jpg")
    expect(page.get_by_text("Versions")).to_be_visible()
    expect(page.get_by_text("More like this")).to_be_hidden()


def test_more_like_this_fits_a_phone_and_axe_finds_no_violation(
    open_page: OpenPage, serve_fake: ServeFake, axe: str
) -> None:
    for options in ({"color_scheme": "light"}, {"color_scheme": "dark", **PHONE_PROFILE}):
        url = f"{serve_fake(an_api())}/?image=sent.jpg"
        page = open_page(url, bypass_csp=True, reduced_motion="reduce", **options)
        page.get_by_text("More like this").click()
        expect(similar_of(page)).to_have_count(5)
        assert violations(page, axe) == []
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_axe_finds_no_violation(open_page: OpenPage, serve_fake: ServeFake, axe: str) -> None:
    api = an_api()
    api.images += [shot(0), shot(4)]
    for options in ({"color_scheme": "light"}, {"color_scheme": "dark", **PHONE_PROFILE}):
        page = open_page(f"{serve_fake(api)}/?view=duplicates", bypass_csp=True, reduced_motion="reduce", **options)
        expect(groups_of(page)).to_have_count(3)
        assert violations(page, axe) == []
        page.goto(page.url.replace("view=duplicates", "order=taken"))
        page.get_by_role("button", name="Burst of 2: 04.jpg").click()
        page.wait_for_load_state("networkidle")
        assert violations(page, axe) == []


def test_the_viewer_goes_through_a_closed_stack(open_page: OpenPage, serve_fake: ServeFake) -> None:
    page = open_page(f"{serve_fake(FakeApi([shot(0), shot(4), shot(30)]))}/?order=taken", **PHONE_PROFILE)
    page.get_by_role("link", name="04.jpg").click()
    expect(page.locator("#viewer h1, #viewer h2").first).to_contain_text("04.jpg")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#viewer h1, #viewer h2").first).to_contain_text("00.jpg")
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="04.jpg")).to_be_focused()


def test_without_a_stack_where_one_image_of_a_burst_is_left(open_page: OpenPage, serve_fake: ServeFake) -> None:
    page = open_page(f"{serve_fake(FakeApi([shot(0), shot(4)]))}/?order=taken")
    expect(page.get_by_role("button", name="Burst of 2: 04.jpg")).to_be_visible()
    page.get_by_role("link", name="04.jpg").focus()
    page.keyboard.press("Delete")
    page.locator("#question").get_by_role("button", name="Delete").click()
    expect(page.locator("#grid .tile b")).to_have_text(["00.jpg"])
    expect(page.locator(".stack")).to_have_count(0)
