"""A perceptual hash knows the eight orientations of its picture, and its text is its value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewfinder.domain.likeness import Likeness, PerceptualHash

HALVES = st.integers(0, 2**64 - 1)
HASHES = st.builds(PerceptualHash, HALVES, HALVES)


@given(HASHES)
def test_the_orientations_are_those_of_each_orientation(known: PerceptualHash) -> None:
    assert known.orientations()[0] == known
    for turned in known.orientations():
        assert set(turned.orientations()) == set(known.orientations())
        assert turned.distance(known) == known.distance(turned) == 0


@given(HASHES, st.integers(0, 63), st.integers(0, 63))
def test_the_distance_is_the_number_of_bits_that_differ(known: PerceptualHash, one: int, other: int) -> None:
    assert known.distance(PerceptualHash(known.upright ^ 1 << one, known.transposed ^ 1 << other)) <= 2


def test_a_mirrored_row_is_read_from_its_other_end() -> None:
    left, right = PerceptualHash(0xFF << 56, 0), PerceptualHash(0x00FF << 48, 0)
    assert [turned.upright for turned in left.orientations()[:4]] == [
        0xFF << 56,  # its own
        (1 << 56) - 1,  # mirrored: what grew darker grows lighter
        0xFF,  # upside down: the first row is the last
        (1 << 64) - 1 - 0xFF,
    ]
    assert left.distance(right) == 16


@given(HASHES)
def test_a_hash_is_read_from_its_text(known: PerceptualHash) -> None:
    assert PerceptualHash.from_text(str(known)) == known
    assert len(str(known)) == 32


@pytest.mark.parametrize("text", ["0", "g" * 32, "0" * 31, "A" * 32])
def test_other_texts_are_no_hashes(text: str) -> None:
    with pytest.raises(ValueError, match="is not a perceptual hash"):
        PerceptualHash.from_text(text)


def test_a_document_without_a_hash_is_that_of_a_flat_picture() -> None:
    likeness = Likeness(None, 1.5)
    assert likeness.to_document() == {"Sharpness": 1.5}
    assert Likeness.from_document(likeness.to_document()) == likeness
    assert Likeness.from_document({}) == Likeness(None, 0.0)
