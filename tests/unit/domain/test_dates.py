"""Dates as people write them."""

from __future__ import annotations

from datetime import date

import pytest

from viewfinder.domain.dates import find_date, read_date

TODAY = date(2026, 11, 29)  # a Sunday


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("2019", "2019-01-01", "2020-01-01"),
        ("2019-06", "2019-06-01", "2019-07-01"),
        ("06/2019", "2019-06-01", "2019-07-01"),
        ("2019-12", "2019-12-01", "2020-01-01"),
        ("2019-06-12", "2019-06-12", "2019-06-13"),
        ("20190612", "2019-06-12", "2019-06-13"),
        ("12.06.2019", "2019-06-12", "2019-06-13"),
        ("12/06/2019", "2019-06-12", "2019-06-13"),
        ("12/25/2018", "2018-12-25", "2018-12-26"),
        ("june 2019", "2019-06-01", "2019-07-01"),
        ("2019 june", "2019-06-01", "2019-07-01"),
        ("12 june 2019", "2019-06-12", "2019-06-13"),
        ("june 12th, 2019", "2019-06-12", "2019-06-13"),
        ("summer 2019", "2019-06-01", "2019-09-01"),
        ("winter 2019", "2019-12-01", "2020-03-01"),
        ("1960s", "1960-01-01", "1970-01-01"),
        ("the 60s", "1960-01-01", "1970-01-01"),
        ("2016 to 2018", "2016-01-01", "2019-01-01"),
        ("2016-2018", "2016-01-01", "2019-01-01"),
        ("between june 2016 and 2018", "2016-06-01", "2019-01-01"),
        ("2016..2018-02", "2016-01-01", "2018-03-01"),
        ("2016..", "2016-01-01", None),
        ("..2016", None, "2017-01-01"),
        ("before 2016", None, "2016-01-01"),
        ("until 2016", None, "2017-01-01"),
        ("since 2016", "2016-01-01", None),
        ("after 2016", "2017-01-01", None),
        ("today", "2026-11-29", "2026-11-30"),
        ("yesterday", "2026-11-28", "2026-11-29"),
        ("this week", "2026-11-23", "2026-11-30"),
        ("last month", "2026-10-01", "2026-11-01"),
        ("last year", "2025-01-01", "2026-01-01"),
        ("3 years ago", "2023-01-01", "2024-01-01"),
    ],
)
def test_a_span_ends_before_the_next_day_month_or_year(text: str, since: str | None, until: str | None) -> None:
    when = read_date(text.split(), TODAY)

    assert when is not None
    assert [each and each.isoformat() for each in (when.since, when.until)] == [since, until]


@pytest.mark.parametrize(
    ("text", "month", "day"),
    [("june", "06", ""), ("Sept", "09", ""), ("25 december", "", "12-25"), ("December 25th", "", "12-25")],
)
def test_without_a_year_it_is_the_month_or_day_of_any_year(text: str, month: str, day: str) -> None:
    when = read_date(text.casefold().split(), TODAY)

    assert when is not None
    assert (when.month, when.day, when.is_span) == (month, day, False)


@pytest.mark.parametrize(
    "text",
    [
        "1084",
        "3019",
        "13/2019",
        "2019-02-30",
        "31 june",
        "june june",
        "dog",
        "2018 to 2016",
        "2019..dog",
        "..",
        "80d",
        "1",
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert read_date(text.split(), TODAY) is None


def test_the_longest_date_at_the_beginning_counts() -> None:
    found = find_date(["12", "June", "2019", "dog"], TODAY)

    assert found is not None
    assert (found[0].name, found[1]) == ("12 June 2019", 3)
