"""English plurals."""

from __future__ import annotations

_PLURALS = (
    *(("people", "person"), ("children", "child"), ("men", "man"), ("mice", "mouse"), ("geese", "goose")),
    *(
        ("feet", "foot"),
        ("teeth", "tooth"),
        ("busses", "bus"),
        ("ies", "y"),
        ("ves", "f"),
        ("ves", "fe"),
        ("es", ""),
        ("s", ""),
    ),
)
"""Ends of English plurals, and what the singular may end in instead."""


def singulars(text: str) -> set[str]:
    """Return what a text may be the plural of; words that do not exist among them match nothing."""
    return {
        text.removesuffix(end) + singular
        for end, singular in _PLURALS
        if text.endswith(end) and (text.removesuffix(end) or singular)
    }
