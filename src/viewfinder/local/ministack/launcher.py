"""Starts the emulator, with its reading of DynamoDB's expressions remembered; run by the emulator's own interpreter.

The emulator reads a key condition anew for each item of a partition, so that a search would grow with the catalog,
which it does not on AWS (docs/decisions/2026-11-23-expressions-are-read-once.md). Both functions depend on their
arguments alone, and the emulator's version is pinned; where another version lacks one, it starts as it is.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

MOST_EXPRESSIONS = 1024


def remember_expressions(module: Any) -> None:
    """Keep what the module's two readers of expressions give."""
    if hasattr(module, "_condition_syntax_error"):
        module._condition_syntax_error = lru_cache(MOST_EXPRESSIONS)(module._condition_syntax_error)
    if hasattr(module, "_tokenize"):
        read = lru_cache(MOST_EXPRESSIONS)(module._tokenize)
        module._tokenize = lambda expression: list(read(expression))  # a copy: callers may change it


if __name__ == "__main__":
    from ministack.app import main
    from ministack.services import dynamodb

    remember_expressions(dynamodb)
    main()
