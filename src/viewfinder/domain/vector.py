"""A picture's vector: pictures that show the like have a small angle between theirs. It ranks, and decides nothing."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

SIZE = 1280
"""Numbers of a vector."""

MAX_SIMILAR = 50
"""Similar images of an answer."""

MODEL = "efficientnet-lite3"
"""The model of our engine's vectors, which a stack's store has."""

_TEXT = re.compile(r"([a-z0-9][a-z0-9.-]{0,63})/([A-Za-z0-9+/]+={0,2})")


@dataclass(frozen=True, slots=True)
class Vector:
    """1,280 int8 of length 127, and the model that computed them: those of one model only can be compared."""

    model: str
    values: bytes

    @classmethod
    def from_text(cls, text: str) -> Vector:
        """Read `str()`; raise ValueError."""
        found = _TEXT.fullmatch(text)
        try:
            values = base64.b64decode(found[2], validate=True) if found else b""
        except binascii.Error:
            values = b""
        if not found or len(values) != SIZE or not any(values):
            raise ValueError(f"must be the name of a model, a slash, and {SIZE:,} signed bytes in base64")
        return cls(found[1], values)

    def __str__(self) -> str:
        return f"{self.model}/{base64.b64encode(self.values).decode()}"
