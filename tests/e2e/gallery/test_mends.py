"""What stops a person: notices behind a dialog, a page wider than the phone, failures without a word."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.gallery.conftest import PHONE_PROFILE, OpenPage, ServeFake, hold
from tests.e2e.gallery.test_views import BOX, some_images
from tests.support.fake_api import FakeApi, image, label
from tests.support.waiting import wait_for

IN_FRONT = """toast => {
    const { left, top, width, height } = toast.getBoundingClientRect();
    return toast.contains(document.elementFromPoint(left + width / 2, top + height / 2));
}"""


def refuse(page: Page, pattern: str, method: str = "GET") -> None:
    """Answer requests as a gallery does whose stack has a dead part."""
    document = {"Error": {"Code": "BadGateway", "Message": "A part of the stack does not answer.", "RequestId": "x"}}

    def answer(route: Route) -> None:
        route.fulfill(status=502, json=document) if route.request.method == method else route.fallback()

    page.route(re.compile(pattern), answer)


def test_a_failed_deletion_is_told_in_front_of_the_viewer(open_page: OpenPage, serve_fake: ServeFake) -> None:
    page = open_page(serve_fake(FakeApi(some_images(3))) + "/?image=trip/photo 1.jpg")
    refuse(page, "/prod/images/", "DELETE")

    page.get_by_role("button", name="Delete").click()
    page.locator("#question").get_by_role("button", name="Delete").click()

    toast = page.locator(".toast.fault")
    expect(toast).to_contain_text("A part of the stack does not answer.")
    assert toast.evaluate(IN_FRONT)
    page.keyboard.press("Escape")
    expect(page.locator("#viewer")).to_be_hidden()
    expect(toast).to_be_visible()


@pytest.mark.parametrize(
    "address", ["/", "/?order=taken", "/?label=Dog&label=Boat", "/?image=trip/photo 1.jpg", "/?view=status"]
)
def test_every_view_is_as_wide_as_the_phone(
    open_page: OpenPage, serve_fake: ServeFake, screenshots: Path, address: str
) -> None:
    api = FakeApi(some_images(30), trash=[image(f"{'long folder name/' * 9}away.jpg")])
    page = open_page(serve_fake(api) + address, **PHONE_PROFILE)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=screenshots.parent / "phone.png")

    assert page.evaluate("[document.documentElement.scrollWidth, innerWidth, scrollX]") == [390, 390, 0]
    if "image=" in address:
        box = page.locator("#viewer").bounding_box()
        assert box is not None
        assert (box["x"], box["width"]) == (0, 390)
        expect(page.locator(".frame.ready")).to_be_in_viewport()


def test_a_search_that_fails_says_so_and_can_be_tried_again(open_page: OpenPage, serve_fake: ServeFake) -> None:
    page = open_page(serve_fake(FakeApi(some_images(10))))
    expect(page.locator(".tile")).to_have_count(10)
    refuse(page, "/prod/images[?]")

    page.get_by_role("combobox", name="Search by label").fill("Boat")
    page.keyboard.press("Enter")

    expect(page.locator("#empty")).to_contain_text("A part of the stack does not answer.")
    expect(page.locator(".tile")).to_have_count(0)
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".tile")).to_have_count(5)


def test_a_further_page_that_fails_can_be_tried_again(open_page: OpenPage, serve_fake: ServeFake) -> None:
    page = open_page(serve_fake(FakeApi(some_images(250))))
    expect(page.locator("#count")).to_have_text("250 images")  # the total; what is near the window is there
    page.wait_for_load_state("networkidle")
    refuse(page, "nextToken")

    page.mouse.wheel(0, 50_000)
    expect(page.locator("#more")).to_contain_text("A part of the stack does not answer.")
    page.unroute_all()
    page.locator("#more").get_by_role("button", name="Try again").click()
    expect(page.locator("#more")).to_be_hidden()
    page.mouse.wheel(0, 50_000)
    expect(page.locator('.tile[aria-label^="photo 249.jpg"]')).to_be_visible()


def test_a_gallery_that_is_gone_is_named_with_the_remedy(open_page: OpenPage, serve_fake: ServeFake) -> None:
    page = open_page(serve_fake(FakeApi(some_images(1))))
    expect(page.locator(".tile")).to_have_count(1)
    page.route("**/prod/**", lambda route: route.abort())

    page.get_by_role("combobox", name="Search by label").fill("Boat")
    page.keyboard.press("Enter")

    expect(page.locator("#empty")).to_contain_text("The gallery does not answer.")
    expect(page.locator("#empty")).to_contain_text("viewfinder up")


def test_a_label_stands_before_what_it_is_a_kind_of(open_page: OpenPage, serve_fake: ServeFake) -> None:
    labels = label("Animal", 99), label("Dog", 90, BOX, parents=("Animal",)), label("Grass", 80)
    url = serve_fake(FakeApi([image("dog.jpg", *labels)]))

    page = open_page(f"{url}/?image=dog.jpg")
    expect(page.locator(".label .name")).to_have_text([re.compile("^Dog"), "Grass", "Animal"])
    expect(page.locator(".frame img")).to_have_attribute("alt", "dog.jpg: Dog, Grass, Animal")


def test_the_label_searched_for_is_always_shown(open_page: OpenPage, serve_fake: ServeFake) -> None:
    labels = [label(name, 99 - place) for place, name in enumerate(["Pet", "Animal", "Mammal", "Grass", "Dog"])]
    page = open_page(serve_fake(FakeApi([image("dog.jpg", *labels)])) + "/?label=Dog")

    expect(page.locator(".tile")).to_have_attribute("aria-label", "dog.jpg. Dog, Pet, Animal")


def test_the_image_of_a_link_has_neighbours(open_page: OpenPage, serve_fake: ServeFake) -> None:
    page = open_page(serve_fake(FakeApi(some_images(300))) + "/?image=trip/photo 260.jpg")

    page.get_by_role("button", name="Next image").click()
    expect(page.locator("#viewer-name")).to_contain_text("photo 261.jpg")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#viewer-name")).to_contain_text("photo 259.jpg")


def test_a_reload_keeps_the_place(open_page: OpenPage, serve_fake: ServeFake) -> None:
    page = open_page(serve_fake(FakeApi(some_images(300))))
    expect(page.locator(".tile").first).to_be_visible()

    def is_at_the_end() -> bool:
        page.mouse.wheel(0, 50_000)
        return page.locator('.tile[aria-label^="photo 299.jpg"]').count() == 1

    wait_for(is_at_the_end, seconds=20, what="the last image")
    before = page.evaluate("scrollY")

    page.reload()

    page.wait_for_function("top => Math.abs(scrollY - top) < 5", arg=before)
    expect(page.locator('.tile[aria-label^="photo 299.jpg"]')).to_be_visible()


def test_the_slider_is_one_step_back(open_page: OpenPage, serve_fake: ServeFake) -> None:
    page = open_page(serve_fake(FakeApi(some_images(10))) + "/?label=Dog")
    slider = page.get_by_role("slider")
    slider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("minConfidence=5$"))

    page.go_back()

    expect(page).to_have_url(re.compile(r"label=Dog$"))


def test_no_rejected_image_is_good_news(open_page: OpenPage, serve_fake: ServeFake) -> None:
    page = open_page(serve_fake(FakeApi([])) + "/?status=REJECTED")

    expect(page.locator("#empty h2")).to_have_text("No image was rejected")


def test_boxes_appear_with_their_picture(open_page: OpenPage, serve_fake: ServeFake) -> None:
    url = serve_fake(FakeApi([image("dog.jpg", label("Dog", 90, BOX))]))
    page = open_page(url)
    let_go = hold(page, "rendition=")

    page.goto(f"{url}/?image=dog.jpg", wait_until="commit")
    expect(page.locator(".label")).to_have_count(1)
    expect(page.locator(".box")).to_be_hidden()
    let_go()
    expect(page.locator(".box")).to_be_visible()
