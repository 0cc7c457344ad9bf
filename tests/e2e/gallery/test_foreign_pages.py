"""A web page of another origin, or of a name that was rebound to this machine, reads and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Response, sync_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from benchmarks.browser import SWITCHES
from tests.e2e.conftest import PROJECT, RunningStack
from tests.e2e.gallery.conftest import BROWSER
from tests.support.serving import serving

STRANGER = "stranger.example"

TRY = """async ([method, url, how]) => {
    const within = (promise) => Promise.race([promise, new Promise((done) => setTimeout(done, 5000, "no answer"))]);
    if (how === "image") {
        const image = new Image();
        image.src = url;
        return within(image.decode().then(() => "read", () => "refused"));
    }
    if (how === "form") {
        const frame = document.createElement("iframe");
        frame.name = `frame${document.querySelectorAll("iframe").length}`;
        document.body.append(frame);
        const form = document.createElement("form");
        Object.assign(form, { method, action: url, target: frame.name, enctype: "multipart/form-data" });
        const key = document.createElement("input");
        Object.assign(key, { name: "key", value: "planted.html" });
        const file = document.createElement("input");
        Object.assign(file, { name: "file", value: "planted" });
        form.append(key, file);
        document.body.append(form);
        const loaded = new Promise((done) => { frame.onload = () => done("sent"); });
        form.submit();
        return within(loaded);
    }
    const options = { method, mode: how, ...(method === "POST" && { body: "{}" }) };
    return within(fetch(url, options).then((answer) => (answer.ok ? "read" : "refused"), () => "refused"));
}"""


@pytest.fixture(scope="module")
def stranger() -> Iterator[Browser]:
    """A browser whose resolver takes a stranger's name to this machine, as a rebound name would be."""
    with sync_playwright() as playwright:
        switches = [*SWITCHES, f"--host-resolver-rules=MAP {STRANGER} 127.0.0.1"]
        browser = playwright.chromium.launch(executable_path=BROWSER, args=switches)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def foreign_url() -> Iterator[str]:
    """A page of another server on this machine."""

    async def page(_: Request) -> HTMLResponse:
        return HTMLResponse("<!doctype html><title>stranger</title>")

    with serving(Starlette(routes=[Route("/", page)])) as url:
        yield url


@pytest.fixture
def photo(stack: RunningStack) -> str:
    key = "foreign-pages/cat.jpg"
    stack.client("s3").upload_file(str(PROJECT / "samples" / "cat.jpg"), stack.bucket, key)
    return key


def targets(stack: RunningStack, photo: str) -> list[tuple[str, str, str]]:
    """Every way in that a page has: method, URL, and fetch, form or image."""
    emulator, gallery, engine = stack.local.record.endpoint_url, stack.gallery_url, stack.local.record.rekognition_url
    changing = [
        *(f"{emulator}/_ministack/{path}" for path in ("reset", "config", "sqs/messages")),
        f"{emulator}/{stack.bucket}",
        f"{emulator}/{stack.bucket}/{photo}",
        f"{stack.api_url}/analyses",
        f"{gallery}/prod/analyses",
        f"{gallery}/uploads/planted.html",
        f"{gallery}/downloads",
        f"{engine}/",
    ]
    readable = [
        *(f"{emulator}{path}" for path in ("/", "/health", "/_ministack/health", "/_ministack/lambda-code/x")),
        f"{emulator}/{stack.bucket}/{photo}",
        f"{stack.api_url}/images",
        f"{gallery}/prod/images",
        f"{gallery}/content/{photo}",
        f"{gallery}/status.json",
    ]
    return [
        *(("POST", url, how) for url in changing for how in ("cors", "no-cors", "form")),
        *(("GET", url, how) for url in readable for how in ("cors", "image")),
    ]


def objects(stack: RunningStack) -> set[str]:
    found = stack.client("s3").list_objects_v2(Bucket=stack.bucket).get("Contents", [])
    return {entry["Key"] for entry in found}


def outcomes(page: Page, tries: list[tuple[str, str, str]]) -> tuple[set[Any], dict[str, int]]:
    """Return what the page's script saw, and the lowest status that each URL answered with."""
    answers: dict[str, int] = {}

    def keep(response: Response) -> None:
        answers[response.url] = min(response.status, answers.get(response.url, 999))

    page.on("response", keep)
    return {page.evaluate(TRY, list(each)) for each in tries}, answers


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", STRANGER])
def test_a_page_of_another_origin_reads_and_changes_nothing(
    stack: RunningStack, stranger: Browser, foreign_url: str, photo: str, host: str
) -> None:
    before = objects(stack)
    page = stranger.new_page()
    page.goto(foreign_url.replace("localhost", host))

    seen, answers = outcomes(page, targets(stack, photo))

    assert "read" not in seen
    assert answers, "the requests must have been sent"
    assert {
        url: status for url, status in answers.items() if status < 400 and url.rstrip("/") != page.url.rstrip("/")
    } == {}
    assert objects(stack) == before
    assert stack.call("GET", "/images").status_code == 200, "the stack is as it was"


def test_a_rebound_name_reads_and_changes_nothing(stack: RunningStack, stranger: Browser, photo: str) -> None:
    """The page's own origin is the server: no CORS, no Sec-Fetch-Site, only the Host header tells."""
    before = objects(stack)
    for url in (stack.local.record.endpoint_url, stack.gallery_url.replace("localhost", "127.0.0.1")):
        page = stranger.new_page()
        rebound = url.replace("127.0.0.1", STRANGER)
        page.goto(f"{rebound}/")
        tries = [
            (method, target.replace(url, rebound), how)
            for method, target, how in targets(stack, photo)
            if target.startswith(url)
        ]

        seen, answers = outcomes(page, tries)

        assert "read" not in seen
        assert {status for status in answers.values() if status < 400} == set()
    assert objects(stack) == before
    assert stack.call("GET", "/images").status_code == 200
