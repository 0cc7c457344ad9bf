"""The operator's commands: what they say, what they ask before they spend, and how they exit."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace as replace_fields
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.support.fakes import FakeBucket, FakeCatalog, FakeClock, FakeDerivedStore, FakeRequests, etag
from viewfinder.bootstrap import Application
from viewfinder.cli.main import app
from viewfinder.domain.errors import KeyTakenError
from viewfinder.domain.feature import Parameters
from viewfinder.domain.image import Effort, Image, Status
from viewfinder.settings import Settings
from viewfinder.usecases.differences import Stores

SETTINGS = Settings(images_bucket="images", derived_bucket="derived", table="catalog", queue_url="queue")


class AnsweringBucket(FakeBucket):
    """A bucket whose pipeline answers at once."""

    def __init__(self, catalog: FakeCatalog) -> None:
        super().__init__()
        self._catalog = catalog
        self.answer = Image("", Status.ANALYZED, "", "2026", effort=Effort.DETECTED)

    def upload(self, key: str, file: Path, *, replace: bool) -> str:
        if not replace and key in self.contents:
            raise KeyTakenError(key)
        tag = self.put(key, file.read_bytes())
        image = replace_fields(self.answer, image_id=key, etag=tag, sha256=tag)
        self._catalog.save(image, replacing=self._catalog.find(key))
        return tag

    def copy(self, key: str, source_bucket: str, source_key: str) -> str:
        return self.put(key, f"copy of {source_bucket}/{source_key}".encode())


class FakeTarget:
    """A stack of fakes on AWS or not."""

    def __init__(self, *, price_per_call: float = 0.0) -> None:
        self.catalog, self.requests = FakeCatalog(), FakeRequests()
        self.bucket = AnsweringBucket(self.catalog)
        self.price_per_call = price_per_call
        self.application = Application(
            SETTINGS,
            records=self.catalog,
            requests=self.requests,
            image_objects=self.bucket,
            derived=FakeDerivedStore(),
            parameters=Parameters(40, 55.0),
            clock=FakeClock(),
            stores=Stores(self.bucket, FakeBucket(), self.catalog, self.requests, sleep=lambda _: None),
        )
        self.outputs = {
            "QueueUrl": "queue",
            "DeadLetterQueueUrl": "dead",
            "SecondStageQueueUrl": "second",
            "SecondStageDeadLetterQueueUrl": "second-dead",
        }

    def require(self, *_: str) -> None:
        """Every component runs."""

    def price(self, calls: int) -> float:
        return self.price_per_call * calls

    def command(self, words: str) -> str:
        return f"viewfinder {words}"


Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command on a target."""

    def command(target: FakeTarget, *arguments: str, answer: str = "") -> Result:
        monkeypatch.setattr("viewfinder.cli._target.find_target", lambda *_: target)
        return CliRunner().invoke(app, [*arguments], input=answer)

    return command


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for number in range(3):
        (tmp_path / f"{number}.gif").write_bytes(b"GIF89a" + bytes([number]))
    return tmp_path


def document(result: Result) -> dict[str, Any]:
    return dict(json.loads(result.stdout))


def test_an_import_costs_nothing_here_and_asks_nothing(run: Run, photos: Path) -> None:
    result = run(FakeTarget(), "import", "--json", str(photos))

    assert result.exit_code == 0
    assert document(result)["Analyzed"] == document(result)["Calls"] == 3


def test_an_import_that_costs_is_only_begun_when_the_user_agrees(run: Run, photos: Path) -> None:
    target = FakeTarget(price_per_call=0.001)

    declined = run(target, "import", str(photos), answer="n\n")

    assert declined.exit_code == 1
    assert "3 detector calls, $0.00 at list price" in declined.output
    assert target.bucket.contents == {}
    assert run(target, "import", str(photos), answer="y\n").exit_code == 0
    assert len(target.bucket.contents) == 3


