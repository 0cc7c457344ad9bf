"""What the emulator's start changes of it: expressions are read once, and nothing else."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from viewfinder.local.ministack.launcher import remember_expressions


class Reader:
    """Reads an expression as the emulator does, and counts."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def __call__(self, expression: str, slot: str = "") -> list[str]:
        self.read.append(expression + slot)
        return expression.split()


def test_an_expression_is_read_once_and_another_one_too() -> None:
    tokens, errors = Reader(), Reader()
    module = SimpleNamespace(_tokenize=tokens, _condition_syntax_error=errors)
    remember_expressions(module)
    for _ in range(3):
        assert module._tokenize("PK = :p") == ["PK", "=", ":p"]
        assert module._tokenize("SK = :s") == ["SK", "=", ":s"]
        module._condition_syntax_error("PK = :p", "A")
        module._condition_syntax_error("PK = :p", "B")
    assert tokens.read == ["PK = :p", "SK = :s"]
    assert errors.read == ["PK = :pA", "PK = :pB"]


def test_what_a_caller_does_with_the_tokens_changes_nothing_for_the_next() -> None:
    module = SimpleNamespace(_tokenize=Reader(), _condition_syntax_error=Reader())
    remember_expressions(module)
    module._tokenize("PK = :p").clear()
    assert module._tokenize("PK = :p") == ["PK", "=", ":p"]


def test_an_emulator_without_one_of_these_functions_does_not_start() -> None:
    with pytest.raises(AttributeError, match="_condition_syntax_error"):
        remember_expressions(SimpleNamespace(other=1))
