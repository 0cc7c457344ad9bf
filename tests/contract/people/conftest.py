"""A world with people on each of the catalogs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from tests.support.people_world import World


@pytest.fixture(params=["sqlite", "dynamodb"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    with mock_aws():
        session = boto3.Session("test", "test", region_name="us-east-1")
        world = World(f"sqlite:{tmp_path / 'catalog.db'}" if request.param == "sqlite" else "dynamodb", session)
        with closing(world.application.catalog_parts):
            yield world
