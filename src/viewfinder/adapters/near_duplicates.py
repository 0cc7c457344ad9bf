"""Finds near-duplicates by NumPy: the hashes of a whole catalog, packed, in this process."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

import numpy as np

from viewfinder.domain.likeness import NEAR, PerceptualHash
from viewfinder.domain.near_duplicates import MAX_CONTENTS
from viewfinder.ports import Hashes, NearContents

Words = np.ndarray[Any, np.dtype[np.uint64]]

_SECONDS = 8.0
"""That a request compares for: the next one goes on."""

_FIRST_ROOM = 1024


class PackedNearDuplicates:
    """Implements `ports.NearDuplicates`; safe to use from several threads.

    A process reads the catalog's hashes once, and afterwards those that are new. Each content is compared with those
    before it; it takes 16 bytes of the array, and docs/scale.md says how long that takes.
    """

    def __init__(
        self, hashes: Hashes, *, seconds: float = _SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._hashes = hashes
        self._seconds = seconds
        self._clock = clock
        self._lock = Lock()
        self._place = 0
        self._contents: list[str] = []
        self._slots: dict[str, int] = {}
        self._words: Words = np.zeros((2, _FIRST_ROOM), np.uint64)
        self._near: dict[int, set[int]] = {}
        self._compared = 0

    def groups(self) -> NearContents:
        """Read what is new, compare it, and group: a content with many neighbours before those with few."""
        with self._lock:
            for known in self._hashes.changed(self._place):
                self._take(known.content, known.hash)
                self._place = max(self._place, known.place)
            deadline = self._clock() + self._seconds
            while self._compared < len(self._contents) and self._clock() < deadline:
                self._compare(self._compared)
                self._compared += 1
            return NearContents(self._grouped(), len(self._contents) - self._compared)

    def _take(self, content: str, known: PerceptualHash) -> None:
        """Put a content behind the others; one of which the hash has changed leaves its old place."""
        slot, words = self._slots.get(content), (known.upright, known.transposed)
        if slot is not None:
            if self._hash(slot) == known:
                return
            for other in self._near.pop(slot, set()):
                self._near[other].discard(slot)
        slot = len(self._contents)
        if slot == self._words.shape[1]:
            self._words = np.concatenate([self._words, np.zeros_like(self._words)], axis=1)
        self._words[:, slot] = words
        self._slots[content] = slot
        self._contents.append(content)

    def _hash(self, slot: int) -> PerceptualHash:
        upright, transposed = self._words[:, slot].tolist()
        return PerceptualHash(upright, transposed)

    def _compare(self, slot: int) -> None:
        """Compare a content with all before it."""
        if not self._is_current(slot):
            return
        for other in filter(self._is_current, near(self._words[:, :slot], self._hash(slot))):
            self._near.setdefault(slot, set()).add(other)
            self._near.setdefault(other, set()).add(slot)

    def _is_current(self, slot: int) -> bool:
        return self._slots[self._contents[slot]] == slot

    def _grouped(self) -> list[tuple[str, ...]]:
        left = {slot for slot, others in self._near.items() if others}
        groups = []
        for slot in sorted(left, key=lambda each: (-len(self._near[each]), self._contents[each])):
            others = sorted(self._near[slot] & left)[: MAX_CONTENTS - 1] if slot in left else []
            if others:
                groups.append((self._contents[slot], *(self._contents[other] for other in others)))
                left -= {slot, *others}
        return sorted(groups)


def near(words: Words, known: PerceptualHash) -> Sequence[int]:
    """Return the columns of (2, n) packed hashes that are near a hash in one of its orientations, in order."""
    hits: set[int] = set()
    for turned in known.orientations():
        bits = np.bitwise_count(words[0] ^ np.uint64(turned.upright))
        candidates = np.flatnonzero(bits <= NEAR)  # few: the second half is compared with those only
        if candidates.size:
            others = np.bitwise_count(words[1, candidates] ^ np.uint64(turned.transposed))
            hits.update(candidates[bits[candidates] + others <= NEAR].tolist())
    return sorted(hits)
