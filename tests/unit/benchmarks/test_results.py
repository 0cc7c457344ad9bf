"""The runner's helpers: figures, resumption, and the page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from benchmarks.engine_speed import figures
from benchmarks.page import table, write_page
from benchmarks.results import Results
from benchmarks.summaries import interleaved, summary


def test_a_summary_has_median_and_quartiles() -> None:
    assert summary([1, 2, 3, 4, 5]) == {"median": 3, "p25": 2, "p75": 4, "p95": 4.8, "n": 5}
    assert summary([7.0]) == {"median": 7.0, "p25": 7.0, "p75": 7.0, "p95": 7.0, "n": 1}


def test_ways_take_turns_and_the_first_rounds_do_not_count() -> None:
    calls: list[str] = []

    def way(name: str) -> Callable[[int], None]:
        return lambda _: calls.append(name)

    costs = interleaved({name: way(name) for name in "ab"}, rounds=2, warm_up=1)

    assert calls == ["a", "b"] * 3
    assert {name: len(taken) for name, taken in costs.items()} == {"a": 2, "b": 2}


def test_the_lines_of_the_engine_are_read() -> None:
    printed = "milliseconds\nok   memory at its peak: 231.50 MB (<= 250)\nMISS 8 clients / best: 0.80 x (>= 0.9)\n"

    assert figures(printed) == {
        "memory at its peak": {"value": 231.5, "unit": "MB", "limit": "<= 250", "kept": True},
        "8 clients / best": {"value": 0.8, "unit": "x", "limit": ">= 0.9", "kept": False},
    }


def test_results_outlive_the_run_and_a_quick_one_does_not_pass_for_a_whole(tmp_path: Path) -> None:
    Results.load(tmp_path).add("quality", {"voc": {"precision": 0.9, "recall": 0.7}}, seconds=3, quick=True)
    again = Results.load(tmp_path)

    assert again.of("quality") == {"voc": {"precision": 0.9, "recall": 0.7}}
    assert again.has("quality", quick=True)
    assert not again.has("quality", quick=False)
    assert again.of("api") == {}


def test_the_page_has_what_was_measured_and_no_more(tmp_path: Path) -> None:
    results = Results.load(tmp_path)
    measured = {"two passes": {"voc": {"precision": 0.9, "recall": 0.7, "f1": 0.8}, "milliseconds": 81.25}}
    results.add("quality", measured, seconds=3, quick=False)
    write_page(results)
    page = (tmp_path / "README.md").read_text()

    assert "| two passes, voc | 0.900 | 0.700 | 0.800 | 81.2 |" in page
    assert "## The API" not in page


def test_a_table_is_markdown() -> None:
    assert table(("a", "b"), [(1, 2)]) == ["| a | b |", "| --- | ---: |", "| 1 | 2 |", ""]
