"""How tests are shared out among workers (`pytest -n 3 --dist loadgroup`)."""

from __future__ import annotations

import hypothesis
import pytest

from tools.moto_transactions import copy_once

copy_once()

hypothesis.settings.register_profile("any machine", deadline=None)  # no test measures time
hypothesis.settings.load_profile("any machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests on one shared stack go to one worker, so that only one is started; other files stay whole."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        shared = next((name for name in ("stack", "rehearsal") if name in fixtures), None)
        group = shared or item.nodeid.split("::", maxsplit=1)[0]
        item.add_marker(pytest.mark.xdist_group(group))
