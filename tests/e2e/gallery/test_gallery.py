"""The gallery before the real stack: photos dropped, analysed, found, looked at and deleted."""

from __future__ import annotations

import base64
import io
import os
import re
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zipfile import ZipFile

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.e2e.conftest import PROJECT, RunningStack
from tests.e2e.gallery.conftest import DESKTOP, PHONE, OpenPage
from tests.support.waiting import wait_for

SAMPLES = PROJECT / "samples"
BOX_COLOUR = (0xFF, 0xD2, 0x3F)

PICTURES_ARE_THERE = "[...document.images].every(image => image.complete)"
NOTHING_MOVES = "document.getAnimations().length === 0"

DROP = """files => {
    const transfer = new DataTransfer();
    for (const [name, content] of files) {
        const bytes = Uint8Array.from(atob(content), letter => letter.charCodeAt(0));
        transfer.items.add(new File([bytes], name));
    }
    for (const type of ["dragover", "drop"]) {
        document.body.dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
    }
}"""


def drop(page: Page, **files: bytes) -> None:
    """Drop files onto the page; `a_jpg` is the file a.jpg."""
    named = [(name.replace("_", "."), base64.b64encode(content).decode()) for name, content in files.items()]
    page.evaluate(DROP, named)


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def test_photos_are_dropped_analysed_found_looked_at_and_deleted(stack: RunningStack, open_page: OpenPage) -> None:
    page = open_page(stack.gallery_url)

    drop(page, felix_jpg=sample("cat.jpg"), breakfast_jpg=sample("coffee.jpg"))
    expect(page.locator('.file[data-state="analysed"]')).to_have_count(2, timeout=90_000)
    expect(page.locator(".uploads h2")).to_have_text("2 of 2 files done")
    page.get_by_role("button", name="Hide uploads").click()
    expect(page.locator('.tile[aria-label^="breakfast.jpg"] img.ready')).to_be_visible()

    search_for(page, "ca", "Cat")
    expect(page.locator('.tile[aria-label^="felix.jpg"]')).to_be_visible()
    expect(page.locator('.tile[aria-label^="breakfast.jpg"]')).to_have_count(0)

    page.reload()
    expect(page.locator(".chip .name")).to_have_text("Cat")
    expect(page.locator('.tile[aria-label^="breakfast.jpg"]')).to_have_count(0)

    page.locator('.tile[aria-label^="felix.jpg"]').click()
    expect(page.locator('.box[data-label="Cat"]')).to_be_visible()
    assert_box_is_where_the_api_says(page, stack, "felix.jpg", "Cat")

    page.get_by_role("button", name="Delete").click()
    page.locator("#question").get_by_role("button", name="Delete").click()
    expect(page.locator('.tile[aria-label^="felix.jpg"]')).to_have_count(0)
    wait_for(lambda: stack.image("felix.jpg").status_code == 404, seconds=60, what="the image gone from the catalog")


def search_for(page: Page, text: str, label: str) -> None:
    """Types, waits until statistics know the label, and takes the completion."""

    def completed() -> bool:
        page.get_by_role("combobox", name="Search by label").fill("")
        page.get_by_role("combobox", name="Search by label").press_sequentially(text)
        page.wait_for_timeout(400)
        return page.locator(f'[role="option"][data-name="{label}"]').count() == 1

    wait_for(completed, seconds=60, what=f"the completion of {text!r}")
    page.locator(f'[role="option"][data-name="{label}"]').click()
    expect(page).to_have_url(re.compile(rf"label={label}"))


