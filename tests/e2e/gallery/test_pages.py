"""What is beside the pictures: the browse page, the trash, duplicates, completion that forgives, and corrections."""

from __future__ import annotations

import json
import re
from typing import Any

from playwright.sync_api import expect

from tests.e2e.gallery.conftest import PHONE, PHONE_PROFILE, OpenPage, ServeFake
from tests.e2e.gallery.test_views import some_images
from tests.support.fake_api import FakeApi, image, label
from tests.support.waiting import wait_for


def test_browse_shows_folders_and_categories_with_counts_and_pictures(
    open_page: OpenPage, serve_fake: ServeFake
) -> None:
    page = open_page(serve_fake(FakeApi(some_images(9))))
    page.get_by_role("link", name="Browse").click()

    expect(page.locator(".folders li")).to_have_text(["trip9 images"])
    expect(page.locator("#page h2", has_text="Animals and Pets")).to_have_text("Animals and Pets 9 images")
    expect(page.locator(".kinds b")).to_have_text(["Animal", "Boat", "Dog"])
    expect(page.locator(".kinds li", has_text="Boat").locator("img")).to_be_visible()
    page.locator(".kinds a", has_text="Dog").click()
    expect(page.locator(".tile")).to_have_count(4)
    assert page.url.endswith("/?label=Dog")


WIDTHS = "[...document.querySelectorAll('.rows img')].map(picture => picture.naturalWidth)"


def test_the_trash_restores_and_deletes_for_good(open_page: OpenPage, serve_fake: ServeFake) -> None:
    api = FakeApi(some_images(1), trash=[image("a.jpg"), image("b.jpg"), image("c.jpg")])
    page = open_page(f"{serve_fake(api)}/?view=trash")
    expect(page.locator(".rows b")).to_have_text(["c.jpg", "b.jpg", "a.jpg"])
    wait_for(lambda: page.evaluate(WIDTHS) == [300, 300, 300], seconds=20, what="the pictures")

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
        [
            *("Car (automobile)2", "Search for \u201cauto\u201din everything"),
            *("\u201cauto\u201dword in a picture", "auto/folder1"),
        ]
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


def copies_of(content: str, *image_ids: str) -> list[dict[str, Any]]:
    return [image(image_id, label("Dog"), Sha256=content) for image_id in image_ids]


def test_on_a_phone_one_duplicate_is_kept_and_the_others_can_come_back(
    open_page: OpenPage, serve_fake: ServeFake
) -> None:
    api = FakeApi([*copies_of("a1", "trip/a.jpg", "b.jpg", "c.jpg"), *copies_of("b2", "d.jpg", "e.jpg")])
    page = open_page(serve_fake(api), **PHONE_PROFILE)
    page.get_by_role("link", name="Browse").click()
    page.get_by_role("link", name="Duplicates").click()
    groups = page.locator(".groups > li")
    expect(groups.locator("h2")).to_have_text(["3 images of 1.2 kB each", "2 images of 1.2 kB each"])
    expect(groups.first.locator("a")).to_have_text(["trip/a.jpg", "b.jpg", "c.jpg"])
    expect(page.get_by_text("2 groups of images with the same content: 3 spare copies, 3.7 kB.")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]

    page.get_by_role("button", name="Keep this one: b.jpg").click()
    expect(page.locator("#question-text")).to_have_text(
        "Keep b.jpg and delete the other 2 copies? They stay in the trash for 30 days."
    )
    page.locator("#question").get_by_role("button", name="Delete").click()
    expect(groups).to_have_count(1)
    expect(page.get_by_role("button", name="Keep this one: d.jpg")).to_be_focused()
    assert [entry["ImageId"] for entry in api.trash] == ["trip/a.jpg", "c.jpg"]

    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(groups).to_have_count(2)
    assert {entry["ImageId"] for entry in api.images} == {"trip/a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg"}


def test_the_grid_knows_what_happened_on_other_pages(open_page: OpenPage, serve_fake: ServeFake) -> None:
    api = FakeApi(copies_of("a1", "a.jpg", "b.jpg"), trash=[image("gone.jpg")])
    page = open_page(serve_fake(api))
    expect(page.locator(".tile")).to_have_count(2)

    page.get_by_role("link", name="Trash").click()
    page.get_by_role("button", name="Restore: gone.jpg").click()
    page.get_by_role("link", name="Viewfinder, all images").click()
    expect(page.locator(".tile")).to_have_count(3)
    page.get_by_role("link", name="Browse").click()
    page.get_by_role("link", name="Duplicates").click()
    page.get_by_role("button", name="Keep this one: a.jpg").click()
    page.locator("#question").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No two images have the same content or look alike.")).to_be_visible()
    page.get_by_role("link", name="Viewfinder, all images").click()
    expect(page.locator(".tile")).to_have_count(2)


def test_more_groups_of_duplicates_are_shown_on_request(open_page: OpenPage, serve_fake: ServeFake) -> None:
    images = [copy for index in range(60) for copy in copies_of(f"{index:02}", f"{index}.jpg", f"{index} (2).jpg")]
    page = open_page(serve_fake(FakeApi(images)) + "/?view=duplicates")
    expect(page.locator("#page [role=status]")).to_contain_text("More than 50 groups")

    page.get_by_role("button", name="Show more").click()

    expect(page.locator(".groups > li")).to_have_count(60)
    expect(page.get_by_role("button", name="Show more")).to_be_hidden()
