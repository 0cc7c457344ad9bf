"""The gallery in Debian's Chromium: its first screen, and the thumbnails that scrolling to the end asks for."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from benchmarks.summaries import Result, summary

CHROMIUM = "/usr/bin/chromium"
QUIET = ("gpu", "quic", "background-networking", "component-update", "sync")
SWITCHES = ["--no-sandbox", "--no-first-run", *(f"--disable-{feature}" for feature in QUIET)]
SCREEN: Any = {"width": 1280, "height": 800}

FIRST_SCREEN = """() => {
    const call = performance.getEntriesByType("resource").find(entry => entry.name.includes("/images?"));
    const seen = performance.getEntriesByName("first-screen")[0];
    return call && call.responseEnd && seen ? [call.responseEnd - call.startTime, seen.startTime] : null;
}"""

JUMPED = """title => {
    const heading = document.querySelector(".day h2")?.title ?? "";
    return heading.endsWith(title) && document.querySelector(".tile") ? performance.now() - window.clicked : null;
}"""

WATCH = """() => {
    performance.setResourceTimingBufferSize(50_000);
    window.broken = document.querySelectorAll("#grid .missing").length;
    new MutationObserver(changes => {
        for (const change of changes)
            for (const added of change.addedNodes)
                if (added.nodeType === 1 && added.matches(".missing")) window.broken += 1;
    }).observe(document.body, { childList: true, subtree: true });
}"""

LAST_SHOWN = "() => Number(document.querySelector('#grid').lastChild?.dataset.index ?? -1)"

LOADED = "() => [...document.querySelectorAll('#grid img')].every(picture => picture.complete)"

SEEN = """() => ({
    broken: window.broken,
    taken: performance.getEntriesByType("resource")
        .filter(entry => entry.name.includes("rendition=thumbnail") && entry.responseStatus === 200)
        .map(entry => entry.responseEnd - entry.startTime),
})"""

QUICKLY, IN_LEAPS = (240, 0.05), (800, 0.1)
"""Pixels and seconds of a step: two notches of a wheel, twenty times a second, and a screen every tenth of a second."""

PATIENCE = 120.0


@contextmanager
def browser() -> Iterator[Browser]:
    """Start the browser."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield started
        started.close()


def first_screen(started: Browser, url: str, times: int) -> Result:
    """Load the gallery several times, and return the milliseconds of its call and until tiles are there."""
    page = started.new_page(viewport=SCREEN)
    taken = []
    for _ in range(times + 1):
        page.goto(url)
        taken.append(page.wait_for_function(FIRST_SCREEN).json_value())
    page.close()
    calls, screens = zip(*taken[1:], strict=True)  # the first fills the browser's cache
    return {"very first": round(taken[0][1]), "call": summary(calls, 0), "first screen": summary(screens, 0)}


def jumps(started: Browser, url: str, times: int) -> Result:
    """Jump to months of the timeline's rail in turns, and return the milliseconds until their pictures are there."""
    page = started.new_page(viewport=SCREEN, locale="en-GB")  # the day before the month, as JUMPED has it
    page.goto(f"{url}/?order=taken")
    months = page.locator("#rail .month")
    months.last.wait_for()
    page.evaluate("addEventListener('click', () => { window.clicked = performance.now(); }, true)")
    taken = []
    for number in range(times):
        link = months.nth((number * 5 + 1) % months.count())
        title = link.get_attribute("aria-label")
        link.click()
        taken.append(page.wait_for_function(JUMPED, arg=title).json_value())
    page.close()
    return summary(taken, 0)


def scrolled(started: Browser, url: str, images: int, step: tuple[int, float]) -> Result:
    """Scroll past so many images, and return how long thumbnails took, and how many tiles were broken."""
    page = started.new_page(viewport=SCREEN)
    page.goto(url)
    page.wait_for_selector(".tile")
    page.evaluate(WATCH)
    page.mouse.move(SCREEN["width"] / 2, SCREEN["height"] / 2)
    start, last = time.monotonic(), -1
    while last < images - 1 and time.monotonic() < start + PATIENCE:
        page.mouse.wheel(0, step[0])
        time.sleep(step[1])
        last = page.evaluate(LAST_SHOWN)
    seconds = time.monotonic() - start
    page.wait_for_function(LOADED)
    seen = page.evaluate(SEEN)
    page.close()
    return {
        "images": last + 1,
        "got there": last >= images - 1,
        "seconds": round(seconds, 1),
        "thumbnails": len(seen["taken"]),
        "milliseconds": summary(seen["taken"], 0),
        "broken tiles": seen["broken"],
    }
