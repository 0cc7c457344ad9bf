"""The small files of the data directory: written whole, read with a remedy, and set aside unread."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tests.support import damage
from viewfinder.local import files
from viewfinder.local.files import DamagedFileError, NewerFileError

REMEDY = "Do this: viewfinder up"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "some.json"


def test_what_is_written_is_read_and_has_a_format_number(file: Path) -> None:
    files.write(file, {"Name": "ü"})

    assert files.read(file, REMEDY) == {"Name": "ü", "StoredFormat": 1}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["some.json"]


def test_a_file_that_is_not_there_is_none(file: Path) -> None:
    assert files.read(file, REMEDY) is None


def test_a_file_of_a_release_without_format_numbers_is_read(file: Path) -> None:
    file.write_text('{"Name": 1}')

    assert files.read(file, REMEDY) == {"Name": 1}


def test_a_file_of_a_newer_version_is_refused(file: Path) -> None:
    file.write_text(json.dumps({"StoredFormat": files.FORMAT + 1}))

    with pytest.raises(NewerFileError, match="newer version of Viewfinder"):
        files.read(file, REMEDY)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"StoredFormat": "x"}'])
def test_a_file_that_cannot_be_read_is_told_with_the_remedy(file: Path, content: bytes) -> None:
    file.write_bytes(content)

    with pytest.raises(DamagedFileError, match=rf"^{file} can't be read: .*\. {REMEDY}$"):
        files.read(file, REMEDY)


def test_a_folder_in_the_place_of_a_file_is_told_and_can_be_set_aside(file: Path) -> None:
    file.mkdir()

    with pytest.raises(DamagedFileError):
        files.read(file, REMEDY)
    assert files.set_aside(file) == file.with_name("some.json.damaged")


def test_what_is_set_aside_never_takes_the_place_of_what_was_set_aside_before(file: Path) -> None:
    for content in ("first", "second", "third"):
        file.write_text(content)
        files.set_aside(file)

    kept = {path.name: path.read_text() for path in file.parent.iterdir()}
    assert kept == {"some.json.damaged": "first", "some.json.damaged.2": "second", "some.json.damaged.3": "third"}
    assert files.set_aside(file) is None


@pytest.mark.parametrize("harm", damage.SMALL_FILES)
def test_the_kinds_of_damage_do_damage(file: Path, harm: damage.Damage) -> None:
    files.write(file, {"Name": "x"})
    harm(file)
    try:
        assert "Name" not in (files.read(file, REMEDY) or {})
    except DamagedFileError:
        return