def test_a_dry_run_sends_nothing(run: Run, photos: Path) -> None:
    target = FakeTarget(price_per_call=0.001)

    result = run(target, "import", "--dry-run", "--json", str(photos))

    assert document(result) == {
        "Present": 0,
        "Missing": 3,
        "Calls": 3,
        "Dollars": 0.003,
        "PassedOver": {},
        "Problems": [],
    }
    assert target.bucket.contents == {}


def test_an_import_says_what_it_passed_over(run: Run, photos: Path) -> None:
    for name in ("a.txt", "b.txt", "c.pdf"):
        (photos / name).write_text("no picture")

    result = run(FakeTarget(), "import", str(photos))

    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "3 files were passed over: 2 .txt, 1 .pdf."


def test_an_import_that_could_not_take_a_file_takes_the_others_and_exits_with_1(run: Run, photos: Path) -> None:
    (photos / "gone.jpg").symlink_to(photos / "nowhere")
    target = FakeTarget()

    result = run(target, "import", str(photos))

    assert result.exit_code == 1
    assert result.stderr == f"Not imported: {photos}/gone.jpg: No such file or directory\n"
    assert len(target.bucket.contents) == 3
    assert document(run(target, "import", "--json", str(photos)))["Problems"] == [
        f"{photos}/gone.jpg: No such file or directory"
    ]


