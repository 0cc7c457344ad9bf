"""The data directory: private, one command at a time, and full is told."""

from __future__ import annotations

import errno
import shutil
import stat
from collections import namedtuple
from pathlib import Path

import pytest

from viewfinder.local.data_directory import DataDirectory
from viewfinder.local.processes import DiskFullError, LocalStackError

Usage = namedtuple("Usage", ["total", "used", "free"])


@pytest.fixture
def data(tmp_path: Path) -> DataDirectory:
    directory = DataDirectory(tmp_path / "data")
    directory.prepare()
    return directory


def test_the_key_pair_is_made_once_and_readable_by_its_owner_alone(data: DataDirectory) -> None:
    first = data.key_pair()

    assert data.key_pair() == first
    assert first.access_key_id.startswith("AKIA")
    assert len(first.access_key_id) == 20
    assert len(first.secret_access_key) == 40
    assert stat.S_IMODE((data.path / "credentials.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(data.path.stat().st_mode) == 0o700


def test_every_directory_has_a_key_pair_of_its_own(data: DataDirectory, tmp_path: Path) -> None:
    other = DataDirectory(tmp_path / "other")
    other.prepare()

    assert other.key_pair() != data.key_pair()


def test_a_second_command_is_kept_out(data: DataDirectory) -> None:
    with data.locked(), pytest.raises(LocalStackError, match="Another viewfinder command"), data.locked():
        pass


def test_the_lock_is_free_again_after_a_failure(data: DataDirectory) -> None:
    with pytest.raises(RuntimeError), data.locked():
        raise RuntimeError

    with data.locked():
        pass


def test_a_full_disk_is_told(data: DataDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1_000_000_000, 999_000_000, 1_000_000))

    with pytest.raises(DiskFullError, match="1 MB left"):
        data.prepare()


def test_preparing_empties_temporary_files_and_keeps_the_rest(data: DataDirectory) -> None:
    (data.temporary / "function").mkdir()
    (data.objects / "photo.jpg").touch()

    data.prepare()

    assert list(data.temporary.iterdir()) == []
    assert (data.objects / "photo.jpg").exists()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_the_systems_error_about_a_full_disk_says_what_to_do(data: DataDirectory, number: int) -> None:
    with (
        pytest.raises(
            DiskFullError, match=r"^The disk of .* is full: \d+ MB left, a start needs 500\. .*: viewfinder up"
        ),
        data.full_disk_told(),
    ):
        raise OSError(number, "No space left", str(data.path / "none" / "file"))


def test_a_component_that_dies_on_a_full_disk_dies_of_that(
    data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        with data.full_disk_told():
            raise LocalStackError("the emulator has ended")

    with pytest.raises(LocalStackError, match="the emulator has ended"):
        fail()
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**9, 10**9, 0))
    with pytest.raises(DiskFullError, match="0 MB left"):
        fail()


def test_other_errors_of_the_system_pass(data: DataDirectory) -> None:
    with pytest.raises(PermissionError), data.full_disk_told():
        raise PermissionError(errno.EACCES, "no", "file")
