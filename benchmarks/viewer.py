"""The gallery's viewer over a slow connection: time and bytes to a recognisable picture of twelve megapixels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from boto3.session import Session
from playwright.sync_api import Browser, CDPSession, Page
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from benchmarks.bench import Bench
from benchmarks.browser import SCREEN, browser
from benchmarks.photos import photo
from benchmarks.summaries import Result, summary
from tests.support.fake_api import KEY_ID, REGION, SECRET, STAGE, FakeApi, image, label
from tests.support.serving import listening, serving
from viewfinder.adapters.pictures import Pictures
from viewfinder.gallery.app import gallery_app
from viewfinder.gallery.guard import Guard
from viewfinder.gallery.proxy import SignedApi
from viewfinder.gallery.status import Sources, Status
from viewfinder.operations.signing import Signer

SIZE = (4032, 3024)
MEGABITS = 3.2
ROUNDS = 5
OTHERS = 60
"""Images of the grid beside the one that is opened."""

OPENED = "large.jpg"

WATCH = """
const watch = () => {
    if (document.querySelector(".frame.ready img")?.naturalWidth) window.recognisable = performance.now();
    else requestAnimationFrame(watch);
};
watch();
"""

STATE = """() => [document.readyState, document.visibilityState, document.querySelector(".frame")?.outerHTML,
    performance.getEntriesByType("resource").map((entry) => [entry.name, entry.responseEnd])]"""
"""What a page that shows no picture is looked at for."""

RECOGNISABLE = "() => window.recognisable ?? null"


def run(bench: Bench) -> Result:
    """Return milliseconds, bytes and requests of each way to the picture."""
    rounds = 1 if bench.quick else ROUNDS
    original = photo(0, SIZE)
    with gallery_of(original) as url, browser() as started:
        ways = {name: [way(started, url) for _ in range(rounds)] for name, way in WAYS.items()}
    return {
        "megabits": MEGABITS,
        "kilobytes": round(len(original) / 1000),
        "ways": {name: described(seen) for name, seen in ways.items()},
    }


@dataclass
class Seen:
    """What came over the connection until the picture was there, and in all."""

    milliseconds: float = 0.0
    arrived: int = 0
    until_recognisable: int = 0
    requests: list[str] = field(default_factory=list)


def described(seen: list[Seen]) -> Result:
    """Sum up several rounds."""
    return {
        "milliseconds": summary([one.milliseconds for one in seen], 0),
        "kB to a recognisable picture": round(max(one.until_recognisable for one in seen) / 1000, 1),
        "kB in all": round(max(one.arrived for one in seen) / 1000, 1),
        "requests": max(len(one.requests) for one in seen),
        "thumbnails of the grid": max(
            sum("rendition=thumbnail" in url and OPENED not in url for url in one.requests) for one in seen
        ),
    }


def opened_from_the_grid(started: Browser, url: str) -> Seen:
    """Press a tile of a grid that is there."""
    page = started.new_page(viewport=SCREEN)
    page.goto(url)
    page.locator(f'.tile[href*="{OPENED}"] img.ready').wait_for()
    page.wait_for_load_state("networkidle")
    with watched(page) as seen:
        page.evaluate("document.addEventListener('click', () => { window.pressed = performance.now(); }, true)")
        page.evaluate(WATCH)
        page.locator(f'.tile[href*="{OPENED}"]').click()
        settle(page, seen)
        seen.milliseconds -= page.evaluate("window.pressed")
    page.close()
    return seen


def followed_a_link(started: Browser, url: str) -> Seen:
    """Follow a link to the image, with nothing in the cache."""
    return _loaded(started.new_page(viewport=SCREEN), url)


def followed_a_link_again(started: Browser, url: str) -> Seen:
    """Follow a link to the image, with the gallery's files in the cache and no picture."""
    page = started.new_page(viewport=SCREEN)
    page.goto(f"{url}/?view=status")
    page.wait_for_load_state("networkidle")
    return _loaded(page, url)


def _loaded(page: Page, url: str) -> Seen:
    page.add_init_script(WATCH)
    with watched(page) as seen:
        page.goto(f"{url}/?image={quote(OPENED)}", wait_until="commit")
        settle(page, seen)
    page.close()
    return seen


WAYS: dict[str, Callable[[Browser, str], Seen]] = {
    "opened from the grid": opened_from_the_grid,
    "a link, nothing cached": followed_a_link,
    "a link, the gallery cached": followed_a_link_again,
}


def settle(page: Page, seen: Seen) -> None:
    """Wait until the picture is there, and then until the network is quiet."""
    try:
        seen.milliseconds = page.wait_for_function(RECOGNISABLE, timeout=60_000).json_value()
    except PlaywrightTimeoutError as error:
        error.add_note(
            f"{seen.arrived} bytes came; asked for, in order: {seen.requests}; the page: {page.evaluate(STATE)}"
        )
        raise
    seen.until_recognisable = seen.arrived
    page.wait_for_load_state("networkidle")


@contextmanager
def watched(page: Page) -> Iterator[Seen]:
    """Slow a page's connection down, and count what comes over it."""
    seen = Seen()
    devtools = page.context.new_cdp_session(page)
    devtools.on("Network.dataReceived", lambda event: _add(seen, event))
    devtools.on("Network.requestWillBeSent", lambda event: seen.requests.append(event["request"]["url"]))
    devtools.send("Network.enable")
    slow_down(devtools)
    yield seen


def _add(seen: Seen, event: dict[str, Any]) -> None:
    seen.arrived += event["encodedDataLength"]


def slow_down(devtools: CDPSession) -> None:
    """Emulate a connection of so many megabits a second, without a delay of its own."""
    rate = MEGABITS * 1_000_000 / 8
    conditions = {"offline": False, "latency": 0, "downloadThroughput": rate, "uploadThroughput": rate}
    devtools.send("Network.emulateNetworkConditions", conditions)


@contextmanager
def gallery_of(original: bytes) -> Iterator[str]:
    """Serve a gallery whose newest image is this picture, with the renditions that the pipeline makes."""
    with serving(fake_api(original).application()) as api:
        session = Session(KEY_ID, SECRET, region_name=REGION)
        listener = listening()
        before = SignedApi(f"{api}/{STAGE}", Signer(session))
        guard = Guard(listener.getsockname()[1])
        with serving(gallery_app(before, guard, Status(session, Sources())), listener) as url:
            yield url


def fake_api(original: bytes) -> FakeApi:
    """Return an API of one large image and others, each with the thumbnail of a photo."""
    picture = Pictures(has_screens=True).read(original)
    box = {"Left": 0.1, "Top": 0.1, "Width": 0.5, "Height": 0.5}
    facts = {"Width": SIZE[0], "Height": SIZE[1], "Format": "JPEG", "Size": len(original)}
    large = image(OPENED, label("Cat", 90.0, box), **facts)
    others = [image(f"{number}.jpg", label("Dog")) for number in range(OTHERS)]
    pictures = {
        (OPENED, "original"): ("image/jpeg", original),
        (OPENED, "thumbnail"): ("image/webp", picture.thumbnail),
        (OPENED, "screen"): ("image/webp", picture.screen),
    }
    thumbnails = [Pictures().read(photo(number)).thumbnail for number in range(5)]
    for number, other in enumerate(others):
        pictures[other["ImageId"], "thumbnail"] = ("image/webp", thumbnails[number % len(thumbnails)])
    return FakeApi([large, *others], pictures=pictures)
