"""Uploads: folders with their structure, names that are taken, thousands of files, and a second try."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, FilePayload, Route, expect

from tests.e2e.gallery.conftest import OpenPage, ServeFake
from tests.support.fake_api import FakeApi, image
from tests.support.waiting import wait_for

DROP_A_FOLDER = """files => {
    const file = path => ({
        name: path.split("/").pop(),
        isFile: true,
        fullPath: path,
        file: done => done(new File(["x"], path.split("/").pop(), { type: "image/jpeg" })),
    });
    const folder = (path, children) => {
        const batches = [children.slice(0, 2), children.slice(2), []];
        const reader = { readEntries: done => done(batches.shift()) };
        return { name: path.split("/").pop(), fullPath: path, createReader: () => reader };
    };
    const inner = folder("/trip/day 2", [file("/trip/day 2/1.jpg")]);
    const root = folder("/trip", [file("/trip/1.jpg"), inner, file("/trip/3.jpg")]);
    const dataTransfer = { types: ["Files"], items: [{ webkitGetAsEntry: () => root }], files: [] };
    const drop = new Event("drop", { bubbles: true, cancelable: true });
    document.body.dispatchEvent(Object.assign(drop, { dataTransfer }));
}"""


def file(name: str, content: bytes = b"new") -> FilePayload:
    return {"name": name, "mimeType": "image/jpeg", "buffer": content}


def test_a_folder_that_is_dropped_keeps_its_structure(open_page: OpenPage, serve_fake: ServeFake) -> None:
    api = FakeApi()
    page = open_page(serve_fake(api))

    page.evaluate(DROP_A_FOLDER)

    wait_for(lambda: len(api.bucket) == 3, seconds=20, what="three uploads")
    assert sorted(api.bucket) == ["trip/1.jpg", "trip/3.jpg", "trip/day 2/1.jpg"]


@pytest.mark.parametrize(
    ("choice", "sent"),
    [("Skip", []), ("Replace", ["a.jpg", "b.jpg"]), ("Keep both", ["a (3).jpg", "b (2).jpg"])],
)
def test_a_name_that_is_taken_is_asked_for_once_for_all(
    open_page: OpenPage, serve_fake: ServeFake, choice: str, sent: list[str]
) -> None:
    api = FakeApi([image("a.jpg"), image("a (2).jpg"), image("b.jpg")])
    page = open_page(serve_fake(api))
    page.set_input_files("#choose-files", [file("a.jpg"), file("b.jpg"), file("free.jpg")])
    question = page.locator("#question")

    expect(question).to_contain_text(re.compile(r"There is an image [ab]\.jpg already\."))
    question.get_by_label("The same for all files").check()
    question.get_by_role("button", name=choice).click()

    wait_for(lambda: sorted(api.bucket) == sorted([*sent, "free.jpg"]), seconds=20, what="the uploads of the choice")
    expect(question).to_be_hidden()
    expect(page.locator('.file[data-state="skipped"]')).to_have_count(2 if choice == "Skip" else 0)


def test_a_choice_can_be_for_one_file_only(open_page: OpenPage, serve_fake: ServeFake) -> None:
    api = FakeApi([image("a.jpg"), image("b.jpg")])
    page = open_page(serve_fake(api))
    page.set_input_files("#choose-files", [file("a.jpg"), file("b.jpg")])
    question = page.locator("#question")

    expect(question).to_contain_text(re.compile(r"[ab]\.jpg"))
    other = "b.jpg" if "a.jpg" in question.inner_text() else "a.jpg"
    question.get_by_role("button", name="Skip").click()
    expect(question).to_contain_text(other)
    question.get_by_role("button", name="Replace").click()

    wait_for(lambda: list(api.bucket) == [other], seconds=20, what="the second upload")


def test_thousands_are_counted_with_few_rows_and_failures_are_tried_again(
    open_page: OpenPage, serve_fake: ServeFake
) -> None:
    page = open_page(serve_fake(FakeApi()))
    page.route("**/prod/images/**", lambda route: route.fulfill(status=404, json={"Error": {"Code": "ImageNotFound"}}))
    page.route("**/uploads/**", lambda route: route.abort())

    page.evaluate(
        """() => {
            const transfer = new DataTransfer();
            for (let index = 0; index < 300; index++) transfer.items.add(new File(["x"], `${index}.txt`));
            for (let index = 0; index < 3; index++) transfer.items.add(new File(["x"], `${index}.jpg`));
            const options = { dataTransfer: transfer, bubbles: true, cancelable: true };
            document.body.dispatchEvent(new DragEvent("drop", options));
        }"""
    )

    expect(page.locator(".uploads h2")).to_have_text("303 of 303 files done, 300 refused, 3 failed")
    assert page.locator(".file").count() == 60
    page.unroute("**/uploads/**")
    page.route("**/uploads/**", answer)
    page.get_by_role("button", name="Try 3 files again").click()
    expect(page.locator('.file[data-state="sent"]')).to_have_count(3)
    expect(page.locator(".uploads h2")).to_have_text("300 of 303 files done, 300 refused")
    expect(page.get_by_role("button", name="again")).to_be_hidden()


def answer(route: Route) -> None:
    route.fulfill(status=201, json={"ImageId": "x", "ETag": "x"})


DROP_A_CARD = """() => {
    const file = path => ({
        name: path.split("/").pop(), isFile: true, fullPath: path,
        file: (done, fail) => path.includes("locked") ? fail(new DOMException("", "NotReadableError"))
            : done(new File(["x"], path.split("/").pop(), { type: "image/jpeg" })),
    });
    const folder = (path, children) => {
        const batches = [children, []];
        const refuse = fail => fail(new DOMException("", "NotReadableError"));
        const reader = { readEntries: (done, fail) => children ? done(batches.shift()) : refuse(fail) };
        return { name: path.split("/").pop(), fullPath: path, createReader: () => reader };
    };
    const root = folder("/card", [
        file("/card/1.jpg"), folder("/card/secret", null), file("/card/locked.jpg"), file("/card/.hidden.jpg"),
        folder("/card/.thumbnails", [file("/card/.thumbnails/t.jpg")]),
        folder("/card/@eaDir", [file("/card/@eaDir/e.jpg")]),
        folder("/card/.Trash-1000", null), folder("/card/__MACOSX", [file("/card/__MACOSX/m.jpg")]),
        folder("/card/DCIM", [file("/card/DCIM/2.jpg")]),
    ]);
    const dataTransfer = { types: ["Files"], items: [{ webkitGetAsEntry: () => root }], files: [] };
    const drop = new Event("drop", { bubbles: true, cancelable: true });
    document.body.dispatchEvent(Object.assign(drop, { dataTransfer }));
}"""


def test_what_cannot_be_read_is_named_and_the_rest_is_sent(open_page: OpenPage, serve_fake: ServeFake) -> None:
    api = FakeApi()
    page = open_page(serve_fake(api))

    page.evaluate(DROP_A_CARD)

    wait_for(lambda: sorted(api.bucket) == ["card/1.jpg", "card/DCIM/2.jpg"], seconds=20, what="the rest")
    unreadable = page.locator('.file[data-state="unreadable"]')
    assert sorted(unreadable.locator(".name").all_inner_texts()) == ["card/locked.jpg", "card/secret"]
    expect(unreadable.first).to_contain_text("It can't be read")
    expect(page.locator(".uploads h2")).to_contain_text("2 unreadable")
    expect(page.locator(".uploads > .quiet")).to_have_text("5 hidden or system entries left out")


def test_a_chosen_folder_leaves_out_the_same(open_page: OpenPage, serve_fake: ServeFake, tmp_path: Path) -> None:
    folder = tmp_path / "card"
    for name in ("1.jpg", "@eaDir/a.jpg", "@eaDir/b.jpg", "day/Thumbs.db"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    api = FakeApi()
    page = open_page(serve_fake(api))

    page.set_input_files("#choose-folder", folder)

    wait_for(lambda: list(api.bucket) == ["card/1.jpg"], seconds=20, what="the picture")
    expect(page.locator(".uploads > .quiet")).to_have_text("2 hidden or system entries left out")


def test_a_reload_asks_first_and_tells_what_was_not_sent(open_page: OpenPage, serve_fake: ServeFake) -> None:
    page = open_page(serve_fake(FakeApi()))
    page.route("**/uploads/**", lambda _: None)  # they hang
    page.set_input_files("#choose-files", [file(f"{index}.jpg") for index in range(6)])
    expect(page.locator('.file[data-state="sending"]')).to_have_count(4)
    asked = []

    def answer_question(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", answer_question)
    page.locator("body").click(position={"x": 5, "y": 400})  # a page that nobody has touched may not ask
    page.reload()

    assert asked == ["beforeunload"]
    expect(page.locator(".uploads h2")).to_have_text("6 of 6 files done, 6 not sent")
    expect(page.locator('.file[data-state="unsent"]').first).to_contain_text("choose it again")
    page.unroute_all()
    page.set_input_files("#choose-files", [file(f"{index}.jpg") for index in range(6)])
    expect(page.locator('.file[data-state="unsent"]')).to_have_count(0)
    expect(page.locator('.file[data-state="sent"]')).to_have_count(6)
    page.reload()
    assert asked == ["beforeunload"], "what is in the bucket is safe"
    expect(page.locator("#uploads")).to_be_hidden()


def test_what_is_there_already_is_not_sent_again(open_page: OpenPage, serve_fake: ServeFake) -> None:
    known = image("a.jpg", Size=3, Sha256=hashlib.sha256(b"new").hexdigest())
    api = FakeApi([known])
    page = open_page(serve_fake(api))

    page.set_input_files("#choose-files", [file("a.jpg"), file("b.jpg")])

    wait_for(lambda: list(api.bucket) == ["b.jpg"], seconds=20, what="the other")
    expect(page.locator('.file[data-state="skipped"]')).to_contain_text("It is there already")
    expect(page.locator("#question")).to_be_hidden()
