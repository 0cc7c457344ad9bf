"""Servers of the engine as processes, and a client of the AWS SDK for Python."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from tempfile import TemporaryFile
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.support.waiting import wait_for

COMMAND = [sys.executable, "-m", "viewfinder.cli.main", "rekognition", "serve", "--port", "0"]
SIGNER = {"AWS_ACCESS_KEY_ID": "AKIDSERVER", "AWS_SECRET_ACCESS_KEY": "server-side-secret"}

StartServer = Callable[..., str]


@contextmanager
def started(*options: str, **environment: str) -> Iterator[str]:
    """Run a server until the block ends, and give its URL."""
    with started_process(*options, **environment) as (url, _):
        yield url


@contextmanager
def started_process(*options: str, **environment: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run a server until the block ends, and give its URL and process; all that it says must be JSON lines."""
    with TemporaryFile("w+b") as said:
        process = subprocess.Popen([*COMMAND, *options], stderr=said, env=os.environ | SIGNER | environment)
        try:
            yield _url(said.fileno(), process), process
            assert process.poll() is None, "the server died"
        finally:
            process.terminate()
            process.wait(timeout=30)
        said.seek(0)
        assert all(isinstance(json.loads(line), dict) for line in said)


def _url(log: int, process: subprocess.Popen[bytes]) -> str:
    def first_line() -> bytes:
        assert process.poll() is None, os.pread(log, 4096, 0).decode()
        line, end, _ = os.pread(log, 4096, 0).partition(b"\n")
        return line if end else b""

    return str(json.loads(wait_for(first_line, seconds=30, what="the server's address"))["url"])


@pytest.fixture(scope="session")
def start_server() -> Iterator[StartServer]:
    with ExitStack() as servers:
        yield lambda *options, **environment: servers.enter_context(started(*options, **environment))


@pytest.fixture(scope="session")
def server(start_server: StartServer) -> str:
    """The URL of a server with default settings."""
    return start_server()


def rekognition(url: str, key: str = "anyone", secret: str = "anything") -> Any:
    config = Config(retries={"total_max_attempts": 1})
    return boto3.client(
        "rekognition",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=config,
    )


@pytest.fixture(scope="session")
def client(server: str) -> Any:
    return rekognition(server)
