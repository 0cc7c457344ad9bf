"""When a picture was taken, where its own metadata does not say: by the name of its file, else by the file's time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from viewfinder.domain.image import Facts, TimeSource

FIRST_YEAR = 1990
"""An earlier date in digits alone, or of a file, is a number or the default of a clock: DOS begins in 1980."""

FIRST_SCAN_YEAR = 1826
"""Of the oldest photograph: a date with hyphens may be that of a scan."""

_UTC = "+00:00"

_DAY = r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)"
_DASHED_DAY = r"(?P<year>\d{4})(?P<dash>[-_.])(?P<month>\d\d)(?P=dash)(?P<day>\d\d)"
_TIME = r"(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)(?:\d{3})?"
_DASHED_TIME = r"(?P<hour>\d\d?)(?P<colon>[-_.:])(?P<minute>\d\d)(?P=colon)(?P<second>\d\d)(?:\s?(?P<half>[AP]M))?"
_CAMERA = r"(?:IMG|VID|PXL|MVIMG|PANO|BURST|DSC|DCIM|DJI|Screenshot|Screen[ _]?Recording|Photo|Video|WIN|signal)"


@dataclass(frozen=True, slots=True)
class _Form:
    """A way in which programs write a time into names."""

    pattern: re.Pattern[str]
    first_year: int = FIRST_YEAR
    offset: str | None = None


def _form(pattern: str, **options: int | str) -> _Form:
    return _Form(re.compile(rf"(?<!\d){pattern}(?!\d)", re.IGNORECASE), **options)  # type: ignore[arg-type]


_FORMS = (
    # Pixel phones write UTC: PXL_20190612_101112345.MP.jpg
    _form(rf"PXL_{_DAY}_{_TIME}", offset=_UTC),
    # IMG_20190612_101112, 20190612_101112, Screenshot_20190612-101112_Chrome, DJI_20190612101112_0001
    _form(rf"{_DAY}[-_ .T]?{_TIME}"),
    # WIN_20190612_10_11_12_Pro
    _form(rf"{_DAY}[-_ ]{_DASHED_TIME}"),
    # 2019-06-12 10.11.12, photo_2019-06-12_10-11-12, WhatsApp Image 2019-06-12 at 10.11.12 PM, Screenshot from ...
    _form(rf"{_DASHED_DAY}(?:[-_ T]|,? at ){_DASHED_TIME}", first_year=FIRST_SCAN_YEAR),
    # signal-2019-06-12-101112
    _form(rf"{_DASHED_DAY}[-_ T]{_TIME}", first_year=FIRST_SCAN_YEAR),
    # IMG-20190612-WA0001
    _form(rf"(?:IMG|VID)-{_DAY}-WA\d{{4}}"),
    # IMG_20190612
    _form(rf"(?<![A-Z]){_CAMERA}[-_ ]?{_DAY}"),
    # 2019-06-12 Birthday, 1965-07-04: not within a longer number with the same separators
    _form(rf"(?<!\d[-_.]){_DASHED_DAY}(?![-_.]\d\d)", first_year=FIRST_SCAN_YEAR),
)
"""In the order in which they are tried; one that fits with an impossible date says nothing."""


def dated(facts: Facts, image_id: str, modified: float | None, now: str) -> Facts:
    """Return the facts with a capture time by the file's name or, in seconds since 1970, by its own time.

    What the picture's metadata says stays. `now` (ISO 8601, UTC) is the end: no picture is taken later.
    """
    if facts.taken_at:
        return facts
    if found := time_in_name(image_id, now):
        return replace(facts, taken_at=found[0], taken_offset=found[1], taken_at_source=TimeSource.NAME)
    if taken_at := modified and _time_of_file(modified, now):
        return replace(facts, taken_at=taken_at, taken_offset=_UTC, taken_at_source=TimeSource.FILE)
    return facts


def time_in_name(image_id: str, now: str) -> tuple[str, str | None] | None:
    """Return the time in a file's name as `Facts.taken_at` and `Facts.taken_offset`; None where it has none.

    A name with a date alone gives its midnight.
    """
    name, end = image_id.rpartition("/")[2], _end(now)
    for form in _FORMS:
        for found in form.pattern.finditer(name):
            moment = _read(found.groupdict())
            if moment and form.first_year <= moment.year and moment <= end:
                return _written(moment), form.offset
    return None


def _read(parts: Mapping[str, str | None]) -> datetime | None:
    numbers = [int(parts.get(part) or 0) for part in ("year", "month", "day", "hour", "minute", "second")]
    if half := parts.get("half"):
        numbers[3] = numbers[3] % 12 + (12 if half.upper() == "PM" else 0)
    try:
        return datetime(*numbers)  # type: ignore[arg-type] # noqa: DTZ001 - the camera's local time
    except ValueError:
        return None


def _time_of_file(modified: float, now: str) -> str | None:
    try:
        moment = datetime.fromtimestamp(modified, UTC).replace(tzinfo=None)
    except (OverflowError, ValueError, OSError):
        return None
    return _written(moment) if moment.year >= FIRST_YEAR and moment <= _end(now) else None


def _end(now: str) -> datetime:
    """Return a time that no local time has reached: clocks are up to 14 hours ahead of UTC."""
    return datetime.fromisoformat(now).replace(tzinfo=None) + timedelta(days=1)


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")
