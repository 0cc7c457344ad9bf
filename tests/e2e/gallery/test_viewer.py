"""One image: how it was taken, its words and faces, and a closer look."""

from __future__ import annotations

import math
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.gallery.conftest import PHONE_PROFILE, OpenPage, ServeFake
from tests.support.fake_api import FakeApi, image, label

BOX = {"Left": 0.1, "Top": 0.2, "Width": 0.4, "Height": 0.5}

FACTS = {
    "TakenAt": "2026-06-01T12:30:00.000000",
    "TakenOffset": "+02:00",
    "Camera": "Canon EOS R6",
    "Lens": "RF 50mm F1.8",
    "ExposureTime": 0.004,
    "FNumber": 2.8,
    "IsoSpeed": 100,
    "FocalLength": 50,
    "Latitude": 48.858222,
    "Longitude": 2.2945,
    "Altitude": 33.4,
}


def text(
    number: int, kind: str, words: str, corners: list[tuple[float, float]], line: int | None = None
) -> dict[str, Any]:
    """Return a line or a word, its corners from the upper left on."""
    left, top = min(x for x, _ in corners), min(y for _, y in corners)
    box = {
        "Left": left,
        "Top": top,
        "Width": max(x for x, _ in corners) - left,
        "Height": max(y for _, y in corners) - top,
    }
    polygon = [{"X": x, "Y": y} for x, y in corners]
    parent = {} if line is None else {"ParentId": line}
    geometry = {"BoundingBox": box, "Polygon": polygon}
    return {"Id": number, "Type": kind, "DetectedText": words, "Confidence": 99.0, "Geometry": geometry, **parent}


def a_sign(image_id: str = "sign.jpg", **members: Any) -> dict[str, Any]:
    """Return an image with facts, a label, two words (one upright, one turned by 90 degrees), and a face."""
    across = [(0.1, 0.1), (0.4, 0.1), (0.4, 0.2), (0.1, 0.2)]
    down = [(0.9, 0.1), (0.9, 0.7), (0.8, 0.7), (0.8, 0.1)]
    words = [
        text(0, "LINE", "Stop", across),
        text(1, "WORD", "Stop", across, 0),
        text(2, "LINE", "Caf\u00e9 & Bar", down),
        text(3, "WORD", "Caf\u00e9 & Bar", down, 2),
    ]
    face = {"BoundingBox": {"Left": 0.5, "Top": 0.4, "Width": 0.2, "Height": 0.3}, "Confidence": 98.0, "Landmarks": []}
    return image(image_id, label("Sign", 90, BOX), Facts=FACTS, Texts=words, Faces=[face], **members)


def test_the_viewer_says_how_a_picture_was_taken(open_page: OpenPage, serve_fake: ServeFake) -> None:
    page = open_page(serve_fake(FakeApi([a_sign()])) + "/?image=sign.jpg")

    expect(fact(page, "Taken")).to_have_text("1 Jun 2026, 12:30 (+02:00)")
    expect(fact(page, "Camera")).to_have_text("Canon EOS R6")
    expect(fact(page, "Lens")).to_have_text("RF 50mm F1.8")
    expect(fact(page, "Exposure")).to_have_text("1/250 s \u00b7 f/2.8 \u00b7 ISO 100 \u00b7 50 mm")
    expect(fact(page, "Place")).to_have_text("48.85822, 2.29450, 33 m")
    expect(fact(page, "Place").get_by_role("link")).to_have_attribute("rel", "noopener noreferrer")


def fact(page: Page, name: str) -> Locator:
    return page.locator(f'.facts dt:text-is("{name}") + dd')


def test_an_image_without_facts_says_that_it_has_no_capture_time(open_page: OpenPage, serve_fake: ServeFake) -> None:
    page = open_page(serve_fake(FakeApi([image("a.jpg")])) + "/?image=a.jpg")

    expect(fact(page, "Taken")).to_have_text("No capture time")
    expect(page.locator(".facts dt", has_text="Camera")).to_have_count(0)


@pytest.mark.parametrize(
    ("facts", "shown"),
    [
        ({"TakenAt": "2019-06-12T10:11:12.000000", "TakenAtSource": "EXIF"}, "12 Jun 2019, 10:11"),
        ({"TakenAt": "2019-06-12T10:11:12.000000"}, "12 Jun 2019, 10:11"),
        (
            {"TakenAt": "2019-06-12T10:11:12.000000", "TakenAtSource": "NAME"},
            "12 Jun 2019, 10:11, by the file\u2019s name",
        ),
        ({"TakenAt": "2019-06-12T00:00:00.000000", "TakenAtSource": "NAME"}, "12 Jun 2019, by the file\u2019s name"),
        (
            {"TakenAt": "2019-06-12T08:11:12.000000", "TakenOffset": "+00:00", "TakenAtSource": "FILE"},
            "12 Jun 2019, 08:11 (+00:00), by the file\u2019s time",
        ),
    ],
)
def test_the_viewer_says_how_the_time_is_known(
    open_page: OpenPage, serve_fake: ServeFake, facts: dict[str, str], shown: str
) -> None:
    page = open_page(serve_fake(FakeApi([image("a.jpg", Facts=facts)])) + "/?image=a.jpg")

    expect(fact(page, "Taken")).to_have_text(shown)


