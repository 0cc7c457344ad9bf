"""The gallery before a real stack that knows 10,000 images: the catalog is filled by its own code, without pictures."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from playwright.sync_api import CDPSession, Page, expect

from benchmarks.crowd import fill_shelf
from tests.e2e.conftest import TEMPLATE
from tests.e2e.gallery.conftest import OpenPage
from tests.support.waiting import wait_for
from viewfinder.deployment.progress import silent
from viewfinder.local.data_directory import DataDirectory
from viewfinder.local.processes import free_port
from viewfinder.local.stack import LocalStack
from viewfinder.local.state import Options

pytestmark = [pytest.mark.soak, pytest.mark.timeout(600)]

log = logging.getLogger(__name__)


@pytest.fixture(scope="module")
def gallery_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    local = LocalStack(DataDirectory(tmp_path_factory.mktemp("large")))
    local.up(TEMPLATE, Options(port=free_port(), gallery_port=free_port()), silent)
    fill_shelf(local.data.database, 0, 10_000)
    yield local.record.gallery_url
    local.down()


def test_memory_stays_flat_while_scrolling_to_the_end(open_page: OpenPage, gallery_url: str) -> None:
    page = open_page(gallery_url)
    expect(page.locator(".tile").first).to_be_visible()
    devtools = page.context.new_cdp_session(page)
    early = _heap_at(page, devtools, 1_000)
    late = _heap_at(page, devtools, 9_999)
    log.info("heap, bytes: %s, then %s", early, late)

    assert late - early < 15_000_000
    assert page.evaluate("document.querySelectorAll('*').length") < 1500


def _heap_at(page: Page, devtools: CDPSession, index: int) -> float:
    def is_there() -> bool:
        page.mouse.wheel(0, 50_000)
        last: int = page.evaluate("Number(document.querySelector('#grid').lastChild.dataset.index ?? -1)")
        return last >= index

    wait_for(is_there, seconds=200, what=f"image {index}")
    devtools.send("HeapProfiler.collectGarbage")
    return float(devtools.send("Runtime.getHeapUsage")["usedSize"])
