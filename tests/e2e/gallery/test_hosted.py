"""The hosted gallery in a real browser before the rehearsal: people sign in, and do what their group may."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import FilePayload, Page, Request, Route, expect

from tests.e2e.conftest import PROJECT, RunningStack
from tests.e2e.gallery.conftest import DESKTOP, PHONE_PROFILE, OpenPage
from tests.e2e.gallery.test_gallery import keep
from tests.e2e.gallery.test_hosted_routes import short_lived
from tests.e2e.gallery.test_views import violations
from tests.support.signing_in import PASSWORD, add_person
from tests.support.waiting import wait_for

VIEWER, EDITOR = "anna@here.example", "emil@here.example"
KEYS = ["album/coffee.jpg", "cat.jpg"]
SECONDS = 120

SHOWN = "() => [...document.querySelectorAll('#grid img')].filter(i => i.complete && i.naturalWidth).length"
KEPT = "() => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"

DEVICES = pytest.mark.parametrize("device", [{"viewport": DESKTOP}, PHONE_PROFILE], ids=["desktop", "phone"])


@pytest.fixture(scope="module")
def hosted(hosted_stack: RunningStack) -> RunningStack:
    """The rehearsal, with a viewer, an editor and two pictures."""
    users, pool_id = hosted_stack.client("cognito-idp"), hosted_stack.outputs["GalleryUserPoolId"]
    for mail, group in {VIEWER: "viewers", EDITOR: "editors"}.items():
        add_person(users, pool_id, mail, group)
    for key in KEYS:
        photo = PROJECT / "samples" / key.rpartition("/")[2]
        hosted_stack.client("s3").upload_file(str(photo), hosted_stack.bucket, key)
    for key in KEYS:
        wait_for(partial(hosted_stack.answers, key, 200), seconds=SECONDS, what=f"{key} is analysed")
    return hosted_stack


def sign_in(page: Page, mail: str) -> None:
    page.get_by_label("Username").fill(mail)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def url_of(stack: RunningStack, path: str = "/") -> str:
    return f"{stack.local.record.hosted_url}{path}"


def tokens_of(page: Page) -> list[str]:
    """Return a list that gets the Authorization of each call of the API."""
    found: list[str] = []

    def note(request: Request) -> None:
        if "/prod/" in request.url and "authorization" in request.headers:
            found.append(request.headers["authorization"])

    page.on("request", note)
    return found


def grants_of(page: Page) -> list[str]:
    """Return a list that gets what is sent for tokens."""
    found: list[str] = []
    page.on("request", lambda asked: found.append(asked.post_data or "") if "/oauth2/token" in asked.url else None)
    return found


@DEVICES
def test_a_viewer_searches_and_opens_and_sees_nothing_to_edit(
    hosted: RunningStack, open_page: OpenPage, device: dict[str, Any]
) -> None:
    page = open_page(url_of(hosted, "/?image=cat.jpg"), **device)
    tokens = tokens_of(page)
    sign_in(page, VIEWER)

    viewer = page.locator("#viewer")
    expect(viewer.locator(".labels .label").first).to_be_visible()
    page.wait_for_function("() => document.querySelector('#viewer .frame img')?.naturalWidth > 0")
    for name in ("Delete", "Analyse again", "Add a label"):
        expect(viewer.get_by_label(name)).to_have_count(1)
        expect(viewer.get_by_label(name)).to_be_hidden()
    expect(viewer.locator(".wrong").first).to_be_hidden()
    assert page.url == url_of(hosted, "/?image=cat.jpg")

    viewer.get_by_role("button", name="Close").click()
    wait_for(lambda: page.evaluate(SHOWN) >= len(KEYS), seconds=20, what="the thumbnails")
    expect(page.get_by_role("button", name="Upload")).to_be_hidden()
    expect(page.locator("#grid .tick").first).to_be_hidden()
    expect(page.get_by_role("link", name="Trash")).to_be_hidden()
    assert "eyJ" not in page.evaluate(KEPT)  # as each part of a token begins

    forged = httpx.patch(
        url_of(hosted, "/prod/images/cat.jpg"), headers={"authorization": tokens[-1]}, json={"Add": ["Forged"]}
    )
    assert (forged.status_code, forged.json()["Error"]["Code"]) == (403, "Forbidden")
    assert "Forged" not in hosted.image("cat.jpg").text


@DEVICES
def test_an_editor_uploads_corrects_deletes_and_takes_it_back(
    hosted: RunningStack, open_page: OpenPage, device: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    key = f"rocket of {request.node.callspec.id}.jpg"
    content = (PROJECT / "samples" / "rocket.jpg").read_bytes()
    page = open_page(url_of(hosted), **device)
    sign_in(page, EDITOR)
    page.locator("#grid .tile").first.wait_for()  # by then the buttons do something

    page.get_by_role("button", name="Upload").click()
    page.set_input_files("#choose-files", FilePayload(name=key, mimeType="image/jpeg", buffer=content))
    expect(page.locator("#uploads .file")).to_have_attribute("data-state", "analysed", timeout=SECONDS * 1000)
    page.get_by_role("button", name="Hide uploads").click()

    page.goto(url_of(hosted, f"/?image={quote(key)}"))
    sign_in(page, EDITOR)
    viewer = page.locator("#viewer")
    viewer.get_by_label("Add a label").fill("Holiday of ours")
    viewer.get_by_label("Add a label").press("Enter")
    expect(page.locator(".toast", has_text="Holiday of ours is added.")).to_be_visible()
    assert "Holiday of ours" in hosted.image(key).text

    viewer.get_by_role("button", name="Delete").click()
    page.locator("#question").get_by_role("button", name="Delete").click()
    undo = page.locator(".toast", has_text="in the trash").get_by_role("button", name="Undo")
    undo.click()
    expect(page.locator(".toast", has_text="1 image restored.")).to_be_visible(timeout=SECONDS * 1000)
    wait_for(partial(hosted.answers, key, 200), seconds=SECONDS, what="it is back")


def test_who_signs_out_is_out_here_and_there_and_the_back_button_shows_nothing(
    hosted: RunningStack, open_page: OpenPage
) -> None:
    page = open_page(url_of(hosted))
    tokens = tokens_of(page)
    sign_in(page, VIEWER)
    page.locator("#grid .tile").first.click()
    expect(page.locator("#viewer .labels .label").first).to_be_visible()
    page.keyboard.press("Escape")

    with page.expect_request("**/oauth2/revoke") as revoked, page.expect_request("**/logout?*"):
        page.get_by_role("button", name="Sign out").click()

    expect(page.get_by_text("You are signed out.")).to_be_visible()
    known = f"/content/{quote(KEYS[0])}?rendition=thumbnail"  # its worker knew where the bucket has it
    assert page.evaluate("path => fetch(path).then(answer => answer.status)", known) == 401
    for _ in range(2):
        page.go_back()
        expect(page.locator(".tile")).to_have_count(0)
        assert not any(key in page.content() for key in KEYS)
    refresh = revoked.value.post_data or ""
    again = httpx.post(
        f"{hosted.local.record.login_url}/oauth2/token",
        content=refresh.replace("token=", "refresh_token=") + "&grant_type=refresh_token",
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert tokens


def test_a_token_is_renewed_when_it_expires_and_when_it_is_refused(hosted: RunningStack, open_page: OpenPage) -> None:
    users, outputs = hosted.client("cognito-idp"), hosted.outputs
    with short_lived(users, outputs["GalleryUserPoolId"], outputs["GalleryClientId"]):
        page = open_page(url_of(hosted))
        tokens, grants = tokens_of(page), grants_of(page)
        sign_in(page, VIEWER)
        expect(page.locator("#grid .tile").first).to_be_visible()

    with page.expect_response("**/prod/categories") as answer:
        page.get_by_role("link", name="Browse").click()
    renewed = answer.value.request.headers["authorization"]
    assert answer.value.status == 200
    assert renewed != tokens[0]
    assert any("grant_type=refresh_token" in grant for grant in grants)

    refused = {"status": 401, "json": {"message": "Unauthorized"}}
    page.route("**/prod/images?*", lambda route: route.fulfill(**refused), times=1)
    with page.expect_request("**/oauth2/token"):
        page.get_by_label("Viewfinder, all images").click()
    expect(page.locator("#grid .tile").first).to_be_visible()
    expect(page.locator(".toast")).to_have_count(0)


@DEVICES
def test_where_renewal_is_refused_one_notice_leads_back_to_the_same_place(
    hosted: RunningStack, open_page: OpenPage, device: dict[str, Any]
) -> None:
    users, pool_id = hosted.client("cognito-idp"), hosted.outputs["GalleryUserPoolId"]
    editor = "eva@here.example" if device is PHONE_PROFILE else "erna@here.example"
    add_person(users, pool_id, editor, "editors")
    page = open_page(url_of(hosted, "/?prefix=album%2F"), **device)
    sign_in(page, editor)
    page.locator("#grid .tick").first.click()
    expect(page.locator("#selection")).to_contain_text("1 image selected")

    users.admin_disable_user(UserPoolId=pool_id, Username=editor)
    refuse = partial(Route.fulfill, status=401, json={"message": "Unauthorized"})
    page.route("**/prod/**", refuse)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # somebody comes back to the tab
    notice = page.locator(".toast", has_text="Your session is over.")
    expect(notice).to_have_count(1)
    page.unroute_all()
    users.admin_enable_user(UserPoolId=pool_id, Username=editor)
    place = page.url
    notice.get_by_role("button", name="Sign in again").click()
    sign_in(page, editor)

    expect(page.locator("#selection")).to_contain_text("1 image selected")
    assert page.url == place
    assert "prefix=album" in place


def test_an_answer_to_nothing_that_was_asked_signs_nobody_in(hosted: RunningStack, open_page: OpenPage) -> None:
    page = open_page(url_of(hosted, "/?code=stolen&state=of-a-stranger"))

    expect(page.get_by_label("Username")).to_be_visible()
    assert "stolen" not in page.url


def test_the_way_back_is_a_path_of_this_page(hosted: RunningStack, open_page: OpenPage) -> None:
    ways = ["/?label=Dog#x", "//stranger.example/", "/\\stranger.example", "https://stranger.example/", "", None]
    page = open_page(url_of(hosted, "/settings.json"))
    module = httpx.get(url_of(hosted)).text.partition('src="')[2].partition('"')[0].replace("first.js", "address.js")

    found = page.evaluate("async ([path, ways]) => ways.map((await import(path)).wayBack)", [module, ways])

    assert found == ["/?label=Dog#x", "/", "/", "/", "/", "/"]


@DEVICES
def test_the_hosted_pages_have_no_axe_violations(
    hosted: RunningStack, open_page: OpenPage, device: dict[str, Any], axe: str, screenshots: Any
) -> None:
    name = "phone" if device is PHONE_PROFILE else "desktop"
    for mail in (VIEWER, EDITOR):
        page = open_page(url_of(hosted), bypass_csp=True, **device)
        sign_in(page, mail)
        expect(page.locator("#grid .tile").first).to_be_visible()
        assert violations(page, axe) == []
        keep(page, screenshots / f"gallery-hosted-{mail.partition('@')[0]}-{name}.png")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    assert violations(page, axe) == []
    page.screenshot(path=screenshots / f"gallery-hosted-entrance-{name}.png")
