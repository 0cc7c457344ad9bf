"""What a benchmark is given: how long it may take, and the stacks, started when the first one asks for them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from types import TracebackType

from benchmarks.stack import Stacks, running_stacks
from viewfinder.local.state import DYNAMODB, SQLITE


@dataclass
class Bench:
    """One run of several benchmarks; a context manager that stops what was started."""

    quick: bool = False
    _open: ExitStack = field(default_factory=ExitStack)

    @cached_property
    def stacks(self) -> Stacks:
        """Viewfinder's stack and the baseline's."""
        return self._open.enter_context(running_stacks(SQLITE))

    @contextmanager
    def rehearsal(self) -> Iterator[Stacks]:
        """Both stacks with the catalog of AWS, for as long as the block takes."""
        with running_stacks(DYNAMODB) as stacks:
            yield stacks

    def __enter__(self) -> Bench:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()