def test_an_interrupted_import_says_how_to_go_on_and_ends_at_once(
    run: Run, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends: list[int] = []
    target = FakeTarget()

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("viewfinder.cli.import_._leave", ends.append)
    monkeypatch.setattr(target.catalog, "find_many", interrupted)

    result = run(target, "import", str(photos))

    assert ends == [130]
    assert "Interrupted: 0 images are sent, 0 of them analysed. Run the same command to continue." in result.output


def test_a_path_that_is_not_there_is_named_and_the_others_are_imported(run: Run, photos: Path) -> None:
    target = FakeTarget()

    result = run(target, "import", "/no/such/folder", str(photos))

    assert result.exit_code == 1
    assert result.stderr == "Not imported: /no/such/folder: No such file or directory\n"
    assert len(target.bucket.contents) == 3


def test_rejected_files_are_named_ten_of_them_and_in_json_all(run: Run, tmp_path: Path) -> None:
    for number in range(12):
        (tmp_path / f"{number:02}.gif").write_bytes(b"GIF89a" + bytes([number]))
    target, again = FakeTarget(), FakeTarget()
    refused = Image("", Status.REJECTED, "", "2026", reason="TRUNCATED", message="The picture is cut off.")
    target.bucket.answer = again.bucket.answer = refused

    told = run(target, "import", str(tmp_path))
    found = document(run(again, "import", "--json", str(tmp_path)))

    assert told.exit_code == 0
    assert told.stderr.splitlines() == [
        *(f"Rejected: {tmp_path.name}/{number:02}.gif: The picture is cut off." for number in range(10)),
        "... and 2 more rejected (--json has all).",
    ]
    assert "List rejected images: viewfinder search --status REJECTED\n" in told.stdout
    assert (found["Rejected"], len(found["RejectedImages"])) == (12, 12)
    assert found["RejectedImages"][0] == {
        "ImageId": f"{tmp_path.name}/00.gif",
        "Reason": "TRUNCATED",
        "Message": "The picture is cut off.",
    }


def test_reconcile_exits_with_1_where_it_only_looks_and_finds_something(run: Run) -> None:
    target = FakeTarget()
    target.bucket.put("a.jpg", b"a")

    result = run(target, "reconcile", "--dry-run", "--json")

    assert result.exit_code == 1
    assert document(result) == {
        "Objects": 1,
        "Missing": 1,
        "Outdated": 0,
        "Failed": 0,
        "Unreadable": 0,
        "Incomplete": 0,
        "Orphaned": 0,
        "Old": 0,
        "Chosen": 0,
        "OrphanedThumbnails": 0,
        "Answered": 0,
        "DetectorCalls": 0,
        "Remaining": {},
        "RemainingImages": {},
    }
    assert target.requests.sent == []


def test_reconcile_that_comes_to_no_end_exits_with_1_and_says_what_is_left(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = FakeTarget()
    target.bucket.put("a.jpg", b"a")
    passed = iter(range(1000))
    stores = Stores(
        target.bucket, FakeBucket(), target.catalog, target.requests, now=lambda: next(passed), sleep=lambda _: None
    )
    monkeypatch.setattr(target.application, "stores", stores)

    result = run(target, "reconcile", "--patience", "5")

    assert result.exit_code == 1
    assert "1 images are not answered yet, among them a.jpg" in result.output


def test_reconcile_exits_with_1_and_names_what_it_could_not_help(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    target = FakeTarget()
    target.bucket.put("a.jpg", b"a")
    refused = Image("a.jpg", Status.REJECTED, "", "2026", reason="ACCESS_DENIED", effort=Effort.RECORD)
    send = lambda image_ids, **_: [target.catalog.save(refused, replacing=None) for _ in image_ids]  # noqa: E731
    monkeypatch.setattr(target.requests, "send", send)

    result = run(target, "reconcile")

    assert result.exit_code == 1
    assert "1 images: 1 missing. 1 were looked at, 0 detector calls. 1 still differ." in result.output
    assert "Still differs: a.jpg: ACCESS_DENIED" in result.output


def test_reconcile_of_what_agrees_says_so(run: Run) -> None:
    target = FakeTarget()
    tag = target.bucket.put("a.jpg", b"a")
    target.catalog.save(Image("a.jpg", Status.REJECTED, "", "2026", etag=tag), replacing=None)

    result = run(target, "reconcile")

    assert (result.exit_code, result.output.strip()) == (0, "Bucket and catalog agree about 1 images.")


def test_reanalysis_counts_contents_and_asks(run: Run) -> None:
    target = FakeTarget(price_per_call=0.001)
    for key in ("a.jpg", "copy.jpg"):
        image = Image(key, Status.ANALYZED, "", "2026", etag=etag(b"a"), sha256="aa", model_version="3.0")
        target.catalog.save(image, replacing=None)

    looked = run(target, "reanalyze", "--dry-run", "--json")
    declined = run(target, "reanalyze", answer="n\n")

    assert document(looked) == {"Images": 2, "Calls": 1, "Dollars": 0.001, "Answered": 0}
    assert declined.exit_code == 1
    assert target.requests.sent == []


def test_redrive_moves_the_dead_letters_of_each_stage_to_its_own_queue(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = {"dead": 2, "second-dead": 3}
    moves: list[tuple[str, str]] = []

    def move(_: object, dead: str, queue: str, report: Callable[[int], None]) -> int:
        moves.append((dead, queue))
        report(waiting[dead])
        return waiting[dead]

    monkeypatch.setattr("viewfinder.adapters.dead_letters.count_messages", lambda _, dead: waiting[dead])
    monkeypatch.setattr("viewfinder.adapters.dead_letters.redrive", move)
    target = FakeTarget()
    target.application.__dict__["sqs_client"] = object()

    assert document(run(target, "redrive", "--dry-run", "--json")) == {"DeadLetters": 5, "Moved": 0}
    assert document(run(target, "redrive", "--json")) == {"DeadLetters": 5, "Moved": 5}
    assert moves == [("dead", "queue"), ("second-dead", "second")]


def test_redrive_of_a_stack_of_an_earlier_release_knows_one_queue(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("viewfinder.adapters.dead_letters.count_messages", lambda _, dead: {"dead": 1}[dead])
    target = FakeTarget()
    target.application.__dict__["sqs_client"] = object()
    target.outputs = {"QueueUrl": "queue", "DeadLetterQueueUrl": "dead"}

    assert document(run(target, "redrive", "--dry-run", "--json")) == {"DeadLetters": 1, "Moved": 0}
