"""Uploads: folders with their structure, names that are taken, thousands of files, and a second try."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import FilePayload, Route, expect

from tests.e2e.gallery.conftest import OpenPage, ServeFake
from tests.support.fake_api import FakeApi, image
from tests.support.waiting import wait_for

DROP_A_FOLDER = """files => {
    const file = path => ({
        isFile: true,
        fullPath: path,
        file: done => done(new File(["x"], path.split("/").pop(), { type: "image/jpeg" })),
    });
    const folder = (path, children) => {
        const batches = [children.slice(0, 2), children.slice(2), []];
        return { fullPath: path, createReader: () => ({ readEntries: done => done(batches.shift()) }) };
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
