"""How the words of the search box are read, over the fixed archive of the benchmark."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.words.archive import NOW
from benchmarks.words.measure import filled, shares
from viewfinder.domain.errors import InvalidRequestError
from viewfinder.domain.interpretation import Fit, Interpretation
from viewfinder.domain.query import Order, Query
from viewfinder.domain.search_text import ReadAs
from viewfinder.usecases.interpret import interpret
from viewfinder.usecases.search_images import Search, search_images


@pytest.fixture(scope="module")
def search() -> Iterator[Search]:
    with filled() as found:
        yield found


def read(text: str, search: Search) -> list[tuple[str, str, str]]:
    """Return of each word what it was read as."""
    return [
        (each.reading.kind, each.reading.fit, each.reading.name) if each.reading else (ReadAs.NOTHING, "", each.typed)
        for each in interpret(text, search.statistics, NOW)
    ]


@pytest.mark.parametrize(
    ("text", "kind", "fit", "name"),
    [
        ("Dog", ReadAs.LABEL, Fit.EXACT, "Dog"),
        ("mug", ReadAs.LABEL, Fit.ALIAS, "Cup"),
        ("butterflies", ReadAs.LABEL, Fit.PLURAL, "Butterfly"),
        ("sofa", ReadAs.LABEL, Fit.RELATED, "Couch"),
        ("feline", ReadAs.LABEL, Fit.RELATED, "Cat, Lion, Siamese, Tiger"),
        ("elephnat", ReadAs.LABEL, Fit.TYPO, "Elephant"),
        ("Sports", ReadAs.LABEL, Fit.PLURAL, "Sport"),
        ('"food and beverage"', ReadAs.CATEGORY, Fit.EXACT, "Food and Beverage"),
        ("cafe", ReadAs.TEXT, Fit.EXACT, "cafe"),
        ("invoices", ReadAs.TEXT, Fit.PLURAL, "invoice"),
        ("kuber", ReadAs.TEXT, Fit.PART, "kubernetes"),
        ("passwrod", ReadAs.TEXT, Fit.TYPO, "password"),
        ("harbour", ReadAs.FOLDER, Fit.EXACT, "harbour"),
        ("IMG_1084.JPG", ReadAs.FILE, Fit.EXACT, "IMG_1084.JPG"),
        ("iphone 13 pro", ReadAs.CAMERA, Fit.EXACT, "iphone 13 pro"),
        ("june 2019", ReadAs.DATE, Fit.EXACT, "June 2019"),
    ],
)
def test_a_word_is_read_as_the_best_that_it_fits(search: Search, text: str, kind: str, fit: str, name: str) -> None:
    assert read(text, search) == [(kind, fit, name)]


def test_several_words_are_each_read(search: Search) -> None:
    kinds = [kind for kind, _, _ in read("the dog in harbour -boat june 2019", search)]

    assert kinds == [ReadAs.LABEL, ReadAs.FOLDER, ReadAs.LABEL, ReadAs.DATE]


def test_the_other_readings_are_named_each_by_the_text_that_means_it_alone(search: Search) -> None:
    (entry,) = interpret("christmas", search.statistics, NOW)
    assert entry.reading is not None
    assert entry.reading.written == "label:christmas"
    assert [other.written for other in entry.alternatives] == ["text:christmas", "folder:christmas"]
    for other in entry.alternatives:
        (chosen,) = interpret(other.written, search.statistics, NOW)
        assert chosen.reading == other


def test_a_year_may_be_a_word_in_a_picture_too(search: Search) -> None:
    (entry,) = interpret("2021", search.statistics, NOW)

    assert entry.reading is not None
    assert entry.reading.kind is ReadAs.DATE
    assert [other.kind for other in entry.alternatives] == [ReadAs.TEXT, ReadAs.FOLDER]


def test_a_prefix_reads_nothing_else(search: Search) -> None:
    assert read("text:dog", search) == [(ReadAs.NOTHING, "", "text:dog")]
    assert read("person:Anna", search) == [(ReadAs.NOTHING, "", "person:Anna")]


def test_a_colour_is_no_part_of_a_word(search: Search) -> None:
    assert read("red", search) == [(ReadAs.NOTHING, "", "red")]


def test_what_nothing_is_known_by_has_the_nearest_names_and_no_images(search: Search) -> None:
    page = search_images(Query(words="doog"), search)

    assert page.images == ()
    assert page.interpretation == (Interpretation("doog", None, suggestions=("Dog",)),)


def test_an_unknown_word_beside_others_is_left_out(search: Search) -> None:
    assert search_images(Query(words="car xyzzy"), search).images == search_images(Query(words="car"), search).images


def test_the_words_hold_beside_the_other_filters(search: Search) -> None:
    words = {image.image_id for image in search_images(Query(words="dog"), search, limit=100).images}
    both = {i.image_id for i in search_images(Query(words="dog", prefix="2019/"), search, limit=100).images}

    assert both == {image_id for image_id in words if image_id.startswith("2019/")} != set()


def test_a_minimum_of_confidence_is_that_of_the_labels(search: Search) -> None:
    for text in ("dog", "-dog", "feline"):
        found = search_images(Query(words=text, min_confidence=94.5), search, limit=100).images
        for image in found:
            best = {name for name, confidence in image.labels.items() if confidence >= 94.5}
            assert ("Dog" in best) is (text == "dog") or (text == "feline" and best & {"Cat", "Lion", "Tiger"})


@pytest.mark.parametrize("order", list(Order))
def test_pages_of_a_text_are_a_partition_of_its_images(search: Search, order: Order) -> None:
    query = Query(words="person 2016..2025 -2019", order=order)
    whole = [image.image_id for image in search_images(query, search, limit=1000).images]
    found, token = [], ""
    while True:
        page = search_images(query, search, limit=7, token=token)
        found += [image.image_id for image in page.images]
        token = page.next_token
        if not token:
            break

    assert found == whole
    assert len(set(whole)) == len(whole) > 30


def test_confidence_needs_a_word_that_is_a_label(search: Search) -> None:
    assert search_images(Query(words="dog", order=Order.CONFIDENCE), search).images
    with pytest.raises(InvalidRequestError, match="needs a label"):
        search_images(Query(words="harbour", order=Order.CONFIDENCE), search)


def test_nine_of_ten_queries_are_answered_as_they_are_meant() -> None:
    result = shares()

    assert result["queries"] >= 300
    assert result["of threads"] >= result["queries"] / 3
    assert result["share as meant"]["one search box"] >= 0.9, result["missed"]["one search box"]


@pytest.mark.parametrize(
    "text",
    [
        "\u0301",
        '"',
        '""',
        "-",
        "a\x00bcdef",
        "ΐ" * 200,
        "s",
        "*",
        'abc"def',
        "label:",
        "date:nonsense",
        ".jpg",
        " ",
        "....",
        "--dog",
    ],
)
def test_no_text_is_too_odd_to_be_read(search: Search, text: str) -> None:
    assert all(image.status for image in search_images(Query(words=text), search).images)
