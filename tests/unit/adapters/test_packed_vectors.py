"""Vectors in memory that one thread searches while another forgets some."""

from __future__ import annotations

from typing import Any

import pytest

from viewfinder.adapters import packed_vectors
from viewfinder.adapters.packed_vectors import PackedVectors
from viewfinder.domain.vector import Vector


def test_a_search_names_what_it_has_compared_though_others_are_forgotten_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    packed = PackedVectors("clip-1")
    values = {name: bytes([place == 0, place == 1, place == 2]) for place, name in enumerate("abc")}
    packed.take((place, name, values[name]) for place, name in enumerate("abc", 1))
    products = packed_vectors._products

    def forget_meanwhile(*arguments: Any) -> Any:
        packed.keep_only({"c"})
        return products(*arguments)

    monkeypatch.setattr(packed_vectors, "_products", forget_meanwhile)
    assert [each.content for each in packed.nearest(Vector("clip-1", values["c"]), 1)] == ["c"]
    assert [each.content for each in packed.nearest(Vector("clip-1", values["c"]), 3)] == ["c"]
