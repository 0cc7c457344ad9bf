"""A pytest fixture for programs that call Amazon Rekognition: `pytest_plugins = ["viewfinder.testing"]` in conftest.py.

The engine runs in a process of its own on a free port of 127.0.0.1; it analyses the pictures that it gets.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types_boto3_rekognition.client import RekognitionClient

_STOP_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Engine:
    """A running engine; `endpoint_url` is what an SDK takes as AWS_ENDPOINT_URL_REKOGNITION."""

    endpoint_url: str

    def client(self) -> RekognitionClient:
        """Return a boto3 client of the engine; it ignores key pairs and proxies of the environment."""
        import boto3
        from botocore.config import Config

        session = boto3.Session("test", "test", region_name="us-east-1")
        return session.client("rekognition", endpoint_url=self.endpoint_url, config=Config(proxies={}))


@contextmanager
def running_engine(data_dir: Path | None = None) -> Iterator[Engine]:
    """Run the engine for a block; raise RuntimeError with its output if it does not start.

    Collections of faces are kept in a folder, or in memory without one.
    """
    command = [
        sys.executable,
        "-m",
        "viewfinder.cli.main",
        "rekognition",
        "serve",
        "--host",
        "127.0.0.1",
        "--port",
        "0",
        *(("--data-dir", str(data_dir)) if data_dir else ()),
    ]
    ours = {name: value for name, value in os.environ.items() if not name.startswith("VIEWFINDER_ENGINE_")}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=ours) as process:
        try:
            url = _url_of(process)
            threading.Thread(target=_drain, args=(process,), daemon=True).start()
            yield Engine(url)
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _url_of(process: subprocess.Popen[str]) -> str:
    """Read the URL from the first line of the log: by then the engine listens."""
    lines = process.stdout or io.StringIO()
    first = lines.readline()
    try:
        return str(json.loads(first)["url"])
    except (ValueError, KeyError):
        raise RuntimeError(f"the engine did not start: {first}{lines.read()}") from None


def _drain(process: subprocess.Popen[str]) -> None:
    """Read the log on: a full pipe would stop the engine."""
    for _ in process.stdout or ():
        pass


@pytest.fixture(scope="session")
def rekognition() -> Iterator[Engine]:
    """Yield an engine for the whole session."""
    with running_engine() as engine:
        yield engine
