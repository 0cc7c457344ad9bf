"""What the emulator knows of its objects comes back after a stop and after a crash, without a file for each."""

from __future__ import annotations

import errno
import gc
import json
import marshal
import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support import damage
from viewfinder.local.ministack import objects as objects_module
from viewfinder.local.ministack.journal import Journal
from viewfinder.local.ministack.objects import MARK, OBJECT_STORES, OBJECTS, Objects

ACCOUNT, BUCKET = "000000000000", "images"


class S3:
    """The part of the emulator's S3 that keeps what is known of objects, and the files beside them."""

    def __init__(self, disk: Path) -> None:
        self.DATA_DIR = str(disk)
        self.S3_PERSIST = False
        self._buckets = SimpleNamespace(_data={})
        self.read: list[str] = []
        for name in OBJECT_STORES:
            setattr(self, name, SimpleNamespace(_data={}))

    @staticmethod
    def get_account_id() -> str:
        return ACCOUNT

    @staticmethod
    def _key_disk_path(folder: str, key: str) -> str:
        return f"{folder}/{key}"

    def _persisted_key_files(self, folder: str, sidecars: bool) -> Iterator[tuple[str, str]]:
        for file in sorted(Path(folder).iterdir()):
            if (file.suffix == ".json") == sidecars:
                yield str(file), file.name.removesuffix(".meta.json")

    def _load_persisted_data(self) -> None:
        for folder in Path(self.DATA_DIR, ACCOUNT).glob("*"):
            self._load_persisted_bucket(ACCOUNT, folder.name, str(folder))

    def _load_persisted_bucket(self, account: str, bucket: str, folder: str) -> None:
        found = self._buckets._data.setdefault((account, bucket), {"objects": {}})["objects"]
        for file, key in self._persisted_key_files(folder, sidecars=False):
            self.read.append(key)
            found[key] = json.loads(Path(file).read_text())

    def _dispatch(self, method: str, bucket: str, key: str, value: Any = None) -> None:
        objects = self._buckets._data.setdefault((ACCOUNT, bucket), {"objects": {}})["objects"]
        if method == "PUT":
            objects[key] = value
            self._persist_object(bucket, key, value)
        else:
            objects.pop(key)
            self._delete_persisted_object(bucket, key)

    def _persist_object(self, bucket: str, key: str, value: Any) -> None:
        file = Path(self.DATA_DIR, ACCOUNT, bucket, key)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(value))

    def _persist_delete_marker(self, bucket: str, key: str, marker: Any) -> None:
        raise NotImplementedError

    def _delete_persisted_object(self, bucket: str, key: str) -> None:
        Path(self.DATA_DIR, ACCOUNT, bucket, key).unlink()

    @property
    def known(self) -> Any:
        return self._buckets._data.get((ACCOUNT, BUCKET), {"objects": {}})["objects"]


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """Have garbage collected again, which a start sets aside."""
    yield
    gc.enable()
    gc.unfreeze()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "state").mkdir()
    return tmp_path


def started(folder: Path, boot: str = "this boot") -> tuple[S3, Objects]:
    s3 = S3(folder / "s3")
    objects = Objects(s3, folder / "state", Journal(folder / "state", boot))
    objects.load()
    objects.follow()
    (folder / "state" / MARK).unlink(missing_ok=True)
    return s3, objects


def stopped(folder: Path, objects: Objects) -> None:
    (folder / "state" / MARK).write_text(objects.snapshot(durable=True))


def fill(s3: S3, *keys: str) -> None:
    for key in keys:
        s3._dispatch("PUT", BUCKET, key, {"size": len(key)})


def test_after_an_orderly_stop_no_objects_file_is_read(folder: Path) -> None:
    s3, objects = started(folder)
    fill(s3, "a.jpg", "b.jpg")
    s3._object_versions._data[ACCOUNT, (BUCKET, "a.jpg")] = [{"version_id": "1"}]  # type: ignore[attr-defined]
    stopped(folder, objects)

    again, _ = started(folder)

    assert again.known == {"a.jpg": {"size": 5}, "b.jpg": {"size": 5}}
    assert again._object_versions._data == {(ACCOUNT, (BUCKET, "a.jpg")): [{"version_id": "1"}]}  # type: ignore[attr-defined]
    assert again.read == []
    assert again.S3_PERSIST


