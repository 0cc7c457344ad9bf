"""A gallery of an attached bucket: what the API lacks is not offered, and a final deletion says so."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.gallery.conftest import PHONE_PROFILE, OpenPage, ServeFake
from tests.support.fake_api import FakeApi, image, label

REASON = "the images are in a bucket that is attached read-only"
READ_ONLY = dict.fromkeys(["Uploads", "Deletion", "Trash", "Versions"], REASON)
UNVERSIONED = dict.fromkeys(["Trash", "Versions"], "the attached bucket keeps no versions of its objects")


def opened(open_page: OpenPage, serve_fake: ServeFake, absent: dict[str, str], **options: Any) -> Page:
    api = FakeApi([image("dog.jpg", label("Dog")), image("cat.jpg", label("Cat"))], absent=absent)
    page = open_page(serve_fake(api), **options)
    expect(page.locator(".tile")).to_have_count(2)
    return page


RULES = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']}"


def violations(page: Page, axe: str) -> list[str]:
    page.evaluate(axe)
    return [violation["id"] for violation in page.evaluate(f"axe.run(document, {RULES})")["violations"]]


@pytest.mark.parametrize("options", [{}, PHONE_PROFILE], ids=["desktop", "phone"])
def test_read_only_nothing_is_offered_that_the_api_lacks(
    open_page: OpenPage, serve_fake: ServeFake, options: dict[str, Any], axe: str
) -> None:
    page = opened(open_page, serve_fake, READ_ONLY, **options)

    for name in ("upload", "to-trash"):
        expect(page.locator(f"#{name}")).to_be_hidden()
    assert violations(page, axe) == []
    page.locator(".tile").first.click()
    expect(page.locator("#viewer [data-role=again]")).to_be_visible()
    assert violations(page, axe) == []
    expect(page.locator("#viewer [data-role=delete]")).to_be_hidden()
    expect(page.locator("#viewer .versions")).to_be_hidden()


def test_the_key_for_deleting_does_nothing(open_page: OpenPage, serve_fake: ServeFake) -> None:
    page = opened(open_page, serve_fake, READ_ONLY)
    expect(page.locator("#upload")).to_be_hidden()

    page.locator(".tile").first.hover()
    page.locator(".tick").first.click()
    expect(page.locator("#selection [data-role=download]")).to_be_visible()
    expect(page.locator("#selection [data-role=delete]")).to_be_hidden()
    page.keyboard.press("Delete")

    expect(page.locator("#question")).to_be_hidden()
    expect(page.locator(".tile")).to_have_count(2)


def test_without_a_trash_a_deletion_is_said_to_be_final(open_page: OpenPage, serve_fake: ServeFake) -> None:
    page = opened(open_page, serve_fake, UNVERSIONED)
    expect(page.locator("#to-trash")).to_be_hidden()
    expect(page.locator("#upload")).to_be_visible()

    page.locator(".tile").first.click()
    page.locator("#viewer [data-role=delete]").click()
    expect(page.locator("#question")).to_contain_text("This is final: there is no trash.")
    page.locator("#question").get_by_role("button", name="Delete").click()

    expect(page.locator("#toasts")).to_contain_text("1 image is deleted.")
    expect(page.locator("#toasts").get_by_role("button", name="Undo")).to_have_count(0)


def test_with_a_bucket_of_its_own_everything_is_offered(open_page: OpenPage, serve_fake: ServeFake) -> None:
    page = opened(open_page, serve_fake, {})
    for name in ("upload", "to-trash"):
        expect(page.locator(f"#{name}")).to_be_visible()
