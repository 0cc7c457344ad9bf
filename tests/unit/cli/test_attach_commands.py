"""`backfill`, `export` and `import` on a stack that attaches a bucket: what they say before and after."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner, Result

from tests.support.fakes import FakeBucket, FakeCatalog, FakeRequests
from viewfinder.bootstrap import Application
from viewfinder.cli.backfill import _since
from viewfinder.cli.main import app
from viewfinder.domain.image import Image, Status
from viewfinder.settings import Settings

SETTINGS = Settings(
    images_bucket="images",
    images_prefix="p/",
    bucket_access="ReadOnly",
    derived_bucket="derived",
    table="catalog",
    queue_url="queue",
    features="LABELS,TEXT",
)


class FakeTarget:
    """A stack on AWS that attaches a bucket."""

    local = None
    parameters: ClassVar = {"DetectorConcurrency": "5", "BatchThreads": "4"}

    def __init__(self, client: Any) -> None:
        self.settings = SETTINGS
        self.requests, self.catalog, self.bucket = FakeRequests(), FakeCatalog(), FakeBucket()
        objects: Any = self.bucket
        self.application = Application(
            SETTINGS, s3_client=client, requests=self.requests, records=self.catalog, image_objects=objects
        )

    def require(self, *_: str) -> None:
        """Every component runs."""

    def price(self, calls: int) -> float:
        return calls / 1000

    def command(self, words: str) -> str:
        return f"viewfinder {words}"


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTarget]:
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="derived")
        made = FakeTarget(client)
        monkeypatch.setattr("viewfinder.cli._target.find_target", lambda *_, **__: made)
        yield made


def run(*arguments: str, answer: str = "") -> Result:
    return CliRunner().invoke(app, [*arguments], input=answer)


def test_a_dry_run_tells_number_price_and_hours_and_sends_nothing(target: FakeTarget) -> None:
    for number in range(3):
        target.bucket.put(f"p/{number}.jpg", b"x" * 1000)
    target.bucket.put("p/film.mp4", b"x")

    told = json.loads(run("backfill", "--dry-run", "--json").stdout)

    assert told == {
        "Images": 3,
        "Bytes": 3000,
        "LeftOut": {".mp4": 1},
        "Calls": 6,
        "Dollars": 0.006,
        "Hours": 0.0,
    }
    assert target.requests.sent == []


def test_a_backfill_asks_before_it_may_cost_money(target: FakeTarget) -> None:
    target.bucket.put("p/1.jpg", b"x")

    refused = run("backfill", answer="n\n")
    agreed = run("backfill", answer="y\n")

    assert (refused.exit_code, agreed.exit_code) == (1, 0)
    assert "2 detector calls, $0.00 at list price" in agreed.output
    assert "1 images are in the queue" in agreed.output
    assert [request[0] if isinstance(request, tuple) else request for request in target.requests.sent] == ["p/1.jpg"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("", 0.0), ("2026-01-31", 1769817600.0), ("2026-01-31T01:00:00+01:00", 1769817600.0), ("2d", 1000.0)],
)
def test_a_time_is_a_date_or_a_number_of_days(text: str, seconds: float) -> None:
    assert _since(text, 1000.0 + 2 * 86_400) == seconds


@pytest.mark.parametrize("words", [("--newer-than", "yesterday"), ("--manifest", "manifest.json")])
def test_what_can_t_be_read_is_told(target: FakeTarget, words: tuple[str, str]) -> None:
    answer = run("backfill", *words)
    assert answer.exit_code == 2
    assert "Error" in answer.output


def test_nothing_is_imported_into_a_bucket_that_is_only_read(target: FakeTarget, tmp_path: Path) -> None:
    answer = run("import", str(tmp_path))
    assert answer.exit_code == 1
    assert "the images are in a bucket that is attached read-only" in answer.output


def test_an_export_tells_the_version_for_the_next_one(target: FakeTarget, tmp_path: Path) -> None:
    saved = target.catalog.save(Image("p/a.jpg", Status.ANALYZED, "", "2026-01-31T12:00:00.000000Z"), replacing=None)
    file = tmp_path / "catalog.jsonl"

    first = run("export", "--output", str(file))
    again = run("export", "--output", str(file))
    since = run("export", "--since", str(saved.version))

    assert json.loads(file.read_text())["ImageId"] == "p/a.jpg"
    assert first.stderr == f"1 images. The next export of what changes: --since {saved.version}\n"
    assert (again.exit_code, "--overwrite" in again.output) == (2, True)
    assert (since.stdout, since.exit_code) == ("", 0)
    assert [each.name for each in tmp_path.iterdir()] == ["catalog.jsonl"]
