"""The catalog's file at a start: found good, missing, foreign or damaged, and made anew without being opened."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support import damage
from tests.support.catalogs import all_images
from viewfinder.adapters.sqlite.catalog import SqliteCatalog
from viewfinder.adapters.sqlite.database import Database
from viewfinder.deployment.progress import Progress
from viewfinder.domain.feature import Feature
from viewfinder.domain.image import Image, Status
from viewfinder.domain.label import Label
from viewfinder.local import catalog as catalog_module
from viewfinder.local import files
from viewfinder.local.catalog import CatalogFile, DamagedCatalogError, Found
from viewfinder.local.data_directory import DataDirectory
from viewfinder.local.ministack.objects import MARK
from viewfinder.local.repair import Repair
from viewfinder.local.state import Ports, Record

RECORD = Record(Ports(1, 2, 3))
NOBODY = 65_534


@pytest.fixture(scope="module")
def prototype(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("prototype")).path


@pytest.fixture
def data(prototype: Path, tmp_path: Path) -> DataDirectory:
    """The data directory of a stack that was stopped in order, with some images."""
    shutil.copytree(prototype, tmp_path / "data")
    return DataDirectory(tmp_path / "data")


def made(path: Path) -> DataDirectory:
    directory = DataDirectory(path)
    directory.prepare()
    CatalogFile(directory).prepare()
    fill(directory, 200)
    (directory.objects / "000000000000").mkdir()
    CatalogFile(directory).seal()
    return directory


def fill(data: DataDirectory, images: int) -> None:
    with closing(Database(str(data.database))) as database:
        catalog = SqliteCatalog(database, tombstone_seconds=60)
        findings = {Feature.LABELS: tuple(Label(f"Label {number}", 90.0) for number in range(10))}
        for number in range(images):
            image = Image(f"{number}.jpg", Status.ANALYZED, "", "2026-01-01T00:00:00.000000Z", findings=findings)
            catalog.save(image, replacing=None)


def images(data: DataDirectory) -> int:
    with closing(Database(str(data.database))) as database:
        return len(all_images(SqliteCatalog(database, tombstone_seconds=60)))


def test_a_file_is_good_after_a_stop_and_after_a_crash(data: DataDirectory) -> None:
    assert CatalogFile(data).look() is Found.GOOD
    CatalogFile(data).prepare()
    assert CatalogFile(data).look() is Found.GOOD, "the next start, without a stop before it"


def test_a_file_of_a_release_without_marks_is_good(data: DataDirectory) -> None:
    with closing(Database(str(data.database))) as database, database.transaction() as connection:
        connection.execute("DROP TABLE generation")
    data.generation.unlink()

    assert CatalogFile(data).look() is Found.GOOD


@pytest.mark.parametrize("harm", damage.CATALOG)
def test_a_damaged_file_is_told_with_the_remedy(data: DataDirectory, harm: damage.Damage) -> None:
    harm(data.database)

    with pytest.raises(DamagedCatalogError, match=r"catalog.*viewfinder up --rebuild --data-dir"):
        CatalogFile(data).look()


@pytest.mark.parametrize("harm", [damage.cut, damage.foreign, damage.binary])
def test_what_is_no_catalog_is_told_with_the_remedy(data: DataDirectory, harm: damage.Damage) -> None:
    harm(data.database)

    with pytest.raises(DamagedCatalogError, match="viewfinder up --rebuild"):
        CatalogFile(data).look()


@pytest.mark.parametrize(
    ("harm", "found"),
    [(damage.missing, Found.MISSING), (damage.log_only, Found.MISSING), (damage.empty, Found.FOREIGN)],
)
def test_a_file_without_its_images_is_noticed(data: DataDirectory, harm: damage.Damage, found: Found) -> None:
    harm(data.database)

    assert CatalogFile(data).look() is found


def test_an_older_copy_is_foreign_be_it_of_the_last_stop_or_of_the_last_start(data: DataDirectory) -> None:
    file, copy = data.database, data.path / "copy.db"
    stopped = shutil.copy(file, copy)
    CatalogFile(data).prepare()
    started = shutil.copy(file, data.path / "started.db")
    CatalogFile(data).seal()
    for older in (stopped, started):
        shutil.copy(older, file)
        assert CatalogFile(data).look() is Found.FOREIGN


def test_a_stop_does_not_make_a_foreign_file_ours(data: DataDirectory) -> None:
    copy = shutil.copy(data.database, data.path / "copy.db")
    CatalogFile(data).prepare()
    shutil.copy(copy, data.database)

    CatalogFile(data).seal()

    assert CatalogFile(data).look() is Found.FOREIGN


def test_older_buckets_make_the_file_foreign(data: DataDirectory) -> None:
    before = data.generation.read_bytes()
    CatalogFile(data).prepare()
    data.generation.write_bytes(before)

    assert CatalogFile(data).look() is Found.FOREIGN


@pytest.mark.parametrize("harm", [*damage.SMALL_FILES, damage.missing])
def test_a_damaged_mark_of_the_buckets_makes_the_file_foreign(data: DataDirectory, harm: damage.Damage) -> None:
    harm(data.generation)

    assert CatalogFile(data).look() is Found.FOREIGN


def test_a_death_between_the_two_marks_is_no_difference(data: DataDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(catalog_module, "mark", die)
    with pytest.raises(KeyboardInterrupt):
        CatalogFile(data).prepare()

    assert CatalogFile(data).look() is Found.GOOD


def test_a_large_file_is_left_to_the_background(data: DataDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    damage.middle_page(data.database)
    assert not CatalogFile(data).is_large
    monkeypatch.setattr(catalog_module, "QUICK_BYTES", 1000)

    assert CatalogFile(data).look(max_bytes=1000) is Found.GOOD
    assert CatalogFile(data).is_large


@pytest.fixture
def unprivileged() -> Iterator[DataDirectory]:
    """A data directory of a user who isn't root, whom permissions don't concern."""
    with tempfile.TemporaryDirectory() as folder:
        root = os.geteuid() == 0
        os.chown(folder, NOBODY, -1) if root else None
        os.seteuid(NOBODY) if root else None
        try:
            yield made(Path(folder) / "data")
        finally:
            os.seteuid(0) if root else None


def test_a_file_that_can_only_be_read_is_told_with_the_remedy(unprivileged: DataDirectory) -> None:
    unprivileged.database.chmod(0o400)

    with pytest.raises(DamagedCatalogError, match=r"readonly database.*viewfinder up --rebuild"):
        CatalogFile(unprivileged).look()
    CatalogFile(unprivileged).seal()

    Repair(unprivileged, lambda _: None).run(RECORD, Found.UNWANTED)
    assert CatalogFile(unprivileged).look() is Found.GOOD


@pytest.mark.parametrize("harm", [*damage.CATALOG, damage.log_only, damage.cut, damage.empty])
def test_a_rebuild_begins_with_a_new_file_and_keeps_the_old_one_unread(
    data: DataDirectory, harm: damage.Damage, monkeypatch: pytest.MonkeyPatch
) -> None:
    harm(data.database)
    old = data.database.read_bytes() if data.database.exists() else None
    said: list[Progress] = []

    Repair(data, said.append).run(RECORD, Found.UNWANTED)

    assert CatalogFile(data).look() is Found.GOOD
    assert images(data) == 0
    assert files.read(data.recovery, "") == {"State": "WAITING", "StoredFormat": 1}
    kept = data.path / "catalog.db.damaged"
    assert (kept.read_bytes() if kept.exists() else None) == old
    assert [step.subject for step in said] == ["catalog"]


def test_a_good_file_of_an_orderly_stop_is_kept_and_nothing_is_recovered(
    data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    (data.state / MARK).touch()
    monkeypatch.setattr("viewfinder.local.repair.damage", lambda _: None)
    deployed = Record(Ports(1, 2, 3), fingerprint="f", outputs={"a": "b"})

    assert Repair(data, lambda _: pytest.fail("nothing to repair")).run(deployed, Found.GOOD) == deployed
    assert images(data) == 200
    assert not data.recovery.exists()


def test_a_damaged_state_is_set_aside_and_the_stack_is_deployed_anew_with_a_recovery(
    data: DataDirectory,
) -> None:
    (data.state / MARK).touch()
    (data.state / "iam.json").write_text("{")
    deployed = Record(Ports(1, 2, 3), fingerprint="f", outputs={"a": "b"})
    said: list[Progress] = []

    record = Repair(data, said.append).run(deployed, Found.GOOD)

    assert (record.fingerprint, record.outputs) == ("", {})
    assert list(data.state.iterdir()) == []
    assert (data.state.with_name("state.damaged") / "iam.json").read_text() == "{"
    assert data.recovery.exists()
    assert images(data) == 200
    assert [step.subject for step in said] == ["emulator"]


def test_a_lost_record_loses_no_object(data: DataDirectory) -> None:
    photo = data.objects / "000000000000" / "photo.jpg"
    photo.touch()

    Repair(data, lambda _: None).run(RECORD, CatalogFile(data).look())

    assert photo.exists()
    assert data.recovery.exists()
    assert images(data) == 200


def test_a_first_start_repairs_nothing(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path)
    data.prepare()

    Repair(data, lambda step: pytest.fail(str(step))).run(RECORD, CatalogFile(data).look())

    assert CatalogFile(data).look() is Found.GOOD
    assert sorted(path.name for path in tmp_path.iterdir() if not path.is_dir()) == ["catalog.db"]
