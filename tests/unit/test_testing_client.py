"""The client of the pytest fixture: it reaches the engine whatever the environment says of proxies."""

from __future__ import annotations

from typing import Any

import pytest

from viewfinder.testing import Engine


def test_the_client_passes_proxies_by(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    client = Engine("http://127.0.0.1:8090").client()
    config: Any = client.meta.config  # whose stub has no proxies
    assert config.proxies == {}
