"""A real browser before the gallery: Debian's Chromium, driven by Playwright.

Where there is Chromium's headless shell, it is that: the same engine for a third less processor time, without the
browser around the page. Playwright takes it by default, too.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from boto3.session import Session
from platformdirs import user_cache_path
from playwright.sync_api import Browser, Error, Page, Route, ViewportSize, expect, sync_playwright

from benchmarks.browser import CHROMIUM, SWITCHES
from tests.support.fake_api import KEY_ID, REGION, SECRET, STAGE, FakeApi
from tests.support.serving import listening, serving
from viewfinder.gallery.app import gallery_app
from viewfinder.gallery.connections import new_protocol
from viewfinder.gallery.guard import Guard
from viewfinder.gallery.proxy import SignedApi
from viewfinder.gallery.status import Sources, Status
from viewfinder.operations.signing import Signer

BROWSER = shutil.which("chromium-headless-shell") or CHROMIUM
AXE = "axe-core@4.10.3"

DESKTOP = ViewportSize(width=1280, height=800)
PHONE = ViewportSize(width=390, height=844)
PHONE_PROFILE: dict[str, Any] = {"viewport": PHONE, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}

expect.set_options(timeout=15_000)  # as long as a busy machine takes

OpenPage = Callable[..., Page]
ServeFake = Callable[..., str]


@pytest.fixture(
    scope="module"
)  # not longer: while Playwright runs, its thread has an event loop, and asyncio.run fails
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=SWITCHES)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Open pages; a page that throws or breaks its content security policy fails the test."""
    faults: list[str] = []
    contexts = []

    def page(url: str, **options: Any) -> Page:
        context = browser.new_context(**{"viewport": DESKTOP, "locale": "en-GB", **options})
        contexts.append(context)
        opened = context.new_page()
        opened.set_default_timeout(20_000)
        opened.on("pageerror", lambda error: faults.append(str(error)))
        opened.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
        opened.goto(url)
        return opened

    yield page
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def serve_fake() -> Iterator[ServeFake]:
    """Serve a gallery before an API in memory; return the gallery's URL."""
    open_servers = []

    def serve(api: FakeApi, access_token: str = "", *, is_moderated: bool = False) -> str:
        behind = serving(api.application())
        open_servers.append(behind)
        session = Session(KEY_ID, SECRET, region_name=REGION)
        listener = listening()
        application = gallery_app(
            SignedApi(f"{behind.__enter__()}/{STAGE}", Signer(session)),
            Guard(listener.getsockname()[1], access_token),
            Status(session, Sources()),
            is_moderated=is_moderated,
        )
        before = serving(application, listener, http=new_protocol())
        open_servers.append(before)
        return before.__enter__()

    yield serve
    for server in reversed(open_servers):
        server.__exit__(None, None, None)


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of axe-core, from npm, kept in the user's cache."""
    folder = user_cache_path("viewfinder") / AXE
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    if not script.exists():
        options = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"]
        subprocess.run(["npm", "install", "--prefix", str(folder), *options, AXE], check=True, capture_output=True)
    return script.read_text()


def hold(page: Page, pattern: str) -> Callable[[], None]:
    """Hold requests back until the function that is returned is called."""
    held: list[Route] = []

    def keep(route: Route) -> None:
        held.append(route)

    page.route(re.compile(pattern), keep)

    def let_go() -> None:
        page.unroute(re.compile(pattern))
        for route in held:
            with suppress(Error):  # the page has given it up
                route.continue_()

    return let_go


@pytest.fixture
def screenshots(tmp_path: Path) -> Path:
    """Where pictures of the page go: `make docs` names docs/images."""
    folder = Path(os.environ.get("VIEWFINDER_SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