def assert_box_is_where_the_api_says(page: Page, stack: RunningStack, key: str, name: str) -> None:
    """Look at the pixels: the frame's colour on each edge, and not beside it."""
    (label,) = [found for found in stack.image(key).json()["Labels"] if found["Name"] == name]
    box = label["Instances"][0]["BoundingBox"]
    page.mouse.move(5, 5)
    wait_for(lambda: page.evaluate(PICTURES_ARE_THERE), seconds=20, what="the picture")
    place = page.locator(".frame img").bounding_box()
    assert place is not None
    left, top = place["x"] + box["Left"] * place["width"], place["y"] + box["Top"] * place["height"]
    right, bottom = left + box["Width"] * place["width"], top + box["Height"] * place["height"]
    shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")

    def is_box(x: float, y: float) -> bool:
        near: list[Any] = [shot.getpixel((round(x) + dx, round(y) + dy)) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
        return any(max(abs(a - b) for a, b in zip(pixel, BOX_COLOUR, strict=True)) < 8 for pixel in near)

    x, y = (left + right) / 2, (top + bottom) / 2
    assert [is_box(left + 1, y), is_box(right - 1, y), is_box(x, top + 1), is_box(x, bottom - 1)] == [True] * 4
    assert [is_box(left + 9, y), is_box(right - 9, y), is_box(x, top + 9), is_box(x, bottom - 9)] == [False] * 4


def test_a_label_of_two_words_is_searched(stack: RunningStack, open_page: OpenPage) -> None:
    page = open_page(stack.gallery_url)
    page.get_by_role("combobox", name="Search by label").fill("Mobile Phone")

    with page.expect_response(lambda response: "=Mobile" in response.url) as answer:
        page.keyboard.press("Enter")

    assert answer.value.status == 200
    expect(page.locator(".chip .name").first).to_contain_text("Mobile")


def test_a_file_that_is_no_picture_says_so(stack: RunningStack, open_page: OpenPage) -> None:
    page = open_page(stack.gallery_url)

    drop(page, notes_jpg=b"These are notes.", letter_txt=b"Dear all")

    refused = page.locator('.file[data-state="refused"]')
    expect(refused).to_have_count(2, timeout=90_000)
    expect(refused.filter(has_text="letter.txt")).to_contain_text("Not a picture of a known type")
    expect(refused.filter(has_text="notes.jpg")).to_contain_text("NOT_AN_IMAGE")
    refused.get_by_role("link", name="notes.jpg").click()
    expect(page.locator("#viewer .problem")).to_contain_text("Rejected: NOT_AN_IMAGE")
    assert stack.image("letter.txt").status_code == 404


def test_a_hostile_key_is_shown_as_text(stack: RunningStack, open_page: OpenPage) -> None:
    key = "hostile/<img src=x onerror=\"document.title='hacked'\"><script>document.title='hacked'</script>.jpg"
    stack.client("s3").put_object(Bucket=stack.bucket, Key=key, Body=sample("rocket.jpg"))
    wait_for(lambda: stack.image(key).status_code == 200, seconds=60, what="the hostile key in the catalog")

    page = open_page(f"{stack.gallery_url}/?image={quote(key, safe='')}")

    expect(page.locator("#viewer-name")).to_contain_text("</script>.jpg")
    expect(page.locator(".facts")).to_contain_text(key)
    assert page.locator("#viewer script, #viewer img[src='x'], .grid script").count() == 0
    assert "hacked" not in page.title().replace(key, "").replace("document.title='hacked'", "")


def test_an_image_is_analysed_again(stack: RunningStack, open_page: OpenPage) -> None:
    stack.client("s3").put_object(Bucket=stack.bucket, Key="again.jpg", Body=sample("coffee.jpg"))
    before = wait_for(lambda: found(stack, "again.jpg"), seconds=60, what="the image in the catalog")
    page = open_page(f"{stack.gallery_url}/?image=again.jpg")

    page.get_by_role("button", name="Analyse again").click()
    page.locator("#question").get_by_role("button", name="Analyse").click()

    expect(page.locator(".toast", has_text="again.jpg is analysed.")).to_be_visible(timeout=90_000)
    assert stack.image("again.jpg").json()["AnalyzedAt"] > before["AnalyzedAt"]


def put(stack: RunningStack, key: str, content: bytes) -> None:
    stack.client("s3").put_object(Bucket=stack.bucket, Key=key, Body=content)
    wait_for(lambda: stack.image(key).status_code == 200, seconds=60, what=f"{key} in the catalog")


def taken_at(time: str) -> bytes:
    """Return a photo with a capture time and a camera."""
    exif = Image.Exif()
    exif[0x0110] = "Viewfinder One"
    exif.get_ifd(0x8769)[0x9003] = time
    out = io.BytesIO()
    Image.open(SAMPLES / "coffee.jpg").save(out, "JPEG", exif=exif)
    return out.getvalue()


def test_a_photo_stands_in_the_timeline_with_its_camera(stack: RunningStack, open_page: OpenPage) -> None:
    put(stack, "dated/may.jpg", taken_at("2024:05:17 10:20:30"))
    put(stack, "dated/march.jpg", taken_at("2021:03:02 08:00:00"))

    page = open_page(f"{stack.gallery_url}/?order=taken&prefix=dated/")
    expect(page.locator(".day")).to_have_text(["17 May 2024", "2 Mar 2021"])
    page.locator("#rail").get_by_role("link", name="2021").click()
    expect(page.locator(".day")).to_have_text(["Tuesday, 2 March 2021"])  # a day alone in its row has room

    page.locator(".tile").click()
    expect(page.locator(".facts")).to_contain_text("2 Mar 2021, 08:00")
    expect(page.locator(".facts")).to_contain_text("Viewfinder One")


def test_several_are_downloaded_deleted_and_brought_back(stack: RunningStack, open_page: OpenPage) -> None:
    contents = {f"several/{name}": sample(name) for name in ("cat.jpg", "coffee.jpg")}
    for key, content in contents.items():
        put(stack, key, content)
    page = open_page(f"{stack.gallery_url}/?prefix=several/")
    expect(page.locator(".tile")).to_have_count(2)
    bar = page.get_by_role("toolbar", name="Selected images")
    expect(page.locator("#selection button")).to_have_count(4)
    page.locator(".tile").first.focus()
    page.keyboard.press("x")
    page.keyboard.press("Shift+ArrowRight")

    with page.expect_download() as download:
        bar.get_by_role("button", name="Download").click()
    with ZipFile(download.value.path()) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == contents
    bar.get_by_role("button", name="Delete").click()
    page.locator("#question").get_by_role("button", name="Delete").click()
    expect(page.locator(".tile")).to_have_count(0)
    wait_for(lambda: stack.image("several/cat.jpg").status_code == 404, seconds=60, what="the image gone")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".tile")).to_have_count(2, timeout=60_000)
    assert stack.image("several/cat.jpg").json()["Labels"]


