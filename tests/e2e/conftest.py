"""The real local stack, one for the whole session: started and stopped by the code that `viewfinder up` runs."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import psutil
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.support.tiny_clip import write_clip
from viewfinder.deployment.progress import silent
from viewfinder.local.data_directory import DataDirectory
from viewfinder.local.processes import free_port, processes_of
from viewfinder.local.stack import LocalStack
from viewfinder.local.state import DYNAMODB, REGION, Options

PROJECT = Path(__file__).parents[2]
TEMPLATE = PROJECT / "infrastructure" / "template.yaml"

_CLIENTS: dict[tuple[Any, ...], Any] = {}
"""By address, keys, service and options: boto3 takes a tenth of a second to make one."""


@dataclass(frozen=True)
class RunningStack:
    """What a test needs of a stack."""

    local: LocalStack

    @property
    def outputs(self) -> dict[str, str]:
        return self.local.record.outputs

    @property
    def bucket(self) -> str:
        return self.outputs["ImagesBucketName"]

    @property
    def gallery_url(self) -> str:
        return self.local.record.gallery_url

    @property
    def api_url(self) -> str:
        return self.local.record.api_url

    def client(self, service: str, **session: Any) -> Any:
        """A client of the root user, or of the credentials given."""
        running = self.local.running
        given = tuple(session.items())
        key = (running.record.endpoint_url, running.keys, service, given)
        if key not in _CLIENTS:
            make: Any = running.session.client  # typed for each service by its name
            _CLIENTS[key] = make(service, endpoint_url=running.record.endpoint_url, **session)
        return _CLIENTS[key]

    def call(self, method: str, path: str, *, credentials: Credentials | None = None, **request: Any) -> httpx.Response:
        """Call the REST API, signed; `path` is already percent-encoded."""
        keys = self.local.keys
        signer = credentials or Credentials(keys.access_key_id, keys.secret_access_key)
        unsigned = AWSRequest(method, self.api_url + path, data=request.get("content"), headers=request.get("headers"))
        SigV4Auth(signer, "execute-api", REGION).add_auth(unsigned)
        return httpx.request(method, self.api_url + path, **{**request, "headers": dict(unsigned.headers)}, timeout=60)

    def functions(self, logical_id: str) -> list[psutil.Process]:
        """Find the processes that the emulator runs a function in."""

        def is_wanted(process: psutil.Process) -> bool:
            try:
                return logical_id in process.environ().get("AWS_LAMBDA_FUNCTION_NAME", "")
            except psutil.Error:  # it has just ended
                return False

        return [process for process in processes_of(self.local.data.path) if is_wanted(process)]

    def image(self, image_id: str) -> httpx.Response:
        """Ask the REST API for an image."""
        return self.call("GET", f"/images/{quote(image_id)}")

    def answers(self, image_id: str, status: int) -> bool:
        """Ask the REST API for an image, and return whether it answers with a status."""
        return self.image(image_id).status_code == status


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A stack on free ports, with a data directory of its own."""
    once(tmp_path_factory, "stack")
    yield from running(tmp_path_factory.mktemp("stack"))


@pytest.fixture(scope="session")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A stack as on AWS, with its catalog in the (emulated) table."""
    once(tmp_path_factory, "rehearsal")
    yield from running(tmp_path_factory.mktemp("rehearsal"), features="LABELS,TEXT,FACES", catalog=DYNAMODB)


@pytest.fixture(scope="session")
def people_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A stack that keeps faces and locations, and has a (tiny) model of words with a vocabulary."""
    once(tmp_path_factory, "people_stack")
    models = tmp_path_factory.mktemp("clip")
    (models / "names.txt").write_text("red\nblue\n")
    words = {"clip": str(write_clip(models / "model")), "vocabulary": str(models / "names.txt")}
    chosen = {"KeepLocation": "true"}
    yield from running(tmp_path_factory.mktemp("people"), features="LABELS,PEOPLE", parameters=chosen, **words)


@pytest.fixture(scope="session")
def hosted_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A stack whose gallery is hosted, too."""
    once(tmp_path_factory, "hosted_stack")
    yield from running(tmp_path_factory.mktemp("hosted"), hosted=True, hosted_port=free_port())


def once(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    """Fail where a second worker starts a shared stack: the groups of tests/conftest.py were not kept."""
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        (tmp_path_factory.getbasetemp().parent / f"{name} of {worker}").touch()
        owners = [path.name for path in tmp_path_factory.getbasetemp().parent.glob(f"{name} of *")]
        assert owners == [f"{name} of {worker}"]


def running(folder: Path, features: str = "LABELS", **options: Any) -> Iterator[RunningStack]:
    """Start a stack in a folder, and stop it in the end."""
    signal.signal(signal.SIGTERM, _interrupt)  # else a run that is cut short leaves its stack behind
    local = LocalStack(DataDirectory(folder))
    local.up(TEMPLATE, Options(port=free_port(), gallery_port=free_port(), features=features, **options), silent)
    yield RunningStack(local)
    local.down()


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
