"""The local stack's record, ports and the state that a restart finds."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import replace
from functools import partial
from pathlib import Path

import psutil
import pytest

from viewfinder.local import components, processes
from viewfinder.local.data_directory import DataDirectory, KeyPair
from viewfinder.local.errors import NotRunningError, PortTakenError
from viewfinder.local.ministack.state import resume
from viewfinder.local.processes import Process
from viewfinder.local.stack import LocalStack
from viewfinder.local.state import Ports, Record, load

OUTPUTS = {
    "ApiId": "a1b2c3d4",
    "ImagesBucketName": "viewfinder-images-000000000000-us-east-1",
    "QueueUrl": "http://localhost:4566/000000000000/queue",
    "DeadLetterQueueUrl": "http://localhost:4566/000000000000/dead",
}
RECORD = Record(Ports(emulator=4566, gallery=8080, engine=9000), outputs=OUTPUTS)
MYSELF = Process("engine", os.getpid(), psutil.Process().create_time(), "log")
GONE = replace(MYSELF, started=0.0)


@pytest.fixture
def data(tmp_path: Path) -> DataDirectory:
    directory = DataDirectory(tmp_path)
    directory.prepare()
    return directory


def test_a_record_is_read_as_it_was_written(data: DataDirectory) -> None:
    record = replace(RECORD, processes=(MYSELF,), detector="better.onnx", fingerprint="f")

    record.save(data.record)

    assert load(data.record) == record
    assert record.running


def test_there_is_no_record_at_first(data: DataDirectory) -> None:
    assert load(data.record) is None


def test_a_stack_with_a_dead_component_does_not_run_and_was_left_unclean() -> None:
    record = replace(RECORD, processes=(MYSELF, GONE))

    assert not record.running
    assert record.stopped() == replace(RECORD, unclean=True)


def test_an_orderly_stop_is_clean_but_does_not_forget_an_earlier_crash() -> None:
    assert not replace(RECORD, processes=(MYSELF,)).stopped().unclean
    assert replace(RECORD, processes=(MYSELF,), unclean=True).stopped().unclean


def test_a_stack_at_rest_says_how_to_start_it(data: DataDirectory) -> None:
    RECORD.save(data.record)

    with pytest.raises(NotRunningError, match="viewfinder up"):
        LocalStack(data).environment()


def test_the_environment_names_all_that_a_shell_needs(data: DataDirectory) -> None:
    replace(RECORD, processes=(MYSELF,)).save(data.record)
    keys = KeyPair("AKIAOPERATOR", "secret")
    data.keep_operator(keys)

    assert LocalStack(data).environment() == {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
        "AWS_ENDPOINT_URL_REKOGNITION": "http://127.0.0.1:9000",
        "AWS_ACCESS_KEY_ID": keys.access_key_id,
        "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
        "AWS_DEFAULT_REGION": "us-east-1",
        "VIEWFINDER_DATA_DIR": str(data.path),
        "VIEWFINDER_BUCKET": "viewfinder-images-000000000000-us-east-1",
        "VIEWFINDER_API_URL": "http://127.0.0.1:4566/_aws/execute-api/a1b2c3d4/prod",
        "VIEWFINDER_GALLERY_URL": "http://localhost:8080",
    }


def test_functions_do_not_see_the_users_own_keys(data: DataDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "the user's")
    monkeypatch.setenv("AWS_PROFILE", "production")

    emulator = components.emulator(data, RECORD, Path("python"))

    assert emulator.environment["AWS_ACCESS_KEY_ID"] == data.key_pair().access_key_id
    assert not {"AWS_SESSION_TOKEN", "AWS_PROFILE"} & set(emulator.environment)


def test_the_emulator_listens_on_loopback_and_enforces_iam(data: DataDirectory) -> None:
    environment = components.emulator(data, RECORD, Path("python")).environment

    assert environment["BIND_HOST"] == "127.0.0.1"
    assert environment["AUTH"] == "true"


@pytest.mark.parametrize("component", [components.engine, partial(components.gallery, api=Path("api.zip"))])
def test_our_servers_listen_on_loopback(data: DataDirectory, component: components.Builder) -> None:
    assert component(data, RECORD).health_url.startswith("http://127.0.0.1:")


def test_saved_queues_follow_the_port_and_messages_in_work_come_back(tmp_path: Path) -> None:
    body = json.dumps({"visible_at": 17, "key": "http://localhost:4566/picture"})
    message = {"body": body, "visible_at": 1795389063.59, "receive_count": 1}
    saved = {"queues": {"http://localhost:4566/000000000000/queue": {"messages": [message]}}}
    (tmp_path / "sqs.json").write_text(json.dumps(saved))

    resume(tmp_path, 14566)

    assert json.loads((tmp_path / "sqs.json").read_text()) == {
        "queues": {"http://localhost:14566/000000000000/queue": {"messages": [{**message, "visible_at": 0}]}}
    }


@pytest.mark.enable_socket
@pytest.mark.enable_socket
def test_a_taken_port_is_told_with_its_holder_and_the_way_out() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]

        with pytest.raises(PortTakenError, match=rf"Port {port} is taken by .*process {os.getpid()}.*--gallery-port"):
            processes.require_free(port, "--gallery-port")

    processes.require_free(port, "--gallery-port")