def test_an_image_that_waits_for_its_text_says_so_and_shows_it_when_it_is_there(
    open_page: OpenPage, serve_fake: ServeFake
) -> None:
    whole = a_sign()
    api = FakeApi([image("sign.jpg", label("Sign", 90, BOX), PendingFeatures=["TEXT", "FACES"])])
    page = open_page(serve_fake(api) + "/?image=sign.jpg")
    expect(fact(page, "To come")).to_have_text("text, faces")

    api.images[0] = whole

    expect(page.locator(".texts")).to_contain_text("Stop", timeout=30_000)
    expect(page.locator(".facts dt", has_text="To come")).to_have_count(0)


def test_a_feature_that_failed_is_told_beside_the_labels(open_page: OpenPage, serve_fake: ServeFake) -> None:
    told = {"Reason": "DETECTOR_UNAVAILABLE", "Message": "TEXT: the detector can\u2019t be reached"}
    page = open_page(serve_fake(FakeApi([image("a.jpg", label("Dog"), **told)])) + "/?image=a.jpg")

    expect(page.locator("#viewer .problem")).to_have_text(
        "A feature is missing: DETECTOR_UNAVAILABLETEXT: the detector can\u2019t be reached"
    )
    expect(page.locator('.label[data-label="Dog"]')).to_be_visible()


def test_a_map_is_opened_by_a_click_only(open_page: OpenPage, serve_fake: ServeFake) -> None:
    asked: list[str] = []
    url = serve_fake(FakeApi([a_sign()]))
    page = open_page(url)
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{url}/?image=sign.jpg")

    link = fact(page, "Place").get_by_role("link")
    expect(link).to_have_attribute("href", "https://www.openstreetmap.org/?mlat=48.858222&mlon=2.2945&zoom=15")
    expect(link).to_have_attribute("target", "_blank")
    page.wait_for_load_state("networkidle")
    assert all(each.startswith(url) for each in asked)


def test_words_and_faces_are_layers_that_are_switched_and_stay_so(open_page: OpenPage, serve_fake: ServeFake) -> None:
    page = open_page(serve_fake(FakeApi([a_sign(), a_sign("other.jpg")])) + "/?image=sign.jpg")
    layers = page.get_by_role("group", name="Boxes on the picture")
    expect(layers.get_by_role("button")).to_have_text([re.compile("Labels"), re.compile("Text"), re.compile("Faces")])
    expect(page.locator('.box[data-label="Sign"]')).to_be_visible()
    expect(page.locator(".word").first).to_be_hidden()

    for name in ("Labels", "Text", "Faces"):
        layers.get_by_role("button", name=name).click()

    expect(page.locator('.box[data-label="Sign"]')).to_be_hidden()
    expect(page.locator(".word").first).to_be_visible()
    page.get_by_role("button", name="Next image").click()
    expect(page.locator("#viewer-name")).to_have_text("other.jpg")
    expect(page.locator(".box.face")).to_be_visible()
    expect(layers.get_by_role("button", name="Labels")).to_have_attribute("aria-pressed", "false")


def test_a_turned_word_lies_where_it_was_read(open_page: OpenPage, serve_fake: ServeFake) -> None:
    page = open_page(serve_fake(FakeApi([a_sign()])) + "/?image=sign.jpg")
    page.get_by_role("button", name="Text").click()
    expect(page.locator(".word")).to_have_count(2)
    frame, upright, turned = (box_of(page.locator(place)) for place in (".frame", ".word >> nth=0", ".word >> nth=1"))

    def ratios(box: dict[str, float]) -> list[float]:
        x, y = (box["x"] - frame["x"]) / frame["width"], (box["y"] - frame["y"]) / frame["height"]
        return [x, y, box["width"] / frame["width"], box["height"] / frame["height"]]

    assert ratios(upright) == pytest.approx([0.1, 0.1, 0.3, 0.1], abs=0.005)
    assert ratios(turned) == pytest.approx([0.8, 0.1, 0.1, 0.6], abs=0.005)


def box_of(place: Locator) -> dict[str, float]:
    box = place.bounding_box()
    assert box is not None
    return {"x": box["x"], "y": box["y"], "width": box["width"], "height": box["height"]}


@pytest.mark.parametrize("where", [".word >> nth=1", ".texts a >> nth=1"], ids=["picture", "panel"])
def test_a_word_searches_for_itself(open_page: OpenPage, serve_fake: ServeFake, where: str) -> None:
    page = open_page(serve_fake(FakeApi([a_sign(), image("other.jpg")])) + "/?image=sign.jpg")
    page.get_by_role("button", name="Text").click()

    page.locator(where).click()

    expect(page.locator(".chip")).to_have_text("\u201cCaf\u00e9 & Bar\u201d")
    expect(page.locator(".tile")).to_have_count(1)
    assert parse_qs(urlsplit(page.url).query) == {"text": ["Caf\u00e9 & Bar"]}
    page.get_by_role("button", name="Remove \u201cCaf\u00e9 & Bar\u201d").click()
    expect(page.locator(".tile")).to_have_count(2)


