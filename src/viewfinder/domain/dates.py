"""Dates as people write them: `june 2019`, `25 December`, `2016..2018`, `last year`, `1960s`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

FIRST_YEAR = 1826
"""Of the oldest photograph."""

_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
_MONTH_NUMBERS = {
    **{name: number for number, name in enumerate(_MONTHS, 1)},
    **{name[:3]: number for number, name in enumerate(_MONTHS, 1)},
    "sept": 9,
}
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
"""First month of the meteorological seasons of the northern half of the earth."""

_DAY = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?")
_MOST_WORDS = 5


@dataclass(frozen=True, slots=True)
class When:
    """A time of taking: from the day `since` to the one before `until` (None: open), or a month or day of any year."""

    name: str
    since: date | None = None
    until: date | None = None
    month: str = ""
    day: str = ""

    @property
    def is_span(self) -> bool:
        """Whether it is a stretch of time, and no month or day of any year."""
        return not (self.month or self.day)


def find_date(words: Sequence[str], today: date) -> tuple[When, int] | None:
    """Return the date that the most of the first words write, and their number; None where they write none."""
    for number in range(min(len(words), _MOST_WORDS), 0, -1):
        if when := read_date(words[:number], today):
            return when, number
    return None


def read_date(words: Sequence[str], today: date) -> When | None:
    """Return the date that these words write, all of them; None where they write none."""
    folded = [word.casefold().rstrip(",") for word in words]
    for read in _READERS:
        try:
            when = read(folded, today)
        except (ValueError, OverflowError):
            continue
        if when:
            return when
    return None


def _bounded(words: list[str], today: date) -> When | None:
    """`before 2019`, `since june 2019`, `after 2019-06-12`; `until` is with its end, `after` is behind it."""
    first, rest = words[0], words[1:]
    if not rest or first not in {"before", "until", "till", "since", "after"}:
        return None
    edge = _span(rest, today)
    if not edge:
        return None
    bounds: dict[str, tuple[date | None, date | None]] = {
        "before": (None, edge.since),
        "until": (None, edge.until),
        "till": (None, edge.until),
        "since": (edge.since, None),
        "after": (edge.until, None),
    }
    since, until = bounds[first]
    return When(f"{first} {edge.name}", since, until) if since or until else None


def _between(words: list[str], today: date) -> When | None:
    """`2016..2018`, `2016-2018`, `2016 to 2018`, `between 2016 and 2018`; both ends are within."""
    joined = " ".join(words)
    for form in _RANGES:
        if found := re.fullmatch(form, joined):
            return _joined(found["first"].split(), found["last"].split(), today)
    return None


_RANGES = (
    *(r"(?P<first>.*?)\.\.(?P<last>.*)", r"(?P<first>\d{4})\s?[-–]\s?(?P<last>\d{4})"),
    *(r"(?:from )?(?P<first>.+) (?:to|until) (?P<last>.+)", r"between (?P<first>.+) and (?P<last>.+)"),
)


def _joined(first: list[str], last: list[str], today: date) -> When | None:
    one, other = (_span(part, today) if part else None for part in (first, last))
    if bool(first) != bool(one) or bool(last) != bool(other):
        return None
    since, until = one.since if one else None, other.until if other else None
    if one and other:
        return When(f"{one.name} to {other.name}", since, until) if since and until and since < until else None
    names = [f"since {one.name}"] if one else [f"until {other.name}"] if other else []
    return When(names[0], since, until) if names else None


def _span(words: list[str], today: date) -> When | None:
    """Return a date of known extent."""
    readers = (_numbers, _with_month, _season, _decade, _relative)
    for read in readers:
        try:
            when = read(words, today)
        except (ValueError, OverflowError):
            continue
        if when and when.is_span:
            return when
    return None


_NUMBERS = (
    r"(?P<y>\d{4})([-/.])(?P<m>\d{1,2})\2(?P<d>\d{1,2})",
    r"(?P<d>\d{1,2})\.\s?(?P<m>\d{1,2})\.\s?(?P<y>\d{4})",
    r"(?P<d>\d{1,2})/(?P<m>\d{1,2})/(?P<y>\d{4})",
    r"(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{4})",
    r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)",
    r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})",
    r"(?P<m>\d{1,2})/(?P<y>\d{4})",
    r"(?P<y>\d{4})",
)


def _numbers(words: list[str], today: date) -> When | None:
    """`2019`, `2019-06`, `06/2019`, `2019-06-12`, `12.06.2019`; of 12/06/2019 the day comes first where both can be."""
    joined = " ".join(words)
    for form in _NUMBERS:
        found = re.fullmatch(form, joined)
        if found:
            numbers = {part: int(number) for part, number in found.groupdict().items()}
            if when := _date_of(numbers["y"], numbers.get("m"), numbers.get("d"), today):
                return when
    return None


def _date_of(year: int, month: int | None, day: int | None, today: date) -> When | None:
    if not FIRST_YEAR <= year <= today.year + 1:
        return None
    try:
        since = date(year, month or 1, day or 1)
    except ValueError:
        return None
    if day:
        return When(f"{day} {_named(since.month)} {year}", since, since + timedelta(days=1))
    return When(f"{_named(since.month)} {year}" if month else f"{year}", since, _months_on(since, 1 if month else 12))


def _with_month(words: list[str], today: date) -> When | None:
    """`june`, `june 2019`, `2019 june`, `12 june`, `june 12th 2019`."""
    month = next((_MONTH_NUMBERS[word.rstrip(".")] for word in words if word.rstrip(".") in _MONTH_NUMBERS), None)
    rest = [word for word in words if word.rstrip(".") not in _MONTH_NUMBERS and word != "of"]
    if month is None or len(rest) > 2 or sum(word.rstrip(".") in _MONTH_NUMBERS for word in words) > 1:
        return None
    years = [int(word) for word in rest if re.fullmatch(r"\d{4}", word)]
    days = [int(found[1]) for word in rest if (found := _DAY.fullmatch(word.rstrip(".")))]
    if len(years) + len(days) != len(rest) or len(years) > 1 or len(days) > 1:
        return None
    if years:
        return _date_of(years[0], month, days[0] if days else None, today)
    if days:
        date(2000, month, days[0])  # a leap year; raises ValueError
        return When(f"{days[0]} {_named(month)}", day=f"{month:02}-{days[0]:02}")
    return When(_named(month), month=f"{month:02}")


def _season(words: list[str], today: date) -> When | None:
    """`summer 2019`; a winter begins in the year that is written."""
    if len(words) != 2:
        return None
    name, year = sorted(words, key=str.isdigit)
    if name not in _SEASONS or not re.fullmatch(r"\d{4}", year) or not FIRST_YEAR <= int(year) <= today.year + 1:
        return None
    since = date(int(year), _SEASONS[name], 1)
    return When(f"{name} {year}", since, _months_on(since, 3))


def _decade(words: list[str], _: date) -> When | None:
    """`1960s`, `60s`, `the 60s`."""
    found = re.fullmatch(r"(?:the )?(?:(\d\d))?(\d)0'?s", " ".join(words))
    if not found:
        return None
    decade = int(found[2]) * 10
    century = int(found[1]) * 100 if found[1] else (2000 if decade < 30 else 1900)
    if century + decade < FIRST_YEAR - FIRST_YEAR % 10:
        return None
    return When(f"the {century + decade}s", date(century + decade, 1, 1), date(century + decade + 10, 1, 1))


def _relative(words: list[str], today: date) -> When | None:
    """`today`, `yesterday`, `last week`, `this month`, `last year`, `3 years ago`."""
    joined = " ".join(words)
    if joined in {"today", "yesterday"}:
        since = today - timedelta(days=joined == "yesterday")
        return When(joined, since, since + timedelta(days=1))
    if found := re.fullmatch(r"(this|last) (week|month|year)", joined):
        return _period(found[2], 1 if found[1] == "last" else 0, today, joined)
    if found := re.fullmatch(r"(a|an|\d{1,2}) (day|week|month|year)s? ago", joined):
        return _period(found[2], 1 if found[1].startswith("a") else int(found[1]), today, joined)
    return None


def _period(unit: str, back: int, today: date, name: str) -> When:
    """Return the day, week (from Monday), month or year so many before today's."""
    days = {"day": 1, "week": 7}
    if unit in days:
        since = today - timedelta(days=back * days[unit] + (today.weekday() if unit == "week" else 0))
        return When(name, since, since + timedelta(days=days[unit]))
    months = 12 if unit == "year" else 1
    first = today.replace(day=1, month=1 if unit == "year" else today.month)
    since = _months_on(first, -months * back)
    return When(name, since, _months_on(since, months))


def _months_on(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, 1)


def _named(month: int) -> str:
    return _MONTHS[month - 1].capitalize()


_READERS: tuple[Callable[[list[str], date], When | None], ...] = (
    *(_bounded, _between, _numbers, _with_month, _season, _decade, _relative),
)
