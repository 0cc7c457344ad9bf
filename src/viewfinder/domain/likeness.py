"""How a picture looks, in 16 bytes and a number: what finds near-duplicates, and says which of them to keep."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SIDE = 8
"""Rows of a hash, and bits of a row."""

NEAR = 20
"""Bits of 128 in which near-duplicates differ at most (docs/decisions/2026-11-29-near-duplicates-by-hash.md)."""

_ROW = (1 << SIDE) - 1
_MIRRORED = tuple(int(f"{row:08b}"[::-1], 2) ^ _ROW for row in range(_ROW + 1))
_TEXT = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class PerceptualHash:
    """Two difference hashes of 64 bits: of the upright picture, and of its transpose.

    A bit is 1 where a cell of a grid of 8 rows and 9 columns is darker than its right neighbour; cells that are equal
    count as 1 in the left half of the row and as 0 in the right half. So the hash of a mirrored or turned picture
    follows from this one.
    """

    upright: int
    transposed: int

    @classmethod
    def from_text(cls, text: str) -> PerceptualHash | None:
        """Read the 32 hexadecimal digits of `str()`; None for ""."""
        if not text:
            return None
        if not _TEXT.fullmatch(text):
            raise ValueError(f"{text!r} is not a perceptual hash")
        return cls(int(text[:16], 16), int(text[16:], 16))

    def __str__(self) -> str:
        return f"{self.upright:016x}{self.transposed:016x}"

    def orientations(self) -> tuple[PerceptualHash, ...]:
        """Return the hashes of the picture in its eight orientations (EXIF has as many), its own first."""
        return tuple(
            turned
            for one in (self, PerceptualHash(self.transposed, self.upright))
            for turned in (one, one._mirrored(), one._flipped(), one._mirrored()._flipped())
        )

    def distance(self, other: PerceptualHash) -> int:
        """Return the bits, 0 to 128, in which two pictures differ in the orientation in which they agree most."""
        return min(
            (self.upright ^ turned.upright).bit_count() + (self.transposed ^ turned.transposed).bit_count()
            for turned in other.orientations()
        )

    def _mirrored(self) -> PerceptualHash:
        """Return the hash of the picture mirrored from left to right, which turns its transpose upside down."""
        return PerceptualHash(_mirrored(self.upright), _flipped(self.transposed))

    def _flipped(self) -> PerceptualHash:
        """Return the hash of the picture mirrored from top to bottom."""
        return PerceptualHash(_flipped(self.upright), _mirrored(self.transposed))


def _mirrored(half: int) -> int:
    return int.from_bytes(bytes(_MIRRORED[row] for row in half.to_bytes(SIDE, "big")), "big")


def _flipped(half: int) -> int:
    return int.from_bytes(half.to_bytes(SIDE, "big")[::-1], "big")


@dataclass(frozen=True, slots=True)
class Likeness:
    """A picture's hash, None where it is too flat to tell it from others, and its sharpness.

    The sharpness is the variance of the Laplacian of its thumbnail's luma, 0 to some thousands: it compares pictures
    of one scene only.
    """

    hash: PerceptualHash | None = None
    sharpness: float = 0.0

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Likeness:
        """Read the member `Likeness` of a stored document; numbers may be Decimal."""
        return cls(PerceptualHash.from_text(document.get("Hash", "")), float(document.get("Sharpness", 0)))

    def to_document(self) -> dict[str, Any]:
        """Return the member `Likeness` of a stored document."""
        return ({"Hash": str(self.hash)} if self.hash else {}) | {"Sharpness": self.sharpness}


NO_LIKENESS = Likeness()
