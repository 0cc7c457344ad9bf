"""What the emulator writes when it stops: everything and a mark, or no mark; and what it keeps of logs."""

from __future__ import annotations

import gc
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support import damage
from viewfinder.local.ministack import saving
from viewfinder.local.ministack.objects import MARK
from viewfinder.local.ministack.saving import (
    MAX_STREAMS,
    NEEDED,
    bound_logs,
    keep_stream,
    save_whole,
)


class Scoped(dict[Any, Any]):
    """A service's store, as far as it is used here."""

    def all_items(self) -> list[tuple[Any, Any]]:
        return list(self.items())


def refuse(value: object) -> object:
    raise TypeError(type(value).__name__)


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """Have garbage collected again, which a stop ends and a start sets aside."""
    yield
    gc.enable()
    gc.unfreeze()


@pytest.fixture
def app(tmp_path: Path) -> Any:
    app = SimpleNamespace(save_all=None)
    objects: Any = SimpleNamespace(snapshot=lambda durable: "mark")
    save_whole(app, SimpleNamespace(_state_format_version=lambda _: 3, _json_default=refuse), objects, tmp_path)
    return app


def test_each_service_is_written_and_then_the_mark(app: Any, tmp_path: Path) -> None:
    app.save_all({"sqs": lambda: {"queues": 1}, "never-used": lambda: None})

    assert json.loads((tmp_path / "sqs.json").read_text()) == {"__ministack_format__": 3, "payload": {"queues": 1}}
    assert sorted(path.name for path in tmp_path.iterdir()) == [MARK, "sqs.json"]
    assert (tmp_path / MARK).read_text() == "mark"


def test_where_one_service_is_not_written_the_others_are_and_there_is_no_mark(app: Any, tmp_path: Path) -> None:
    (tmp_path / "sqs.json").write_text("as it was")

    app.save_all({"sqs": lambda: {"a": object()}, "iam": lambda: {"users": []}})

    assert (tmp_path / "sqs.json").read_text() == "as it was"
    assert (tmp_path / "iam.json").exists()
    assert not (tmp_path / MARK).exists()


def test_the_newest_streams_of_each_log_group_stay() -> None:
    groups = Scoped({"image": {"streams": {}}, "api": {"streams": {"old": {}}}})
    functions = SimpleNamespace(_emit_lambda_logs=lambda number: groups["image"]["streams"].update({number: {}}))
    bound_logs(functions, SimpleNamespace(_log_groups=groups))

    for number in range(MAX_STREAMS + 10):
        functions._emit_lambda_logs(number)

    assert list(groups["image"]["streams"]) == list(range(10, MAX_STREAMS + 10))
    assert list(groups["api"]["streams"]) == ["old"]


def test_a_stream_comes_back_with_its_records() -> None:
    def emulator() -> Any:
        module = SimpleNamespace(__name__="dynamodb", _stream_records={}, _stream_trimmed={}, loaded=None)
        module.get_state = lambda: {"tables": 1}
        module.load_persisted_state = lambda data: vars(module).update(loaded=data)
        keep_stream(module)
        return module

    before, after = emulator(), emulator()
    before._stream_records["table"] = [{"eventID": "1"}]
    before._stream_trimmed["table"] = 7

    after.load_persisted_state(before.get_state())

    assert (after._stream_records, after._stream_trimmed) == ({"table": [{"eventID": "1"}]}, {"table": 7})
    assert after.loaded == {"tables": 1}


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """The saved state of a deployed stack."""
    for name in NEEDED:
        (tmp_path / name).write_text(json.dumps({"__ministack_format__": 2, "payload": {}}))
    package = b"a package"
    name = hashlib.sha256(package).hexdigest()
    (tmp_path / "lambda-blobs").mkdir()
    (tmp_path / "lambda-blobs" / f"{name}.zip").write_bytes(package)
    functions = {"functions": {"image": {"code_blob_ref": name}}}
    (tmp_path / "lambda.json").write_text(json.dumps({"__ministack_format__": 2, "payload": functions}))
    return tmp_path


def test_a_whole_state_has_no_damage(state: Path) -> None:
    assert saving.damage(state) is None


@pytest.mark.parametrize("harm", [*damage.SMALL_FILES, damage.missing])
@pytest.mark.parametrize("name", NEEDED)
def test_a_damaged_or_missing_file_of_the_state_is_named(state: Path, name: str, harm: damage.Damage) -> None:
    harm(state / name)

    assert str(saving.damage(state)).startswith(str(state / name))


@pytest.mark.parametrize("harm", [*damage.SMALL_FILES, damage.missing])
def test_a_damaged_or_missing_package_is_named(state: Path, harm: damage.Damage) -> None:
    (package,) = (state / "lambda-blobs").iterdir()
    harm(package)

    assert saving.damage(state) == f"{package} is missing or damaged"


def test_progress_is_told_while_files_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saving, "TOLD_FILES", 10)
    s3 = SimpleNamespace(_persisted_key_files=lambda *_, **__: iter(range(25)))
    saving.tell_progress(s3, told := tmp_path / "progress")

    assert list(s3._persisted_key_files("folder", sidecars=False)) == list(range(25))
    assert told.read_text() == "reading the objects' metadata from the disk: 20 files"
