"""An emulator without a stack, for adapters to prove themselves on: IAM on, empty, gone after the session."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from viewfinder.local.components import emulator as emulator_component
from viewfinder.local.data_directory import DataDirectory
from viewfinder.local.ministack.environment import ensure_environment
from viewfinder.local.processes import free_port, start, wait_until_healthy
from viewfinder.local.state import REGION, Ports, Record


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Any]]:
    """Return clients of its root user by the name of the service."""
    data = DataDirectory(tmp_path_factory.mktemp("emulator"))
    data.prepare()
    record = Record(Ports(emulator=free_port(), gallery=0, engine=0))
    component = emulator_component(data, record, ensure_environment())
    process = start(component, data.path)
    try:
        wait_until_healthy(component, process)
        keys = data.key_pair()
        session: Any = boto3.Session(keys.access_key_id, keys.secret_access_key, region_name=REGION)
        quick = Config(retries={"total_max_attempts": 1})
        yield lambda service: session.client(service, endpoint_url=record.endpoint_url, config=quick)
    finally:
        process.end()
