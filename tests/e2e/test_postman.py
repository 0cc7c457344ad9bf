"""The Postman collection: it has every operation of the contract, and newman runs it against the real stack."""

from __future__ import annotations

import fcntl
import json
import re
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from platformdirs import user_cache_path

from tests.e2e.conftest import PROJECT, RunningStack
from tests.support.contract import operations
from tests.support.waiting import wait_for

NEWMAN = "6.2.2"
POSTMAN = PROJECT / "postman"
COLLECTION = POSTMAN / "viewfinder.postman_collection.json"
METHODS = {"get", "put", "post", "delete", "patch"}
SECONDS = 30


def _requests(folder: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for item in folder["item"]:
        if "item" in item:
            yield from _requests(item)
        else:
            yield item


def _template(path: list[str]) -> str:
    """Return the contract's path that a request's is made from."""
    written = "/" + "/".join(path)
    written = re.sub(r"^/people/.+", "/people/{PersonId}", written)
    return re.sub(r"^/(images|content|trash|versions|similar)/.+", r"/\1/{ImageId+}", written)


@pytest.fixture(scope="module")
def newman() -> Path:
    """Install newman into the user's cache; the registry is the one that npm is set to."""
    folder = user_cache_path("viewfinder", ensure_exists=True) / f"newman-{NEWMAN}"
    program = folder / "node_modules" / "newman" / "bin" / "newman.js"
    with folder.with_suffix(".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            install = ("npm", "install", "--no-save", "--no-audit", "--no-fund", "--prefix", str(folder))
            subprocess.run((*install, f"newman@{NEWMAN}"), check=True, capture_output=True, timeout=200)
    return program


def test_every_operation_of_the_contract_is_in_the_collection_and_no_other() -> None:
    requests = [item["request"] for item in _requests(json.loads(COLLECTION.read_text()))]
    assert {(request["method"], _template(request["url"]["path"])) for request in requests} == operations()


def test_every_request_asserts_something() -> None:
    for item in _requests(json.loads(COLLECTION.read_text())):
        assert "pm.test(" in "\n".join(item["event"][0]["script"]["exec"]), item["name"]


def test_both_environments_have_the_same_values_and_no_secret() -> None:
    local, aws = (json.loads((POSTMAN / f"{home}.postman_environment.json").read_text()) for home in ("local", "aws"))
    assert [value["key"] for value in local["values"]] == [value["key"] for value in aws["values"]]
    assert not [value for value in (*local["values"], *aws["values"]) if value["type"] == "secret" and value["value"]]


def test_newman_runs_the_collection_against_the_stack(newman: Path, stack: RunningStack, tmp_path: Path) -> None:
    for key in ("postman/cat 1.jpg", "postman/remove.jpg"):
        content = (PROJECT / "samples" / "cat.jpg").read_bytes()
        stack.client("s3").put_object(Bucket=stack.bucket, Key=key, Body=content)
        wait_for(partial(stack.answers, key, 200), seconds=SECONDS, what=f"{key} indexed")
    keys = stack.local.data.key_pair()
    values = {
        "baseUrl": stack.api_url,
        "accessKey": keys.access_key_id,
        "secretKey": keys.secret_access_key,
        "imageId": "postman/cat 1.jpg",
        "imageIdToRemove": "postman/remove.jpg",
    }
    report = tmp_path / "report.json"
    environment = ("--environment", str(POSTMAN / "local.postman_environment.json"))
    settings = [part for name, value in values.items() for part in ("--env-var", f"{name}={value}")]
    reporters = ("--reporters", "cli,json", "--reporter-json-export", str(report), "--color", "off")
    run = subprocess.run(
        ("node", str(newman), "run", str(COLLECTION), *environment, *settings, *reporters),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    statistics = json.loads(report.read_text())["run"]["stats"]
    assert statistics["requests"] == {"total": 40, "pending": 0, "failed": 0}
    assert statistics["assertions"]["total"] > 30
    wait_for(lambda: stack.image("postman/remove.jpg").status_code == 404, seconds=SECONDS, what="the image removed")
