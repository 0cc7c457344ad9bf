"""The API: latency, and what is read of DynamoDB per question, as the catalog grows; beside the baseline's Scan."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from benchmarks.bench import Bench
from benchmarks.crowd import crowd, fill, fill_baseline, label_name
from benchmarks.processing import surroundings
from benchmarks.stack import Stacks
from benchmarks.summaries import Result, measured, summary
from viewfinder.bootstrap import Application
from viewfinder.domain.query import Order, Query
from viewfinder.local.state import REGION
from viewfinder.usecases.images import get_image
from viewfinder.usecases.search_images import search_images

COMMON, TYPICAL, RARE = label_name(0), label_name(28), label_name(300)
"""In half of the images, in a tenth, and in a hundredth."""

LIMIT = 50
PATIENCE = 120.0
BASELINE = "baseline: a common label"

QUESTIONS: dict[str, dict[str, str]] = {
    "a common label, newest": {"label": COMMON},
    "a label of a tenth, newest": {"label": TYPICAL},
    "a rare label, newest": {"label": RARE},
    "a common label, by confidence, above 90 %": {"label": COMMON, "minConfidence": "90", "order": "confidence"},
    "the newest images": {},
}
QUERIES = {
    "a common label, newest": Query(labels=(COMMON,)),
    "a label of a tenth, newest": Query(labels=(TYPICAL,)),
    "a rare label, newest": Query(labels=(RARE,)),
    "a common label, by confidence, above 90 %": Query(labels=(COMMON,), min_confidence=90.0, order=Order.CONFIDENCE),
    "the newest images": Query(),
}


@dataclass
class Reads:
    """What was asked of DynamoDB."""

    calls: int = 0
    items: int = 0


def run(bench: Bench) -> Result:
    """Measure at each size."""
    sizes = (100, 200, 400) if bench.quick else (100, 1000, 3_000)
    before = 0
    levels: list[Result] = []
    with (
        bench.rehearsal() as stacks,
        stacks.paused(),
        surroundings(stacks, stacks.local.record.rekognition_url),
    ):
        application = Application()
        for size in sizes:
            images = list(crowd(before, size))
            fill(application.catalog, images)
            fill_baseline(table_of(stacks), images)
            levels.append({"images": size} | measure(stacks, application, size, quick=bench.quick))
            before = size
    return {"levels": levels, "ratios": ratios(levels)}


def ratios(levels: list[Result]) -> dict[str, float]:
    """Compare with the Scan, which takes the same for every label, and with ourselves at the smallest size."""
    first, last = levels[0]["latency"], levels[-1]["latency"]
    scan, size = last[BASELINE]["median"], levels[-1]["images"]
    faster = {
        f"baseline / Viewfinder, p50 at {size:,}: {name}": round(scan / last[name]["median"], 1)
        for name in last
        if "label" in name and name != BASELINE
    }
    slower = {f"growth of p50: {name}": round(last[name]["median"] / first[name]["median"], 1) for name in last}
    return faster | slower


def measure(stacks: Stacks, application: Application, size: int, *, quick: bool) -> Result:
    """Measure latency over HTTP, and counts the reads of the same questions inside."""
    times = 10 if quick else 25
    ours = {name: latency(question(stacks, parameters), times) for name, parameters in QUESTIONS.items()}
    one = f"/images/crowd/{size // 2:06d}.jpg"
    ours["one image"] = latency(lambda: signed(stacks, one), times)
    scan = latency(lambda: baseline(stacks), 3 if size > 2000 else 10)
    return {"latency": ours | {BASELINE: scan}, "reads": reads(stacks, application, size)}


def latency(ask: Callable[[], httpx.Response], times: int) -> Result:
    """Return the milliseconds of a question; the first two answers warm up."""
    taken = []
    for turn in range(times + 2):
        with measured() as cost:
            answer = ask()
        assert answer.status_code == 200, answer.text
        if turn >= 2:
            taken.append(cost.wall)
    return summary(taken)


def question(stacks: Stacks, parameters: dict[str, str]) -> Callable[[], httpx.Response]:
    """Return a call of our API."""
    query = urlencode({**parameters, "limit": LIMIT}, quote_via=quote)  # a signature has spaces as %20
    return lambda: signed(stacks, f"/images?{query}")


def signed(stacks: Stacks, path: str) -> httpx.Response:
    """Ask our API, which wants a signature."""
    keys, url = stacks.local.data.key_pair(), stacks.local.record.api_url + path
    request = AWSRequest("GET", url)
    SigV4Auth(Credentials(keys.access_key_id, keys.secret_access_key), "execute-api", REGION).add_auth(request)
    return httpx.get(url, headers=dict(request.headers), timeout=PATIENCE)


def baseline(stacks: Stacks) -> httpx.Response:
    """Ask the baseline's API, which is open."""
    url = f"{stacks.local.record.endpoint_url}/_aws/execute-api/{stacks.baseline['ApiId']}/Prod/images"
    return httpx.get(url, params={"label": COMMON, "limit": LIMIT}, timeout=PATIENCE)


def reads(stacks: Stacks, application: Application, size: int) -> dict[str, dict[str, int]]:
    """Count calls and items of each question, as the functions would ask them."""
    counted = {}
    for name, query in QUERIES.items():
        with counting(application.dynamodb_client) as seen:
            search_images(query, application.search, limit=LIMIT)
        counted[name] = vars(seen)
    with counting(application.dynamodb_client) as seen:
        get_image(f"crowd/{size // 2:06d}.jpg", application.catalog)
    counted["one image"] = vars(seen)
    client = stacks.client("dynamodb")
    with counting(client) as seen:
        list(client.get_paginator("scan").paginate(TableName=stacks.baseline["TableName"]))
    return counted | {BASELINE: vars(seen)}


@contextmanager
def counting(client: Any) -> Iterator[Reads]:
    """Count what a client reads within the block."""
    seen = Reads()

    def count(parsed: dict[str, Any], **_: object) -> None:
        seen.calls += 1
        batches = sum(len(items) for items in parsed.get("Responses", {}).values())
        seen.items += parsed.get("ScannedCount", 0) + batches + ("Item" in parsed)

    client.meta.events.register("after-call.dynamodb", count)
    try:
        yield seen
    finally:
        client.meta.events.unregister("after-call.dynamodb", count)


def table_of(stacks: Stacks) -> Any:
    """Return the baseline's table."""
    resource = stacks.local.session.resource("dynamodb", endpoint_url=stacks.local.record.endpoint_url)
    return resource.Table(stacks.baseline["TableName"])
