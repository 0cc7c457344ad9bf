"""The command line: quick, and clear about what went wrong."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from typer.testing import CliRunner

from viewfinder.cli import logs
from viewfinder.cli.main import app
from viewfinder.local.data_directory import DataDirectory, KeyPair
from viewfinder.local.processes import Process
from viewfinder.local.state import Ports, Record

HEAVY = {"PIL", "boto3", "botocore", "numpy", "onnxruntime", "samtranslator", "starlette"}


def run(*arguments: str | Path) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A data directory whose stack seems to run: its one component is this process."""
    process = Process("engine", os.getpid(), psutil.Process().create_time(), str(tmp_path / "engine.log"))
    outputs = {"ApiId": "a1b2c3d4", "ImagesBucketName": "viewfinder-images"}
    Record(Ports(4566, 8080, 9000), processes=(process,), outputs=outputs).save(tmp_path / "stack.json")
    DataDirectory(tmp_path).keep_operator(KeyPair("AKIAOPERATOR", "secret"))
    return tmp_path


def test_starting_the_command_line_imports_nothing_heavy() -> None:
    code = f"import viewfinder.cli.main, sys; print(sorted({HEAVY!r} & set(sys.modules)))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_env_prints_lines_that_a_shell_can_read(data_dir: Path) -> None:
    code, printed, _ = run("env", "--data-dir", data_dir)

    script = f'{printed}\nprintf %s "$VIEWFINDER_API_URL"'
    read = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert code == 0
    assert read.stdout == "http://127.0.0.1:4566/_aws/execute-api/a1b2c3d4/prod"


def test_env_prints_json(data_dir: Path) -> None:
    code, printed, _ = run("env", "--json", "--data-dir", data_dir)

    assert code == 0
    assert json.loads(printed)["VIEWFINDER_BUCKET"] == "viewfinder-images"


@pytest.mark.parametrize("command", ["env", "status", "logs"])
def test_a_stack_that_does_not_run_is_one_clear_line(tmp_path: Path, command: str) -> None:
    code, printed, told = run(command, "--data-dir", tmp_path)

    assert (code, printed) == (1, "")
    assert told == f"Error: No stack runs in {tmp_path}. Start it with: viewfinder up --data-dir {tmp_path}\n"


def test_down_without_a_stack_is_no_failure(tmp_path: Path) -> None:
    code, printed, _ = run("down", "--data-dir", tmp_path)

    assert (code, printed) == (0, "Nothing was running.\n")


def test_a_parameter_without_a_value_is_refused() -> None:
    code, _, told = run("deploy", "--region", "eu-central-1", "--parameter", "Shards")

    assert code == 2
    assert "'Shards' is not NAME=VALUE" in told


def test_logs_show_the_rest_of_a_structured_line_behind_its_message() -> None:
    message = json.dumps({"level": "INFO", "message": "analysed", "image_id": "dog.jpg", "timestamp": "x"})

    line = logs.line({"timestamp": 0, "function": "viewfinder-image-processing", "message": message}, "viewfinder")

    assert line.endswith(" image-processing: INFO analysed image_id=dog.jpg")


def test_logs_show_a_plain_line_as_it_is() -> None:
    line = logs.line(
        {"timestamp": 0, "function": "viewfinder-api-handler", "message": "START RequestId: 1\n"}, "viewfinder"
    )

    assert line.endswith(" api-handler: START RequestId: 1")


@pytest.mark.parametrize("command", ["up", "down", "status", "search"])
def test_the_stack_of_another_user_is_one_clear_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str
) -> None:
    """Root may read everything, so the refusal of the system is made here."""
    folder = tmp_path / "theirs"
    folder.mkdir()
    (folder / "stack.json").write_text("{}")

    def refuse(self: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    for name in ("exists", "open", "read_text"):
        monkeypatch.setattr(Path, name, refuse)
    result = CliRunner().invoke(app, [command, "--data-dir", str(folder)])

    assert result.exit_code == 1
    assert re.fullmatch(
        rf"Error: {folder}/\S+ can't be used by this user: Permission denied\. "
        r"Only the owner can use a local stack\.\n",
        result.stderr,
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["up", "--port", "99999"], "'--port': Input should be less than or equal to 65535"),
        (["up", "--gallery-port", "0"], "'--gallery-port': Input should be greater than or equal to 1"),
        (["up", "--catalog", "redis"], "'redis' is not one of 'sqlite', 'dynamodb'"),
        (["up", "--features", "TEXT"], "LABELS, and any of TEXT"),
        (["logs", "--component", "kitchen"], "kitchen"),
    ],
)
def test_a_value_that_can_t_be_is_told_before_anything_starts(tmp_path: Path, words: list[str], told: str) -> None:
    result = CliRunner().invoke(app, [*words, "--data-dir", str(tmp_path / "none")])

    assert result.exit_code in {1, 2}
    assert told in re.sub(r"[\s│]+", " ", result.stderr)  # without the box around it
    assert not (tmp_path / "none").exists()
