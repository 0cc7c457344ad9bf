"""The stream's handler: what it counts of a batch, and from which record on the batch has to come again."""

from __future__ import annotations

import importlib.util
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from viewfinder.domain.counting import Counted, ImageState
from viewfinder.domain.errors import CatalogUnavailableError

HANDLER = Path(__file__).parents[3] / "lambdas" / "label_statistics" / "handler.py"


class RecordedCounters:
    """Counters that keep what they were told, or fail."""

    def __init__(self, error: Exception | None = None, most: int = 100) -> None:
        self.counted: list[str] = []
        self._error = error
        self._most = most

    def find(self, image_ids: Collection[str]) -> Mapping[str, Counted]:
        return dict.fromkeys(image_ids, Counted())

    def apply(self, changes: Sequence[tuple[ImageState, Counted]]) -> int:
        if self._error:
            raise self._error
        counted = [state.image_id for state, _ in changes][: self._most]
        self.counted += counted
        return len(counted)

    def complete(self, counted: Collection[Counted]) -> None:
        """Nothing is left over."""


def _handle(records: list[dict[str, Any]], counters: RecordedCounters) -> Any:
    specification = importlib.util.spec_from_file_location("label_statistics_handler", HANDLER)
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    module.application.counters = counters
    return module.handler({"Records": records}, None)


def a_record(number: int) -> dict[str, Any]:
    """A removal by time to live: the shortest record there is of an image."""
    old = {"ImageId": {"S": f"{number}.jpg"}, "Version": {"N": "3"}}
    return _a_record(number, {"OldImage": old})


def an_unreadable_record(number: int) -> dict[str, Any]:
    return _a_record(number, {"NewImage": {"ImageId": {"S": f"{number}.jpg"}, "Version": {"N": "three"}}})


def _a_record(number: int, images: dict[str, Any]) -> dict[str, Any]:
    change = {"Keys": {"PK": {"S": f"IMAGE#{number}.jpg"}, "SK": {"S": "IMAGE"}}, "SequenceNumber": f"{number}00"}
    return {"eventID": f"event-{number}", "dynamodb": change | images}


def test_a_batch_that_is_counted_reports_no_failure() -> None:
    counters = RecordedCounters()
    assert _handle([a_record(1), a_record(2)], counters) == {"batchItemFailures": []}
    assert counters.counted == ["1.jpg", "2.jpg"]


def test_what_comes_before_an_unreadable_record_is_counted_and_the_rest_comes_again() -> None:
    counters = RecordedCounters()
    answer = _handle([a_record(1), a_record(2), an_unreadable_record(3), a_record(4)], counters)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "300"}]}
    assert counters.counted == ["1.jpg", "2.jpg"]


def test_an_unreadable_first_record_fails_its_batch_so_that_it_is_halved() -> None:
    counters = RecordedCounters()
    with pytest.raises((KeyError, ValueError)):
        _handle([an_unreadable_record(1), a_record(2)], counters)
    assert counters.counted == []


def test_counters_that_fail_fail_the_batch() -> None:
    with pytest.raises(TimeoutError):
        _handle([a_record(1)], RecordedCounters(TimeoutError()))


def test_what_a_busy_table_does_not_take_comes_again_and_the_rest_does_not() -> None:
    counters = RecordedCounters(most=2)
    answer = _handle([a_record(1), a_record(2), a_record(3), a_record(4)], counters)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "300"}]}
    assert counters.counted == ["1.jpg", "2.jpg"]


def test_a_table_that_can_not_be_read_has_the_whole_batch_again() -> None:
    answer = _handle([a_record(1), a_record(2)], RecordedCounters(CatalogUnavailableError("busy")))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "100"}]}


def test_of_what_is_not_counted_and_what_can_not_be_read_the_first_decides() -> None:
    answer = _handle([a_record(1), a_record(2), an_unreadable_record(3)], RecordedCounters(most=1))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "200"}]}
