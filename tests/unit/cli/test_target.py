"""Which stack a command works on, and what each command says of a stack that is dead, half dead or not there."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
import typer
from typer.testing import CliRunner

from viewfinder.cli import _target
from viewfinder.cli.main import app
from viewfinder.deployment.stack import Stack
from viewfinder.local.data_directory import DataDirectory, KeyPair
from viewfinder.local.processes import Process
from viewfinder.local.state import Ports, Record

OUTPUTS = {
    "ApiId": "a1b2c3d4",
    "ImagesBucketName": "viewfinder-images",
    "DerivedBucketName": "viewfinder-derived",
    "TableName": "viewfinder-catalog",
    "QueueUrl": "http://localhost:4566/000000000000/queue",
    "DeadLetterQueueUrl": "http://localhost:4566/000000000000/dead",
    "SecondStageQueueUrl": "http://localhost:4566/000000000000/second",
    "SecondStageDeadLetterQueueUrl": "http://localhost:4566/000000000000/second-dead",
}
COMMANDS = {
    "status": (),
    "logs": (),
    "traces": (),
    "search": ("Dog",),
    "labels": (),
    "images get": ("dog.jpg",),
    "images rm": ("dog.jpg",),
    "import": (str(Path(__file__)),),
    "reconcile": (),
    "redrive": (),
    "reanalyze": (),
}
NEEDS_NO_ENGINE = {"logs", "traces", "search", "labels", "images get", "images rm", "redrive"}


@pytest.fixture(autouse=True)
def shell(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell that knows nothing of Viewfinder and AWS, but for a region."""
    for name in list(os.environ):
        if name.startswith(("VIEWFINDER_", "AWS_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")


def stack_with(folder: Path, *, dead: str = "") -> Path:
    """Keep a record of three components: of these all but one is this process."""
    myself = psutil.Process()
    alive = [
        Process(name, os.getpid(), myself.create_time(), str(folder / f"{name}.log"))
        for name in ("engine", "emulator", "gallery")
    ]
    processes = tuple(replace(process, started=0.0) if process.name == dead else process for process in alive)
    Record(Ports(4566, 8080, 9000), processes=processes, outputs=OUTPUTS).save(folder / "stack.json")
    DataDirectory(folder).keep_operator(KeyPair("AKIAOPERATOR", "secret"))
    return folder


@pytest.fixture
def on_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """An account whose only stack is `photos`."""

    def describe(stack: Stack) -> dict[str, Any] | None:
        outputs = [{"OutputKey": key, "OutputValue": value} for key, value in OUTPUTS.items()]
        parameters = [{"ParameterKey": "DetectorPrice", "ParameterValue": "0.002"}]
        api = {"OutputKey": "ApiUrl", "OutputValue": "https://a1b2c3d4.execute-api.eu-west-1.amazonaws.com/prod"}
        return {"Outputs": [*outputs, api], "Parameters": parameters} if stack.name == "photos" else None

    monkeypatch.setattr(Stack, "describe", describe)


def run(command: str, *options: str) -> tuple[int, str]:
    result = CliRunner(env={"COLUMNS": "200"}).invoke(app, [*command.split(), *COMMANDS.get(command, ()), *options])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.stderr


def ended(component: str, log: Path) -> str:
    return (
        f"Error: The {component} of the local stack has ended: its log is {log}. "
        f"Start it again with: viewfinder up --data-dir {log.parent}\n"
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_a_stack_that_does_not_run_is_one_line_and_exit_code_1(tmp_path: Path, command: str) -> None:
    assert run(command, "--data-dir", str(tmp_path)) == (
        1,
        f"Error: No stack runs in {tmp_path}. Start it with: viewfinder up --data-dir {tmp_path}\n",
    )


@pytest.mark.parametrize("command", [command for command in COMMANDS if command != "status"])
def test_a_stack_whose_emulator_has_ended_is_one_line_and_exit_code_1(tmp_path: Path, command: str) -> None:
    log = tmp_path / "emulator.log"
    assert run(command, "--data-dir", str(stack_with(tmp_path, dead="emulator"))) == (1, ended("emulator", log))


@pytest.mark.parametrize("command", sorted(COMMANDS.keys() - NEEDS_NO_ENGINE - {"status"}))
def test_work_for_an_engine_that_has_ended_is_refused_at_once(tmp_path: Path, command: str) -> None:
    log = tmp_path / "engine.log"
    assert run(command, "--data-dir", str(stack_with(tmp_path, dead="engine"))) == (1, ended("engine", log))


def test_status_names_the_component_that_has_ended(tmp_path: Path) -> None:
    result = CliRunner(env={"COLUMNS": "200"}).invoke(
        app, ["status", "--data-dir", str(stack_with(tmp_path, dead="emulator"))]
    )

    assert result.exit_code == 1
    assert (
        result.stdout.splitlines()[-1]
        == f"✗ emulator has ended. Start it again with: viewfinder up --data-dir {tmp_path}"
    )


@pytest.mark.usefixtures("on_aws")
@pytest.mark.parametrize("command", [*COMMANDS, "gallery"])
def test_a_wrong_stack_name_is_one_line_and_exit_code_1(command: str) -> None:
    assert run(command, "--stack", "nonesuch") == (1, "Error: There is no stack nonesuch in eu-west-1.\n")


def test_an_api_that_does_not_answer_is_one_line_and_exit_code_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import httpx

    def refuse(*_: Any, **__: Any) -> None:
        raise httpx.ConnectError("[Errno 111] Connection refused")

    monkeypatch.setattr(httpx.Client, "request", refuse)

    url = "http://127.0.0.1:4566/_aws/execute-api/a1b2c3d4/prod"
    line = f"Error: The API at {url} does not answer: [Errno 111] Connection refused\n"
    assert run("search", "--data-dir", str(stack_with(tmp_path))) == (1, line)


@pytest.mark.usefixtures("on_aws")
def test_options_come_before_variables_and_the_local_stack_before_one_on_aws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack_with(tmp_path)
    elsewhere = tmp_path / "elsewhere"
    monkeypatch.setenv("VIEWFINDER_STACK", "photos")
    assert _target.find_target().stack == "photos"

    monkeypatch.setenv("VIEWFINDER_DATA_DIR", str(tmp_path))
    local = _target.find_target().local
    assert local is not None
    assert local.data.path == tmp_path
    assert _target.find_target("photos").local is None

    elsewhere.mkdir()
    stack_with(elsewhere)
    local = _target.find_target(data_dir=elsewhere).local
    assert local is not None
    assert local.data.path == elsewhere


@pytest.mark.usefixtures("on_aws")
def test_in_the_shell_of_a_local_stack_its_name_means_that_stack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was looked up in the emulator as one on AWS, whose catalog is a table in DynamoDB: this one's was empty."""
    stack_with(tmp_path)
    for name, value in {"VIEWFINDER_DATA_DIR": str(tmp_path), "AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}.items():
        monkeypatch.setenv(name, value)
    local = _target.find_target("viewfinder").local
    assert local is not None
    assert local.data.path == tmp_path
    assert _target.find_target("photos").local is None
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4577")
    with pytest.raises(_target.StackNotFoundError):
        _target.find_target("viewfinder")


@pytest.mark.parametrize(
    "options",
    [{"stack": "photos", "data_dir": Path("x")}, {"region": "eu-west-1"}, {"profile": "work"}],
    ids=["both", "region alone", "profile alone"],
)
def test_options_that_name_no_one_stack_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(typer.BadParameter, match="--stack"):
        _target.find_target(**options)


@pytest.mark.usefixtures("on_aws")
def test_a_detector_call_costs_what_the_stack_says(tmp_path: Path) -> None:
    assert _target.find_target("photos").price(500) == 1.0
    assert _target.find_target(data_dir=stack_with(tmp_path)).price(500) == 0


@pytest.fixture
def foreign_shell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A shell that is set up for another account, and a configuration that can't be read."""
    (tmp_path / "config").write_text("no section")
    monkeypatch.setenv("AWS_PROFILE", "nonesuch")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of another account")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))


@pytest.mark.usefixtures("foreign_shell")
def test_a_local_command_reads_nothing_of_the_shells_aws_configuration(tmp_path: Path) -> None:
    target = _target.find_target(data_dir=stack_with(tmp_path))

    assert target.client("sqs").meta.endpoint_url == "http://127.0.0.1:4566"
    credentials = target.session.get_credentials()
    assert credentials is not None
    assert (credentials.access_key, credentials.token) == ("AKIAOPERATOR", None)


def test_no_command_imports_the_command_line() -> None:
    """The commands are below `main`, which puts them together."""
    folder = Path(_target.__file__).parent
    importers = [
        file.name
        for file in folder.glob("*.py")
        if "viewfinder.cli.main" in file.read_text() and file.name != "main.py"
    ]
    assert importers == []
