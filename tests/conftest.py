"""How tests are shared out among workers (`pytest -n 2 --dist loadgroup`)."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests on the one big stack go to one worker, so that only one is started; other files stay whole."""
    for item in items:
        group = "stack" if "stack" in getattr(item, "fixturenames", ()) else item.nodeid.split("::", maxsplit=1)[0]
        item.add_marker(pytest.mark.xdist_group(group))
