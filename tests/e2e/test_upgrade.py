"""A stack of an earlier release is updated: nothing answers 5xx at any time, and no image costs a detector call again.

`pytest -m soak tests/e2e/test_upgrade.py` prints times, counts and detector calls. It needs git's history.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import PROJECT
from tests.support.emulated_account import Account, Api, emulated_account
from tests.support.waiting import wait_for
from tools.formats.pictures import picture
from tools.formats.releases import RELEASES, checked_out, has_revision

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1800)]

STACK, FRESH = "upgraded", "fresh"
IMAGES, REMOVED, LATE = 200, 8, 10
_SECONDS = 600

SEARCHES: tuple[dict[str, Any], ...] = (
    {},
    {"label": "Dog"},
    {"label": "canine"},
    {"label": ["Dog", "Animal"]},
    {"label": ["Dog", "Straße"], "match": "any"},
    {"label": "Dog", "order": "confidence"},
    {"label": "Cat", "minConfidence": "91"},
    {"exclude": "Animal"},
    {"category": "Animals and Pets"},
    {"category": "animals and pets", "order": "confidence"},
    {"prefix": "album 03/"},
    {"status": "ANALYZED"},
    {"status": "REJECTED"},
    {"from": "2020-01-01", "to": "2100-01-01"},
    {"order": "taken"},
    {"takenFrom": "2024-02-01", "takenTo": "2024-03-01"},
    {"takenFrom": "2024-01-01", "order": "taken"},
    {"text": "nothing"},
)
OTHERS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/stats", {}),
    ("/labels", {"limit": "100"}),
    ("/labels", {"order": "count", "limit": "100"}),
    ("/labels", {"prefix": "d", "limit": "100"}),
    ("/categories", {}),
    ("/folders", {}),
    ("/folders", {"prefix": "album 03/"}),
    ("/duplicates", {"limit": "100"}),
)
POLLED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/images", {}),
    ("/images", {"label": "Dog"}),
    ("/images", {"status": "REJECTED"}),
    ("/stats", {}),
    ("/labels", {}),
    ("/images/album 00/000 ü.png", {}),
    ("/health", {}),
)
"""What is asked all the time: calls that both releases know."""


def contents(first: int, last: int) -> dict[str, bytes]:
    """Return images by key: every tenth is no picture, every 25th a copy of the first; the others are all different."""
    found = {}
    for number in range(first, last):
        key = f"album {number // 25:02}/{number:03} ü.png"
        taken = f"2024-{number % 12 + 1:02}-{number % 28 + 1:02}T10:{number % 60:02}:00"
        facts = {"exif_DateTimeOriginal": taken} if number % 3 else {}
        content = picture(number, tiff_Make="Canon" if number % 2 else "NIKON", tiff_Model=f"{number:03}", **facts)
        found[key] = b"no picture %d" % number if number % 10 == 9 else picture(0) if number % 25 == 0 else content
    return found


_ENDED_WITH_ITS_CODE = "Worker process died"
"""What the emulator answers when an update ends the process of a call that runs.

On AWS the API calls an alias, and a published version finishes with the code that it has.
"""


class Watch:
    """Asks the API again and again, and counts what it answers by path and status."""

    def __init__(self, api: Callable[[], Api]) -> None:
        self._api = api  # found again each time: the emulator gives an updated API another address, AWS doesn't
        self._ends = threading.Event()
        self.answers: Counter[tuple[str, int]] = Counter()
        self.failures: list[str] = []

    @contextmanager
    def watching(self) -> Iterator[None]:
        thread = threading.Thread(target=self._ask)
        thread.start()
        try:
            yield
        finally:
            self._ends.set()
            thread.join()

    def _ask(self) -> None:
        while not self._ends.is_set():
            api = self._api()
            for path, query in POLLED:
                try:
                    response = api.call("GET", path, query)
                except httpx.HTTPError as error:
                    self.failures.append(f"{path} {query}: {error!r}")
                    continue
                self.answers[path, response.status_code] += 1
                if response.status_code >= 500 and _ENDED_WITH_ITS_CODE not in response.text:
                    self.failures.append(f"{path} {query}: {response.status_code} {response.text[:200]}")


def put(account: Account, stack: str, images: Mapping[str, bytes]) -> None:
    """Put objects into the stack's bucket."""
    s3, bucket = account.client("s3"), account.outputs(stack)["ImagesBucketName"]
    for key, content in images.items():
        s3.put_object(Bucket=bucket, Key=key, Body=content)


def remove(account: Account, stack: str, keys: list[str]) -> None:
    """Delete objects of the stack's bucket."""
    s3, bucket = account.client("s3"), account.outputs(stack)["ImagesBucketName"]
    for key in keys:
        s3.delete_object(Bucket=bucket, Key=key)


def await_images(api: Api, number: int) -> float:
    """Wait until the API counts so many images, and return the seconds."""
    started = time.monotonic()
    wait_for(lambda: api.get("/stats")["Images"]["Total"] == number, seconds=_SECONDS, what=f"{number} images")
    return time.monotonic() - started


