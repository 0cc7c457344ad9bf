"""The functions' packages for AWS: small enough to start fast, and the same bytes each time."""

from __future__ import annotations

from pathlib import Path

import pytest

from viewfinder.deployment import packages
from viewfinder.deployment.packages import AWS, build_package

PROJECT = Path(__file__).parents[2]

LIMITS = {"image_processing": 20_000_000, "api_handler": 3_000_000, "label_statistics": 3_000_000}
"""Bytes, zipped."""


@pytest.mark.parametrize(("function", "limit"), LIMITS.items())
def test_a_package_is_small(function: str, limit: int) -> None:
    assert build_package(PROJECT, function, AWS).zip.stat().st_size <= limit


@pytest.mark.parametrize("function", LIMITS)
def test_two_builds_give_the_same_bytes(function: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = build_package(PROJECT, function, AWS)
    monkeypatch.setattr(packages, "user_cache_path", lambda _: tmp_path)
    second = build_package(PROJECT, function, AWS)
    assert (second.digest, second.zip == first.zip) == (first.digest, False)
