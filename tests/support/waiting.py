"""Waits for a condition with a deadline: what a test does where others sleep."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PAUSE_SECONDS = 0.05


def wait_for(condition: Callable[[], T | None], *, seconds: float, what: str) -> T:
    """Return the first truthy answer of the condition; fail the test with `what` when the time is up."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what}; last answer: {answer!r}")
        time.sleep(PAUSE_SECONDS)
    return answer
