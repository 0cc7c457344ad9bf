"""Servers of the engine as processes, and a client of the AWS SDK for Python."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import boto3
import pytest
from botocore.config import Config

COMMAND = [sys.executable, "-m", "viewfinder.cli.main", "rekognition", "serve", "--port", "0"]
SIGNER = {"AWS_ACCESS_KEY_ID": "AKIDSERVER", "AWS_SECRET_ACCESS_KEY": "server-side-secret"}

StartServer = Callable[..., str]


@contextmanager
def started(*options: str, **environment: str) -> Iterator[str]:
    """Run a server until the block ends, and return its URL."""
    process = subprocess.Popen(
        [*COMMAND, *options], stderr=subprocess.PIPE, text=True, env=os.environ | SIGNER | environment
    )
    assert process.stderr is not None
    try:
        yield json.loads(process.stderr.readline())["url"]
        assert process.poll() is None, "the server died"
    finally:
        process.terminate()
        process.communicate(timeout=30)


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
