"""Several images at once: ticked by mouse, finger and keyboard; deleted, brought back, analysed, downloaded."""

from __future__ import annotations

from zipfile import ZipFile

from playwright.sync_api import Locator, Page, Route, expect

from tests.e2e.gallery.conftest import PHONE_PROFILE, OpenPage, ServeFake
from tests.e2e.gallery.test_views import some_images
from tests.support.fake_api import FakeApi
from tests.support.waiting import wait_for


def tile(page: Page, number: int) -> Locator:
    return page.locator(f'.tile[aria-label^="photo {number}.jpg"]')


def tick(page: Page, number: int) -> Locator:
    return page.get_by_role("button", name=f"Select photo {number}.jpg")


def bar(page: Page) -> Locator:
    return page.get_by_role("toolbar", name="Selected images")


def ready(page: Page) -> Page:
    """Wait until the script of the selection has come."""
    expect(page.locator("#selection button")).to_have_count(4)
    expect(tile(page, 0)).to_be_visible()
    return page


def test_a_tick_begins_and_further_clicks_choose_up_to_a_range(open_page: OpenPage, serve_fake: ServeFake) -> None:
    page = ready(open_page(serve_fake(FakeApi(some_images(20)))))
    expect(bar(page)).to_be_hidden()

    tile(page, 1).hover()
    tick(page, 1).click()
    tile(page, 3).click()
    expect(bar(page)).to_contain_text("2 images selected")
    tile(page, 6).click(modifiers=["Shift"])
    expect(page.locator(".chosen")).to_have_count(5)
    tile(page, 3).click()
    expect(bar(page)).to_contain_text("4 images selected")
    assert page.url.endswith("/"), "nothing was opened"

    page.keyboard.press("Escape")
    expect(bar(page)).to_be_hidden()
    tile(page, 3).click()
    expect(page.locator("#viewer-name")).to_contain_text("photo 3.jpg")


def test_the_keyboard_chooses_too(open_page: OpenPage, serve_fake: ServeFake) -> None:
    page = ready(open_page(serve_fake(FakeApi(some_images(20)))))
    tile(page, 0).focus()

    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    expect(bar(page)).to_contain_text("3 images selected")
    page.keyboard.press("x")
    expect(bar(page)).to_contain_text("2 images selected")
    page.keyboard.press("Enter")
    expect(page.locator("#viewer-name")).to_contain_text("photo 2.jpg")
    page.keyboard.press("Escape")
    expect(bar(page)).to_contain_text("2 images selected")


def test_on_a_phone_a_long_press_begins_and_touches_go_on(open_page: OpenPage, serve_fake: ServeFake) -> None:
    page = ready(open_page(serve_fake(FakeApi(some_images(20))), **PHONE_PROFILE))
    place = tile(page, 2).bounding_box()
    assert place is not None
    finger = {"x": place["x"] + 20, "y": place["y"] + 20}
    devtools = page.context.new_cdp_session(page)

    devtools.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [finger]})
    expect(bar(page)).to_contain_text("1 image selected")
    devtools.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    tile(page, 3).tap()

    expect(bar(page)).to_contain_text("2 images selected")
    expect(page.locator("#viewer")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_what_is_deleted_comes_back_by_undo(open_page: OpenPage, serve_fake: ServeFake) -> None:
    api = FakeApi(some_images(6))
    page = ready(open_page(serve_fake(api)))
    for number in (1, 2, 4):
        tile(page, number).hover()
        tick(page, number).click()

    bar(page).get_by_role("button", name="Delete").click()
    page.locator("#question").get_by_role("button", name="Delete").click()
    expect(page.locator(".toast")).to_contain_text("3 images are in the trash.")
    expect(page.locator(".tile")).to_have_count(3)
    assert {image["ImageId"] for image in api.trash} == {f"trip/photo {number}.jpg" for number in (1, 2, 4)}

    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".tile")).to_have_count(6)
    assert api.trash == []


def test_what_could_not_be_deleted_stays_and_is_counted(open_page: OpenPage, serve_fake: ServeFake) -> None:
    page = ready(open_page(serve_fake(FakeApi(some_images(3)))))

    def refuse_one(route: Route) -> None:
        is_one = route.request.method == "DELETE" and "photo%201" in route.request.url
        answer = {"Error": {"Code": "InternalError", "Message": "It broke.", "RequestId": "x"}}
        route.fulfill(status=500, json=answer) if is_one else route.fallback()

    page.route("**/prod/images/**", refuse_one)
    tile(page, 0).focus()
    page.keyboard.press("x")
    page.keyboard.press("Shift+End")
    page.keyboard.press("Shift+ArrowRight")
    expect(bar(page)).to_contain_text("3 images selected")
    bar(page).get_by_role("button", name="Delete").click()
    page.locator("#question").get_by_role("button", name="Delete").click()

    expect(page.locator(".toast.fault")).to_have_text("1 image could not be deleted: It broke.")
    expect(page.locator(".tile")).to_have_count(1)
    expect(tile(page, 1)).to_be_visible()


def test_several_are_analysed_again_and_downloaded_as_one_zip(open_page: OpenPage, serve_fake: ServeFake) -> None:
    api = FakeApi(some_images(6))
    page = ready(open_page(serve_fake(api)))
    tile(page, 1).focus()
    page.keyboard.press("x")
    page.keyboard.press("Shift+ArrowRight")

    with page.expect_download() as download:
        bar(page).get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "viewfinder.zip"
    with ZipFile(download.value.path()) as archive:
        assert archive.namelist() == ["trip/photo 1.jpg", "trip/photo 2.jpg"]
        assert archive.testzip() is None

    bar(page).get_by_role("button", name="Analyse again").click()
    page.locator("#question").get_by_role("button", name="Analyse").click()
    expect(page.locator(".toast")).to_have_text("2 images are being analysed.")
    wait_for(
        lambda: (
            sorted(body for method, target, body in api.requests if target.endswith("/analyses"))
            == [b'{"ImageId":"trip/photo 1.jpg"}', b'{"ImageId":"trip/photo 2.jpg"}']
        ),
        seconds=5,
        what="both analyses",
    )
