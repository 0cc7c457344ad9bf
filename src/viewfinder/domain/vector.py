"""A picture's vector: pictures that show the like have a small angle between theirs. It ranks, and decides nothing."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

SIZE = 1280
"""Numbers of a vector of our engine's classifier."""

MIN_SIZE, MAX_SIZE = 2, 4096
"""Numbers of a vector of any model."""

MAX_SIMILAR = 50
"""Similar images of an answer."""

MODEL = "efficientnet-lite3"
"""The model of our engine's vectors, which a stack has unless another one embeds its pictures."""

MAX_WORDS_LENGTH = 250
"""Characters of a text that images are ranked by; Titan takes 256 tokens, and models of CLIP's kind read 77."""

_TEXT = re.compile(r"([a-z0-9][a-z0-9.-]{0,63})/([A-Za-z0-9+/]+={0,2})")


@dataclass(frozen=True, slots=True)
class Vector:
    """Signed bytes whose direction counts, and the model that computed them: only those of one model are compared.

    Those of our engine's classifier are 1,280, of length 127.
    """

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
        fits = len(values) == SIZE if found and found[1] == MODEL else MIN_SIZE <= len(values) <= MAX_SIZE
        if not found or not fits or not any(values):
            raise ValueError(f"must be the name of a model, a slash, and signed bytes in base64 ({SIZE:,} of {MODEL})")
        return cls(found[1], values)

    def __str__(self) -> str:
        return f"{self.model}/{base64.b64encode(self.values).decode()}"
