"""Rows on disk come back as they were, and sorted like Python sorts them, however many files that takes."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewfinder.usecases import disk
from viewfinder.usecases.disk import DiskSort, Spool


def test_a_spool_gives_its_rows_back_as_often_as_it_is_read() -> None:
    rows = [["ü\n\ud800", 1, None, ["a"]], ["", 0.5, True, []]]
    with Spool(rows) as spool:
        assert len(spool) == 2
        assert list(spool) == list(spool) == rows
        spool.add(["more"])
        assert list(spool) == [*rows, ["more"]]


@given(st.lists(st.tuples(st.text(max_size=3), st.integers()).map(list), max_size=40))
def test_rows_are_sorted_by_their_first_values_and_keep_their_order_else(rows: list[list[object]]) -> None:
    with DiskSort(rows, rows_at_once=3) as sort:
        assert list(sort) == sorted(rows, key=lambda row: str(row[0]))


def test_thousands_of_runs_are_merged_in_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "_RUNS_AT_ONCE", 4)
    keys = [f"{number:04d}" for number in range(1000)]
    shuffled = random.Random(1).sample(keys, len(keys))
    with DiskSort(([key] for key in shuffled), rows_at_once=5) as sort:
        assert len(sort._runs()) <= 3 * 4
        assert [row[0] for row in sort] == keys