def answers(api: Api) -> dict[str, Any]:
    """Return the answers to everything above in a form in which two stacks can be compared."""
    found: dict[str, Any] = {}
    for query in SEARCHES:
        entries = api.every("/images", "Images", limit="100", **query)
        found[f"/images {query}"] = _in_order(entries, query.get("order", "newest"))
    for path, query in OTHERS:
        found[f"{path} {query}"] = _without_times(api.get(path, **query))
    keys = sorted({entry["ImageId"] for entry in api.every("/images", "Images", limit="100")})
    return found | {key: _without_times(api.get(f"/images/{key}")) for key in keys}


def _in_order(entries: list[dict[str, Any]], order: str) -> list[Any]:
    """Keep the order where it does not depend on when a stack analysed the images."""
    kept = [entry for entry in entries if order == "confidence" or (order == "taken" and "TakenAt" in entry)]
    others = sorted((entry for entry in entries if entry not in kept), key=lambda entry: str(entry["ImageId"]))
    return [_without_times(entry) for entry in kept + others]


def _without_times(value: Any) -> Any:
    match value:
        case dict():
            return {name: _without_times(member) for name, member in value.items() if name not in _OF_THE_STACK}
        case list():
            return [_without_times(member) for member in value]
    return value


_OF_THE_STACK = {"AnalyzedAt", "NextToken"}


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    with emulated_account(tmp_path / "account") as emulated:
        yield emulated


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Print a line whether pytest captures or not: the figures are what a rehearsal is for."""

    def tell_now(line: str) -> None:
        with capsys.disabled():
            print(f"    {line}", flush=True)  # noqa: T201

    return tell_now


Tell = Callable[[str], None]
IN_USE, LATECOMERS = contents(0, IMAGES), contents(IMAGES, IMAGES + LATE)
GONE = sorted(IN_USE)[1 : 1 + REMOVED]
GONE_LATER = sorted(LATECOMERS)[:2]
CALLS = len({content for content in LATECOMERS.values() if not content.startswith(b"no picture")} - {picture(0)})
"""Detector calls that the latecomers cost: one for each content that nobody has seen."""


def use_release(version: str, account: Account, tell: Tell) -> None:
    """Deploy it, and let it index the images and forget some."""
    with checked_out(version) as tree:
        _, seconds = account.deploy(tree, STACK)
    tell(f"{version} deployed: {seconds:.0f} s")
    put(account, STACK, IN_USE)
    seconds = await_images(account.api(STACK), IMAGES)
    tell(f"{IMAGES} images indexed by {version}: {seconds:.0f} s, {account.detector.total} detector calls")
    remove(account, STACK, GONE)
    await_images(account.api(STACK), IMAGES - REMOVED)
    account.detector.reset()


def update(account: Account, tell: Tell) -> None:
    """Deploy this tree over it, let more images come, and reconcile."""
    queue = account.outputs(STACK)["QueueUrl"]
    _, seconds = account.deploy(PROJECT, STACK)
    assert account.outputs(STACK)["QueueUrl"] == queue
    tell(f"updated: {seconds:.0f} s; the queue is still {queue.rpartition('/')[2]}")
    put(account, STACK, LATECOMERS)
    await_images(account.api(STACK), IMAGES - REMOVED + LATE)
    tell(f"{LATE} more images: {account.detector.total} detector calls")
    tell(f"{len(answers(account.api(STACK)))} questions answered before reconcile")
    printed, seconds = account.run(PROJECT, "reconcile", "--stack", STACK)
    tell(f"reconciled: {seconds:.0f} s; {' '.join(printed.split())}")


def begin_afresh(account: Account) -> None:
    """Deploy this tree as a stack of its own, and let the same things happen to it."""
    account.deploy(PROJECT, FRESH)
    put(account, FRESH, IN_USE)
    await_images(account.api(FRESH), IMAGES)
    remove(account, FRESH, GONE)
    put(account, FRESH, LATECOMERS)
    await_images(account.api(FRESH), IMAGES - REMOVED + LATE)


def trash_after(account: Account, stack: str) -> set[str]:
    """Delete two more images, and return what the trash then holds."""
    remove(account, stack, GONE_LATER)
    await_images(account.api(stack), IMAGES - REMOVED + LATE - len(GONE_LATER))
    return {entry["ImageId"] for entry in account.api(stack).every("/trash", "Images", limit="100")}


@pytest.mark.parametrize("version", RELEASES)
def test_a_stack_is_updated_without_an_error_or_a_detector_call(version: str, account: Account, tell: Tell) -> None:
    if not has_revision(RELEASES[version]):
        pytest.skip(f"git has no commit {RELEASES[version]} here: a shallow clone, or no repository")
    tell("")
    use_release(version, account, tell)
    watch = Watch(partial(account.api, STACK))
    with watch.watching():
        update(account, tell)
    statuses = Counter[int]()
    for (_, status), number in watch.answers.items():
        statuses[status] += number
    tell(f"calls of the API meanwhile, by status: {dict(statuses)}; failed: {len(watch.failures)}")
    tell(f"detector calls for images that were there: {account.detector.total - CALLS}")
    assert watch.failures == []
    assert statuses[200] > 100
    assert account.detector.total == CALLS

    begin_afresh(account)
    upgraded, fresh = answers(account.api(STACK)), answers(account.api(FRESH))
    assert [question for question in fresh if upgraded.get(question) != fresh[question]] == []
    assert trash_after(account, FRESH) == {*GONE, *GONE_LATER}
    assert trash_after(account, STACK) >= set(GONE_LATER)
