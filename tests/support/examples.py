"""How many examples a test of Hypothesis's makes."""

from __future__ import annotations

from hypothesis import settings


def examples(most: int) -> int:
    """Return the number for today's run: a third in the gate, whose examples are the same each time, else all.

    `make explore` makes all of them, others each time.
    """
    return max(10, most // 3) if settings().derandomize else most
