"""An emulated AWS account without a stack: stacks of any release are deployed into it, on a detector that counts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import boto3
import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.support.detector_proxy import DetectorProxy
from viewfinder.local.components import emulator as emulator_component
from viewfinder.local.data_directory import DataDirectory, session
from viewfinder.local.ministack.environment import ensure_environment
from viewfinder.local.processes import free_port, kill_stragglers, start, wait_until_healthy
from viewfinder.local.state import DYNAMODB, REGION, Ports, Record

_PARAMETERS = ("RequireTls=false", "ApiAccessLogs=Disabled")
"""MiniStack speaks plain HTTP, and writes no access logs."""


class CannedDetector(DetectorProxy):
    """Answers each picture by its digest: one of a few sets of labels. Counts the calls."""

    def _answer(self, body: bytes, headers: dict[str, str]) -> tuple[int, bytes] | None:
        answer = super()._answer(body, headers)
        if answer is None or answer[0] != 200:
            return answer
        kind = len(json.loads(body)["Image"]["Bytes"]) % len(LABELS)  # the same in every run, and for equal pictures
        return 200, json.dumps({"Labels": LABELS[kind], "LabelModelVersion": "3.0"}).encode()

    @property
    def total(self) -> int:
        """How many calls were answered."""
        return sum(self.calls.values())


def _label(name: str, confidence: float, parent: str = "", category: str = "", alias: str = "") -> dict[str, Any]:
    lists = {"Parents": parent, "Categories": category, "Aliases": alias}
    return {"Name": name, "Confidence": confidence} | {
        member: [{"Name": value}] if value else [] for member, value in lists.items()
    }


LABELS: tuple[list[dict[str, Any]], ...] = (
    [_label("Dog", 98.5, "Animal", "Animals and Pets", "Canine"), _label("Animal", 99.0, "", "Animals and Pets")],
    [_label("Cat", 91.25, "Animal", "Animals and Pets"), _label("Sofa", 70.0, "", "Home and Indoors", "Couch")],
    [_label("Straße", 88.0, "", "Transport and Logistics", "Road"), _label("Car", 77.7, "Vehicle")],
    [],
)


@dataclass(frozen=True)
class Account:
    """The account; commands run in processes of their own, on the code of a tree."""

    data: DataDirectory
    endpoint_url: str
    detector: CannedDetector

    @property
    def session(self) -> boto3.Session:
        """A session of the root user."""
        return session(self.data.key_pair())

    def client(self, service: str) -> Any:
        """A client of the root user."""
        root: Any = self.session
        return root.client(service, endpoint_url=self.endpoint_url)

    def run(self, tree: Path, *arguments: str, seconds: float = 600) -> tuple[str, float]:
        """Run `viewfinder` of a tree; return what it printed and the seconds it took, and fail where it fails."""
        started = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "viewfinder.cli.main", *arguments],
            env=self._environment(tree),
            cwd=tree,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        assert done.returncode == 0, f"viewfinder {' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr, time.monotonic() - started

    def deploy(self, tree: Path, stack: str, *arguments: str) -> tuple[str, float]:
        """Deploy a tree's template and packages by its own command."""
        parameters = [part for each in _PARAMETERS for part in ("--parameter", each)]
        return self.run(tree, "deploy", "--stack", stack, "--yes", *parameters, *arguments)

    def outputs(self, stack: str) -> dict[str, str]:
        """What a stack gives out."""
        (found,) = self.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}

    def api(self, stack: str) -> Api:
        """The REST API of a stack."""
        keys = self.data.key_pair()
        url = f"{self.endpoint_url}/_aws/execute-api/{self.outputs(stack)['ApiId']}/prod"
        return Api(url, Credentials(keys.access_key_id, keys.secret_access_key))

    def _environment(self, tree: Path) -> dict[str, str]:
        keys = self.data.key_pair()
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "VIEWFINDER_"))}
        return kept | {
            "PYTHONPATH": str(tree / "src"),
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": keys.access_key_id,
            "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
            "AWS_DEFAULT_REGION": REGION,
            "COLUMNS": "200",
        }


@dataclass(frozen=True)
class Api:
    """A REST API, called with signatures."""

    url: str
    credentials: Credentials

    def call(self, method: str, path: str, query: Mapping[str, Any] | None = None) -> httpx.Response:
        """Call it; `path` is not encoded yet."""
        written = f"{self.url}{quote(path)}" + (f"?{urlencode(query, doseq=True, quote_via=quote)}" if query else "")
        request = AWSRequest(method, written)
        SigV4Auth(self.credentials, "execute-api", REGION).add_auth(request)
        return httpx.request(method, written, headers=dict(request.headers), timeout=60, trust_env=False)

    def get(self, path: str, **query: Any) -> Any:
        """Return the document of a GET that has to succeed."""
        response = self.call("GET", path, query)
        assert response.status_code == 200, f"GET {path} {query}: {response.status_code} {response.text[:300]}"
        return response.json()

    def every(self, path: str, member: str, **query: Any) -> list[dict[str, Any]]:
        """Return the entries of all pages."""
        found: list[dict[str, Any]] = []
        token: dict[str, str] = {}
        while True:
            page = self.get(path, **query, **token)
            found += page[member]
            if not page.get("NextToken"):
                return found
            token = {"nextToken": page["NextToken"]}


@contextmanager
def emulated_account(folder: Path) -> Iterator[Account]:
    """Start the emulator, with IAM on and the detector beside it; end both."""
    with CannedDetector().running() as detector:
        data = DataDirectory(folder)
        data.prepare()
        ports = Ports(emulator=free_port(), gallery=0, engine=int(detector.url.rpartition(":")[2]))
        record = Record(ports, catalog=DYNAMODB)
        component = emulator_component(data, record, ensure_environment())
        process = start(component, data.path)
        try:
            wait_until_healthy(component, process)
            assert isinstance(detector, CannedDetector)
            yield Account(data, record.endpoint_url, detector)
        finally:
            process.end()
            kill_stragglers(data.path)
