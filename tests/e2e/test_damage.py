"""Every file of the data directory is damaged, while the stack stands and while it runs: a remedy is named and helps.

A remedy is a command of ours; nobody has to delete a file. Afterwards every image is found, and the counts are right.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.conftest import TEMPLATE, RunningStack
from tests.e2e.test_durability import SOAK, imported, made_photos
from tests.support import damage
from tests.support.waiting import wait_for
from viewfinder.deployment.progress import silent
from viewfinder.domain.errors import ViewfinderError
from viewfinder.local.data_directory import DataDirectory
from viewfinder.local.ministack.objects import OBJECTS
from viewfinder.local.ministack.saving import NEEDED
from viewfinder.local.processes import free_port, kill_stragglers
from viewfinder.local.stack import LocalStack
from viewfinder.local.state import Options

IMAGES = 4
REMEDY = re.compile(r"viewfinder (up(?: --rebuild)?) --data-dir (\S+)")

CATALOG = {
    **{harm.__name__: harm for harm in (*damage.CATALOG, damage.missing, damage.log_only)},
    **{harm.__name__: harm for harm in damage.SMALL_FILES},
}
STATE = ["emulator/state/saved", f"emulator/state/{OBJECTS}", *(f"emulator/state/{name}" for name in NEEDED)]
SMALL = ["stack.json", "credentials.json", "operator.json", "emulator/s3/catalog-generation.json", *STATE]
EVERY = [
    *(("catalog.db", name) for name in CATALOG),
    *((name, harm.__name__) for name in SMALL for harm in (*damage.SMALL_FILES, damage.missing)),
]
"""The table: files, and what happens to them."""

GATE = [("catalog.db", "header")]
GATE_RUNNING = [("catalog.db", "every_page")]


@pytest.fixture(scope="module")
def prototype(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory of a stack with images, after an orderly stop."""
    folder = tmp_path_factory.mktemp("prototype")
    local = LocalStack(DataDirectory(folder / "data"))
    local.up(TEMPLATE, ports(), silent)
    (folder / "photos").mkdir()
    imported(local, made_photos(folder / "photos", IMAGES))
    shutil.copy(local.data.database, folder / "older.db")
    local.down()
    return folder


@pytest.fixture
def local(prototype: Path, tmp_path: Path) -> Iterator[LocalStack]:
    """A copy of the stack, which may be damaged; it is removed, as all copies of the soak take 60 GB."""
    local = LocalStack(DataDirectory(tmp_path / "data"))
    shutil.copytree(prototype / "data", local.data.path)
    yield local
    local.down()
    shutil.rmtree(local.data.path)


def ports() -> Options:
    return Options(port=free_port(), gallery_port=free_port(), features="LABELS")


def harmed(local: LocalStack, name: str, kind: str) -> None:
    harm: Callable[[Path], None] = CATALOG.get(kind) or getattr(damage, kind)
    harm(local.data.path / name)


def with_remedy(local: LocalStack, message: str) -> None:
    """Do what a message says, word for word but for the ports, which a lost record has taken along."""
    words = REMEDY.search(message)
    assert words, message
    assert words[2] == shlex.quote(str(local.data.path))
    assert "Traceback" not in message
    started(local, rebuild="--rebuild" in words[1])


def started(local: LocalStack, *, rebuild: bool = False) -> None:
    local.up(TEMPLATE, Options(free_port(), free_port(), features="LABELS", rebuild=rebuild), silent)


def assert_all_is_found(local: LocalStack) -> None:
    wait_for(lambda: local.recovery is None, seconds=100, what="the end of the recovery")
    stack, application = RunningStack(local), local.application()
    keys = [f"photos/{number}.jpg" for number in range(IMAGES)]
    wait_for(lambda: application.statistics.statuses() == {"ANALYZED": IMAGES}, seconds=60, what="right counts")
    assert sorted(image.image_id for image in application.records.states()) == keys
    assert [stack.image(key).status_code for key in keys] == [200] * IMAGES
    assert stack.call("GET", "/stats").json()["Images"]["Total"] == IMAGES
    content = {key: stack.client("s3").get_object(Bucket=stack.bucket, Key=key)["ContentLength"] for key in keys}
    assert all(content.values())
    assert local.running.problems() == []


def status(local: LocalStack) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "viewfinder.cli.main", "status", "--data-dir", str(local.data.path)]
    environment = {"COLUMNS": "1000", "PATH": "/usr/bin:/bin"}
    return subprocess.run(words, capture_output=True, text=True, check=False, env=environment)


def table(gate: list[tuple[str, str]]) -> list[object]:
    return [*gate, *(pytest.param(*case, marks=SOAK) for case in EVERY if case not in gate)]


@pytest.mark.parametrize(("name", "kind"), table(GATE))
def test_a_start_mends_what_was_damaged_at_rest_or_names_the_remedy(local: LocalStack, name: str, kind: str) -> None:
    harmed(local, name, kind)

    try:
        started(local)
    except ViewfinderError as error:
        with_remedy(local, str(error))

    assert_all_is_found(local)


@pytest.mark.parametrize(("name", "kind"), table(GATE_RUNNING))
def test_status_names_the_remedy_for_what_is_damaged_while_the_stack_runs(
    local: LocalStack, name: str, kind: str
) -> None:
    started(local)
    wait_for(lambda: local.recovery is None, seconds=100, what="the end of the recovery")
    damage.settle(local.data.database)
    if not (local.data.path / name).exists():
        pytest.skip("a running stack has no such file")
    harmed(local, name, kind)

    told = status(local)
    if told.returncode == 0:  # what only the next start reads, unless a stop in order writes it anew
        kill_stragglers(local.data.path)
        try:
            started(local)
        except ViewfinderError as error:
            with_remedy(local, str(error))
    else:
        with_remedy(local, " ".join((told.stdout + told.stderr).split()))

    assert_all_is_found(local)


def test_an_older_copy_of_the_catalog_is_noticed(local: LocalStack, prototype: Path) -> None:
    shutil.copy(prototype / "older.db", local.data.database)

    started(local)

    assert local.data.database.with_name("catalog.db.damaged").exists()
    assert_all_is_found(local)


def test_a_catalog_that_is_deleted_while_the_stack_runs_is_not_filled_anew_by_its_functions(local: LocalStack) -> None:
    started(local)
    stack = RunningStack(local)
    assert stack.image("photos/0.jpg").status_code == 200
    damage.missing(local.data.database)

    assert stack.image("photos/0.jpg").status_code == 500
    photo = local.data.path.parent / "new.jpg"
    photo.write_bytes(b"none")
    stack.client("s3").put_object(Bucket=stack.bucket, Key="new.jpg", Body=b"no picture")
    assert not local.data.database.exists()
    stack.client("s3").delete_object(Bucket=stack.bucket, Key="new.jpg")
    with_remedy(local, " ".join(status(local).stdout.split()))

    assert_all_is_found(local)


def test_a_stop_needs_no_record(local: LocalStack) -> None:
    started(local)
    running = local.record.processes
    local.data.record.write_text("{")

    assert local.down() is True

    assert not any(process.alive for process in running)
    assert (local.data.state / "saved").exists(), "the emulator was stopped in order"
    with closing(local.data.record.open()) as record:
        assert record.read() == "{"
