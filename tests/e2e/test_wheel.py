"""The wheel by itself: installed into a fresh environment outside the repository, it has everything that it needs."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from uv import find_uv_bin

from tests.e2e.conftest import PROJECT
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

Run = Callable[..., str]


def build(folder: Path) -> Path:
    subprocess.run([find_uv_bin(), "build", "--quiet", "--wheel", "--out-dir", folder, PROJECT], check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def run(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Run a program of the fresh environment, in a folder with a photo."""
    home = tmp_path_factory.mktemp("elsewhere")
    environment = home / "environment"
    subprocess.run([find_uv_bin(), "venv", "--quiet", "--python", sys.executable, environment], check=True)
    install = [find_uv_bin(), "pip", "install", "--quiet", "--python", environment / "bin" / "python"]
    subprocess.run([*install, "--constraint", PROJECT / "constraints.txt", wheel, "pytest"], check=True)
    (home / "cat.jpg").write_bytes((PROJECT / "samples" / "cat.jpg").read_bytes())
    (home / "test_cat.py").write_text(TEST)
    data = home / "data"
    shell = {
        name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "VIEWFINDER_", "PYTEST"))
    }
    shell |= {"VIEWFINDER_DATA_DIR": str(data)}

    def command(program: str, *words: str) -> str:
        called = [environment / "bin" / program, *words]
        done = subprocess.run(called, cwd=home, env=shell, capture_output=True, text=True, timeout=240, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    yield command
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


def test_the_pipeline_runs_from_the_wheel(run: Run) -> None:
    ports = ("--port", str(free_port()), "--gallery-port", str(free_port()))
    try:
        assert "samples/cat.jpg" in run("viewfinder", "up", "--detach", "--samples", *ports)
        assert "samples/cat.jpg" in run("viewfinder", "search", "Cat")
        assert "Cat" in run("viewfinder", "analyze", "cat.jpg")
    finally:
        assert run("viewfinder", "down") == "Stopped; the data stays.\n"


def test_the_pytest_fixture_runs_from_the_wheel(run: Run) -> None:
    assert "2 passed" in run("pytest", "-q", "-p", "no:cacheprovider", "test_cat.py")
