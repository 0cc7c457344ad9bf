"""An attached folder as the emulator's bucket, and what follows it: nothing is written, loops end, renames are seen."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from viewfinder.domain.errors import ViewfinderError
from viewfinder.local import attached as following
from viewfinder.local.attached import Follower, look
from viewfinder.local.ministack import attached
from viewfinder.local.ministack.attached import ACCOUNT, BUCKET, FolderObjects
from viewfinder.local.processes import LocalStackError
from viewfinder.local.state import OFF, Options, with_options


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    top = tmp_path / "photos"
    for name in ("a.jpg", "b+c d%.JPG", "no suffix", "2024/ü/🐈.heic", "clip.mp4", ".hidden.jpg", "@eaDir/a.jpg"):
        file = top / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(name.encode())
    (top / "2024" / "loop").symlink_to(top, target_is_directory=True)
    (top / "gone.jpg").symlink_to(top / "nowhere.jpg")
    return top


KEYS = ["2024/ü/🐈.heic", "a.jpg", "b+c d%.JPG", "no suffix"]


def tree(folder: Path) -> dict[str, tuple[int, str]]:
    """Every file's time and hash."""
    return {
        str(file): (file.lstat().st_mtime_ns, hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else "")
        for file in sorted(folder.rglob("*"))
    }


def test_the_objects_are_the_pictures_by_their_paths_and_loops_end(folder: Path) -> None:
    before = tree(folder)

    objects = FolderObjects(str(folder))

    assert list(objects) == KEYS
    assert [objects[key]["size"] for key in KEYS] == [len(key.encode()) for key in KEYS]
    assert tree(folder) == before


@pytest.mark.parametrize(
    "key",
    ["clip.mp4", ".hidden.jpg", "@eaDir/a.jpg", "../secret.jpg", "2024/../a.jpg", "//a.jpg", "2024", "x.jpg", "a\0"],
)
def test_no_other_file_is_an_object(folder: Path, key: str) -> None:
    (folder.parent / "secret.jpg").write_bytes(b"secret")
    objects = FolderObjects(str(folder))
    assert key not in objects
    with pytest.raises(KeyError):
        objects[key]


def test_an_etag_changes_with_the_file_and_is_no_md5(folder: Path) -> None:
    objects = FolderObjects(str(folder))
    first = objects["a.jpg"]["etag"]
    assert first == FolderObjects(str(folder))["a.jpg"]["etag"]
    assert first.endswith('-1"')

    os.utime(folder / "a.jpg", ns=(1, 1))

    assert objects["a.jpg"]["etag"] != first
    assert objects["a.jpg"]["metadata"] == {"x-amz-meta-mtime": "0.000000"}


def test_pages_of_a_listing_walk_once_and_see_what_has_gone(folder: Path) -> None:
    now = [0.0]
    objects = FolderObjects(str(folder), clock=lambda: now[0])
    assert len(objects) == 4
    (folder / "new.jpg").write_bytes(b"new")
    (folder / "a.jpg").unlink()

    assert list(objects) == [key for key in KEYS if key != "a.jpg"]
    now[0] = 2.0
    assert "new.jpg" in list(objects)


def emulator() -> Any:
    """The parts of MiniStack's S3 that are replaced."""
    return SimpleNamespace(
        _buckets=SimpleNamespace(_data={}),
        _read_body=lambda *_: b"another bucket's",
        _dispatch=lambda method, bucket, *_: (200, method, bucket),
        _error=lambda code, message, status, resource: (status, code, resource),
    )


