"""Vectors as texts: the model's name, a slash, and signed bytes; what the API lacks without a model of words."""

from __future__ import annotations

import base64

import pytest

from viewfinder.domain.abilities import Ability, absent_abilities
from viewfinder.domain.bucket_access import BucketAccess
from viewfinder.domain.vector import MAX_SIZE, MODEL, SIZE, Vector


@pytest.mark.parametrize(
    "vector",
    [
        Vector(MODEL, bytes([200]) * SIZE),
        Vector("clip-0123456789abcdef", bytes([127, 0, 255])),
        Vector("amazon.titan-embed-image-v1-1024", bytes([1]) * 1024),
    ],
)
def test_a_vector_is_read_as_it_is_written(vector: Vector) -> None:
    assert Vector.from_text(str(vector)) == vector


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (MODEL, b"1" * (SIZE - 1)),
        ("clip-0", b"1"),
        ("clip-0", bytes(8)),
        ("clip-0", b"1" * (MAX_SIZE + 1)),
        ("Clip", b"12"),
        ("", b"12"),
    ],
)
def test_anything_else_is_refused(model: str, values: bytes) -> None:
    with pytest.raises(ValueError, match="name of a model, a slash, and signed bytes"):
        Vector.from_text(f"{model}/{base64.b64encode(values).decode()}")


@pytest.mark.parametrize(
    ("keeps_vectors", "has_words", "absent"),
    [
        (True, True, set()),
        (True, False, {Ability.WORDS}),
        (False, False, {Ability.SIMILAR, Ability.WORDS}),
        (False, True, {Ability.SIMILAR, Ability.WORDS}),
    ],
)
def test_words_need_a_model_and_a_store(keeps_vectors: bool, has_words: bool, absent: set[Ability]) -> None:
    found = absent_abilities(BucketAccess.OWN, keeps_vectors=keeps_vectors, has_words=has_words)
    assert set(found) == absent
