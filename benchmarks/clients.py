"""Many clients at once: answers a second and latency, signed and through the gallery, idle and during an import."""

from __future__ import annotations

import io
import json
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from PIL import Image

from benchmarks.bench import Bench
from benchmarks.browser import IN_LEAPS, QUICKLY, browser, scrolled
from benchmarks.crowd import complete, crowd, fill_shelf, label_name
from benchmarks.photos import photo
from benchmarks.pipeline import function_of, import_folder
from benchmarks.stack import Stacks
from benchmarks.summaries import Result, summary
from viewfinder.domain.image import Image as ImageRecord
from viewfinder.local.state import REGION, STAGE

CLIENTS = (1, 8, 32)
IMAGES = 5_000
PATHS = (
    "/images?limit=50",
    f"/images?label={label_name(0)}&limit=50".replace(" ", "%20"),
    f"/images?label={label_name(28)}&limit=50&order=confidence".replace(" ", "%20"),
    "/labels?limit=50",
)
PATIENCE = 60.0


class Caller:
    """One client over one connection.

    The standard library's, which takes little of the processors that the servers want, too; a request is signed once
    for each path.
    """

    def __init__(self, base: str, signer: SigV4Auth | None = None) -> None:
        self._signer, self._headers = signer, dict[str, dict[str, str]]()
        self._base = urlsplit(base)
        self._connection = HTTPConnection(self._base.netloc, timeout=PATIENCE)

    def get(self, path: str) -> int:
        """Ask for a path below the base, read the answer whole, and return its status."""
        return self._ask(path)[0]

    def document(self, path: str) -> Any:
        """Return the document of a path; raise ValueError where there is none."""
        return json.loads(self._ask(path)[1])

    def _ask(self, path: str) -> tuple[int, bytes]:
        if path not in self._headers:
            self._headers[path] = self._signed(path)
        self._connection.request("GET", self._base.path + path, headers=self._headers[path])
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def _signed(self, path: str) -> dict[str, str]:
        request = AWSRequest("GET", self._base.geturl() + path)
        if self._signer:
            self._signer.add_auth(request)
        return dict(request.headers)


Way = Callable[[], Caller]
"""What connects another client."""


@dataclass
class Crowd:
    """What several clients saw within some seconds."""

    seconds: float
    milliseconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    def described(self, workers: int) -> Result:
        """Sum up."""
        bad = {str(status): count for status, count in self.statuses.items() if status != 200}
        return {
            "answers a second": round(self.statuses[200] / self.seconds, 1),
            "milliseconds": summary(self.milliseconds, 0),
            "not 200": bad,
            "API workers": workers,
        }


def run(bench: Bench) -> Result:
    """Ask with 1, 8 and 32 clients both ways, idle and during an import; scroll alone and beside 32 clients."""
    seconds, images = (3.0, 500) if bench.quick else (20.0, IMAGES)
    stacks = bench.stacks
    fill_shelf(stacks.local.data.database, 0, images)
    put_thumbnails(stacks, images)
    ways: dict[str, Way] = {"signed": lambda: signed(stacks), "gallery": lambda: by_gallery(stacks)}
    idle = asked(stacks, ways, seconds)
    with importing(stacks):
        busy = asked(stacks, ways, seconds)
    ratios = {
        f"{name}, {state}: answers a second of {CLIENTS[-1]} clients / of one": round(
            of[str(CLIENTS[-1])]["answers a second"] / of["1"]["answers a second"], 2
        )
        for state, found in (("idle", idle), ("during an import", busy))
        for name, of in found.items()
    }
    return {
        "seconds": seconds,
        "idle": idle,
        "during an import": busy,
        "scrolling": scrolling(stacks, images),
        "ratios": ratios,
    }


def asked(stacks: Stacks, ways: dict[str, Way], seconds: float) -> dict[str, dict[str, Result]]:
    """Ask each way with each number of clients."""
    return {name: {str(count): crowded(stacks, way, count, seconds) for count in CLIENTS} for name, way in ways.items()}


