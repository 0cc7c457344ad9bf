"""A table that throttles, conflicts or does not answer: no image fails, no caller gets a 500, counts are exact."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.support.busy_dynamodb import (
    READS,
    UNCONFIRMED,
    WRITES,
    AlwaysBusyClient,
    BusyCatalog,
    BusyClient,
    busy_table,
    reasons_of,
)
from tests.support.fakes import FakeClock, FakeDerivedStore, FakeDetector, FakeRequests
from tests.support.tables import TABLE
from tests.unit.lambdas.test_image_processing import Place, message
from viewfinder.adapters.dynamodb.counters import DynamoDbCounters
from viewfinder.adapters.dynamodb.factory import dynamodb_catalog
from viewfinder.domain.image import Status
from viewfinder.settings import Settings
from viewfinder.usecases.trash import Trash

LAMBDAS = Path(__file__).parents[3] / "lambdas"
SETTINGS = Settings(images_bucket="images", derived_bucket="derived", table=TABLE, queue_url="queue", shards=2)
SETTINGS = replace(SETTINGS, analyses_per_minute=60)
PASSING = sorted({reason for operation in (*READS, *WRITES) for reason in reasons_of(operation)} - {UNCONFIRMED})


def load(function: str) -> ModuleType:
    specification = importlib.util.spec_from_file_location(function, LAMBDAS / function / "handler.py")
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture
def waits() -> list[float]:
    """The seconds of every pause."""
    return []


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch, waits: list[float]) -> Iterator[BusyClient]:
    with busy_table(monkeypatch, waits) as client:
        yield client


@pytest.mark.parametrize("reason", PASSING)
def test_an_image_is_never_given_up_for_a_busy_table(monkeypatch: pytest.MonkeyPatch, reason: str) -> None:
    monkeypatch.setattr("viewfinder.adapters.dynamodb.calls.time.sleep", lambda _: None)
    monkeypatch.setattr(Place, "new_catalog", lambda: BusyCatalog(AlwaysBusyClient(reason)))
    place = Place()
    place.bucket.put("a.jpg", b"Dog")

    assert place.handle(message("a.jpg", count=1)) == ["a.jpg"]
    assert 4 <= place.queue.delays["a.jpg"] <= 5
    last = message("a.jpg", count=8)
    assert place.handle(last) == []  # SQS deletes it, and has another one instead
    assert place.queue.sent == [(last["body"], 900)]


def test_a_failure_that_can_not_be_recorded_now_is_no_dead_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("viewfinder.adapters.dynamodb.calls.time.sleep", lambda _: None)
    place = Place(FakeDetector(is_down=True))
    place.bucket.put("a.jpg", b"Dog")
    place.catalog.save = BusyCatalog(AlwaysBusyClient("ThrottlingException")).save

    assert place.handle(message("a.jpg", count=8)) == []
    assert len(place.queue.sent) == 1


def test_counts_are_exact_however_busy_the_table(client: BusyClient, waits: list[float]) -> None:
    """Every call is refused twice, and the image function and the statistics do all with that."""
    catalog, records = BusyCatalog(client), []
    place = Place()
    place.catalog = catalog
    for part in ("catalog", "leases"):
        object.__setattr__(place.index_image, part, catalog)
    contents = {f"{number % 3}/{number}.jpg": b"Dog Cat Tree".split()[number % 3] + b" Animal" for number in range(12)}
    for key, content in contents.items():
        place.bucket.put(key, content)
        for delivery in range(1, 9):
            if not place.handle(message(key, count=delivery)):
                break
        records.append(a_stream_record(catalog, key))
    handler = load("label_statistics")
    handler.application.counters = DynamoDbCounters(client, TABLE)  # type: ignore[arg-type]
    while records:
        failures = handler.handler({"Records": records[:3]}, None)["batchItemFailures"]
        records = records[_place(records, failures[0]["itemIdentifier"]) if failures else 3 :]

    assert {image.status for image in catalog.images.values()} == {Status.ANALYZED}
    parts = dynamodb_catalog(client.client, SETTINGS)
    assert {label.name: label.count for label in parts.statistics.labels("", "")} == {
        **dict.fromkeys(("Dog", "Cat", "Tree"), 4),
        "Animal": 12,
    }
    assert parts.statistics.statuses() == {"ANALYZED": 12}
    assert parts.statistics.folders("", 9) == {"0/": 4, "1/": 4, "2/": 4}
    assert [len(parts.copies.images(content, 99)) for content in parts.copies.contents("", 9)] == [4, 4, 4]
    refused = {reason for _, reason in client.refused}
    assert refused == {*PASSING, UNCONFIRMED}
    assert client.attempts.total() == 3 * (client.attempts.total() - client.refused.total())
    assert sum(waits) / len(waits) < 0.05  # the first pauses: 0.02 and 0.04 seconds at most


def a_stream_record(catalog: BusyCatalog, key: str) -> dict[str, Any]:
    items = catalog.client.client.scan(TableName=TABLE)["Items"]
    item = next(item for item in items if item["PK"]["S"] == f"IMAGE#{key}" and item["SK"]["S"] == "IMAGE")
    change = {"Keys": {name: item[name] for name in ("PK", "SK")}, "NewImage": item, "SequenceNumber": key}
    return {"eventID": key, "dynamodb": change}


def _place(records: list[dict[str, Any]], sequence_number: str) -> int:
    return [record["dynamodb"]["SequenceNumber"] for record in records].index(sequence_number)


REQUESTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "search": ("GET", "/images", {"queryStringParameters": {"label": "Dog"}}),
    "list": ("GET", "/images", {}),
    "image": ("GET", "/images/{ImageId+}", {}),
    "content": ("GET", "/content/{ImageId+}", {}),
    "correct": ("PATCH", "/images/{ImageId+}", {"body": '{"Add": ["Holiday"], "Remove": []}'}),
    "analyze": ("POST", "/analyses", {"body": '{"ImageId": "a.jpg"}'}),
    "labels": ("GET", "/labels", {}),
    "completion": ("GET", "/labels", {"queryStringParameters": {"prefix": "do"}}),
    "categories": ("GET", "/categories", {}),
    "folders": ("GET", "/folders", {}),
    "duplicates": ("GET", "/duplicates", {}),
    "statistics": ("GET", "/stats", {}),
    "trash": ("GET", "/trash", {}),
    "health": ("GET", "/health", {}),
}
"""A request of each route that reads or writes the table."""


def ask(client: Any, name: str) -> tuple[int, dict[str, str]]:
    """Return the status and the headers of the API's answer over such a table."""
    method, resource, rest = REQUESTS[name]
    handler: Any = load("api_handler")
    signed = {"original": lambda *_: "https://s3/a", "expires_at": lambda *_: "2026-01-01T00:15:00Z"}
    links: Any = type("Links", (), signed)()
    handler.application = handler.Application(
        SETTINGS,
        dynamodb_client=client,
        derived=FakeDerivedStore(),
        requests=FakeRequests(),
        clock=FakeClock(),
        links=links,
    )
    parts = handler.application
    parts.trash = Trash(parts.catalog, parts.search, versions=links, links=links, days=30)
    event = {
        "httpMethod": method,
        "resource": resource,
        "path": resource.partition("{")[0] + "a.jpg",
        "pathParameters": {"ImageId": "a.jpg"},
        "requestContext": {"requestId": "1", "identity": {"caller": "AIDAUSER"}},
    }
    response = handler.handler(event | rest, None)
    return response["statusCode"], response["headers"]


def test_every_route_answers_over_a_table_that_refuses_two_calls_of_three(client: BusyClient) -> None:
    place, catalog = Place(), BusyCatalog(client)
    for part in ("catalog", "leases"):
        object.__setattr__(place.index_image, part, catalog)
    place.bucket.put("a.jpg", b"Dog")
    assert place.handle(message("a.jpg")) == []

    statuses = {name: ask(client, name)[0] for name in REQUESTS}

    assert statuses == {name: {"content": 302, "analyze": 202}.get(name, 200) for name in REQUESTS}
    assert {operation for operation, _ in client.refused} >= {"get_item", "query", "update_item"}


@pytest.mark.parametrize("reason", PASSING)
def test_every_route_says_when_to_come_again_where_the_table_stays_busy(
    monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    monkeypatch.setattr("viewfinder.adapters.dynamodb.calls.time.sleep", lambda _: None)

    for name in REQUESTS:
        status, headers = ask(AlwaysBusyClient(reason), name)
        assert (name, status, json.loads(headers["Retry-After"])) == (name, 503, 5)
