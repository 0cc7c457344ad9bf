"""Random catalogs and queries, and the answers as a reader of the contract would work them out by hand."""

from __future__ import annotations

import re
from collections.abc import Iterable

from hypothesis import strategies as st

from tests.support.findings import found
from tests.support.memory_index import folded
from viewfinder.domain.image import Facts, Image, Status, image_digest
from viewfinder.domain.label import BoundingBox, Label, Text
from viewfinder.domain.query import Match, Order, Query
from viewfinder.ports import Records

CONFIDENCES = (55.0, 70.25, 90.0, 99.9999, 100.0)
TIMES = tuple(f"2026-01-{day:02d}T12:00:00.{microsecond:06d}Z" for day in (1, 2, 3) for microsecond in (0, 999_999))
TAKEN = ("1969-07-20T20:17:40.000000", "2026-01-02T12:00:00.000000", "2026-06-01T12:30:00.500000")
CAMERAS = (None, "Canon EOS R6", "NIKON Z 6", "Straße (6)")
WORDS = ("Exit", "STOP", "Straße", "stop")
VOCABULARY = {
    "Dog": (("Animals and Pets",), ("Canine",)),
    "DOG": (("Animals and Pets",), ("Canine",)),
    "Cat": (("Animals and Pets",), ()),
    "Mobile Phone": (("Technology and Computing",), ("Cell Phone",)),
    "Cell Phone": (("Technology and Computing",), ("Mobile Phone",)),
    "Straße": (("Buildings and Architecture", "Transport and Logistics"), ()),
}
"""Names with their categories and aliases; some differ in case only, two are each other's alias."""

NAMES = (*VOCABULARY, "dog", "canine", "STRASSE", "Unicorn")


@st.composite
def _labels(draw: st.DrawFn) -> tuple[Label, ...]:
    names = draw(st.lists(st.sampled_from(sorted(VOCABULARY)), max_size=4, unique_by=str.casefold))
    return tuple(
        Label(name, draw(st.sampled_from(CONFIDENCES)), (), *VOCABULARY[name])  # name, confidence, no parents
        for name in names
    )


@st.composite
def images(draw: st.DrawFn, image_id: str) -> Image:
    """Return a record that the pipeline could write; a tombstone now and then."""
    status = draw(st.sampled_from([Status.ANALYZED] * 5 + [Status.REJECTED, Status.FAILED, Status.REMOVED]))
    labels = draw(_labels()) if status is Status.ANALYZED else ()
    words = draw(st.lists(st.sampled_from(WORDS), max_size=3)) if status is Status.ANALYZED else []
    facts = Facts(taken_at=draw(st.sampled_from((None, *TAKEN))), camera=draw(st.sampled_from(CAMERAS)))
    return Image(
        image_id,
        status,
        "",
        draw(st.sampled_from(TIMES)),
        findings=found(labels, texts=read_words(*words)),
        facts=facts,
    )


def read_words(*words: str) -> tuple[Text, ...]:
    """Return what a detector of text says of these words."""
    box = BoundingBox(0.1, 0.2, 0.3, 0.4)
    return tuple(Text(number, "WORD", word, 99.0, box) for number, word in enumerate(words))


@st.composite
def catalogs(draw: st.DrawFn, *, most: int = 20) -> list[Image]:
    """Give up to so many images, in folders."""
    size = draw(st.integers(0, most))
    return [draw(images(f"{'ab'[number % 2]}/{number} ü.jpg")) for number in range(size)]


@st.composite
def queries(draw: st.DrawFn) -> Query:
    """Return any query that the API lets through."""
    names = st.lists(st.sampled_from(NAMES), max_size=3).map(tuple)
    labels = draw(names)
    category = draw(st.sampled_from(["", "", "animals AND pets", "Technology and Computing", "None such"]))
    return Query(
        labels=labels,
        match=draw(st.sampled_from(Match)),
        exclude=draw(st.sampled_from([(), (), ("cat",), ("Canine", "Straße")])),
        category=category,
        min_confidence=draw(st.sampled_from((0.0, 0.0, *CONFIDENCES))),
        prefix=draw(st.sampled_from(["", "", "a/", "a/1", "nothing"])),
        status=draw(st.sampled_from([None, None, Status.ANALYZED, Status.REJECTED])),
        since=draw(st.sampled_from(["", "", *TIMES])),
        until=draw(st.sampled_from(["", "", *TIMES])),
        order=draw(st.sampled_from(Order if labels or category else (Order.NEWEST, Order.TAKEN))),
        text=draw(st.sampled_from([(), (), (), ("exit",), ("STOP exit",), ("strasse", "Stop!"), ("none",)])),
        taken_since=draw(st.sampled_from(["", "", "", *TAKEN])),
        taken_until=draw(st.sampled_from(["", "", "", *TAKEN])),
        camera=draw(st.sampled_from(["", "", "", "canon", "6", "STRASSE", "nikon z", "none"])),
    )


def answer(query: Query, catalog: Iterable[Image]) -> list[str]:
    """Return the ids of the images that answer the query, in order."""
    found = [image for image in catalog if image.is_visible and _answers(image, query)]
    if query.order is Order.NEWEST:
        found.sort(key=lambda image: (image.analyzed_at, image_digest(image.image_id)), reverse=True)
    elif query.order is Order.TAKEN:
        found.sort(key=lambda image: (image.taken_position, image_digest(image.image_id)), reverse=True)
    else:
        found.sort(key=lambda image: (-_confidence(image, query), image_digest(image.image_id)))
    return [image.image_id for image in found]


def _answers(image: Image, query: Query) -> bool:
    least = query.min_confidence
    sure = [label for label in image.labels if label.confidence >= least]
    wanted = [any(_is(label, name) for label in sure) for name in query.labels]
    named = bool(query.labels or query.category or query.exclude)
    return (
        (not wanted or (all(wanted) if query.match is Match.ALL else any(wanted)))
        and not any(_is(label, name) for name in query.exclude for label in sure)
        and (not query.category or any(query.category.casefold() in folded(label.categories) for label in sure))
        and (named or least == 0 or bool(sure))
        and image.image_id.startswith(query.prefix)
        and query.status in (None, image.status)
        and (not query.since or image.analyzed_at >= query.since)
        and (not query.until or image.analyzed_at < query.until)
        and set(" ".join(query.text).casefold().replace("!", "").split()) <= set(image.words)
        and (not query.taken_since or (image.facts.taken_at or "") >= query.taken_since)
        and (not query.taken_until or "" < (image.facts.taken_at or "") < query.taken_until)
        and set(query.camera.casefold().split()) <= set(re.findall(r"\w+", (image.facts.camera or "").casefold()))
    )


def _is(label: Label, name: str) -> bool:
    return name.casefold() in folded({label.name, *label.aliases})


def _confidence(image: Image, query: Query) -> float:
    """Return what the image is ranked by."""
    if query.labels:
        names = query.labels if query.match is Match.ANY else query.labels[:1]
        return max(label.confidence for label in image.labels if any(_is(label, name) for name in names))
    return max(label.confidence for label in image.labels if query.category.casefold() in folded(label.categories))


def all_images(records: Records) -> list[Image]:
    """Return every visible record, whole."""
    found = records.find_many([state.image_id for state in records.states()])
    return [image for image in found.values() if image.is_visible]
