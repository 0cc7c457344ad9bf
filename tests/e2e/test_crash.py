"""What the machine does to a stack: every process dies at once, again and again; the disk is full."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.e2e.conftest import TEMPLATE, RunningStack
from tests.e2e.test_durability import SOAK, analyses, imported, importing, made_photos, recovered
from tests.e2e.test_faults import QUICK, function_name, function_told
from tests.support.catalogs import all_images
from tests.support.detector_proxy import DetectorProxy
from tests.support.waiting import wait_for
from viewfinder.adapters.sqlite.catalog import SqliteCatalog
from viewfinder.adapters.sqlite.database import Database
from viewfinder.adapters.sqlite.statistics import SqliteStatistics
from viewfinder.deployment.progress import silent
from viewfinder.local.data_directory import DataDirectory
from viewfinder.local.processes import DiskFullError, free_port, kill_stragglers
from viewfinder.local.stack import LocalStack
from viewfinder.local.state import Options
from viewfinder.usecases.differences import find_differences

FUNCTIONS_AT_ONCE, BATCH_THREADS = 5, 4
SEED = 20261125


@pytest.fixture
def detector() -> Iterator[DetectorProxy]:
    """A detector that outlives the stack, and so knows every call."""
    with DetectorProxy().running() as proxy:
        yield proxy


@pytest.fixture
def local(tmp_path_factory: pytest.TempPathFactory, detector: DetectorProxy) -> Iterator[LocalStack]:
    """A stack that asks this detector, and has saved that it does."""
    local = LocalStack(DataDirectory(tmp_path_factory.mktemp("crash")))
    local.up(TEMPLATE, Options(port=free_port(), gallery_port=free_port(), features="LABELS"), silent)
    stack = RunningStack(local)
    functions, name = stack.client("lambda"), function_name(stack)
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    asks = {"Variables": {**variables, "AWS_ENDPOINT_URL_REKOGNITION": detector.url}}
    functions.update_function_configuration(FunctionName=name, Environment=asks)
    local.down()
    local.up(TEMPLATE, Options(), silent)
    yield local
    local.down()


@pytest.mark.parametrize(("count", "kills"), [(24, 1), pytest.param(300, 20, marks=SOAK)])
def test_an_import_survives_that_every_process_dies_at_once(
    local: LocalStack, detector: DetectorProxy, tmp_path: Path, count: int, kills: int
) -> None:
    folder = made_photos(tmp_path, count)
    contents = {hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()}
    moments = sorted(random.Random(SEED).sample(range(1, count), kills))
    print(f"seed {SEED}: killed after {moments} of {count} answers of the detector")  # noqa: T201 - shown on failure
    may_repeat: Counter[str] = Counter()
    for moment in moments:
        process = importing(local, folder)
        wait_for(lambda: len(detector.calls) >= moment, seconds=120, what=f"{moment} answers")  # noqa: B023
        kill_stragglers(local.data.path)
        process.kill()
        process.communicate()
        assert_consistent(local.data)
        unsaved = set(detector.calls) - saved(local.data)
        assert len(unsaved) <= FUNCTIONS_AT_ONCE * BATCH_THREADS
        may_repeat.update(unsaved)
        local.up(TEMPLATE, Options(), silent)

    summary = imported(local, folder)
    recovered(local)

    assert (summary["Images"], summary["Rejected"], summary["Failed"]) == (count, 0, 0)
    application = local.application()
    assert sorted(image.sha256 for image in all_images(application.records)) == sorted(contents)
    assert application.statistics.statuses() == {"ANALYZED": count}
    with find_differences(application.stores) as found:
        assert not found
    assert len(analyses(application)) == count
    assert saved(local.data) == set(detector.calls) == contents
    assert detector.calls - Counter(contents) <= may_repeat


def saved(data: DataDirectory) -> set[str]:
    """Return the contents whose analysis is on the disk."""
    return {file.name.partition(".")[0] for file in data.objects.glob("**/analyses/**/*.json")}


def assert_consistent(data: DataDirectory) -> None:
    """Read the file as a crash left it: whole, and counts that are those of a listing."""
    with closing(Database(str(data.database))) as database:
        assert database.rows("PRAGMA integrity_check") == [("ok",)]
        assert database.rows("PRAGMA foreign_key_check") == []
        images = all_images(SqliteCatalog(database, tombstone_seconds=0))
        statuses = Counter(image.status.value for image in images)
        labels = Counter(label.name for image in images for label in image.labels)
        statistics = SqliteStatistics(database)
        assert statistics.statuses() == statuses
        assert {count.name: count.count for count in statistics.labels("", "")} == labels


DISK_BYTES = 900_000_000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", disk], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)


def fill(disk: Path, *, leaving: int) -> Path:
    """Take all room of a disk but so many bytes."""
    ballast = disk / "ballast"
    ballast.unlink(missing_ok=True)
    room = os.statvfs(disk)
    with ballast.open("wb") as out:
        os.posix_fallocate(out.fileno(), 0, room.f_bavail * room.f_frsize - leaving)
    return ballast


def test_a_start_on_a_full_disk_says_how_much_it_needs(small_disk: Path) -> None:
    fill(small_disk, leaving=0)
    local = LocalStack(DataDirectory(small_disk / "data"))

    with pytest.raises(DiskFullError, match="is full: 0 MB left, a start needs 500"):
        local.up(TEMPLATE, Options(port=free_port(), gallery_port=free_port()), silent)


def test_a_full_disk_is_told_and_work_goes_on_when_there_is_room(small_disk: Path, tmp_path: Path) -> None:
    local = LocalStack(DataDirectory(small_disk / "data"))
    local.up(TEMPLATE, Options(port=free_port(), gallery_port=free_port(), features="LABELS"), silent)
    photos = tmp_path / "photos"
    photos.mkdir()
    contents = [file.read_bytes() for file in sorted(made_photos(photos, 4).iterdir())]
    with DetectorProxy().running() as detector:
        stack = RunningStack(local)
        try:
            with function_told(stack, {"AWS_ENDPOINT_URL_REKOGNITION": detector.url, **QUICK}):
                s3 = stack.client("s3")
                s3.put_object(Bucket=stack.bucket, Key="before.jpg", Body=contents[0])
                wait_for(lambda: stack.image("before.jpg").status_code == 200, seconds=120, what="the first image")
                detector.hold()
                s3.put_object(Bucket=stack.bucket, Key="in hand.jpg", Body=contents[1])
                wait_for(lambda: detector.waiting == 1, seconds=120, what="an image in hand")
                ballast = fill(small_disk, leaving=0)
                detector.release()

                with pytest.raises(ClientError, match="The disk of this machine is full"):
                    s3.put_object(Bucket=stack.bucket, Key="refused.jpg", Body=contents[2])
                told = subprocess.run(
                    [sys.executable, "-m", "viewfinder.cli.main", "status", "--data-dir", str(local.data.path)],
                    capture_output=True,
                    text=True,
                    check=False,
                )
                assert told.returncode == 1
                assert "is full: 0 MB left" in " ".join(told.stdout.split())
                assert stack.image("before.jpg").status_code == 200
                assert stack.image("refused.jpg").status_code == 404
                with closing(Database(str(local.data.database))) as database:
                    assert database.rows("PRAGMA integrity_check") == [("ok",)]

                ballast.unlink()
                s3.put_object(Bucket=stack.bucket, Key="after.jpg", Body=contents[3])
                both = ("in hand.jpg", "after.jpg")
                wait_for(
                    lambda: all(stack.answers(name, 200) for name in both),
                    seconds=60,
                    what="what waited, and what is new",
                )
        finally:
            local.down()
    assert_consistent(local.data)
