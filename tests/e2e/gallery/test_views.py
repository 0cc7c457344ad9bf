"""The gallery before an API in memory: what a real stack would take long to show, or never would."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.e2e.gallery.conftest import DESKTOP, PHONE, OpenPage, ServeFake
from tests.e2e.gallery.test_viewer import a_sign
from tests.support.fake_api import FakeApi, image, label
from tests.support.waiting import wait_for

BOX = {"Left": 0.1, "Top": 0.2, "Width": 0.4, "Height": 0.5}
HOSTILE = "<img src=x onerror=\"document.title='hacked'\"><script>document.title='hacked'</script>"


def some_images(number: int) -> list[dict[str, Any]]:
    """Images of mixed proportions; every second one has a dog."""
    chance = random.Random(7)
    sizes = [(300, 200), (200, 300), (300, 300), (400, 225)]
    return [
        image(
            f"trip/photo {index}.jpg",
            label("Dog" if index % 2 else "Boat", 60 + chance.random() * 40, BOX, parents=("Animal",)),
            label("Animal", 60 + chance.random() * 40),
            **dict(zip(("Width", "Height"), chance.choice(sizes), strict=True)),
        )
        for index in range(number)
    ]


def test_the_first_screen_of_ten_thousand_images_waits_for_one_search_only(
    open_page: OpenPage, serve_fake: ServeFake
) -> None:
    """How long that takes is measured by benchmarks/catalog.py."""
    page = open_page(serve_fake(FakeApi(some_images(10_000))))

    searches = wait_for(lambda: page.evaluate(SEARCHES_BEFORE_TILES), seconds=20, what="the first screen")

    assert [search.partition("?")[2] for search in searches] == ["limit=50&status=ANALYZED"]


SEARCHES_BEFORE_TILES = """() => {
    const seen = performance.getEntriesByName("first-screen")[0];
    const calls = performance.getEntriesByType("resource").filter(entry => entry.name.includes("/images?"));
    return seen ? calls.filter(call => call.responseEnd <= seen.startTime).map(call => call.name) : null;
}"""


@pytest.mark.parametrize("images", [3_000, pytest.param(10_000, marks=pytest.mark.soak)])
def test_scrolling_keeps_document_and_memory_flat(open_page: OpenPage, serve_fake: ServeFake, images: int) -> None:
    page = open_page(serve_fake(FakeApi(some_images(images))))
    expect(page.locator(".tile").first).to_be_visible()
    devtools = page.context.new_cdp_session(page)
    tiles = []

    def heap_after_scrolling_to(index: int) -> float:
        def is_there() -> bool:
            page.mouse.wheel(0, 50_000)
            tiles.append(page.locator(".tile").count())
            last: int = page.evaluate("Number(document.querySelector('#grid').lastChild.dataset.index)")
            return last >= index

        wait_for(is_there, seconds=100, what=f"image {index}")
        devtools.send("HeapProfiler.collectGarbage")
        return float(devtools.send("Runtime.getHeapUsage")["usedSize"])

    early, late = heap_after_scrolling_to(1000), heap_after_scrolling_to(images - 1)

    assert max(tiles) < 120
    assert page.evaluate("document.querySelectorAll('*').length") < 1500
    assert late - early < 1_700 * (images - 1000)  # summaries in JavaScript's own form, and no more tiles
    page.evaluate("scrollTo(0, 0)")
    expect(page.locator('.tile[aria-label^="photo 0.jpg"]')).to_be_visible()


def test_search_filters_and_address_agree(open_page: OpenPage, serve_fake: ServeFake) -> None:
    api = FakeApi(some_images(40))
    url = serve_fake(api)
    page = open_page(f"{url}/?label=Dog&exclude=Cat&minConfidence=70&order=confidence")

    expect(page.locator(".chip")).to_have_text(["Dog", "Cat"])
    expect(page.locator(".chip.out")).to_have_text("Cat")
    expect(page.get_by_role("slider")).to_have_value("70")
    expect(page.get_by_label("Most confident")).to_be_checked()
    page.get_by_role("combobox", name="Search by label").fill("Boat")
    page.keyboard.press("Enter")
    page.get_by_label("Any label").check()
    expect(page).to_have_url(re.compile(r"match=any"))
    page.get_by_role("button", name="Without Cat; press for with").click()
    expect(page.locator(".chip.out")).to_have_count(0)
    page.go_back()
    expect(page.locator(".chip.out")).to_have_text("Cat")

    wanted = {"label=Dog", "label=Boat", "match=any", "exclude=Cat", "minConfidence=70", "order=confidence"}

    def is_asked() -> bool:
        return any(wanted <= set(target.partition("?")[2].split("&")) for _, target, _ in api.requests)

    wait_for(is_asked, seconds=20, what="the search of the address")


def test_enter_waits_for_the_options_of_what_was_typed(open_page: OpenPage, serve_fake: ServeFake) -> None:
    page = open_page(serve_fake(FakeApi(some_images(3))))
    page.keyboard.press("/")
    page.keyboard.type("-bo")
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile("exclude=Boat"))


def test_the_keyboard_does_it_all(open_page: OpenPage, serve_fake: ServeFake) -> None:
    page = open_page(serve_fake(FakeApi(some_images(300))))
    expect(page.locator(".tile").first).to_be_visible()

    page.keyboard.press("/")
    expect(page.get_by_role("combobox", name="Search by label")).to_be_focused()
    page.keyboard.type("-bo")
    expect(page.get_by_role("option", name="Without Boat")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("exclude=Boat"))
    page.keyboard.press("Backspace")
    expect(page.locator(".chip")).to_have_count(0)
    expect(page.locator("#gallery[aria-busy]")).to_have_count(0)  # the new tiles would take the focus away

    page.locator(".tile").first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator('.tile[aria-label^="photo 1.jpg"]')).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Home")
    expect(page.locator('.tile[aria-label^="photo 0.jpg"]')).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#viewer-name")).to_contain_text("photo 0.jpg")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#viewer-name")).to_contain_text("photo 1.jpg")
    page.keyboard.press("Escape")
    expect(page.locator("#viewer")).to_be_hidden()
    expect(page.locator('.tile[aria-label^="photo 1.jpg"]')).to_be_focused()


def test_a_label_lights_its_boxes(open_page: OpenPage, serve_fake: ServeFake) -> None:
    other = {"Left": 0.6, "Top": 0.6, "Width": 0.3, "Height": 0.3}
    labels = label("Dog", 90, BOX, other, parents=("Animal", "Canine")), label("Cat", 80, BOX)
    kinds = label("Canine", 90, parents=("Animal",)), label("Animal", 90)
    page = open_page(serve_fake(FakeApi([image("dog.jpg", *labels, *kinds)])) + "/?image=dog.jpg")

    page.locator('.label[data-label="Dog"] a').hover()

    expect(page.locator(".box.lit")).to_have_count(2)
    expect(page.locator(".box.dim")).to_have_count(1)
    expect(page.locator('.label[data-label="Dog"] .path')).to_have_text("Animal › Canine")
    expect(page.locator('.label[data-label="Dog"] em')).to_have_text("2 boxes")


def test_hostile_labels_and_messages_are_text(open_page: OpenPage, serve_fake: ServeFake) -> None:
    images = [
        image("a.jpg", label(HOSTILE, 90, BOX, parents=(HOSTILE,)), LabelModelVersion=HOSTILE),
        image(f"{HOSTILE}.jpg", Status="REJECTED", Reason=HOSTILE, Message=HOSTILE),
    ]
    url = serve_fake(FakeApi(images))
    page = open_page(f"{url}/?image=a.jpg&label={HOSTILE}")

    expect(page.locator(".label .name")).to_contain_text(HOSTILE)
    page.keyboard.press("Escape")
    page.get_by_role("combobox", name="Search by label").fill("<img")
    expect(page.locator("#completions li").first).to_contain_text(HOSTILE)
    page.goto(f"{url}/?status=REJECTED")
    expect(page.locator(".tile.fault")).to_contain_text(HOSTILE)
    page.locator(".tile.fault").click()
    expect(page.locator("#viewer .problem")).to_contain_text(HOSTILE)

    assert page.locator("body script, img[src='x']").count() == 0
    assert not page.title().startswith("hacked")


def test_a_page_of_another_origin_gets_nothing(open_page: OpenPage, serve_fake: ServeFake) -> None:
    api = FakeApi(some_images(1))
    target = serve_fake(api)
    attempts = """async target => {
        const tries = [
            fetch(target + "/prod/images"),
            fetch(target + "/prod/images", { mode: "no-cors" }),
            fetch(target + "/prod/analyses", { method: "POST", mode: "no-cors", body: "{}" }),
        ];
        return (await Promise.allSettled(tries)).map(({ status, value }) => value?.type ?? status);
    }"""
    bare = open_page("about:blank")
    bare.route("http://evil.test/", lambda route: route.fulfill(body="<p>", content_type="text/html"))
    bare.goto("http://evil.test/")

    assert bare.evaluate(attempts, target)[0] == "rejected"
    assert api.requests == []


def test_what_the_bucket_refuses_is_told(open_page: OpenPage, serve_fake: ServeFake) -> None:
    page = open_page(serve_fake(FakeApi()))
    page.route(
        "**/uploads/**", lambda route: route.fulfill(status=403, json={"Error": {"Code": "A", "Message": "No!"}})
    )
    page.set_input_files("#choose-files", FilePayload(name="a.jpg", mimeType="image/jpeg", buffer=b"x"))

    expect(page.locator('.file[data-state="refused"]')).to_contain_text("No!")
    expect(page.locator(".uploads h2")).to_have_text("1 of 1 file done, 1 refused")


AXE = "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.map(found => \
    [found.id, found.nodes.map(node => node.html + ' ' + node.failureSummary)]))"

VIEWS = {
    "grid": "/",
    "search": "/?label=Dog&label=Boat&match=any&exclude=Cat",
    "nothing": "/?label=Unicorn",
    "timeline": "/?order=taken",
    "facts, words and faces": "/?image=sign.jpg",
    "image": "/?image=trip/photo 1.jpg",
    "rejected": "/?image=bad.jpg",
    "rejected files": "/?status=REJECTED",
    "unknown": "/?image=nowhere.jpg",
    "status": "/?view=status",
    "browse": "/?view=browse",
    "trash": "/?view=trash",
    "duplicates": "/?view=duplicates",
}


# Colours depend on the scheme and places on the width: two of the four pairs have each of both.
@pytest.mark.parametrize(
    ("scheme", "viewport"), [("light", PHONE), ("dark", DESKTOP)], ids=["light-phone", "dark-desktop"]
)
def test_axe_finds_no_violation(
    open_page: OpenPage, serve_fake: ServeFake, axe: str, scheme: str, viewport: dict[str, int]
) -> None:
    bad = image("bad.jpg", Status="REJECTED", Reason="NOT_AN_IMAGE", Message="The content is no image.")
    copies = [image(f"copies/{index}.jpg", Sha256="a1") for index in range(3)]
    url = serve_fake(FakeApi([bad, a_sign(), *some_images(30), *copies], trash=[image("gone/away.jpg")]))
    found = {}
    page = open_page(url, color_scheme=scheme, viewport=viewport, bypass_csp=True, reduced_motion="reduce")
    for name, address in VIEWS.items():
        page.goto(url + address)
        page.wait_for_load_state("networkidle")
        found[name] = violations(page, axe)
    page.goto(url)
    page.locator(".tile").first.focus()
    page.keyboard.press("x")
    expect(page.get_by_role("toolbar", name="Selected images")).to_be_visible()
    found["selection"] = violations(page, axe)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Upload").click()
    page.set_input_files("#choose-files", FilePayload(name="a.txt", mimeType="text/plain", buffer=b"x"))
    expect(page.locator('.file[data-state="refused"]')).to_be_visible()
    found["uploads"] = violations(page, axe)
    page.get_by_role("combobox", name="Search by label").press_sequentially("d")
    expect(page.locator("#completions li")).to_have_count(3)
    found["completion"] = violations(page, axe)
    page.goto(f"{url}/?view=browse")
    page.get_by_role("button", name="Folders in trip").click()
    expect(page.get_by_text("No folders inside")).to_be_visible()
    found["folders"] = violations(page, axe)
    page.keyboard.press("?")
    expect(page.locator("#keys dd").first).to_be_visible()
    found["keys"] = violations(page, axe)
    page.goto(url + VIEWS["image"])
    page.get_by_role("button", name="Delete").click()
    expect(page.locator("#question")).to_be_visible()
    found["question"] = violations(page, axe)

    assert {name: faults for name, faults in found.items() if faults} == {}


def violations(page: Page, axe: str) -> list[Any]:
    page.add_script_tag(content=axe)
    result: list[Any] = page.evaluate(AXE)
    return result


def test_the_theme_is_chosen_and_kept(open_page: OpenPage, serve_fake: ServeFake) -> None:
    page = open_page(serve_fake(FakeApi()), color_scheme="light")

    page.get_by_role("button", name="Dark theme").click()
    page.reload()

    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_role("button", name="Dark theme")).to_have_attribute("aria-pressed", "true")


def test_a_browser_opens_a_locked_gallery_by_its_address_once(open_page: OpenPage, serve_fake: ServeFake) -> None:
    url = serve_fake(FakeApi(some_images(3)), access_token="sesame")
    page = open_page(url)
    expect(page.get_by_text("This gallery is locked")).to_be_visible()

    page.goto(f"{url}/?token=sesame&label=Boat")
    expect(page.locator(".tile").first).to_be_visible()
    assert "sesame" not in page.url
    page.goto(url)
    expect(page.locator(".tile").first).to_be_visible()
