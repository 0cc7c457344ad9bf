"""The share of queries that the search box answers as they are meant, with a list of those that it does not."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from benchmarks.words.archive import NOW, archive
from benchmarks.words.meanings import Asked, Meaning, queries
from benchmarks.words.speed import measure
from viewfinder.adapters.sqlite.factory import sqlite_catalog
from viewfinder.domain.query import Query
from viewfinder.settings import Settings
from viewfinder.usecases.list_labels import list_labels
from viewfinder.usecases.search_images import Search, search_images

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.bench import Bench
    from benchmarks.summaries import Result

_ALL = 1000


@dataclass(frozen=True, slots=True)
class Answer:
    """What a search box answers: images, the first name that it suggests, and words by which it knows nothing."""

    images: frozenset[str]
    suggestion: str = ""
    unknown: tuple[str, ...] = ()


class FixedClock:
    """Implements `ports.Clock`."""

    def now(self) -> str:
        """Return the time of the archive."""
        return NOW


def run(bench: Bench) -> Result:
    """Ask every query in the way of 0.2.0 and in today's, and measure the time of some over many images."""
    size, rounds = (2_000, 5) if bench.quick else (100_000, 30)
    return shares() | {"speed": measure(size, rounds)}


def shares() -> Result:
    """Ask every query in the way of 0.2.0 and in today's."""
    asked = list(queries())
    with filled() as search:
        missed = {
            way: [each.text for each in asked if not is_as_meant(each, answer(each.text, search))]
            for way, answer in {"labels only, as 0.2.0": by_label, "one search box": by_words}.items()
        }
    return {
        "queries": len(asked),
        "of threads": sum(each.is_of_thread for each in asked),
        "share as meant": {way: round(1 - len(texts) / len(asked), 3) for way, texts in missed.items()},
        "missed": missed,
    }


@contextmanager
def filled() -> Iterator[Search]:
    """Yield a search of a catalog with the archive."""
    with TemporaryDirectory(prefix="viewfinder-words-") as folder:
        parts = sqlite_catalog(
            str(Path(folder) / "catalog.sqlite"), Settings(images_bucket="", derived_bucket="", table="", queue_url="")
        )
        for image in archive():
            parts.catalog.save(image, replacing=None)
        yield Search(parts.index, parts.statistics, FixedClock())
        parts.close()


def is_as_meant(asked: Asked, answer: Answer) -> bool:
    """Return whether an answer is one of the meanings."""
    return any(_is(meaning, answer) for meaning in asked.meanings)


def _is(meaning: Meaning, answer: Answer) -> bool:
    if meaning.suggestion is not None:
        return not answer.images and (not meaning.suggestion or meaning.suggestion == answer.suggestion)
    return answer.images == meaning.images(archive()) and answer.unknown == meaning.unknown


Way = Callable[[str, Search], Answer]


def by_label(text: str, search: Search) -> Answer:
    """Answer as the gallery of 0.2.0 does: Enter takes the first completion, else the text as a label."""
    excluded = text.startswith("-")
    name = text.removeprefix("-").strip()
    labels = list_labels(search.statistics, prefix=name, limit=8).labels
    name = labels[0].name if labels else name
    query = Query(exclude=(name,)) if excluded else Query(labels=(name,))
    return Answer(frozenset(image.image_id for image in search_images(query, search, limit=_ALL).images))


def by_words(text: str, search: Search) -> Answer:
    """Answer as the search box does today."""
    page = search_images(Query(words=text), search, limit=_ALL)
    suggestions = [name for each in page.interpretation for name in each.suggestions]
    unknown = tuple(each.typed for each in page.interpretation if each.reading is None)
    return Answer(frozenset(image.image_id for image in page.images), next(iter(suggestions), ""), unknown)