def put_thumbnails(stacks: Stacks, images: int) -> None:
    """Give each image of the crowd the thumbnail that its record names."""
    encoded = io.BytesIO()
    with Image.open(io.BytesIO(photo(0))) as opened:
        opened.reduce(4).save(encoded, "WEBP", method=0)
    client, bucket = stacks.client("s3"), stacks.outputs["DerivedBucketName"]

    def put(image: ImageRecord) -> None:
        client.put_object(
            Bucket=bucket, Key=complete(image).thumbnail, Body=encoded.getvalue(), ContentType="image/webp"
        )

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(put, crowd(0, images)))


def scrolling(stacks: Stacks, images: int) -> Result:
    """Scroll through the crowd in a browser, alone and beside clients that ask the API."""
    url = f"{stacks.local.record.gallery_url}/?prefix=crowd/"
    with browser() as started:
        alone = scrolled(started, url, images // 4, QUICKLY)
        leaps = scrolled(started, url, images // 4, IN_LEAPS)
        done = threading.Event()
        with ThreadPoolExecutor(CLIENTS[-1]) as pool:
            clients = [pool.submit(keep_asking, stacks, done) for _ in range(CLIENTS[-1])]
            try:
                beside = scrolled(started, url, images, IN_LEAPS)
            finally:
                done.set()
        statuses = sum((client.result() for client in clients), Counter[int]())
    return {
        "with a wheel, quickly": alone,
        "in leaps": leaps,
        f"in leaps to the end, beside {CLIENTS[-1]} signed clients": beside,
        "not 200 of the clients": {str(status): count for status, count in statuses.items() if status != 200},
    }


def keep_asking(stacks: Stacks, done: threading.Event) -> Counter[int]:
    """Ask until it is done, and return the statuses of the answers."""
    caller, statuses = signed(stacks), Counter[int]()
    while not done.is_set():
        statuses[caller.get(PATHS[statuses.total() % len(PATHS)])] += 1
    return statuses


def crowded(stacks: Stacks, way: Way, count: int, seconds: float) -> Result:
    """Let so many clients ask, each the next thing as soon as it has an answer."""
    seen, lock, end = Crowd(seconds), threading.Lock(), time.monotonic() + seconds

    def one(number: int) -> None:
        caller, turn = way(), number
        while (start := time.monotonic()) < end:
            status = caller.get(PATHS[turn % len(PATHS)])
            turn += 1
            with lock:
                seen.milliseconds.append((time.monotonic() - start) * 1000)
                seen.statuses[status] += 1

    with ThreadPoolExecutor(count) as pool:
        list(pool.map(one, range(count)))
    return seen.described(api_workers(stacks))


def signed(stacks: Stacks) -> Caller:
    """Connect to the REST API."""
    keys = stacks.local.keys
    signer = SigV4Auth(Credentials(keys.access_key_id, keys.secret_access_key), "execute-api", REGION)
    return Caller(stacks.local.record.api_url, signer)


def by_gallery(stacks: Stacks) -> Caller:
    """Connect to the gallery, which answers this machine's user without a signature."""
    return Caller(f"{stacks.local.record.gallery_url}/{STAGE}")


def api_workers(stacks: Stacks) -> int:
    """Count the processes that the emulator runs the API's function in."""
    emulator = stacks.local.record.process("emulator")
    return sum(function_of(child) == "ApiHandler" for child in psutil.Process(emulator.pid).children(recursive=True))


@contextmanager
def importing(stacks: Stacks) -> Iterator[None]:
    """Import photos for as long as the block takes."""
    done = threading.Event()

    def work() -> None:
        turn = 0
        while not done.is_set():
            with tempfile.TemporaryDirectory() as folder:
                for number in range(40):
                    (Path(folder) / f"{number}.jpg").write_bytes(photo(50_000 + turn * 40 + number))
                import_folder(stacks, folder, f"clients/{turn}/")
            turn += 1

    with ThreadPoolExecutor(1) as pool:
        import_ = pool.submit(work)
        try:
            yield
        finally:
            done.set()
            import_.result()