def opened(page: Page) -> Page:
    expect(page.locator(".frame.ready")).to_be_visible()
    return page


def scale_of(page: Page) -> float:
    return float(page.locator(".frame").evaluate("frame => new DOMMatrix(getComputedStyle(frame).transform).a"))


def test_keys_zoom_and_pan_and_go_on_when_not_zoomed(open_page: OpenPage, serve_fake: ServeFake) -> None:
    images = [a_sign(f"{index}.jpg", Width=6000, Height=4000) for index in range(3)]
    page = opened(open_page(serve_fake(FakeApi(images)) + "/?image=0.jpg"))

    page.keyboard.press("+")
    page.keyboard.press("+")
    assert scale_of(page) == pytest.approx(2.25)
    before = box_of(page.locator(".frame"))
    page.keyboard.press("ArrowRight")
    assert box_of(page.locator(".frame"))["x"] == pytest.approx(before["x"] - 90, abs=1)
    expect(page.locator("#viewer-name")).to_have_text("0.jpg")
    page.keyboard.press("-")
    assert scale_of(page) == pytest.approx(1.5)
    page.keyboard.press("0")
    assert scale_of(page) == 1
    page.keyboard.press("ArrowRight")
    expect(page.locator("#viewer-name")).to_have_text("1.jpg")


def test_the_wheel_zooms_about_the_pointer_down_to_the_pixels(open_page: OpenPage, serve_fake: ServeFake) -> None:
    page = opened(open_page(serve_fake(FakeApi([a_sign(Width=6000, Height=4000)])) + "/?image=sign.jpg"))
    frame = box_of(page.locator(".frame"))
    x, y = frame["x"] + frame["width"] / 4, frame["y"] + frame["height"] / 4
    page.mouse.move(x, y)

    page.mouse.wheel(0, -400)
    page.wait_for_function("document.querySelector('.stage').classList.contains('zoomed')")

    after = box_of(page.locator(".frame"))
    assert after["width"] == pytest.approx(frame["width"] * math.exp(400 * 0.0022), rel=0.01)
    assert (x - after["x"]) / after["width"] == pytest.approx(0.25, abs=0.01)
    assert (y - after["y"]) / after["height"] == pytest.approx(0.25, abs=0.01)
    page.mouse.wheel(0, -9000)
    page.wait_for_function("document.querySelector('.frame').getBoundingClientRect().width > 17990")
    assert box_of(page.locator(".frame"))["width"] == pytest.approx(6000 * 3, rel=0.01)


def test_a_drag_moves_a_zoomed_picture_and_follows_no_link(open_page: OpenPage, serve_fake: ServeFake) -> None:
    page = opened(open_page(serve_fake(FakeApi([a_sign(Width=6000, Height=4000)])) + "/?image=sign.jpg"))
    page.get_by_role("button", name="Text").click()
    page.keyboard.press("+")
    word, before = box_of(page.locator(".word").first), box_of(page.locator(".frame"))

    x, y = word["x"] + word["width"] * 0.8, word["y"] + word["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 50, y + 10, steps=4)
    page.mouse.up()

    assert box_of(page.locator(".frame"))["x"] == pytest.approx(before["x"] + 50, abs=1)
    expect(page).to_have_url(re.compile("image=sign.jpg$"))


def touch(page: Page, *paths: list[tuple[float, float]]) -> None:
    """Move one or two fingers along paths, as a touch screen does."""
    devtools = page.context.new_cdp_session(page)
    for step, points in enumerate(zip(*paths, strict=True)):
        fingers = [{"x": x, "y": y, "id": finger} for finger, (x, y) in enumerate(points)]
        kind = "touchStart" if step == 0 else "touchMove"
        devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})
    devtools.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_on_a_phone_a_swipe_goes_on_and_two_fingers_zoom(open_page: OpenPage, serve_fake: ServeFake) -> None:
    images = [a_sign(f"{index}.jpg", Width=6000, Height=4000) for index in range(3)]
    page = opened(open_page(serve_fake(FakeApi(images)) + "/?image=0.jpg", **PHONE_PROFILE))
    expect(page.get_by_role("button", name="Next image")).to_be_enabled()
    stage = box_of(page.locator(".stage"))
    x, y = stage["width"] / 2, stage["y"] + stage["height"] / 2

    touch(page, [(x + 100 - 20 * step, y) for step in range(10)])
    expect(page.locator("#viewer-name")).to_have_text("1.jpg")
    opened(page)
    touch(page, [(x - 30 - 6 * step, y) for step in range(10)], [(x + 30 + 6 * step, y) for step in range(10)])
    page.wait_for_function("document.querySelector('.stage').classList.contains('zoomed')")
    assert scale_of(page) == pytest.approx(2.8, rel=0.1)
    expect(page.locator("#viewer-name")).to_have_text("1.jpg")
    assert page.evaluate("[document.documentElement.scrollWidth, visualViewport.scale]") == [390, 1]
