"""Calls that do not depend on each other: at once where each waits for the network, else one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Protocol, TypeVar

T = TypeVar("T")


class Caller(Protocol):
    """Calls each work, and returns the results in their order; raises the first error after all have ended."""

    def __call__(self, works: Sequence[Callable[[], T]]) -> list[T]:
        """Call them."""


def side_by_side(works: Sequence[Callable[[], T]]) -> list[T]:
    """Call the first in this thread, and each other one in a thread with the same context."""
    if len(works) < 2:
        return [work() for work in works]
    with ThreadPoolExecutor(len(works) - 1) as pool:
        others = [pool.submit(copy_context().run, work) for work in works[1:]]
        first = works[0]()
        return [first, *(other.result() for other in others)]


def one_by_one(works: Sequence[Callable[[], T]]) -> list[T]:
    """Call them in their order, in this thread."""
    return [work() for work in works]
