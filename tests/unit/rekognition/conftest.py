"""The engine, loaded once for all tests."""

from __future__ import annotations

import pytest

from viewfinder.rekognition import Engines, Settings
from viewfinder.rekognition.labels.engine import LabelEngine


@pytest.fixture(scope="session")
def engines() -> Engines:
    return Engines(Settings(workers=2))


@pytest.fixture(scope="session")
def engine(engines: Engines) -> LabelEngine:
    return engines.labels
