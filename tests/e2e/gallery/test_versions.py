"""The versions of an image in the viewer."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import expect

from tests.e2e.conftest import RunningStack
from tests.e2e.gallery.conftest import PHONE_PROFILE, OpenPage, ServeFake
from tests.e2e.gallery.test_gallery import put, sample
from tests.e2e.gallery.test_viewer import fact
from tests.e2e.gallery.test_views import violations
from tests.support.fake_api import FakeApi, image, label, version
from tests.support.waiting import wait_for


def versions_of_a_photo() -> dict[str, list[dict[str, Any]]]:
    new, old = (
        version("new", "2026-11-22T09:30:00Z", 1234, is_latest=True),
        version("old", "2026-11-20T07:00:00Z", 9000),
    )
    return {"a.jpg": [new, old]}


def test_on_a_phone_an_earlier_version_is_brought_back_and_back_again(
    open_page: OpenPage, serve_fake: ServeFake, axe: str
) -> None:
    api = FakeApi([image("a.jpg", label("Dog"))], versions=versions_of_a_photo())
    page = open_page(serve_fake(api) + "/?image=a.jpg", timezone_id="UTC", bypass_csp=True, **PHONE_PROFILE)
    rows = page.locator(".versions li")

    page.get_by_text("Versions", exact=True).click()
    expect(rows.locator("b")).to_have_text(["22 Nov 2026, 09:30", "20 Nov 2026, 07:00"])
    expect(rows.locator("div small")).to_have_text(["1.2 kB", "9 kB"])
    expect(rows.first).to_contain_text("Current")
    assert violations(page, axe) == []

    rows.get_by_role("button", name="Bring back: 20 Nov 2026, 07:00").click()
    expect(page.locator(".toast")).to_contain_text("a.jpg is as it was on 20 Nov 2026, 07:00.")
    expect(fact(page, "Size")).to_have_text("9 kB")
    expect(rows.locator("b")).to_have_text(["25 Nov 2026, 08:00", "22 Nov 2026, 09:30", "20 Nov 2026, 07:00"])
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(rows).to_have_count(4)
    sent = [json.loads(body) for method, target, body in api.requests if method == "POST" and "/versions/" in target]
    assert sent == [{"VersionId": "old"}, {"VersionId": "new"}]


def test_versions_that_can_not_be_listed_say_why(open_page: OpenPage, serve_fake: ServeFake) -> None:
    page = open_page(serve_fake(FakeApi([image("a.jpg")])) + "/?image=a.jpg")

    page.get_by_text("Versions", exact=True).click()

    expect(page.locator(".versions li")).to_have_text("no such image")


def test_on_the_real_stack_labels_follow_a_version_that_is_brought_back(
    stack: RunningStack, open_page: OpenPage
) -> None:
    put(stack, "changed.jpg", sample("cat.jpg"))
    before = stack.image("changed.jpg").json()["Sha256"]
    stack.client("s3").put_object(Bucket=stack.bucket, Key="changed.jpg", Body=sample("coffee.jpg"))
    wait_for(lambda: stack.image("changed.jpg").json()["Sha256"] != before, seconds=60, what="the second version")
    page = open_page(f"{stack.gallery_url}/?image=changed.jpg")

    page.get_by_text("Versions", exact=True).click()
    page.get_by_role("button", name="Bring back").click()

    expect(page.locator('.label[data-label="Cat"]')).to_be_visible(timeout=60_000)
    expect(page.locator(".facts")).to_contain_text(before)
    expect(page.locator(".versions li")).to_have_count(3)
