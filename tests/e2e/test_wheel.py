"""The wheel by itself: installed into a fresh environment outside the repository, it has everything that it needs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from uv import find_uv_bin

from tests.e2e.conftest import PROJECT
from tests.support.waiting import wait_for
from viewfinder.local.processes import free_port, kill_stragglers

pytestmark = pytest.mark.timeout(500)

LARGEST = 60_000_000
TEST = """
pytest_plugins = ["viewfinder.testing"]

def test_a_cat_is_seen(rekognition):
    with open("cat.jpg", "rb") as photo:
        labels = rekognition.client().detect_labels(Image={"Bytes": photo.read()}, MinConfidence=60)["Labels"]
    assert "Cat" in {label["Name"] for label in labels}

def test_it_takes_more_calls_than_a_pipe_of_log_lines(rekognition):
    client = rekognition.client()
    for _ in range(400):
        try:
            client.detect_labels(Image={"Bytes": b"no picture"})
        except client.exceptions.InvalidImageFormatException:
            pass
"""


@dataclass(frozen=True)
class Elsewhere:
    """A fresh environment in a folder outside the repository, with a photo."""

    home: Path
    shell: dict[str, str]

    def start(self, program: str, *words: str, **variables: str) -> subprocess.Popen[str]:
        called, told = [str(self.home / "environment" / "bin" / program), *words], self.shell | variables
        return subprocess.Popen(
            called, cwd=self.home, env=told, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    def run(self, program: str, *words: str, **variables: str) -> str:
        """Return what a program prints; fail where it fails."""
        process = self.start(program, *words, **variables)
        printed, _ = process.communicate(timeout=240)
        assert process.returncode == 0, printed
        return printed

    @contextmanager
    def gallery(self, stack: str, **variables: str) -> Iterator[str]:
        """Serve the gallery of a stack on AWS, and return its URL."""
        port = str(free_port())
        process = self.start("viewfinder", "gallery", "--stack", stack, "--port", port, **variables)
        assert process.stdout
        try:
            wait_for(lambda: _answers(f"http://localhost:{port}"), seconds=30, what="the gallery of the wheel")
            yield re.findall(r"http://localhost\S+", process.stdout.readline())[0]
        finally:
            process.terminate()
            process.communicate(timeout=30)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz").is_success
    except httpx.TransportError:
        return False


def build(folder: Path) -> Path:
    subprocess.run([find_uv_bin(), "build", "--quiet", "--wheel", "--out-dir", folder, PROJECT], check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    home = tmp_path_factory.mktemp("elsewhere")
    environment = home / "environment"
    subprocess.run([find_uv_bin(), "venv", "--quiet", "--python", sys.executable, environment], check=True)
    install = [find_uv_bin(), "pip", "install", "--quiet", "--python", str(environment / "bin" / "python")]
    subprocess.run([*install, "--constraint", PROJECT / "constraints.txt", wheel, "pytest"], check=True)
    (home / "cat.jpg").write_bytes((PROJECT / "samples" / "cat.jpg").read_bytes())
    (home / "test_cat.py").write_text(TEST)
    data = home / "data"
    shell = {
        name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "VIEWFINDER_", "PYTEST"))
    }
    yield Elsewhere(home, shell | {"VIEWFINDER_DATA_DIR": str(data)})
    kill_stragglers(data)


def test_the_wheel_is_small_and_the_same_each_time(wheel: Path, tmp_path: Path) -> None:
    assert wheel.stat().st_size < LARGEST
    assert build(tmp_path).read_bytes() == wheel.read_bytes()


def test_the_wheel_has_what_up_and_deploy_need_and_nothing_of_a_test(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())

    assert {
        "viewfinder/py.typed",
        "viewfinder/project/infrastructure/template.yaml",
        "viewfinder/project/infrastructure/openapi.yaml",
        "viewfinder/project/lambdas/image_processing/handler.py",
        "viewfinder/project/samples/cat.jpg",
    } <= names
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"viewfinder"}
    assert [name for name in names if "__pycache__" in name] == []


def test_the_pipeline_runs_from_the_wheel(elsewhere: Elsewhere) -> None:
    ports = ("--port", str(free_port()), "--gallery-port", str(free_port()))
    try:
        assert "samples/cat.jpg" in elsewhere.run("viewfinder", "up", "--detach", "--samples", *ports)
        assert "samples/cat.jpg" in elsewhere.run("viewfinder", "search", "Cat")
        assert "Cat" in elsewhere.run("viewfinder", "analyze", "cat.jpg")
        here = json.loads(elsewhere.run("viewfinder", "env", "--json"))
        plain = ("--parameter", "RequireTls=false", "--parameter", "ApiAccessLogs=Disabled")
        elsewhere.run("viewfinder", "deploy", "--stack", "second", "--yes", *plain, **here)
        with elsewhere.gallery("second", **here) as url:
            assert "<title>Viewfinder" in httpx.get(url, follow_redirects=True).text
    finally:
        assert elsewhere.run("viewfinder", "down") == "Stopped; the data stays.\n"


def test_the_pytest_fixture_runs_from_the_wheel(elsewhere: Elsewhere) -> None:
    assert "2 passed" in elsewhere.run("pytest", "-q", "-p", "no:cacheprovider", "test_cat.py")
