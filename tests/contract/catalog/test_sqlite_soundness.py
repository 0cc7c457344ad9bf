"""Whether the catalog's file is the one that was opened, the newest, and whole."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.findings import found
from viewfinder.adapters.sqlite.catalog import SqliteCatalog
from viewfinder.adapters.sqlite.database import Database
from viewfinder.adapters.sqlite.soundness import generation, mark, require_whole
from viewfinder.domain.errors import MisconfiguredError
from viewfinder.domain.image import Image, Status
from viewfinder.domain.label import Label

PAGE = 4096


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "a catalog?#%.db"
    with closing(Database(str(file))) as database:
        catalog = SqliteCatalog(database, tombstone_seconds=60)
        labels = tuple(Label(f"Label {number}", 90.0) for number in range(10))
        for number in range(200):
            image = Image(f"{number}.jpg", Status.ANALYZED, "", "2026-01-01T00:00:00.000000Z", findings=found(labels))
            catalog.save(image, replacing=None)
    return file


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    with closing(Database(str(path))) as database:
        yield database


def count(database: Database) -> int:
    [[images]] = database.rows("SELECT count(*) FROM images")
    return int(images)


def replace_by_a_copy(path: Path) -> None:
    shutil.copy(path, copy := path.with_name("copy.db"))
    copy.replace(path)


@pytest.mark.parametrize("lose", [Path.unlink, replace_by_a_copy])
def test_a_file_that_goes_while_it_is_in_use_is_noticed_by_readers_and_writers(
    database: Database, path: Path, lose: Callable[[Path], None]
) -> None:
    assert count(database) == 200
    lose(path)
    with pytest.raises(MisconfiguredError, match="was deleted or replaced while it was in use"):
        count(database)
    with pytest.raises(MisconfiguredError, match="was deleted or replaced"), database.transaction():
        pytest.fail("a write that nobody will see")


def test_a_deleted_file_is_not_made_again_by_those_that_had_it_open(database: Database, path: Path) -> None:
    count(database)
    path.unlink()
    with pytest.raises(MisconfiguredError):
        count(database)
    assert not path.exists()


def test_where_the_file_must_exist_it_is_not_created(path: Path) -> None:
    with closing(Database(f"{path}?mode=rw")) as database:
        assert count(database) == 200
    path.unlink()
    with closing(Database(f"{path}?mode=rw")) as database, pytest.raises(MisconfiguredError, match="is not there"):
        count(database)
    assert os.listdir(path.parent) == []


def test_a_mark_tells_an_older_copy_from_the_file(database: Database, path: Path, tmp_path: Path) -> None:
    assert generation(database) is None
    mark(database, "first")
    shutil.copy(path, tmp_path / "copy.db")  # the mark is in the file, not only in its log
    mark(database, "second")

    assert generation(database) == "second"
    with closing(Database(str(tmp_path / "copy.db"))) as older:
        assert generation(older) == "first"


def test_a_whole_file_is_whole(database: Database) -> None:
    require_whole(database)


@pytest.mark.parametrize("where", [1, 7, -1])
def test_a_page_of_zeros_is_found(path: Path, where: int) -> None:
    pages = path.stat().st_size // PAGE
    with path.open("r+b") as file:
        file.seek(where % pages * PAGE)
        file.write(bytes(PAGE))
    with closing(Database(str(path))) as damaged, pytest.raises(MisconfiguredError, match=r"damaged|malformed"):
        require_whole(damaged)


def test_a_file_that_was_cut_is_found(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2 // PAGE * PAGE)
    with closing(Database(str(path))) as damaged, pytest.raises(MisconfiguredError, match=r"damaged|malformed"):
        require_whole(damaged)
