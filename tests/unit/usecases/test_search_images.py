"""What a search reads, and what its tokens are good for."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest

from tests.support.catalogs import read_words
from tests.support.findings import found
from tests.support.memory_index import MemoryIndex, MemoryStatistics
from viewfinder.domain.errors import InvalidRequestError
from viewfinder.domain.image import FIRST_TAKEN, Image, Status
from viewfinder.domain.label import Label, search_words
from viewfinder.domain.posting import Source
from viewfinder.domain.query import Entry, Match, Order, Query, Stretch
from viewfinder.usecases.search_images import Page, Search, search_images

NOON = "2026-06-01T12:00:00.000000Z"
EVENING = "2026-06-01T18:00:00.000000Z"


class Noon:
    """The time of every first page."""

    def now(self) -> str:
        return NOON


def an_image(image_id: str, *labels: Label, analyzed_at: str = "2026-01-01T00:00:00.000000Z") -> Image:
    return Image(image_id, Status.ANALYZED, "", analyzed_at, findings=found(labels))


def many(number: int, *names: str, prefix: str = "") -> list[Image]:
    return [
        an_image(f"{prefix}{count}.jpg", *(Label(name, 90.0) for name in names), analyzed_at=f"2026-01-01T{count:06d}")
        for count in range(number)
    ]


def a_search(images: list[Image], shards: int = 4) -> tuple[Search, MemoryIndex]:
    index = MemoryIndex(images, shards)
    return Search(index, MemoryStatistics(images), Noon()), index


def ids(page: Page) -> list[str]:
    return [entry.image_id for entry in page.images]


@pytest.mark.parametrize("size", [100, 1000])
@pytest.mark.parametrize("order", Order)
def test_a_page_of_a_label_costs_one_read_per_shard_whatever_the_size(size: int, order: Order) -> None:
    search, index = a_search(many(size, "Dog"))
    page = search_images(Query(labels=("dog",), order=order), search, limit=10)
    assert len(page.images) == 10
    assert index.reads == [11, 11, 11, 11] + ([] if order is Order.NEWEST else [1, 1, 1, 1])  # the time of the newest


def test_the_rarest_label_is_read_when_all_are_asked_for() -> None:
    search, index = a_search([*many(200, "Animal"), *many(3, "Animal", "Yak", prefix="yak/")], shards=1)
    page = search_images(Query(labels=("Animal", "Yak")), search, limit=10)
    assert ids(page) == ["yak/2.jpg", "yak/1.jpg", "yak/0.jpg"]
    assert index.reads == [3]


def test_reads_grow_while_filters_turn_entries_down() -> None:
    search, index = a_search([*many(500, "Dog"), an_image("x/last.jpg", Label("Dog", 60.0))], shards=1)
    assert ids(search_images(Query(labels=("Dog",), prefix="x/"), search, limit=1)) == ["x/last.jpg"]
    assert index.reads == [2, 4, 8, 16, 32, 64, 128, 247]


def test_an_image_that_rises_between_pages_is_not_shown_again() -> None:
    images = [an_image(f"{sure}.jpg", Label("Dog", sure)) for sure in (99.0, 90.0, 80.0)]
    search, _ = a_search(images)
    query = Query(labels=("Dog",), order=Order.CONFIDENCE)
    first = search_images(query, search, limit=1)
    images[0] = an_image("99.0.jpg", Label("Dog", 85.0), analyzed_at=EVENING)
    second = search_images(query, search, limit=5, token=first.next_token)
    assert ids(first) + ids(second) == ["99.0.jpg", "90.0.jpg", "80.0.jpg"]


def test_any_of_two_labels_ranks_an_image_once_by_its_surest() -> None:
    search, _ = a_search(
        [
            an_image("both.jpg", Label("Dog", 60.0), Label("Cat", 99.0)),
            an_image("dog.jpg", Label("Dog", 80.0)),
            an_image("cat.jpg", Label("Cat", 99.5)),
        ]
    )
    query = Query(labels=("Dog", "Cat"), match=Match.ANY, order=Order.CONFIDENCE)
    assert ids(search_images(query, search, limit=10)) == ["cat.jpg", "both.jpg", "dog.jpg"]


@pytest.mark.parametrize(
    "other",
    [
        Query(labels=("Cat",)),
        Query(labels=("Dog",), order=Order.CONFIDENCE),
        Query(labels=("Dog",), min_confidence=1.0),
        Query(exclude=("Dog",)),
        Query(),
    ],
)
def test_a_token_is_refused_by_every_other_query(other: Query) -> None:
    search, _ = a_search(many(5, "Dog"))
    token = search_images(Query(labels=("Dog",)), search, limit=1).next_token
    with pytest.raises(InvalidRequestError, match="belongs to another query") as refusal:
        search_images(other, search, limit=1, token=token)
    assert (refusal.value.code, refusal.value.parameter) == ("InvalidNextToken", "nextToken")


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "ß",
        "!!!!",
        base64.urlsafe_b64encode(b"[]").decode(),
        base64.urlsafe_b64encode(b"[" * 900).decode(),
        base64.urlsafe_b64encode(json.dumps({"position": 1, "as_of": "", "fingerprint": ""}).encode()).decode(),
        base64.urlsafe_b64encode(json.dumps({"position": "", "as_of": "", "fingerprint": ""}).encode()).decode(),
        base64.urlsafe_b64encode(json.dumps({"position": "\ud800", "as_of": "", "fingerprint": ""}).encode()).decode(),
    ],
)
def test_what_is_no_token_is_refused(token: str) -> None:
    search, _ = a_search(many(5, "Dog"))
    with pytest.raises(InvalidRequestError) as refusal:
        search_images(Query(), search, limit=1, token=token)
    assert refusal.value.code == "InvalidNextToken"


def test_a_token_says_nothing_of_shards() -> None:
    images = many(6, "Dog")
    token = search_images(Query(), a_search(images, shards=1)[0], limit=2).next_token
    page = search_images(Query(), a_search(images, shards=8)[0], limit=2, token=token)
    assert ids(page) == ["3.jpg", "2.jpg"]


def test_confidence_order_needs_something_to_be_sure_of() -> None:
    with pytest.raises(InvalidRequestError, match="needs a label or a category"):
        Query(order=Order.CONFIDENCE)


def test_a_word_is_read_rather_than_a_label_and_the_longest_of_several() -> None:
    images = [replace(image, findings=image.findings | found(texts=read_words("exit"))) for image in many(50, "Dog")]
    images[7] = replace(images[7], findings=images[7].findings | found(texts=read_words("exit", "emergency")))
    search, index = a_search(images, shards=1)
    assert ids(search_images(Query(labels=("Dog",), text=("Emergency EXIT!",)), search, limit=10)) == ["7.jpg"]
    assert index.reads == [1]


def test_a_text_without_a_word_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="has no word") as refusal:
        Query(text=("exit", "?!"))
    assert refusal.value.parameter == "text"


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (["STOP", "Straße 5", "stop!"], ("stop", "strasse", "5")),
        (["(it's)", "e-mail:", "__x__"], ("it's", "e-mail", "x")),
        ([" \t\n", "--", ""], ()),
        (["a" * 60], ("a" * 50,)),
        ([" ".join(str(number) for number in range(100))], tuple(str(number) for number in range(40))),
    ],
)
def test_words_are_compared_without_case_and_the_punctuation_around_them(
    texts: list[str], words: tuple[str, ...]
) -> None:
    assert search_words(texts) == words


@pytest.mark.parametrize("order", Order)
def test_a_page_comes_whole_where_a_clock_was_ahead(order: Order) -> None:
    images = [
        replace(image, analyzed_at=f"2031-01-01T00:00:{number:02d}.000000Z")
        for number, image in enumerate(many(30, "Dog"))
    ]
    search, _ = a_search(images)
    found, token = [], ""
    while token or not found:
        page = search_images(Query(labels=("dog",), order=order), search, limit=7, token=token)
        found += [image.image_id for image in page.images]
        token = page.next_token
    assert sorted(found) == sorted(image.image_id for image in images)


@pytest.mark.parametrize(
    ("query", "since"),
    [
        (Query(order=Order.TAKEN), ""),
        (Query(order=Order.TAKEN, taken_until="2026-01-01T00:00:00.000000"), FIRST_TAKEN),
        (Query(order=Order.TAKEN, taken_since="2019-01-01T00:00:00.000000"), "2019-01-01T00:00:00.000000"),
    ],
)
def test_a_search_for_a_time_reads_no_undated_images(query: Query, since: str) -> None:
    search, index = a_search(many(3, "Dog"), shards=1)
    bounds: list[str] = []
    read = index.read

    def noted(source: Source, shard: int, stretch: Stretch, size: int) -> tuple[list[Entry], bool]:
        bounds.append(stretch.taken_since)
        return read(source, shard, stretch, size)

    index.read = noted  # type: ignore[method-assign]
    search_images(query, search, limit=10)

    assert set(bounds) == {since}
