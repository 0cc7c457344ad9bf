"""The local runtime: closed to others, true to AWS where it matters, and sturdy."""

from __future__ import annotations

import io
import json
import socket
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from tests.e2e.conftest import PROJECT, TEMPLATE, RunningStack
from tests.support.waiting import wait_for
from viewfinder.deployment.progress import Progress, silent
from viewfinder.local.data_directory import DataDirectory
from viewfinder.local.ministack.objects import MARK as MARK_OF_STATE
from viewfinder.local.processes import ComponentDiedError, NotRunningError, PortTakenError, free_port, processes_of
from viewfinder.local.stack import LocalStack
from viewfinder.local.state import Options

CAT = PROJECT / "samples" / "cat.jpg"


def status_of(stack: RunningStack, image_id: str) -> str | None:
    answer = stack.image(image_id)
    return answer.json().get("Status") if answer.status_code == 200 else None


def invoke(stack: RunningStack, name: str, code: str) -> Any:
    """Make a function of one handler.py, calls it, and return its answer."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("handler.py", code)
    client = stack.client("lambda")
    role = client.get_function_configuration(FunctionName=function_name(stack, "ImageProcessing"))["Role"]
    settings = {"Runtime": "python3.13", "Handler": "handler.handler", "Role": role}
    client.create_function(FunctionName=name, Code={"ZipFile": package.getvalue()}, **settings)
    try:
        answer = json.loads(client.invoke(FunctionName=name)["Payload"].read())
    finally:
        client.delete_function(FunctionName=name)
    return answer


def function_name(stack: RunningStack, part: str) -> str:
    functions = stack.client("lambda").list_functions()["Functions"]
    return next(str(found["FunctionName"]) for found in functions if part in found["FunctionName"])


# ─── The stack that all tests share ───────────────────────────────────────────────────────────────────────────────────


def test_starting_a_stack_that_runs_changes_nothing(stack: RunningStack) -> None:
    before = stack.local.record

    assert stack.local.up(TEMPLATE, Options(), silent).started is False
    assert stack.local.record == before


@pytest.mark.parametrize("package", ["PIL", "aws_lambda_powertools", "viewfinder", "onnxruntime"])
def test_a_function_without_its_dependency_fails_as_on_aws(stack: RunningStack, package: str) -> None:
    answer = invoke(stack, f"missing-{package}", f"import {package}\ndef handler(event, context): return 'imported'")

    assert f"No module named '{package}'" in str(answer)


def test_a_function_finds_the_sdk_of_the_runtime(stack: RunningStack) -> None:
    code = "import boto3\ndef handler(event, context): return boto3.__name__"

    assert invoke(stack, "only-boto3", code) == "boto3"


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


@pytest.mark.parametrize("path", ["/_ministack/reset", "/_ministack/config", "/health", "/oauth2/token", "/v2/", "/"])
def test_no_path_of_the_emulators_own_is_served(stack: RunningStack, path: str) -> None:
    """The last of these stand for S3 keys: it asks for a signature, and a made one does not do."""
    signature = f"Credential=test/20261125/us-east-1/s3/aws4_request, SignedHeaders=host, Signature={'0' * 64}"
    url = f"{stack.local.record.endpoint_url}{path}"

    for headers in ({}, {"Authorization": f"AWS4-HMAC-SHA256 {signature}"}):
        assert httpx.post(url, headers=headers).status_code in {400, 403}
        assert httpx.get(url, headers=headers).status_code in {400, 403}
    assert stack.call("GET", "/images").status_code == 200


@pytest.mark.parametrize("key", ["test", "000000000000", "root"])
def test_no_key_passes_without_its_secret(stack: RunningStack, key: str) -> None:
    """The emulator takes `test`, any account's number and its root's key for root without looking at the signature."""
    name = stack.local.data.key_pair().access_key_id if key == "root" else key
    client = stack.client("s3", aws_access_key_id=name, aws_secret_access_key="guessed")

    with pytest.raises(ClientError, match=r"InvalidAccessKeyId|SignatureDoesNotMatch"):
        client.list_buckets()


def test_presigned_urls_and_forms_need_no_other_signature(stack: RunningStack) -> None:
    client = stack.client("s3", config=Config(signature_version="s3v4"))
    form = client.generate_presigned_post(stack.bucket, "form.txt")
    url = client.generate_presigned_url("get_object", Params={"Bucket": stack.bucket, "Key": "form.txt"})

    sent = httpx.post(form["url"], data=form["fields"], files={"file": b"sent"})
    forged = httpx.post(form["url"], data=form["fields"] | {"x-amz-signature": "0" * 64}, files={"file": b"forged"})
    unsigned = httpx.post(form["url"], data={"key": "form.txt"}, files={"file": b"unsigned"})

    assert (sent.status_code, forged.status_code, unsigned.status_code) == (204, 403, 403)
    assert httpx.get(url).content == b"sent"
    assert httpx.get(url.replace("form.txt", "other.txt")).status_code == 403


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


def test_stopping_leaves_no_process_behind(up: RunningStack) -> None:
    assert len(processes_of(up.local.data.path)) >= 3

    assert up.local.down() is True

    assert processes_of(up.local.data.path) == []
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


def test_after_a_crash_the_stack_is_up_at_once_and_recovers_in_the_background(up: RunningStack) -> None:
    for process in processes_of(up.local.data.path):
        process.kill()
    psutil.wait_procs(processes_of(up.local.data.path), timeout=10)

    up.local.up(TEMPLATE, Options(), silent)

    assert up.call("GET", "/images").status_code == 200
    wait_for(lambda: up.local.recovery is None, seconds=60, what="the end of the recovery")
    assert status_of(up, "cat.jpg") == "ANALYZED"


def test_after_an_orderly_stop_there_is_nothing_to_recover(up: RunningStack) -> None:
    wait_for(lambda: up.local.recovery is None, seconds=60, what="the end of the recovery")
    up.local.down()

    assert (up.local.data.state / MARK_OF_STATE).exists()
    up.local.up(TEMPLATE, Options(), silent)

    assert not (up.local.data.state / MARK_OF_STATE).exists(), "a crash from now on is seen"
    assert up.local.recovery is None


def test_a_detector_that_is_unusable_leaves_the_running_stack_as_it_was(up: RunningStack, tmp_path: Path) -> None:
    before = up.local.record
    (tmp_path / "broken.onnx").write_bytes(b"not a model")

    with pytest.raises(ComponentDiedError, match=r"broken\.onnx"):
        up.local.up(TEMPLATE, Options(detector=str(tmp_path / "broken.onnx")), silent)

    assert up.local.record == before
    assert before.running
    assert up.local.up(TEMPLATE, Options(detector="builtin"), silent).started is False


def test_a_stack_whose_keys_no_longer_work_is_started_again_from_what_was_saved(up: RunningStack) -> None:
    said: list[Progress] = []
    user, key = "viewfinder-operator", up.local.keys.access_key_id
    up.client("iam").delete_access_key(UserName=user, AccessKeyId=key)

    assert up.local.up(TEMPLATE, Options(), said.append).started is True

    assert [step.detail for step in said if step.failed] == [
        "it no longer accepts the stack's keys; it restarts from its saved state"
    ]
    assert status_of(up, "cat.jpg") == "ANALYZED"


def test_nothing_in_the_data_directory_is_for_others(up: RunningStack) -> None:
    up.local.data.path.chmod(0o755)  # as a user may have made it
    up.local.down()
    up.local.up(TEMPLATE, Options(), silent)
    up.client("s3").upload_file(str(CAT), up.bucket, "private.jpg")
    wait_for(lambda: status_of(up, "private.jpg") == "ANALYZED", seconds=60, what="the photo analysed")
    up.local.down()

    found = [up.local.data.path, *up.local.data.path.rglob("*")]

    assert [path for path in found if path.lstat().st_mode & 0o077] == []


@pytest.mark.parametrize("name", ["engine", "emulator", "gallery"])
def test_a_component_that_dies_is_named_and_the_rest_stops(up: RunningStack, name: str) -> None:
    psutil.Process(up.local.record.process(name).pid).kill()

    with pytest.raises(ComponentDiedError, match=f"{name} has ended"):
        up.local.watch(up.local.record)

    assert processes_of(up.local.data.path) == []
    with pytest.raises(NotRunningError):
        up.local.record  # noqa: B018 - reading it is the test


def test_a_taken_port_is_told_and_nothing_is_left_running(up: RunningStack) -> None:
    up.local.down()
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()

        with pytest.raises(PortTakenError, match="--gallery-port"):
            up.local.up(TEMPLATE, Options(gallery_port=holder.getsockname()[1]), silent)

    assert processes_of(up.local.data.path) == []
