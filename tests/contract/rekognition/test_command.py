"""`viewfinder rekognition serve` as a process: starting, refusing to start, and stopping."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from types_boto3_rekognition.type_defs import ImageTypeDef

from tests.contract.rekognition.conftest import COMMAND, rekognition
from tests.support.waiting import wait_for
from tests.unit.rekognition.images import plain, sample
from viewfinder.rekognition.networks import MODELS
from viewfinder.testing import running_engine


def run(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *options], capture_output=True, text=True, timeout=60, check=False)


def test_a_detector_of_no_known_layout_is_refused_with_what_was_found() -> None:
    done = run("--detector", str(MODELS / "efficientnet_lite3.onnx"))
    assert done.returncode != 0
    assert "has not the layout of YOLOX: inputs {'images': [1, 'height', 'width', 3]}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_detector_that_is_not_there_is_refused(tmp_path: Path) -> None:
    done = run("--detector", str(tmp_path / "no.onnx"))
    assert done.returncode == 2
    assert "--detector" in done.stderr


def test_a_port_that_is_taken_is_refused() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run("--port", str(taken.getsockname()[1]))
    assert done.returncode != 0
    assert "ddress already in use" in done.stderr


def test_a_data_directory_that_can_not_be_used_is_refused(tmp_path: Path) -> None:
    (tmp_path / "collections.sqlite").write_text("no database, but text " * 100)
    done = run("--data-dir", str(tmp_path))
    assert done.returncode == 2
    assert "file is not a database" in done.stderr
    assert "Traceback" not in done.stderr


def test_collections_survive_the_server(tmp_path: Path) -> None:
    image: ImageTypeDef = {"Bytes": sample("astronaut.jpg")}
    with running_engine(tmp_path / "faces") as engine:
        engine.client().create_collection(CollectionId="family")
        engine.client().index_faces(CollectionId="family", Image=image, ExternalImageId="eileen")
    with running_engine(tmp_path / "faces") as engine:
        (match,) = engine.client().search_faces_by_image(CollectionId="family", Image=image)["FaceMatches"]
    assert match["Face"]["ExternalImageId"] == "eileen"
    with running_engine() as engine:
        assert engine.client().list_collections()["CollectionIds"] == []


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_lets_requests_under_way_end(stop: signal.Signals) -> None:
    process = subprocess.Popen(COMMAND, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    url = json.loads(process.stderr.readline())["url"]
    slow = plain("red", (5000, 5000))
    with ThreadPoolExecutor(6) as callers:
        calls = [callers.submit(rekognition(url).detect_labels, Image={"Bytes": slow}) for _ in range(6)]
        wait_for(lambda: httpx.get(f"{url}/healthz").json()["Pending"] == 6, seconds=20, what="six requests under way")
        process.send_signal(stop)
        assert [call.result()["ResponseMetadata"]["HTTPStatusCode"] for call in calls] == [200] * 6
    process.communicate(timeout=30)
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)
