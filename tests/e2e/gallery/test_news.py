"""What happens elsewhere while a page is open: new pictures, files that are none, and another start of the gallery."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from boto3.session import Session
from playwright.sync_api import FilePayload, Page, expect

from tests.e2e.gallery.conftest import OpenPage, ServeFake, hold
from tests.e2e.gallery.test_views import some_images
from tests.support.fake_api import KEY_ID, REGION, SECRET, STAGE, FakeApi, image, label
from tests.support.serving import listening, serving
from viewfinder.gallery.app import gallery_app
from viewfinder.gallery.guard import Guard
from viewfinder.gallery.proxy import SignedApi
from viewfinder.gallery.status import Sources, Status
from viewfinder.operations.signing import Signer

COME_BACK = "document.dispatchEvent(new Event('visibilitychange'))"
"""A page looks for news at times, and when it is seen again."""


@pytest.mark.parametrize("order", ["newest", "taken"])
def test_an_open_grid_hears_of_new_pictures(open_page: OpenPage, serve_fake: ServeFake, order: str) -> None:
    api = FakeApi(some_images(30))
    page = open_page(f"{serve_fake(api)}/?order={order}")
    expect(page.locator("#count")).to_have_text("30 images")
    page.wait_for_load_state("networkidle")
    page.evaluate(COME_BACK)
    fresh = page.locator("#fresh")
    expect(fresh).to_be_hidden()

    api.images = [image(f"new/{index}.jpg", label("Dog")) for index in range(12)] + api.images
    page.evaluate(COME_BACK)

    expect(fresh).to_have_text("12 new")
    expect(page.locator("#count")).to_have_text("30 images")
    fresh.click()
    expect(page.locator("#count")).to_have_text("42 images")
    expect(page.locator('.tile[aria-label^="11.jpg"]')).to_be_visible()
    expect(fresh).to_be_hidden()


def test_pictures_of_another_search_and_deleted_ones_are_no_news(open_page: OpenPage, serve_fake: ServeFake) -> None:
    api = FakeApi(some_images(4))
    page = open_page(serve_fake(api) + "/?label=Dog")
    expect(page.locator(".tile")).to_have_count(2)
    page.locator(".tile").first.focus()
    page.keyboard.press("Delete")
    page.locator("#question").get_by_role("button", name="Delete").click()
    expect(page.locator(".tile")).to_have_count(1)

    api.images = [image("boat.jpg", label("Boat")), api.trash[0], *api.images]  # the catalog has not followed yet
    with page.expect_response("**/prod/images?*"):
        page.evaluate(COME_BACK)

    expect(page.locator("#fresh")).to_be_hidden()
    api.images = [image("dog.jpg", label("Dog")), *api.images]
    page.evaluate(COME_BACK)
    expect(page.locator("#fresh")).to_have_text("1 new")


REJECTED = [
    image("scans/letter.jpg", Status="REJECTED", Reason="NOT_AN_IMAGE", Message="no picture"),
    image("scans/cut.jpg", Status="REJECTED", Reason="TRUNCATED_IMAGE", Message="cut"),
    image("scans/tired.jpg", Status="FAILED", Reason="INTERNAL_ERROR", Message="failed"),
    image("scans/odd.jpg", Status="REJECTED", Reason="SOMETHING_NEW", Message="odd"),
]


def test_rejected_files_are_shown_to_who_asks_for_them(open_page: OpenPage, serve_fake: ServeFake) -> None:
    page = open_page(serve_fake(FakeApi([*REJECTED, *some_images(3)])))
    expect(page.locator(".tile")).to_have_count(3)
    expect(page.locator(".tile.fault")).to_have_count(0)
    expect(page.locator("#count")).to_have_text("3 images")

    expect(page.locator("#beside a")).to_have_text(["3 rejected files", "1 failed"])
    page.get_by_role("link", name="3 rejected files").click()

    expect(page.locator(".tile.fault .missing")).to_have_text(
        [
            "letter.jpgThis file is not a picture.",
            "cut.jpgThe file ends before the picture does.",
            "odd.jpgIt can't be analysed: SOMETHING_NEW.",
        ]
    )
    expect(page.locator(".tile").first).to_have_attribute("aria-label", "letter.jpg. This file is not a picture.")
    status = page.get_by_role("combobox", name="Status")
    status.select_option("ANY")
    expect(page.locator(".tile")).to_have_count(7)
    status.select_option("")
    expect(page.locator(".tile")).to_have_count(3)


def many(number: int, folder: str, name: str) -> list[dict[str, Any]]:
    return [image(f"{folder}/{index}.jpg", label(name)) for index in range(number)]


@pytest.mark.parametrize(
    ("search", "text"),
    [
        ("label=Dog", "246 images"),
        ("prefix=dogs/", "246 images"),
        ("label=Dog&order=taken", "246 images"),
        ("label=Dog&prefix=dogs/", "more than 50 images"),
        ("label=Dog&minConfidence=50", "more than 50 images"),
        ("", "366 images"),
    ],
)
def test_the_number_is_told_where_the_catalog_knows_it(
    open_page: OpenPage, serve_fake: ServeFake, search: str, text: str
) -> None:
    page = open_page(f"{serve_fake(FakeApi(many(246, 'dogs', 'Dog') + many(120, 'cats', 'Cat')))}/?{search}")
    if text.startswith("more"):
        expect(page.locator("#count")).to_contain_text("more than")
    else:
        expect(page.locator("#count")).to_have_text(text)


def gallery(api_url: str, port: int) -> Any:
    session = Session(KEY_ID, SECRET, region_name=REGION)
    signed = SignedApi(f"{api_url}/{STAGE}", Signer(session))
    return gallery_app(signed, Guard(port), Status(session, Sources()))


def test_a_page_that_was_open_over_a_restart_goes_on(open_page: OpenPage) -> None:
    api = FakeApi(some_images(2))
    listener = listening()
    port = listener.getsockname()[1]
    with serving(api.application()) as api_url:
        with serving(gallery(api_url, port), listener) as url:
            page = open_page(url)
            expect(page.locator(".tile")).to_have_count(2)
        again = listening(port)
        with serving(gallery(api_url, port), again):
            page.locator(".tile").first.focus()
            page.keyboard.press("Delete")
            page.locator("#question").get_by_role("button", name="Delete").click()
            expect(page.locator(".toast")).to_contain_text("1 image is in the trash.")
            page.set_input_files("#choose-files", FilePayload(name="a.jpg", mimeType="image/jpeg", buffer=b"new"))
            expect(page.locator('.file[data-state="sent"]')).to_have_count(1)
            page.close()
    assert [entry["ImageId"] for entry in api.trash] == ["trip/photo 0.jpg"]
    assert hashlib.md5(api.bucket["a.jpg"][1]).hexdigest() == hashlib.md5(b"new").hexdigest()


def test_delete_in_the_viewer_asks_deletes_and_goes_on(open_page: OpenPage, serve_fake: ServeFake) -> None:
    api = FakeApi(some_images(3))
    page = open_page(serve_fake(api))
    page.locator('.tile[aria-label^="photo 1.jpg"]').click()
    expect(page.locator("#viewer").get_by_role("button", name="Delete")).to_be_visible()

    page.keyboard.press("Delete")
    expect(page.locator("#question-text")).to_contain_text("Delete photo 1.jpg?")
    page.keyboard.press("Escape")
    assert api.trash == []
    page.keyboard.press("Delete")
    page.locator("#question").get_by_role("button", name="Delete").click()

    expect(page.locator("#viewer-name")).to_contain_text("photo 2.jpg")
    assert [entry["ImageId"] for entry in api.trash] == ["trip/photo 1.jpg"]
    page.get_by_role("combobox", name="Add a label").press("Delete")
    expect(page.locator("#question")).to_be_hidden()


def test_the_keys_of_the_viewer_work_on_when_the_record_comes_behind_a_question(
    open_page: OpenPage, serve_fake: ServeFake
) -> None:
    page = open_page(serve_fake(FakeApi(some_images(3))))
    let_go = hold(page, "/images/trip")
    page.locator('.tile[aria-label^="photo 1.jpg"]').click()
    page.locator("#viewer").get_by_role("button", name="Delete").click()
    expect(page.locator("#question-text")).to_contain_text("Delete photo 1.jpg?")
    let_go()
    expect(page.locator("#viewer h3").first).to_have_text("Labels")

    page.keyboard.press("Escape")
    expect(page.locator("#viewer").get_by_role("button", name="Close")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#viewer-name")).to_contain_text("photo 2.jpg")


def test_a_page_whose_gallery_is_locked_now_says_what_to_do(open_page: OpenPage, serve_fake: ServeFake) -> None:
    page = open_page(serve_fake(FakeApi(some_images(2))))
    expect(page.locator(".tile")).to_have_count(2)
    page.route("**/prod/images/**", refuse)
    page.route("**/", refuse)

    page.locator(".tile").first.focus()
    page.keyboard.press("Delete")
    page.locator("#question").get_by_role("button", name="Delete").click()

    expect(page.locator(".toast.fault")).to_contain_text("The gallery was started again, and is locked")


def refuse(route: Any) -> None:
    route.fulfill(status=403, json={"Error": {"Code": "Forbidden", "Message": "needs the header", "RequestId": "x"}})


def test_question_mark_shows_the_keys(open_page: OpenPage, serve_fake: ServeFake) -> None:
    page = open_page(serve_fake(FakeApi(some_images(2))))
    expect(page.locator(".tile")).to_have_count(2)
    page.keyboard.press("?")

    expect(page.locator("#keys dd")).to_have_count(11)
    expect(page.locator("#keys")).to_contain_text("Delete what is selected")
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    page.get_by_role("combobox", name="Search by label").focus()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_hidden()


def test_all_images_of_a_search_are_chosen_by_a_key_and_deleted_by_another(
    open_page: OpenPage, serve_fake: ServeFake
) -> None:
    api = FakeApi(some_images(120))
    page = open_page(serve_fake(api) + "/?label=Dog")
    expect(page.locator(".tile").first).to_be_visible()

    page.keyboard.press("Control+a")
    expect(page.locator("#selection b")).to_have_text("60 images selected")
    page.keyboard.press("Delete")
    expect(page.locator("#question-text")).to_contain_text("Delete 60 images?")
    page.locator("#question").get_by_role("button", name="Delete").click()

    expect(page.locator("#empty")).to_be_visible()
    assert len(api.images) == 60
    assert len(api.trash) == 60


@pytest.mark.parametrize(("is_key", "chosen"), [(True, "4 images"), (False, "1 image")])
def test_what_is_pressed_before_the_script_for_it_is_here_counts(
    is_key: bool, chosen: str, open_page: OpenPage, serve_fake: ServeFake
) -> None:
    page = open_page("about:blank")
    let_go = hold(page, r"/selection\.js")
    page.goto(serve_fake(FakeApi(some_images(4))))
    expect(page.locator(".tile").first).to_be_visible()

    if is_key:
        page.keyboard.press("Control+a")
    else:
        page.get_by_role("button", name="Select photo 2.jpg").click()
    expect(page.locator("#selection")).to_be_hidden()
    let_go()

    expect(page.locator("#selection b")).to_have_text(f"{chosen} selected")


def test_the_trash_is_emptied_after_a_question(open_page: OpenPage, serve_fake: ServeFake) -> None:
    api = FakeApi(some_images(1), trash=[image(f"{index}.jpg") for index in range(3)])
    page = open_page(serve_fake(api) + "/?view=trash")

    page.get_by_role("button", name="Empty the trash").click()
    page.locator("#question").get_by_role("button", name="Cancel").click()
    expect(page.locator(".rows li")).to_have_count(3)
    page.get_by_role("button", name="Empty the trash").click()
    page.locator("#question").get_by_role("button", name="Delete for good").click()

    expect(page.get_by_text("The trash is empty.")).to_be_visible()
    expect(page.locator(".toast")).to_have_text("3 images are deleted for good.")
    expect(page.get_by_role("button", name="Empty the trash")).to_be_hidden()
    assert (api.trash, len(api.images)) == ([], 1)


def tree(page: Page) -> list[str]:
    return page.locator(".folders .name").all_inner_texts()


def test_browse_has_every_level_of_folders(open_page: OpenPage, serve_fake: ServeFake) -> None:
    keys = ["2019/rome/day 1/a.jpg", "2019/rome/b.jpg", "2019/c.jpg", "2020/d.jpg", "e.jpg"]
    page = open_page(serve_fake(FakeApi([image(key, label("Dog")) for key in keys])) + "/?view=browse")
    expect(page.locator(".folders .name")).to_have_text(["2019", "2020"])

    for name in ("2019", "rome", "day 1"):
        page.get_by_role("button", name=f"Folders in {name}").click()
        expect(page.get_by_role("button", name=f"Folders in {name}")).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_text("No folders inside")).to_be_visible()
    assert tree(page) == ["2019", "rome", "day 1", "2020"]
    expect(page.locator(".folders a").nth(1)).to_have_text("rome2 images")

    page.get_by_role("button", name="Folders in 2019").click()
    expect(page.locator(".folders .name", has_text="rome")).to_be_hidden()
    page.get_by_role("button", name="Folders in 2019").click()
    page.locator(".folders a", has_text="rome").click()
    expect(page.locator(".tile")).to_have_count(2)
    assert page.url.endswith("/?prefix=2019%2Frome%2F")
