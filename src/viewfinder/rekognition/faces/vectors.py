"""Many vectors in memory, and the nearest of them to one: exact, by one product of matrix and vector a block."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from viewfinder.rekognition.faces.matching import DIMENSIONS, Description

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]

BLOCK = 65_536
"""Vectors of a block, 32 MB: growing copies none of the others. What is not used of a block takes no memory, as the
system gives it out page by page; each block costs a search the start and the end of the product's threads."""

ROUNDING = 1e-3
"""How far a distance from a product of 32-bit floats may be off; what is that close is computed again."""


def _empty(*shape: int) -> Floats:
    return np.zeros(shape, dtype=np.float32)


@dataclass(slots=True)
class _Block:
    """The first `used` rows count; each has a number, a vector of length 1 and a caution."""

    numbers: Integers = field(default_factory=lambda: np.zeros(BLOCK, dtype=np.int64))
    vectors: Floats = field(default_factory=lambda: _empty(BLOCK, DIMENSIONS))
    cautions: Floats = field(default_factory=lambda: _empty(BLOCK))
    used: int = 0

    def add(self, numbers: Integers, vectors: Floats, cautions: Floats) -> int:
        """Take as many rows as there is room for, and return how many these are."""
        count = min(len(numbers), BLOCK - self.used)
        rows = slice(self.used, self.used + count)
        self.numbers[rows], self.vectors[rows], self.cautions[rows] = numbers[:count], vectors[:count], cautions[:count]
        self.used += count
        return count

    def keep(self, kept: NDArray[np.bool_]) -> None:
        """Drop the other rows, and overwrite what they held."""
        count = int(kept.sum())
        for rows in (self.numbers, self.vectors, self.cautions):
            rows[:count] = rows[: self.used][kept]
            rows[count : self.used] = 0
        self.used = count

    def distances(self, wanted: Description) -> Floats:
        """Return the distance of each row, caution included, as exact as a product is."""
        squares = 2 - 2 * (self.vectors[: self.used] @ wanted.vector)
        return np.asarray(np.sqrt(np.maximum(squares, 0)) + self.cautions[: self.used] + np.float32(wanted.caution))

    def exact(self, rows: Integers, wanted: Description) -> list[tuple[int, float]]:
        """Return the numbers of some rows with their exact distances."""
        lengths = np.linalg.norm(self.vectors[rows] - wanted.vector, axis=1)
        distances = lengths + self.cautions[rows] + wanted.caution
        return list(zip(self.numbers[rows].tolist(), distances.tolist(), strict=True))


class Vectors:
    """Vectors of length 1, each with a number and a caution; not safe to use from several threads."""

    def __init__(self) -> None:
        self._blocks: list[_Block] = []

    def __len__(self) -> int:
        return sum(block.used for block in self._blocks)

    def add(self, numbers: Integers, vectors: Floats, cautions: Floats) -> None:
        """Add vectors (n, 128); their numbers grow, and are greater than those that are there."""
        done = 0
        while done < len(numbers):
            if not self._blocks or self._blocks[-1].used == BLOCK:
                self._blocks.append(_Block())
            done += self._blocks[-1].add(numbers[done:], vectors[done:], cautions[done:])

    def drop_missing(self, count: Callable[[int, int], int], numbers: Callable[[int, int], Integers]) -> None:
        """Drop the vectors whose numbers are no more.

        Both functions take a first and a last number: how many there are between them, and which.
        """
        for block in self._blocks:
            first, last = int(block.numbers[0]), int(block.numbers[block.used - 1])
            if count(first, last) != block.used:
                block.keep(np.isin(block.numbers[: block.used], numbers(first, last)))
        self._blocks = [block for block in self._blocks if block.used]

    def nearest(self, wanted: Description, farthest: float, limit: int) -> list[tuple[int, float]]:
        """Return the numbers and distances of the nearest vectors up to a distance, nearest first.

        They are chosen by the quick distances and judged by exact ones.
        """
        quick = [block.distances(wanted) for block in self._blocks]
        bound = _bound(quick, farthest, limit) if quick else 0.0
        found = [
            pair
            for block, distances in zip(self._blocks, quick, strict=True)
            for pair in block.exact(np.flatnonzero(distances <= bound), wanted)
            if pair[1] <= farthest
        ]
        return sorted(found, key=lambda pair: (pair[1], pair[0]))[:limit]


def _bound(quick: list[Floats], farthest: float, limit: int) -> float:
    """Return the quick distance up to which vectors may be among those looked for."""
    distances = np.concatenate(quick)
    if np.count_nonzero(distances <= farthest + ROUNDING) <= limit:
        return farthest + ROUNDING
    return float(np.partition(distances, limit - 1)[limit - 1]) + 2 * ROUNDING
