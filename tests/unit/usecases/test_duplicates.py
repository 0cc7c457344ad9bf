"""Near-duplicates page by page: equal images first, as the records have them, without what people told apart."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tests.support.fakes import FakeCatalog
from tests.support.memory_index import MemoryCopies
from viewfinder.domain.errors import InvalidRequestError
from viewfinder.domain.image import Image, Status
from viewfinder.domain.likeness import Likeness, PerceptualHash
from viewfinder.domain.near_duplicates import MAX_CONTENTS, short
from viewfinder.ports import NearContents
from viewfinder.usecases.duplicates import Alike, Page, decide_duplicates, list_duplicates, list_near_duplicates

A, B, C, D, E = (letter * 64 for letter in "abcde")
LIKENESS = Likeness(PerceptualHash(0x0F0F, 0xF0F0), 100.0)


@dataclass
class Near:
    """Implements `ports.NearDuplicates` with fixed groups."""

    contents: Sequence[tuple[str, ...]]
    pending: int = 0

    def groups(self) -> NearContents:
        return NearContents(self.contents, self.pending)


@dataclass
class FakeDistinctions:
    """Implements `ports.Distinctions` in memory."""

    decisions: set[frozenset[str]] = field(default_factory=set)

    def list(self) -> Collection[frozenset[str]]:
        return self.decisions

    def add(self, contents: Collection[str]) -> None:
        self.decisions.add(frozenset(map(short, contents)))

    def remove(self, contents: Collection[str]) -> None:
        self.decisions.discard(frozenset(map(short, contents)))


def an_image(name: str, content: str) -> Image:
    facts: dict[str, Any] = {"format": "JPEG", "width": 640, "height": 480, "likeness": LIKENESS}
    return Image(name, Status.ANALYZED, "", "2026-01-01T00:00:00Z", sha256=content, **facts)


IMAGES = [
    *(an_image("a1", A), an_image("a2", A), an_image("b1", B), an_image("c1", C), an_image("c2", C)),
    *(an_image("d1", D), an_image("e1", E)),
]


def alike(near: Near, *changed: Image, images: Sequence[Image] = IMAGES) -> Alike:
    records = FakeCatalog()
    records.images = {image.image_id: image for image in (*images, *changed)}
    return Alike(MemoryCopies(list(images)), records, near, FakeDistinctions())


def shown(page: Page) -> list[str]:
    return [f"{group.kind} {' '.join(image.image_id for image in group.images)}" for group in page.groups]


def pages(of: Alike, limit: int) -> list[list[str]]:
    found = [list_near_duplicates(of, limit=limit)]
    while found[-1].next_token:
        found.append(list_near_duplicates(of, limit=limit, token=found[-1].next_token))
    return [shown(page) for page in found]


def test_equal_images_come_first_and_then_those_that_look_alike() -> None:
    near = Near([(A, B), (D, E)])
    assert pages(alike(near), 50) == [["EQUAL a1 a2", "EQUAL c1 c2"], ["NEAR a1 a2 b1", "NEAR d1 e1"]]
    assert pages(alike(near), 1) == [["EQUAL a1 a2"], ["EQUAL c1 c2"], ["NEAR a1 a2 b1"], ["NEAR d1 e1"]]


def test_images_that_look_alike_are_on_the_first_page_where_none_are_equal() -> None:
    assert pages(alike(Near([(D, E)]), images=IMAGES[-2:]), 50) == [["NEAR d1 e1"]]


def test_a_removed_image_vanishes_at_once() -> None:
    near = Near([(A, B), (D, E)])
    removed = replace(IMAGES[-1], status=Status.REMOVED)
    assert pages(alike(near, removed), 50)[-1] == ["NEAR a1 a2 b1"]
    overwritten = replace(IMAGES[2], sha256="9" * 64)
    assert pages(alike(near, overwritten, removed), 50)[-1] == []


def test_what_was_told_apart_is_not_listed_until_that_is_taken_back() -> None:
    of = alike(Near([(A, B), (D, E)]))
    decide_duplicates([A, B], of.distinctions, are_duplicates=False)
    assert pages(of, 50)[-1] == ["NEAR d1 e1"]
    decide_duplicates([B, A], of.distinctions, are_duplicates=True)
    assert pages(of, 50)[-1] == ["NEAR a1 a2 b1", "NEAR d1 e1"]


def test_a_page_says_how_many_contents_were_not_compared_yet() -> None:
    of = alike(Near([], pending=7), images=())
    assert list_near_duplicates(of).pending == 7


def test_a_token_of_another_list_is_refused() -> None:
    of = alike(Near([(A, B)]))
    token = list_near_duplicates(of, limit=1).next_token
    assert token
    with pytest.raises(InvalidRequestError, match="belongs to another query"):
        list_duplicates(of.copies, of.records, token=token)


@pytest.mark.parametrize("contents", [[], [A], [A, A], [f"{number:064x}" for number in range(MAX_CONTENTS + 1)]])
def test_a_decision_is_about_two_to_thirty_contents(contents: list[str]) -> None:
    with pytest.raises(InvalidRequestError, match="2 to 30 different hashes"):
        decide_duplicates(contents, FakeDistinctions(), are_duplicates=False)
