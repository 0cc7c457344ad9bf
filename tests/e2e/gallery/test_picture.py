"""The picture of the viewer: there at once, sharper soon, whole when it is looked at closely."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from benchmarks.photos import photo
from benchmarks.viewer import SIZE, WAYS, gallery_of
from tests.e2e.gallery.conftest import DESKTOP, PHONE_PROFILE, OpenPage, ServeFake, hold
from tests.support.fake_api import FakeApi, image, label
from tests.support.waiting import wait_for

RENDITIONS = {"thumbnail": (512, 384), "screen": (1600, 1200), "original": (4000, 3000)}


def webp(size: tuple[int, int], colour: str = "teal") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "WEBP", method=0)
    return out.getvalue()


def large(image_id: str, **members: Any) -> dict[str, Any]:
    """Return an image of twelve megapixels."""
    facts = {"Width": 4000, "Height": 3000, "Format": "JPEG", **members}
    return image(image_id, label("Dog", 90, {"Left": 0.1, "Top": 0.2, "Width": 0.4, "Height": 0.5}), **facts)


def api_of(*images: dict[str, Any], **sizes: tuple[int, int]) -> FakeApi:
    """Return an API whose renditions have the sizes that the pipeline gives them."""
    made = {name: ("image/webp", webp(size)) for name, size in (RENDITIONS | sizes).items()}
    pictures = {(each["ImageId"], name): picture for each in images for name, picture in made.items()}
    return FakeApi(list(images), pictures=pictures)


def asked(api: FakeApi, image_id: str) -> list[str]:
    """Name the renditions of an image that were asked for, in their order."""
    urls = [urlsplit(url) for _, url, _ in api.requests if "/content/" in url]
    return [parse_qs(url.query)["rendition"][0] for url in urls if unquote(url.path).endswith(f"/content/{image_id}")]


def shows(page: Page, rendition: str) -> None:
    expect(page.locator(f'.frame.ready img[data-rendition="{rendition}"]')).to_be_visible()


def test_the_thumbnail_of_the_tile_is_shown_before_anything_is_fetched(
    open_page: OpenPage, serve_fake: ServeFake
) -> None:
    api = api_of(large("dog.jpg"))
    page = open_page(serve_fake(api))
    expect(page.locator(".tile img.ready")).to_be_visible()
    hold(page, "rendition=screen|/images/dog")

    page.locator(".tile").click()

    shows(page, "thumbnail")
    expect(page.locator("#viewer-name")).to_have_text("dog.jpg")
    assert "screen" not in asked(api, "dog.jpg")


def test_the_thumbnail_of_the_tile_is_not_fetched_again(open_page: OpenPage, serve_fake: ServeFake) -> None:
    api = api_of(large("dog.jpg"))
    page = open_page(serve_fake(api))
    expect(page.locator(".tile img.ready")).to_be_visible()

    page.locator(".tile").click()

    shows(page, "screen")
    assert asked(api, "dog.jpg") == ["thumbnail", "screen"]


def test_a_picture_grows_sharper_and_its_original_comes_when_it_is_zoomed(
    open_page: OpenPage, serve_fake: ServeFake
) -> None:
    api = api_of(large("dog.jpg"))
    page = open_page(serve_fake(api) + "/?image=dog.jpg")
    shows(page, "screen")
    expect(page.locator(".box")).to_be_visible()
    assert asked(api, "dog.jpg") == ["thumbnail", "screen"]

    page.keyboard.press("+")
    page.keyboard.press("+")

    shows(page, "original")
    assert asked(api, "dog.jpg") == ["thumbnail", "screen", "original"]
    expect(page.locator(".frame img")).to_have_attribute("alt", "dog.jpg: Dog")
    assert float(page.locator(".frame").evaluate("frame => new DOMMatrix(getComputedStyle(frame).transform).a")) == 2.25


def test_what_a_screen_shows_whole_is_not_fetched_again(open_page: OpenPage, serve_fake: ServeFake) -> None:
    api = api_of(large("dog.jpg", Width=1200, Height=900), screen=(1200, 900))
    page = open_page(serve_fake(api) + "/?image=dog.jpg")
    shows(page, "screen")

    for _ in range(4):
        page.keyboard.press("+")

    page.wait_for_load_state("networkidle")
    assert asked(api, "dog.jpg") == ["thumbnail", "screen"]


def test_a_format_that_browsers_dont_show_stays_with_its_rendition(open_page: OpenPage, serve_fake: ServeFake) -> None:
    api = api_of(large("dog.heic", Format="HEIC"))
    page = open_page(serve_fake(api) + "/?image=dog.heic")
    shows(page, "screen")

    for _ in range(4):
        page.keyboard.press("+")

    page.wait_for_load_state("networkidle")
    assert asked(api, "dog.heic") == ["thumbnail", "screen"]


def test_a_rendition_that_does_not_load_leaves_what_is_shown(open_page: OpenPage, serve_fake: ServeFake) -> None:
    api = api_of(large("dog.jpg"))
    api.pictures["dog.jpg", "screen"] = ("image/webp", b"no picture")
    page = open_page(serve_fake(api) + "/?image=dog.jpg")

    shows(page, "thumbnail")
    expect(page.locator(".box")).to_be_visible()
    wait_for(lambda: asked(api, "dog.jpg") == ["thumbnail", "screen"], seconds=10, what="the rendition asked for")
    shows(page, "thumbnail")


def test_the_next_picture_stops_the_load_of_the_one_before(open_page: OpenPage, serve_fake: ServeFake) -> None:
    page = open_page(serve_fake(api_of(large("a.jpg"), large("b.jpg"))))
    expect(page.locator(".tile img.ready")).to_have_count(2)
    let_go = hold(page, "a.jpg.*rendition=screen")
    page.locator('.tile[href*="a.jpg"]').click()
    shows(page, "thumbnail")

    page.keyboard.press("ArrowRight")

    expect(page.locator("#viewer-name")).to_have_text("b.jpg")
    shows(page, "screen")
    let_go()
    page.wait_for_load_state("networkidle")
    assert "b.jpg" in str(page.locator(".frame img").get_attribute("src"))


def test_behind_a_link_no_tile_loads_until_the_viewer_closes(open_page: OpenPage, serve_fake: ServeFake) -> None:
    others = [large(f"{number}.jpg") for number in range(40)]
    api = api_of(large("dog.jpg"), *others)
    page = open_page(serve_fake(api) + "/?image=dog.jpg")
    shows(page, "screen")
    expect(page.get_by_role("button", name="Next image")).to_be_enabled()
    page.wait_for_load_state("networkidle")
    pictures = [url for _, url, _ in api.requests if "/content/" in url]
    assert len(pictures) == 2
    assert all("dog.jpg" in url for url in pictures)

    page.keyboard.press("Escape")

    expect(page.locator(".tile img.ready").first).to_be_visible()
    wait_for(
        lambda: len([url for _, url, _ in api.requests if "rendition=thumbnail" in url]) > 10,
        seconds=10,
        what="the tiles' thumbnails",
    )


@pytest.mark.parametrize("way", WAYS)
def test_a_recognisable_picture_takes_at_most_150_kilobytes(browser: Browser, way: str) -> None:
    """Bytes alone: `python -m benchmarks --only viewer` has the times."""
    with gallery_of(photo(0, SIZE)) as url:
        seen = WAYS[way](browser, url)

    assert seen.until_recognisable <= 150_000
    assert not [request for request in seen.requests if "rendition=original" in request]


@pytest.mark.parametrize("profile", [{"viewport": DESKTOP}, PHONE_PROFILE], ids=["desktop", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("colour", ["black", "white"])
def test_arrows_are_seen_on_any_picture(
    open_page: OpenPage, serve_fake: ServeFake, profile: dict[str, Any], theme: str, colour: str
) -> None:
    api = api_of(*(large(f"{number}.jpg") for number in range(3)))
    for key in api.pictures:
        api.pictures[key] = ("image/webp", webp((1600, 1200), colour))
    page = open_page(serve_fake(api) + "/?image=1.jpg", color_scheme=theme, **profile)
    shows(page, "screen")
    page.keyboard.press("+")  # the picture is behind the arrows
    page.keyboard.press("+")

    for name in ("Previous image", "Next image"):
        arrow = page.get_by_role("button", name=name)
        expect(arrow).to_be_enabled()
        with Image.open(io.BytesIO(arrow.screenshot())) as shot:
            middle = shot.convert("L").crop(
                (shot.width // 4, shot.height // 4, shot.width * 3 // 4, shot.height * 3 // 4)
            )
        low, high = (luminance(int(value)) for value in middle.getextrema())  # type: ignore[arg-type]
        assert (high + 0.05) / (low + 0.05) >= 4.5, (name, low, high)


def luminance(grey: int) -> float:
    """Return the relative luminance of a grey (WCAG 2.2)."""
    signal = grey / 255
    return signal / 12.92 if signal <= 0.04045 else float(((signal + 0.055) / 1.055) ** 2.4)


@pytest.mark.parametrize("width", [320, 390, 1440])
def test_the_name_is_read_whole_however_long_its_folder_is(
    open_page: OpenPage, serve_fake: ServeFake, width: int
) -> None:
    folder = "a-folder-whose-name-is-as-long-as-sixty-characters-may-be-ok/"
    key = f"{folder}{folder}IMG_20190612_101112.jpg"
    page = open_page(serve_fake(api_of(large(key))), viewport={"width": width, "height": 800})

    page.locator(".tile").click()

    expect(page.locator(".label")).to_have_count(1)
    name = page.locator("#viewer-name .name")
    expect(name).to_have_text("IMG_20190612_101112.jpg")
    hidden = name.evaluate("node => [node.scrollWidth - node.clientWidth, node.scrollHeight - node.clientHeight]")
    assert hidden == [0, 0]
    assert page.locator("#viewer-name").get_attribute("title") == key
    assert page.evaluate("document.querySelector('.viewer').scrollWidth <= innerWidth")