def test_after_a_crash_only_what_has_changed_since_is_read(folder: Path) -> None:
    s3, objects = started(folder)
    fill(s3, "old.jpg", "changed.jpg", "deleted.jpg")
    stopped(folder, objects)
    s3, _ = started(folder)
    s3._dispatch("PUT", BUCKET, "changed.jpg", {"size": 99})
    s3._dispatch("PUT", BUCKET, "new \x17.jpg", {"size": 1})
    s3._dispatch("DELETE", BUCKET, "deleted.jpg")

    again, _ = started(folder)

    assert again.known == {"old.jpg": {"size": 7}, "changed.jpg": {"size": 99}, "new \x17.jpg": {"size": 1}}
    assert sorted(again.read) == ["changed.jpg", "new \x17.jpg"]


def test_a_second_crash_knows_what_the_first_one_took(folder: Path) -> None:
    s3, _ = started(folder)
    fill(s3, "a.jpg")
    s3, _ = started(folder)
    fill(s3, "b.jpg")

    again, _ = started(folder)

    assert again.known == {"a.jpg": {"size": 5}, "b.jpg": {"size": 5}}


def test_after_many_changes_there_is_a_snapshot_and_the_journal_begins_anew(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects_module, "MAX_ENTRIES", 3)
    s3, _ = started(folder)
    fill(s3, *"abcdefgh")
    assert len(list((folder / "state").glob("*.journal"))) == 1

    again, _ = started(folder)

    assert sorted(again.known) == list("abcdefgh")
    assert sorted(again.read) == ["g", "h"]


def test_a_death_while_a_snapshot_is_written_loses_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    s3, objects = started(folder)
    fill(s3, "a.jpg")
    with monkeypatch.context() as dying:
        dying.setattr(objects_module, "write", die)
        with pytest.raises(KeyboardInterrupt):
            objects.snapshot()
    fill(s3, "b.jpg")  # as if it had gone on

    again, _ = started(folder)

    assert sorted(again.known) == ["a.jpg", "b.jpg"]


@pytest.mark.parametrize("boot", ["another boot", ""])
def test_after_a_loss_of_power_every_objects_file_is_read(folder: Path, boot: str) -> None:
    s3, objects = started(folder)
    fill(s3, "a.jpg")
    stopped(folder, objects)
    s3, _ = started(folder)
    fill(s3, "b.jpg")

    again, _ = started(folder, boot)

    assert sorted(again.read) == ["a.jpg", "b.jpg"]


@pytest.mark.parametrize("harm", [*damage.SMALL_FILES, damage.missing])
@pytest.mark.parametrize("name", [OBJECTS, "objects.1.journal"])
def test_what_cannot_be_used_is_done_without(folder: Path, name: str, harm: damage.Damage) -> None:
    s3, _ = started(folder)
    fill(s3, "a.jpg", "b.jpg")
    harm(folder / "state" / name)

    again, _ = started(folder)

    assert again.known == {"a.jpg": {"size": 5}, "b.jpg": {"size": 5}}


@pytest.mark.parametrize("content", [marshal.dumps([1]), marshal.dumps({"a": 1}), marshal.dumps({"mark": 1})])
def test_a_snapshot_of_another_form_is_done_without(folder: Path, content: bytes) -> None:
    s3, objects = started(folder)
    fill(s3, "a.jpg")
    stopped(folder, objects)
    (folder / "state" / OBJECTS).write_bytes(content)

    again, _ = started(folder)

    assert again.read == ["a.jpg"]


def test_a_snapshot_of_an_earlier_stop_is_not_taken_for_the_last_one(folder: Path) -> None:
    s3, objects = started(folder)
    stopped(folder, objects)
    older = (folder / "state" / OBJECTS).read_bytes()
    s3, objects = started(folder)
    fill(s3, "a.jpg")
    stopped(folder, objects)
    (folder / "state" / OBJECTS).write_bytes(older)

    again, _ = started(folder)

    assert again.read == ["a.jpg"]


def test_where_the_disk_takes_no_line_every_objects_file_is_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    s3, _ = started(folder)
    fill(s3, "a.jpg")
    with monkeypatch.context() as full:
        full.setattr(os, "write", lambda *_: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
        s3._dispatch("DELETE", BUCKET, "a.jpg")
    fill(s3, "b.jpg")

    again, _ = started(folder)

    assert again.known == {"b.jpg": {"size": 5}}
    assert again.read == ["b.jpg"]
