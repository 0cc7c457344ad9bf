"""How tests are shared out among workers (`pytest -n 3 --dist loadgroup`)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import httpx._config as config
import httpx._transports.default as transport
import hypothesis
import pytest
import yaml

from tools.faster_moto import hasten_moto

PROJECT = Path(__file__).parents[1]

hasten_moto()

transport.create_ssl_context = cache(config.create_ssl_context)  # type: ignore[attr-defined]
"""httpx loads all certificates for each call, which takes 50 ms; tests make thousands of calls, none of them by TLS."""

yaml.SafeLoader = yaml.CSafeLoader  # type: ignore[misc, assignment]
"""In C: each process reads the template and the contract dozens of times, a quarter of a second each."""

hypothesis.settings.register_profile("random", deadline=None)  # no test measures time
hypothesis.settings.register_profile("gate", parent=hypothesis.settings.get_profile("random"), derandomize=True)
hypothesis.settings.load_profile("gate")
"""The gate judges a change, so it makes the same examples each time; `make explore` and `make soak` make new ones."""


@pytest.hookimpl(tryfirst=True)  # before xdist reads the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests on one shared stack go to one worker, so that only one is started; other files stay whole."""
    for item in items:
        shared = next(
            (name for name in ("stack", "rehearsal", "people_stack", "hosted_stack") if _is_shared(name, item)), None
        )
        group = shared or item.nodeid.split("::", maxsplit=1)[0]
        item.add_marker(pytest.mark.xdist_group(group))


def _is_shared(name: str, item: pytest.Item) -> bool:
    """Whether the test uses the fixture of tests/e2e, and not one of its own module by this name."""
    is_ours = (PROJECT / "tests" / "e2e") in item.path.parents and name in getattr(item, "fixturenames", ())
    return is_ours and not hasattr(getattr(item, "module", None), name)
