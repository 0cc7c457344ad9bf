"""The functions' packages for AWS: small enough to start fast, and the same bytes each time."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from viewfinder.deployment import packages
from viewfinder.deployment.packages import AWS, build_package

PROJECT = Path(__file__).parents[2]

LIMITS = {"image_processing": 20_000_000, "api_handler": 3_000_000, "label_statistics": 3_000_000}
"""Bytes, zipped."""

MOST_UNZIPPED = 250 * 1024 * 1024
"""Of a function with its layers (Lambda Developer Guide, "Lambda quotas")."""


@pytest.mark.parametrize(("function", "limit"), LIMITS.items())
def test_a_package_is_small(function: str, limit: int) -> None:
    assert build_package(PROJECT, function, AWS).zip.stat().st_size <= limit


@pytest.mark.parametrize("function", LIMITS)
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


def test_two_builds_with_the_engine_give_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = build_package(PROJECT, "image_processing", AWS, engine=True)
    monkeypatch.setattr(packages, "user_cache_path", lambda _: tmp_path)
    assert build_package(PROJECT, "image_processing", AWS, engine=True).digest == first.digest
