"""What was put stays put: processes are killed, the table is emptied, and nothing is lost or analysed again."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from PIL import Image as PillowImage
from PIL import ImageDraw, ImageFont

from tests.e2e.conftest import PROJECT, TEMPLATE, RunningStack
from tests.support.catalogs import all_images
from tests.support.waiting import wait_for
from viewfinder.bootstrap import Application
from viewfinder.deployment.progress import silent
from viewfinder.domain.image import Status
from viewfinder.local.data_directory import DataDirectory
from viewfinder.local.processes import free_port
from viewfinder.local.stack import LocalStack
from viewfinder.local.state import DYNAMODB, SQLITE, Options
from viewfinder.usecases.corrections import correct_labels
from viewfinder.usecases.differences import find_differences
from viewfinder.usecases.reconcile import reconcile

SAMPLES = PROJECT / "samples"
SOAK = (pytest.mark.soak, pytest.mark.timeout(1500))


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """A stack that may be killed."""
    stack = LocalStack(DataDirectory(tmp_path_factory.mktemp("durability")))
    stack.up(TEMPLATE, Options(port=free_port(), gallery_port=free_port(), features="LABELS"), silent)
    yield stack
    stack.down()


def made_photos(folder: Path, count: int) -> Path:
    for number in range(count):
        seed = hashlib.sha256(f"{folder} {number}".encode()).digest()
        picture = PillowImage.frombytes("RGB", (4, 2), seed[:24]).resize((160, 120))
        out = io.BytesIO()
        picture.save(out, "JPEG")
        (folder / f"{number}.jpg").write_bytes(out.getvalue())
    return folder


def importing(local: LocalStack, folder: Path, *, patience: int = 20) -> subprocess.Popen[str]:
    command = (sys.executable, "-m", "viewfinder.cli.main", "import", "--json", "--patience", str(patience))
    return subprocess.Popen(
        [*command, "--data-dir", str(local.data.path), str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def imported(local: LocalStack, folder: Path, *, patience: int = 20) -> dict[str, Any]:
    output, _ = importing(local, folder, patience=patience).communicate(timeout=800)
    return dict(json.loads(output))


def queue_depth(application: Application) -> int:
    attributes = application.sqs_client.get_queue_attributes(
        QueueUrl=application.settings.queue_url, AttributeNames=["All"]
    )["Attributes"]
    return sum(int(value) for name, value in attributes.items() if name.startswith("ApproximateNumberOfMessages"))


def analyses(application: Application) -> dict[str, str]:
    """Return the ETag of each analysis: one that is made again has another time in it."""
    pages = application.s3_client.get_paginator("list_objects_v2").paginate(
        Bucket=application.settings.derived_bucket, Prefix="analyses/"
    )
    return {entry["Key"]: entry["ETag"] for page in pages for entry in page.get("Contents", ())}


@pytest.mark.parametrize("count", [40, pytest.param(300, marks=SOAK)])
def test_an_import_survives_the_death_of_the_emulator(local: LocalStack, tmp_path: Path, count: int) -> None:
    folder = made_photos(tmp_path, count)
    application = local.application()
    before, known = len(analyses(application)), application.statistics.statuses().get("ANALYZED", 0)
    process = importing(local, folder)
    wait_for(lambda: len(analyses(application)) >= before + count // 4, seconds=200, what="a quarter of the analyses")
    kept = analyses(application)
    (emulator,) = [process for process in local.record.processes if process.name == "emulator"]
    os.kill(emulator.pid, signal.SIGKILL)
    process.communicate(timeout=120)
    assert process.returncode != 0

    local.up(TEMPLATE, Options(), silent)

    recovered(local)
    application = local.application()
    with find_differences(application.stores) as found:
        assert not found
    summary = imported(local, folder)
    assert (summary["Images"], summary["Rejected"], summary["Failed"]) == (count, 0, 0)
    records = application.records.find_many([f"{folder.name}/{number}.jpg" for number in range(count)])
    assert [image.status for image in records.values()] == [Status.ANALYZED] * count
    assert analyses(application).items() >= kept.items()
    assert len(analyses(application)) == before + count
    wait_for(lambda: queue_depth(application) == 0, seconds=30, what="an empty queue")
    assert application.statistics.statuses() == {"ANALYZED": known + count}


def recovered(local: LocalStack) -> None:
    wait_for(lambda: local.recovery is None, seconds=200, what="the end of the recovery")


def test_a_catalog_is_rebuilt_without_a_call_of_the_detector(local: LocalStack, tmp_path: Path) -> None:
    application = local.application()
    folder = made_photos(tmp_path, 6)
    imported(local, folder)
    correct_labels(f"{folder.name}/0.jpg", application.correcting, add=["A person's word"])
    kept = analyses(application)
    before = {image.image_id: image.corrected_labels for image in all_images(application.records)}

    local.up(TEMPLATE, Options(rebuild=True), silent)
    recovered(local)

    application = local.application()
    assert len(before) >= 6
    assert {image.image_id: image.corrected_labels for image in all_images(application.records)} == before
    assert analyses(application) == kept
    thumbnails = {summary.key for summary in application.stores.derived.list("thumbnails/")}
    assert thumbnails >= {image.thumbnail for image in all_images(application.records)}


def test_an_emptied_table_is_filled_again_without_a_call_of_the_detector(
    rehearsal: RunningStack, tmp_path: Path
) -> None:
    application = rehearsal.local.application()
    folder = made_photos(tmp_path, 6)
    imported(rehearsal.local, folder)
    correct_labels(f"{folder.name}/0.jpg", application.correcting, add=["A person's word"])
    kept = analyses(application)
    client, table = application.dynamodb_client, application.settings.table
    before = {image.image_id: image.corrected_labels for image in all_images(application.records)}
    for item in client.scan(TableName=table)["Items"]:
        client.delete_item(TableName=table, Key={"PK": item["PK"], "SK": item["SK"]})
    assert not all_images(application.records)

    found = reconcile(application.stores, patience=60)

    assert (found.total, found.remaining.total(), found.calls) == (len(before), 0, 0)
    assert len(before) >= 6
    assert {image.image_id: image.corrected_labels for image in all_images(application.records)} == before
    assert analyses(application) == kept


def seen(local: LocalStack) -> dict[str, Any]:
    """Return what people see of a catalog: a search, the counts of statuses, and those of labels."""
    application, running = local.application(), RunningStack(local)
    images = {image.image_id: image.status for image in all_images(application.records) if image.is_visible}
    found = running.call("GET", "/images?status=ANALYZED&limit=100").json()["Images"]
    labels = running.call("GET", "/labels?limit=100").json()["Labels"]
    counted = {label["Name"]: label["Count"] for label in labels}
    return {
        "images": len(images),
        "found": len(found),
        "statuses": application.statistics.statuses(),
        "labels": counted,
        "counted": {name: count_of(running, name) for name in counted},
    }


def count_of(running: RunningStack, label: str) -> int:
    return len(running.call("GET", f"/images?label={quote(label)}&limit=100").json()["Images"])


def found_by(local: LocalStack, query: str) -> list[str]:
    answer = RunningStack(local).call("GET", f"/images?{query}").json()
    return [image["ImageId"] for image in answer["Images"]]


def a_sign(text: str) -> PillowImage.Image:
    """Draw black words on white."""
    sign = PillowImage.new("RGB", (800, 200), "white")
    ImageDraw.Draw(sign).text((40, 50), text, "black", font=ImageFont.load_default(80))
    return sign


@pytest.mark.soak
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("catalog", [SQLITE, DYNAMODB])
def test_search_counts_and_labels_agree_after_a_stop_between_two_imports(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, catalog: str
) -> None:
    local = LocalStack(DataDirectory(tmp_path_factory.mktemp(f"two-imports-{catalog}")))
    options = Options(port=free_port(), gallery_port=free_port(), catalog=catalog)
    first, second = (tmp_path / name for name in ("first", "second"))
    for folder in (first, second):
        folder.mkdir()
    photos = sorted(SAMPLES.glob("*.jpg"))
    for number, photo in enumerate(photos):
        shutil.copy(photo, (first, second)[number % 2])
    a_sign("Platform Seven").save(second / "sign.png")
    count = len(photos) + 1
    try:
        for folder in (first, second):
            local.up(TEMPLATE, options, silent)
            imported(local, folder)
            local.down()
        local.up(TEMPLATE, options, silent)

        def agrees() -> dict[str, Any] | None:
            now = seen(local)
            agreed = now["images"] == now["found"] == count and now["statuses"] == {"ANALYZED": count}
            return now if agreed and now["labels"] == now["counted"] else None

        assert wait_for(agrees, seconds=30, what="counts that agree")["labels"]
        assert found_by(local, "text=platform&text=SEVEN") == ["second/sign.png"]
        assert found_by(local, "text=eight") == []
    finally:
        local.down()


def test_an_object_put_and_one_deleted_behind_the_pipelines_back_are_found(local: LocalStack, tmp_path: Path) -> None:
    application = local.application()
    folder = made_photos(tmp_path, 2)
    imported(local, folder)
    bucket, client = application.settings.images_bucket, application.s3_client
    kept, removed = f"{folder.name}/0.jpg", f"{folder.name}/1.jpg"
    content = client.get_object(Bucket=bucket, Key=kept)["Body"].read()
    notifications = client.get_bucket_notification_configuration(Bucket=bucket)
    notifications.pop("ResponseMetadata")
    client.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    client.put_object(Bucket=bucket, Key="unheard.jpg", Body=content)
    client.delete_object(Bucket=bucket, Key=removed)
    client.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=notifications)

    with find_differences(application.stores) as found:
        assert {image.image_id: image.kind for image in found} == {"unheard.jpg": "MISSING", removed: "ORPHANED"}
    assert reconcile(application.stores, patience=60).left == 0
    with find_differences(application.stores) as left:
        assert not left
    answers = application.records.find_many(["unheard.jpg", removed])
    assert (answers["unheard.jpg"].status, answers[removed].status) == (Status.ANALYZED, Status.REMOVED)


@pytest.mark.parametrize("count", [10, pytest.param(500, marks=SOAK)])
def test_importing_what_is_known_makes_no_call_and_says_what_that_saves(
    local: LocalStack, tmp_path: Path, count: int
) -> None:
    application = local.application()
    folder = made_photos(tmp_path, count)
    first = imported(local, folder)
    kept = analyses(application)

    again = imported(local, folder)
    (tmp_path / "copies").mkdir()
    for number in range(count):  # the same contents once more, half of them in each other's place
        content = (folder / f"{number}.jpg").read_bytes()
        (tmp_path / "copies" / f"copies {number}.jpg").write_bytes(content)
        (tmp_path / "copies" / f"{count - 1 - number}.jpg").write_bytes(content)
    copies = imported(local, tmp_path / "copies")

    assert (first["Calls"], again["Present"], again["Calls"], again["SavedCalls"]) == (count, count, 0, count)
    assert (copies["Analyzed"], copies["Calls"], copies["SavedCalls"]) == (2 * count, 0, 2 * count)
    assert copies["SavedDollars"] == 0  # our engine costs nothing
    assert analyses(application) == kept
