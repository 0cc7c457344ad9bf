"""Vectors of a whole catalog in one array of this process, searched exactly."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from threading import Lock
from typing import Any

import numpy as np

from viewfinder.domain.errors import InvalidRequestError
from viewfinder.domain.vector import Vector
from viewfinder.ports import Neighbour

_BLOCK = 256
"""Vectors that are multiplied at a time: as float32 they fit the processor's cache, and one thread does it."""

_FIRST_ROOM = 1024


class PackedVectors:
    """Vectors of one model, all of one size; safe to use from several threads."""

    def __init__(self, model: str) -> None:
        self.model = model
        self.place = 0
        self.size = 0
        self._lock = Lock()
        self._contents: list[str] = []
        self._slots: dict[str, int] = {}
        self._values: Any = np.zeros((0, 0), np.int8)
        self._lengths: Any = np.zeros(0, np.float32)

    def take(self, changed: Iterable[tuple[int, str, bytes]]) -> None:
        """Take (place, content, values) in the order of their places; a content's newer vector replaces its older."""
        taken: list[int] = []
        with self._lock:
            for place, content, values in changed:
                self.place = max(self.place, place)
                if not self.size:
                    self.size = len(values)
                    self._values, self._lengths = self._room()
                if len(values) != self.size or not any(values):  # a damaged one
                    continue
                slot = self._slots.setdefault(content, len(self._contents))
                if slot == len(self._contents):
                    self._contents.append(content)
                if slot == len(self._values):
                    self._values = np.concatenate([self._values, np.zeros_like(self._values)])
                    self._lengths = np.concatenate([self._lengths, np.zeros_like(self._lengths)])
                self._values[slot] = np.frombuffer(values, np.int8)
                taken.append(slot)
            for start in range(0, len(taken), _BLOCK):
                part = taken[start : start + _BLOCK]
                self._lengths[part] = np.linalg.norm(self._values[part].astype(np.float32), axis=1)

    def _room(self) -> tuple[Any, Any]:
        return np.zeros((_FIRST_ROOM, self.size), np.int8), np.ones(_FIRST_ROOM, np.float32)

    def keep_only(self, contents: Collection[str]) -> None:
        """Forget the vectors of all other contents."""
        with self._lock:
            slots = [slot for slot, content in enumerate(self._contents) if content in contents]
            values, lengths = self._room()
            self._values = np.concatenate([self._values[slots], values])
            self._lengths = np.concatenate([self._lengths[slots], lengths])
            self._contents = [self._contents[slot] for slot in slots]
            self._slots = {content: slot for slot, content in enumerate(self._contents)}

    def nearest(self, vector: Vector, most: int) -> Sequence[Neighbour]:
        """Return the most similar contents, most similar first."""
        wanted = np.frombuffer(vector.values, np.int8).astype(np.float32)
        wanted /= np.linalg.norm(wanted)
        with self._lock:
            contents, count = self._contents, len(self._contents)
            values, lengths = self._values[:count], self._lengths[:count]
        if not count:
            return ()
        if len(wanted) != self.size:
            raise InvalidRequestError(
                f"has {len(wanted):,} numbers; those of {self.model} have {self.size:,}", parameter="Vector"
            )
        similarities = np.clip(_products(values, wanted) / lengths, -1, 1)
        best = np.argpartition(similarities, -most)[-most:] if most < count else np.arange(count)
        ordered = best[np.argsort(-similarities[best], kind="stable")]
        return [Neighbour(contents[slot], float(similarities[slot])) for slot in ordered.tolist()]


def _products(values: Any, wanted: Any) -> Any:
    """Return the products of (n, size) int8 and a vector."""
    found = np.empty(len(values), np.float32)
    block = np.empty((_BLOCK, values.shape[1]), np.float32)
    for start in range(0, len(values), _BLOCK):
        part = values[start : start + _BLOCK]
        np.copyto(block[: len(part)], part)
        np.dot(block[: len(part)], wanted, out=found[start : start + _BLOCK])
    return found
