"""The local runtime: closed to others, true to AWS where it matters, and sturdy."""

from __future__ import annotations

import io
import json
import socket
import subprocess
import zipfile
from collections.abc import Iterator
from typing import Any

import httpx
import psutil
import pytest
from botocore.credentials import Credentials

from tests.e2e.conftest import PROJECT, TEMPLATE, RunningStack
from tests.support.waiting import wait_for
from viewfinder.deployment.progress import silent
from viewfinder.local.data_directory import DataDirectory
from viewfinder.local.errors import ComponentDiedError, NotRunningError, PortTakenError
from viewfinder.local.ministack.environment import ensure_environment
from viewfinder.local.processes import MARK, free_port
from viewfinder.local.stack import LocalStack, Options

CAT = PROJECT / "samples" / "cat.jpg"


def status_of(stack: RunningStack, image_id: str) -> str | None:
    answer = stack.image(image_id)
    return answer.json().get("Status") if answer.status_code == 200 else None


def invoke(stack: RunningStack, name: str, code: str) -> dict[str, Any]:
    """Make a function of one handler.py, calls it, and return its answer."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("handler.py", code)
    client = stack.client("lambda")
    role = client.get_function_configuration(FunctionName=function_name(stack, "ImageProcessing"))["Role"]
    settings = {"Runtime": "python3.13", "Handler": "handler.handler", "Role": role}
    client.create_function(FunctionName=name, Code={"ZipFile": package.getvalue()}, **settings)
    try:
        answer: dict[str, Any] = json.loads(client.invoke(FunctionName=name)["Payload"].read())
    finally:
        client.delete_function(FunctionName=name)
    return answer


def function_name(stack: RunningStack, part: str) -> str:
    functions = stack.client("lambda").list_functions()["Functions"]
    return next(found["FunctionName"] for found in functions if part in found["FunctionName"])


# ─── The stack that all tests share ───────────────────────────────────────────────────────────────────────────────────


def test_starting_a_stack_that_runs_changes_nothing(stack: RunningStack) -> None:
    before = stack.local.record

    assert stack.local.up(TEMPLATE, Options(), silent) is False
    assert stack.local.record == before


@pytest.mark.parametrize("package", ["PIL", "aws_lambda_powertools", "viewfinder", "onnxruntime"])
def test_a_function_without_its_dependency_fails_as_on_aws(stack: RunningStack, package: str) -> None:
    answer = invoke(stack, f"missing-{package}", f"import {package}\ndef handler(event, context): return 'imported'")

    assert f"No module named '{package}'" in str(answer)


def test_a_function_finds_the_sdk_of_the_runtime(stack: RunningStack) -> None:
    code = "import boto3\ndef handler(event, context): return boto3.__name__"

    assert invoke(stack, "only-boto3", code) == "boto3"


def test_the_pinned_emulator_has_the_functions_that_its_start_makes_remember(stack: RunningStack) -> None:
    """`stack` has made the emulator's environment."""
    names = "from ministack.services.dynamodb import _condition_syntax_error, _tokenize"
    subprocess.run([str(ensure_environment()), "-c", names], check=True, capture_output=True, timeout=60)


def test_nothing_listens_on_more_than_loopback(stack: RunningStack) -> None:
    addresses = {
        connection.laddr.ip
        for process in stack.local.record.processes
        for connection in psutil.Process(process.pid).net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }

    assert addresses == {"127.0.0.1"}


def test_a_request_without_a_signature_is_refused(stack: RunningStack) -> None:
    assert httpx.get(f"{stack.api_url}/images").status_code == 403


def test_a_request_with_a_wrong_signature_is_refused(stack: RunningStack) -> None:
    wrong = Credentials(stack.local.keys.access_key_id, "wrong")

    assert stack.call("GET", "/images", credentials=wrong).status_code == 403


def test_a_user_without_permission_is_refused(stack: RunningStack) -> None:
    iam = stack.client("iam")
    iam.create_user(UserName="nobody")
    key = iam.create_access_key(UserName="nobody")["AccessKey"]

    nobody = Credentials(key["AccessKeyId"], key["SecretAccessKey"])

    assert stack.call("GET", "/images", credentials=nobody).status_code == 403
    assert stack.call("GET", "/images").status_code == 200


