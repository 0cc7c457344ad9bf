"""The search box: Enter takes what fits, chips say how each word was read, and names are suggested; real parser."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from boto3.session import Session
from playwright.sync_api import Page, expect

from benchmarks.words.archive import archive
from tests.e2e.gallery.conftest import DESKTOP, PHONE_PROFILE, OpenPage
from tests.support.fake_api import KEY_ID, REGION, SECRET, STAGE
from tests.support.serving import listening, serving
from viewfinder.bootstrap import Application
from viewfinder.gallery.app import gallery_app
from viewfinder.gallery.connections import new_protocol
from viewfinder.gallery.guard import Guard
from viewfinder.gallery.inprocess import InProcessApi
from viewfinder.gallery.status import Sources, Status
from viewfinder.settings import Settings

LAMBDA = Path(__file__).parents[3] / "lambdas" / "api_handler"
SCREENS: dict[str, dict[str, Any]] = {"desktop": {"viewport": DESKTOP}, "phone": PHONE_PROFILE}


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a gallery whose API is the function's handler, before the archive of the benchmark."""
    file = tmp_path_factory.mktemp("words") / "catalog.sqlite"
    settings = Settings(images_bucket="i", derived_bucket="d", table="t", queue_url="q", catalog=f"sqlite:{file}")
    session = Session(KEY_ID, SECRET, region_name=REGION)
    application = Application(settings, session=session, endpoint_url="http://127.0.0.1:9")
    for image in archive():
        application.catalog.save(image, replacing=None)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(LAMBDA))
        module = import_module("handler")
        patch.setattr(module, "application", application)
        listener = listening()
        api = InProcessApi(module.handler, STAGE)
        page = gallery_app(api, Guard(listener.getsockname()[1], ""), Status(session, Sources()))
        with serving(page, listener, http=new_protocol()) as url:
            yield url
    application.catalog_parts.close()
    sys.modules.pop("handler", None)


def search(page: Page, text: str) -> None:
    """Type a text and press Enter, with the keyboard only."""
    expect(page.locator("#count")).not_to_have_text("")  # the page's scripts are there
    page.keyboard.press("/")
    expect(page.locator("#query")).to_be_focused()
    page.keyboard.type(text)
    page.keyboard.press("Enter")


@pytest.mark.parametrize("screen", SCREENS)
def test_what_found_nothing_before_is_found(gallery: str, open_page: OpenPage, screen: str) -> None:
    page = open_page(gallery, **SCREENS[screen])
    expect(page.locator("#count")).to_have_text("270 images")
    for text, chip, count in (
        ("invoice", "text“invoice”", "6 images"),
        ("IMG_1084", "fileIMG_1084", "1 image"),
        ("venice", "foldervenice", "9 images"),
        ("2019", "2019", "27 images"),
        ("june 2019", "June 2019", "9 images"),
        ("Canon", "cameraCanon", "54 images"),
        ("sofa", "sofa → Couch", "3 images"),
        ("cafe", "text“cafe”", "3 images"),
        ("motorbike", "foldermotorbike", "9 images"),
        ("dog harbour june 2019", "Dog", "6 images"),
    ):
        search(page, text)
        expect(page.locator("#chips .reading .name").first).to_have_text(chip)
        expect(page.locator("#count")).to_have_text(count)
        page.goto(gallery)
    search(page, "red car")
    expect(page.locator("#chips .name")).to_have_text(["red: nothing known", "Car"])
    expect(page.locator("#count")).to_have_text("15 images")


@pytest.mark.parametrize("screen", SCREENS)
def test_a_chip_changes_to_another_reading_and_goes_by_the_keyboard(
    gallery: str, open_page: OpenPage, screen: str
) -> None:
    page = open_page(gallery, **SCREENS[screen])
    search(page, "puppy 2023")
    expect(page.locator("#chips .reading .name")).to_have_text(["folderpuppy", "2023"])
    page.locator("#chips .reading .name").first.focus()
    page.keyboard.press("Enter")
    choice = page.get_by_role("button", name="label Dog")
    expect(choice).to_be_visible()
    page.keyboard.press("Escape")
    expect(choice).to_be_hidden()
    expect(page.locator("#chips .reading .name").first).to_be_focused()
    page.keyboard.press("Enter")
    choice.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#chips .reading .name")).to_have_text(["puppy → Dog", "2023"])
    assert "q=label%3Apuppy+2023" in page.url
    page.get_by_role("button", name="Remove 2023").press("Enter")
    expect(page.locator("#chips .reading .name")).to_have_text(["puppy → Dog"])
    page.keyboard.press("Backspace")  # in the box, which has the focus again
    expect(page.locator("#chips .reading")).to_have_count(0)
    expect(page.locator("#count")).to_have_text("270 images")


@pytest.mark.parametrize("screen", SCREENS)
def test_a_wrong_spelling_has_the_nearest_name(gallery: str, open_page: OpenPage, screen: str, axe: str) -> None:
    page = open_page(gallery, **SCREENS[screen])
    search(page, "doog")
    expect(page.locator("#empty h2")).to_have_text("Nothing is known by doog")
    page.evaluate(axe)
    page.locator("#chips .reading .name").click()
    found = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']})")
    assert [violation["id"] for violation in found["violations"]] == []
    page.locator("#empty").get_by_role("button", name="Did you mean Dog?").press("Enter")
    expect(page.locator("#chips .reading .name")).to_have_text(["Dog"])
    expect(page.locator("#count")).to_have_text("18 images")


def test_words_that_no_image_has_together_can_be_left_out_one_by_one(gallery: str, open_page: OpenPage) -> None:
    page = open_page(gallery)
    search(page, "lion london")
    expect(page.locator("#empty h2")).to_have_text("No image has all of these")
    page.get_by_role("button", name="Without london").click()
    expect(page.locator("#chips .reading .name")).to_have_text(["Lion"])
    expect(page.locator("#count")).to_have_text("3 images")


def test_a_chip_leaves_its_word_out(gallery: str, open_page: OpenPage) -> None:
    page = open_page(gallery)
    search(page, "dog harbour")
    page.locator("#chips .reading .name").first.click()
    page.get_by_role("button", name="Without it instead").click()
    expect(page.locator("#chips .reading.out .name")).to_have_text(["Dog"])
    expect(page.locator("#count")).to_have_text("3 images")
