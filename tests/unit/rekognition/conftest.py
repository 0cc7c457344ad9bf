"""The engine, loaded once for all tests."""

from __future__ import annotations

import pytest

from viewfinder.rekognition import Engine, Settings


@pytest.fixture(scope="session")
def engine() -> Engine:
    return Engine.load(Settings(workers=2))
