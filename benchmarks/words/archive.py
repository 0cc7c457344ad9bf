"""The fixed archive of the search box: 270 images of 30 events, with labels, words, cameras, dates and folders.

No picture is needed: a search knows an image by its record. The labels are those of the engine's taxonomy, with their
ancestors, as a detector answers them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path

from viewfinder.domain.feature import Feature
from viewfinder.domain.image import Facts, Image, Status
from viewfinder.domain.label import BoundingBox, Label, Text
from viewfinder.rekognition.labels.merging import load_taxonomy

NOW = "2026-11-29T12:00:00.000000Z"
"""The time at which the queries are asked."""

_FILE = Path(__file__).with_name("archive.txt")
_TAKES = 3
"""Pictures of each shot, some minutes apart."""

_WHOLE = BoundingBox(0.1, 0.1, 0.5, 0.1)


@dataclass(frozen=True, slots=True)
class Shot:
    """A line of the file: what is in the picture, and what is written there."""

    labels: tuple[str, ...]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """A block of the file: where its pictures lie, how they are named, with what and when they were taken."""

    folder: str
    name: str
    number: int
    camera: str
    taken: datetime | None
    shots: tuple[Shot, ...]


@cache
def archive() -> tuple[Image, ...]:
    """Return the images."""
    return tuple(image for event in _events(_FILE.read_text()) for image in _images(event))


def _events(text: str) -> Iterator[Event]:
    """Read blocks: `folder | name | number | camera | time`, and a line for each shot: `labels | words`."""
    for block in text.strip().split("\n\n"):
        head, *lines = [line for line in block.splitlines() if not line.startswith("#")]
        folder, name, number, camera, taken = (part.strip() for part in head.split("|"))
        shots = tuple(Shot(*(_listed(part) for part in line.split("|"))) for line in lines)
        yield Event(folder, name, int(number), camera, datetime.fromisoformat(taken) if taken else None, shots)


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _images(event: Event) -> Iterator[Image]:
    for number in range(len(event.shots) * _TAKES):
        shot = event.shots[number // _TAKES]
        taken = event.taken + timedelta(minutes=11 * number) if event.taken else None
        name = event.name.format(number=event.number + number, taken=taken)
        image = Image(f"{event.folder}{name}", Status.ANALYZED, "", f"2026-11-01T00:00:{number:02d}.000000Z")
        facts = Facts(taken_at=taken.isoformat(timespec="microseconds") if taken else None, camera=event.camera or None)
        findings = {Feature.LABELS: tuple(_labels(shot)), Feature.TEXT: tuple(_texts(shot))}
        yield replace(
            image, facts=facts, findings=findings, features=("LABELS", "TEXT"), sha256=sha256(name.encode()).hexdigest()
        )


def _labels(shot: Shot) -> Iterator[Label]:
    known = load_taxonomy().labels
    names = dict.fromkeys(name for label in shot.labels for name in (label, *known[label].parents))
    for place, name in enumerate(names):
        label = known[name]
        yield Label(name, 95.0 - place, tuple(label.parents), (label.category,), tuple(label.aliases))


def _texts(shot: Shot) -> Iterator[Text]:
    return (Text(number, "WORD", word, 98.0, _WHOLE) for number, word in enumerate(shot.words))