def test_of_two_copies_one_is_kept_and_the_other_comes_back(stack: RunningStack, open_page: OpenPage) -> None:
    content = taken_at("2020:01:01 00:00:01")
    for key in ("twice/a.jpg", "twice/b.jpg"):
        put(stack, key, content)
    page = open_page(stack.gallery_url)
    wait_for(lambda: shows(page, stack, "duplicates", ".copies a:text('twice/')"), seconds=60, what="the group")

    page.get_by_role("button", name="Keep this one: twice/b.jpg").click()
    page.locator("#question").get_by_role("button", name="Delete").click()
    wait_for(lambda: stack.image("twice/a.jpg").status_code == 404, seconds=60, what="the copy gone")
    assert page.request.get(f"{stack.gallery_url}/content/twice%2Fa.jpg?rendition=last").body() == content
    page.get_by_role("button", name="Undo").click()

    expect(page.locator(".copies a", has_text="twice/")).to_have_text(["twice/a.jpg", "twice/b.jpg"], timeout=60_000)


def test_a_label_is_corrected_by_a_person(stack: RunningStack, open_page: OpenPage) -> None:
    content = sample("cat.jpg") + b"corrected in the gallery"  # a correction is of every image of a content
    put(stack, "corrected.jpg", content)
    page = open_page(f"{stack.gallery_url}/?image=corrected.jpg")

    page.get_by_role("button", name="Remove the label Cat").click()
    expect(page.locator(".toast")).to_contain_text("Cat is removed.")
    page.get_by_role("combobox", name="Add a label").fill("Tiger Lily")
    page.keyboard.press("Enter")
    expect(page.locator(".label .person")).to_have_text("by a person")

    corrections = stack.image("corrected.jpg").json()["Corrections"]
    assert corrections == {"Added": ["Tiger Lily"], "Removed": ["Cat"]}


