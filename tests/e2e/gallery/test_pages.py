"""What is beside the pictures: the browse page, the trash, completion that forgives, and corrections."""

from __future__ import annotations

import json
import re

from playwright.sync_api import expect

from tests.e2e.gallery.conftest import OpenPage, ServeFake
from tests.e2e.gallery.test_views import some_images
from tests.support.fake_api import FakeApi, image, label


def test_browse_shows_folders_and_categories_with_counts_and_pictures(
    open_page: OpenPage, serve_fake: ServeFake
) -> None:
    page = open_page(serve_fake(FakeApi(some_images(9))))
    page.get_by_role("link", name="Browse").click()

    expect(page.locator(".folders li")).to_have_text(["trip/9 images"])
    expect(page.locator("#page h2", has_text="Animals and Pets")).to_have_text("Animals and Pets 9 images")
    expect(page.locator(".kinds b")).to_have_text(["Animal", "Boat", "Dog"])
    expect(page.locator(".kinds li", has_text="Boat").locator("img")).to_be_visible()
    page.locator(".kinds a", has_text="Dog").click()
    expect(page.locator(".tile")).to_have_count(4)
    assert page.url.endswith("/?label=Dog")


def test_the_trash_restores_and_deletes_for_good(open_page: OpenPage, serve_fake: ServeFake) -> None:
    api = FakeApi(some_images(1), trash=[image("a.jpg"), image("b.jpg"), image("c.jpg")])
    page = open_page(f"{serve_fake(api)}/?view=trash")
    expect(page.locator(".rows b")).to_have_text(["c.jpg", "b.jpg", "a.jpg"])

    page.get_by_role("button", name="Restore: b.jpg").click()
    expect(page.locator(".toast")).to_contain_text("b.jpg is restored.")
    page.get_by_role("button", name="Delete for good: c.jpg").click()
    page.locator("#question").get_by_role("button", name="Delete for good").click()
    expect(page.locator(".rows b")).to_have_text(["a.jpg"])
    assert [entry["ImageId"] for entry in api.images] == ["trip/photo 0.jpg", "b.jpg"]

    page.get_by_role("button", name="Undo").click()
    page.reload()
    expect(page.locator(".rows b")).to_have_text(["b.jpg", "a.jpg"])


def test_an_empty_trash_says_so(open_page: OpenPage, serve_fake: ServeFake) -> None:
    page = open_page(serve_fake(FakeApi()) + "/?view=trash")

    expect(page.get_by_text("The trash is empty.")).to_be_visible()


def test_completion_begins_with_the_commonest_and_knows_other_names(open_page: OpenPage, serve_fake: ServeFake) -> None:
    images = [image("auto/1.jpg", label("Car")), image("2.jpg", label("Car")), image("3.jpg", label("Boat"))]
    page = open_page(serve_fake(FakeApi(images)))
    query = page.get_by_role("combobox", name="Search by label")

    query.focus()
    expect(page.locator("#completions li")).to_have_text(["Car2", "Boat1"])
    query.press_sequentially("auto")
    expect(page.locator("#completions li")).to_have_text(
        ["Car (automobile)2", "\u201cauto\u201dword in a picture", "auto/folder1"]
    )

    page.get_by_role("option", name="folder").click()
    expect(page.locator(".tile")).to_have_count(1)
    query.fill("stop")
    page.get_by_role("option", name="word in a picture").click()
    expect(page).to_have_url(re.compile(r"text=stop&prefix=auto%2F$"))


def test_a_person_removes_and_adds_labels_and_takes_it_back(open_page: OpenPage, serve_fake: ServeFake) -> None:
    api = FakeApi([image("a.jpg", label("Cat"), label("Grass")), image("b.jpg", label("Dog"))])
    page = open_page(serve_fake(api) + "/?image=a.jpg")
    names = page.locator(".label .name")

    page.get_by_role("button", name="Remove the label Cat").click()
    expect(names).to_have_text(["Grass"])
    page.get_by_role("combobox", name="Add a label").fill("do")
    page.get_by_role("option", name="Dog").click()
    expect(names).to_have_text(["Grass", re.compile("^Dog.*by a person")])
    page.get_by_role("button", name="Take back: Cat was removed").click()
    expect(names).to_have_text(["Grass", re.compile("^Dog"), "Cat"])
    page.locator(".toast", has_text="Dog is added.").get_by_role("button", name="Undo").click()
    expect(names).to_have_text(["Grass", "Cat"])

    sent = [json.loads(body) for method, _, body in api.requests if method == "PATCH"]
    assert sent == [{"Remove": ["Cat"]}, {"Add": ["Dog"]}, {"Undo": ["Cat"]}, {"Undo": ["Dog"]}]
