"""The queries with their meanings, and the images that each means, read without the code that is measured."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from viewfinder.domain.image import Image

_FILE = Path(__file__).with_name("queries.txt")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a query means: conditions that all hold; or the name of a suggestion; words of which nothing is known."""

    conditions: tuple[str, ...] = ()
    suggestion: str | None = None
    unknown: tuple[str, ...] = ()

    def images(self, images: Iterable[Image]) -> set[str]:
        """Return the ids of the images that meet every condition; none for a suggestion."""
        if self.suggestion is not None:
            return set()
        return {image.image_id for image in images if all(_holds(each, image) for each in self.conditions)}


@dataclass(frozen=True, slots=True)
class Asked:
    """A query, the meanings that are equally good, and whether it was taken from a public thread."""

    text: str
    meanings: tuple[Meaning, ...]
    is_of_thread: bool


def queries() -> Iterator[Asked]:
    """Read the file."""
    part = ""
    for line in _FILE.read_text().splitlines():
        if line.startswith("["):
            part = line.strip("[]")
        elif line and not line.startswith("#"):
            text, _, meanings = line.partition(" => ")
            yield Asked(text, tuple(map(_meaning, meanings.split(" or "))), part == "threads")


def _meaning(text: str) -> Meaning:
    if text.strip().startswith("?"):
        return Meaning(suggestion=text.strip()[1:])
    parts = [part.strip() for part in text.split("&")]
    unknown = tuple(part[1:] for part in parts if part.startswith("!"))
    return Meaning(tuple(part for part in parts if not part.startswith("!")), unknown=unknown)


def _holds(condition: str, image: Image) -> bool:
    if condition.startswith("-"):
        return not _holds(condition[1:], image)
    kind, _, names = condition.partition(":")
    return any(_KINDS[kind](image, name) for name in names.split("|"))


def _words(text: str) -> set[str]:
    plain = "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))
    return {*plain.casefold().split(), *re.findall(r"[^\W_]+", plain.casefold())}


def _stem(image: Image) -> str:
    return image.image_id.rpartition("/")[2].rpartition(".")[0]


def _is_taken(image: Image, span: str) -> bool:
    taken = (image.facts.taken_at or "")[:10]
    first, _, last = span.partition("..") if ".." in span else (span, "", span)
    return bool(taken) and first <= taken and (not last or taken[: len(last)] <= last)


_KINDS: dict[str, Callable[[Image, str], bool]] = {
    "label": lambda image, name: name in {label.name for label in image.labels},
    "category": lambda image, name: name in {each for label in image.labels for each in label.categories},
    "text": lambda image, name: name in _words(" ".join(text.text for text in image.texts)),
    "folder": lambda image, name: name in _words(image.image_id.rpartition("/")[0]),
    "file": lambda image, name: name in {_stem(image).casefold(), *_words(_stem(image))},
    "camera": lambda image, name: name in _words(image.facts.camera or ""),
    "date": _is_taken,
    "month": lambda image, name: (image.facts.taken_at or "")[5:7] == name,
    "day": lambda image, name: (image.facts.taken_at or "")[5:10] == name,
}