def found(stack: RunningStack, key: str) -> dict[str, str]:
    response = stack.image(key)
    return response.json() if response.status_code == 200 else {}


def test_the_status_page_knows_queue_and_recent_images(stack: RunningStack, open_page: OpenPage) -> None:
    stack.client("s3").put_object(Bucket=stack.bucket, Key="traced.jpg", Body=sample("coffee.jpg"))
    wait_for(lambda: found(stack, "traced.jpg"), seconds=60, what="the image in the catalog")

    page = open_page(f"{stack.gallery_url}/?view=status")

    expect(page.locator(".card", has_text="Dead letters").locator("b")).to_have_text(re.compile(r"\d+"))
    row = page.locator(".waterfall li", has_text="traced.jpg").first
    expect(row).to_be_visible()
    for step in ("fetch", "decode", "store"):
        expect(page.locator(".legend")).to_contain_text(step)
    row.get_by_role("link").click()
    expect(page.locator("#viewer-name")).to_have_text("traced.jpg")


@pytest.mark.skipif("VIEWFINDER_SCREENSHOTS" not in os.environ, reason="`make docs` takes the pictures")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_the_documentation_shows(stack: RunningStack, open_page: OpenPage, screenshots: Path, scheme: str) -> None:
    photos = sorted(SAMPLES.glob("*.jpg"), reverse=True)
    for photo in photos:  # one after another: the grid has the newest first
        put(stack, f"samples/{photo.name}", photo.read_bytes())
    page = open_page(f"{stack.gallery_url}/?prefix=samples/", color_scheme=scheme)
    expect(page.locator(".tile img.ready")).to_have_count(len(photos))
    fit(page, "#grid")
    keep(page, screenshots / f"gallery-{scheme}.png")
    page.set_viewport_size(DESKTOP)
    page.locator('.tile[aria-label^="cat.jpg"]').click()
    page.locator('.label[data-label="Cat"] a').hover()
    expect(page.locator('.box.lit[data-label="Cat"]')).to_be_visible()
    keep(page, screenshots / f"gallery-image-{scheme}.png")
    page.goto(f"{stack.gallery_url}/?view=status")
    expect(page.locator(".waterfall li").first).to_be_visible()
    keep(page, screenshots / f"gallery-status-{scheme}.png")
    put(stack, "holiday/cat.jpg", sample("cat.jpg"))
    for view, pictures in (("browse", ".kinds img"), ("duplicates", ".copies img")):
        wait_for(partial(shows, page, stack, view, pictures), seconds=60, what=view)
        fit(page, "#page")
        keep(page, screenshots / f"gallery-{view}-{scheme}.png")
    phone = open_page(
        f"{stack.gallery_url}/?prefix=samples/&image=samples/cat.jpg", color_scheme=scheme, viewport=PHONE
    )
    expect(phone.locator(".box").first).to_be_visible()
    keep(phone, screenshots / f"gallery-phone-{scheme}.png")


def fit(page: Page, place: str) -> None:
    """Make the window as high as an element with its margin needs, but no higher than a desktop's."""
    bottom: int = page.locator(place).evaluate("node => Math.ceil(node.getBoundingClientRect().bottom)")
    page.set_viewport_size({**DESKTOP, "height": min(bottom + 22, DESKTOP["height"])})


def shows(page: Page, stack: RunningStack, view: str, pictures: str) -> bool:
    """Open a view and return whether it has pictures: counts follow the images after a while."""
    page.goto(f"{stack.gallery_url}/?view={view}")
    page.wait_for_load_state("networkidle")
    return page.locator(pictures).count() > 0


def keep(page: Page, file: Path) -> None:
    """Keep a picture of the page, in 256 colours: a quarter of the size."""
    wait_for(lambda: page.evaluate(PICTURES_ARE_THERE), seconds=20, what="the pictures")
    wait_for(lambda: page.evaluate(NOTHING_MOVES), seconds=5, what="the end of transitions")
    Image.open(io.BytesIO(page.screenshot())).convert("RGB").quantize(256).save(file, optimize=True)
    assert file.stat().st_size < 700_000
