"""Many measurements as a few numbers: median and quartiles, since a busy machine only ever makes things slower."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

Result = dict[str, Any]
"""What a benchmark gives: plain data that JSON can hold."""


def summary(values: Sequence[float], digits: int = 2) -> Result:
    """Return median, quartiles and 95th percentile."""
    cuts = statistics.quantiles(values, n=20, method="inclusive") if len(values) > 1 else [values[0]] * 19
    numbers = {"median": statistics.median(values), "p25": cuts[4], "p75": cuts[14], "p95": cuts[18]}
    return {name: round(value, digits) for name, value in numbers.items()} | {"n": len(values)}


@dataclass
class Cost:
    """What a block of code took, in milliseconds: on the clock, and of this process' processor time."""

    wall: float = 0.0
    cpu: float = 0.0


@contextmanager
def measured() -> Iterator[Cost]:
    """Measure a block."""
    cost, wall, cpu = Cost(), time.perf_counter(), time.process_time()
    try:
        yield cost
    finally:
        cost.wall, cost.cpu = (time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000


def interleaved(ways: dict[str, Callable[[int], object]], rounds: int, warm_up: int = 3) -> dict[str, list[Cost]]:
    """Run each way once per round, so that what else the machine does slows all of them alike."""
    costs: dict[str, list[Cost]] = {name: [] for name in ways}
    for turn in range(rounds + warm_up):
        for name, way in ways.items():
            with measured() as cost:
                way(turn)
            if turn >= warm_up:
                costs[name].append(cost)
    return costs
