"""The nearest of many vectors, beside a plain loop over all of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from viewfinder.rekognition.faces import vectors as module
from viewfinder.rekognition.faces.matching import Description, unit
from viewfinder.rekognition.faces.vectors import Vectors


def drop(index: Vectors, kept: set[int]) -> None:
    def between(first: int, last: int) -> np.ndarray:
        return np.array([number for number in sorted(kept) if first <= number <= last], dtype=np.int64)

    index.drop_missing(lambda first, last: len(between(first, last)), between)


def strangers(count: int, seed: int = 0) -> np.ndarray:
    return unit(np.random.default_rng(seed).normal(size=(count, 128)))


def filled(vectors: np.ndarray, cautions: np.ndarray) -> Vectors:
    index = Vectors()
    for start in range(0, len(vectors), 7):  # so that blocks fill in parts
        part = slice(start, start + 7)
        index.add(np.arange(len(vectors))[part] + 1, vectors[part], cautions[part])
    return index


def plain(
    vectors: np.ndarray, cautions: np.ndarray, wanted: Description, numbers: list[int]
) -> list[tuple[int, float]]:
    distances = [
        (number, float(np.linalg.norm(vectors[number - 1] - wanted.vector) + cautions[number - 1] + wanted.caution))
        for number in numbers
    ]
    return sorted(distances, key=lambda pair: (pair[1], pair[0]))


@settings(max_examples=50)
@given(
    count=st.integers(0, 60),
    kept=st.sets(st.integers(1, 60), min_size=20),
    farthest=st.sampled_from([0.5, 1.3, 1.42, float("inf")]),
    limit=st.integers(1, 70),
)
def test_the_nearest_are_those_of_a_plain_loop(count: int, kept: set[int], farthest: float, limit: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK", 16)
        vectors, cautions = strangers(count), np.linspace(0, 0.05, count, dtype=np.float32)
        index = filled(vectors, cautions)
        drop(index, kept)
        there = [number for number in range(1, count + 1) if number in kept]
        wanted = Description(strangers(1, seed=9)[0], 0.01)
        expected = [pair for pair in plain(vectors, cautions, wanted, there) if pair[1] <= farthest][:limit]
        found = index.nearest(wanted, farthest, limit)
        assert [number for number, _ in found] == [number for number, _ in expected]
        assert [distance for _, distance in found] == pytest.approx([distance for _, distance in expected], abs=1e-6)
        assert len(index) == len(there)


def test_an_identical_vector_is_at_no_distance() -> None:
    vectors = strangers(20)
    index = filled(vectors, np.zeros(20, dtype=np.float32))
    assert index.nearest(Description(vectors[11], 0.0), 0.0, 5) == [(12, 0.0)]


def test_dropped_vectors_are_overwritten() -> None:
    index = filled(strangers(20), np.zeros(20, dtype=np.float32))
    drop(index, {3})
    (block,) = index._blocks
    assert np.count_nonzero(block.vectors.any(axis=1)) == 1