def test_the_emulator_reads_the_folder_and_refuses_to_write(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINISTACK_REGION", "us-east-1")
    s3 = emulator()

    attached.attach(s3, str(folder))

    assert list(s3._buckets._data[(ACCOUNT, BUCKET)]["objects"]) == KEYS
    assert s3._read_body(BUCKET, "a.jpg", {}) == b"a.jpg"
    assert s3._read_body("viewfinder-derived", "a.jpg", {}) == b"another bucket's"
    for method in ("PUT", "POST", "DELETE"):
        assert s3._dispatch(method, BUCKET, "a.jpg") == (403, "AccessDenied", f"/{BUCKET}")
        assert s3._dispatch(method, "viewfinder-derived", "a.jpg")[0] == 200
    assert s3._dispatch("GET", BUCKET, "a.jpg")[0] == 200


class Followed:
    """A follower with what it did."""

    def __init__(self, folder: Path, error: Exception | None = None) -> None:
        self.sent: list[list[str]] = []
        self.told: list[str] = []
        self.compared = 0
        self.error = error
        self.follower = Follower(
            str(folder), self.compare, self.sent.append, lambda told: self.told.append(told["State"])
        )

    def compare(self) -> None:
        self.compared += 1
        if self.error:
            raise self.error

    def run(self, *changes: set[tuple[int, str]]) -> None:
        def finished() -> Any:
            for several in changes:
                yield several
                if self.follower.thread:
                    self.follower.thread.join()

        self.follower.run(finished())
        if self.follower.thread:
            self.follower.thread.join()


def test_the_folder_is_compared_at_the_start_and_each_change_is_asked_for(folder: Path) -> None:
    followed = Followed(folder)

    followed.run(set(), {(1, str(folder / "a.jpg")), (3, str(folder / "x.png")), (1, str(folder / "clip.mp4"))}, set())

    assert followed.sent == [["a.jpg", "x.png"]]
    assert (followed.compared, followed.told) == (1, ["COMPARING", "WATCHING"])


def test_a_folder_that_is_renamed_or_gone_leads_to_a_comparison(folder: Path) -> None:
    followed = Followed(folder)

    followed.run(set(), {(1, str(folder / "2024"))}, {(3, str(folder / "was-a-folder"))})

    assert (followed.sent, followed.compared) == ([], 3)


def test_a_comparison_that_fails_is_told_and_tried_again(folder: Path) -> None:
    followed = Followed(folder, ViewfinderError("the pipeline does not answer"))

    followed.run(set(), set())

    assert (followed.compared, followed.told) == (2, ["COMPARING", "FAILED"] * 2)


def test_what_can_t_be_read_is_reported(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def found(top: str, report: Any) -> Any:
        report(PermissionError(13, "Permission denied", f"{top}/private"))
        return iter(())

    monkeypatch.setattr(following, "files_below", found)
    assert look(str(folder))["Problems"] == [f"{folder}/private: Permission denied"]


def test_what_is_left_out_is_counted(folder: Path) -> None:
    found = look(str(folder))
    assert found["Pictures"] == 5  # the link to nowhere is a picture by its name
    assert found["LeftOut"] == {".mp4": 1, "hidden": 1, "in @eaDir": 1, "a link to a folder that was read": 1}


def test_a_folder_is_chosen_at_the_first_start() -> None:
    first = with_options(None, Options(attach="/photos"))
    assert first.attached == "/photos"
    assert with_options(first, Options()).attached == "/photos"
    deployed = with_options(first, Options(attach="/photos"))
    object.__setattr__(deployed, "fingerprint", "1")
    for another in ("/others",):
        with pytest.raises(LocalStackError, match="attaches /photos"):
            with_options(deployed, Options(attach=another))


def test_a_webhook_keeps_its_secret_and_can_be_turned_off() -> None:
    first = with_options(None, Options(webhook="https://example.com/hook"))
    again = with_options(first, Options())
    off = with_options(again, Options(webhook=OFF))
    on = with_options(off, Options(webhook="https://example.com/other"))

    assert (again.webhook, again.webhook_secret) == ("https://example.com/hook", first.webhook_secret)
    assert off.webhook is None
    assert on.webhook_secret == first.webhook_secret
    assert str(first.webhook_secret).startswith("whsec_")


def test_a_webhook_needs_the_outbox_of_sqlite() -> None:
    with pytest.raises(LocalStackError, match="SQLite"):
        with_options(None, Options(catalog="dynamodb", webhook="https://example.com/hook"))