def test_the_gallery_signs_for_its_user(stack: RunningStack) -> None:
    assert httpx.get(f"{stack.gallery_url}/prod/images").status_code == 200


# ─── A stack that is stopped, killed and started again ────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def sturdy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A stack of this module's own, with an analysed photo."""
    local = LocalStack(DataDirectory(tmp_path_factory.mktemp("sturdy")))
    local.up(TEMPLATE, Options(port=free_port(), gallery_port=free_port()), silent)
    running = RunningStack(local)
    running.client("s3").upload_file(str(CAT), running.bucket, "cat.jpg")
    wait_for(lambda: status_of(running, "cat.jpg") == "ANALYZED", seconds=60, what="the photo analysed")
    yield running
    local.down()


@pytest.fixture
def up(sturdy: RunningStack) -> RunningStack:
    """The same, running, whatever the test before has done to it."""
    sturdy.local.up(TEMPLATE, Options(), silent)
    return sturdy


def processes_of(stack: RunningStack) -> list[psutil.Process]:
    """Every process that carries the stack's mark, functions too."""
    mark = str(stack.local.data.path)

    def carries(process: psutil.Process) -> bool:
        try:
            return process.environ().get(MARK) == mark
        except psutil.Error:
            return False

    return [process for process in psutil.process_iter() if carries(process)]


def test_stopping_leaves_no_process_behind(up: RunningStack) -> None:
    assert len(processes_of(up)) >= 3

    assert up.local.down() is True

    assert processes_of(up) == []
    assert up.local.down() is False


def test_an_orderly_restart_keeps_catalog_objects_and_ports(up: RunningStack) -> None:
    before = up.local.record
    up.local.down()

    up.local.up(TEMPLATE, Options(), silent)

    assert up.local.record.ports == before.ports
    assert up.local.record.outputs == before.outputs
    assert status_of(up, "cat.jpg") == "ANALYZED"


def test_a_stack_moves_to_another_port_with_all_it_has(up: RunningStack) -> None:
    port = free_port()

    up.local.up(TEMPLATE, Options(port=port), silent)
    up.client("s3").upload_file(str(CAT), up.bucket, "moved.jpg")

    assert up.local.record.endpoint_url == f"http://127.0.0.1:{port}"
    assert wait_for(lambda: status_of(up, "moved.jpg"), seconds=60, what="a record of the photo") == "ANALYZED"


def test_after_a_crash_the_stack_comes_back_and_recovers_once(up: RunningStack) -> None:
    recovered: list[LocalStack] = []
    for process in processes_of(up):
        process.kill()
    psutil.wait_procs(processes_of(up), timeout=10)

    up.local.up(TEMPLATE, Options(), silent, recovered.append)
    up.local.down()
    up.local.up(TEMPLATE, Options(), silent, recovered.append)

    assert recovered == [up.local]
    assert {found["Key"] for found in up.client("s3").list_objects_v2(Bucket=up.bucket)["Contents"]} >= {"cat.jpg"}
    assert up.call("GET", "/images").status_code == 200


@pytest.mark.parametrize("name", ["engine", "emulator", "gallery"])
def test_a_component_that_dies_is_named_and_the_rest_stops(up: RunningStack, name: str) -> None:
    psutil.Process(up.local.record.process(name).pid).kill()

    with pytest.raises(ComponentDiedError, match=f"{name} has ended"):
        up.local.watch()

    assert processes_of(up) == []
    with pytest.raises(NotRunningError):
        up.local.record  # noqa: B018 - reading it is the test


def test_a_taken_port_is_told_and_nothing_is_left_running(up: RunningStack) -> None:
    up.local.down()
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()

        with pytest.raises(PortTakenError, match="--gallery-port"):
            up.local.up(TEMPLATE, Options(gallery_port=holder.getsockname()[1]), silent)

    assert processes_of(up) == []
