"""The functions' packages for AWS: small enough to start fast, and the same bytes each time."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from viewfinder.deployment import packages
from viewfinder.deployment.packages import AWS, SERVICES, build_package, this_machine

PROJECT = Path(__file__).parents[2]

LIMITS = {"image_processing": 20_000_000, "api_handler": 18_000_000, "label_statistics": 3_050_000}
"""Bytes, zipped; api_handler has NumPy, which compares hashes."""

MOST_UNZIPPED = 250 * 1024 * 1024
"""Of a function with its layers (Lambda Developer Guide, "Lambda quotas")."""


@pytest.mark.parametrize(("function", "limit"), LIMITS.items())
def test_a_package_is_small(function: str, limit: int) -> None:
    assert build_package(PROJECT, function, AWS).zip.stat().st_size <= limit


OPERATIONS = """
import json, sys
import boto3
clients = {name: boto3.client(name, region_name="eu-west-1") for name in json.loads(sys.argv[1])}
members = clients["s3"].meta.service_model.operation_model("CopyObject").input_shape.members
assert "IfNoneMatch" in members
print(json.dumps([boto3.__file__, boto3.__version__]))
"""


@pytest.mark.parametrize("function", LIMITS)
def test_a_package_has_a_boto3_of_its_own_with_the_services_that_it_calls(function: str, tmp_path: Path) -> None:
    """Restoring from the trash needs CopyObject's IfNoneMatch, which botocore knows from 1.41.0."""
    packages.assemble(PROJECT, function, this_machine(), tmp_path)
    command = [sys.executable, "-S", "-c", OPERATIONS, json.dumps(SERVICES)]
    keys = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    done = subprocess.run(
        command, env={"PYTHONPATH": str(tmp_path), **keys}, capture_output=True, text=True, check=True
    )
    file, version = json.loads(done.stdout)
    assert Path(file).is_relative_to(tmp_path)
    assert f"boto3=={version} " in (PROJECT / "constraints.txt").read_text()


def test_the_services_of_the_packages_are_those_that_functions_have_clients_of() -> None:
    source = (PROJECT / "src/viewfinder/adapters/aws.py").read_text()
    assert {*re.findall(r'self\._client\("([\w-]+)"', source)} == {*SERVICES}


@pytest.mark.parametrize(
    "function", [pytest.param(each, marks=[] if each == "label_statistics" else pytest.mark.soak) for each in LIMITS]
)
def test_two_builds_give_the_same_bytes(function: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = build_package(PROJECT, function, AWS)
    monkeypatch.setattr(packages, "user_cache_path", lambda _: tmp_path)
    second = build_package(PROJECT, function, AWS)
    assert (second.digest, second.zip == first.zip) == (first.digest, False)


def test_the_package_with_the_engine_leaves_room_below_lambdas_limit() -> None:
    package = build_package(PROJECT, "image_processing", AWS, engine=True)
    with zipfile.ZipFile(package.zip) as archive:
        unzipped = sum(entry.file_size for entry in archive.infolist())
        libraries = {entry.filename.split("/")[0] for entry in archive.infolist() if entry.filename.endswith(".so")}
    assert unzipped <= 0.9 * MOST_UNZIPPED
    assert {"numpy", "onnxruntime", "PIL"} <= libraries


@pytest.mark.soak
def test_two_builds_with_the_engine_give_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = build_package(PROJECT, "image_processing", AWS, engine=True)
    monkeypatch.setattr(packages, "user_cache_path", lambda _: tmp_path)
    assert build_package(PROJECT, "image_processing", AWS, engine=True).digest == first.digest
