"""Labels as a person types them: aliases, plurals and words find them, the exact and the common ones first."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fakes import FakeCatalog
from tests.support.findings import found
from tests.support.memory_index import MemoryCopies, MemoryStatistics
from viewfinder.domain.errors import InvalidRequestError
from viewfinder.domain.image import Image, Status
from viewfinder.domain.label import Label
from viewfinder.domain.plurals import singulars
from viewfinder.domain.statistics import CategoryCount, LabelCount, LabelOrder
from viewfinder.usecases.duplicates import list_duplicates
from viewfinder.usecases.folders import list_folders
from viewfinder.usecases.list_labels import list_categories, list_labels, match_label

ANIMALS, THINGS = ("Animals and Pets",), ("Everyday Objects",)
CAR = Label("Car", 90.0, (), ("Vehicles and Automotive",), ("Automobile",))
DOG = Label("Dog", 90.0, ("Animal",), ANIMALS)
ANIMAL = Label("Animal", 90.0, (), ANIMALS)
SLED = Label("Dogsled", 90.0)
PHONE = Label("Mobile Phone", 90.0, (), THINGS, ("Cell Phone",))
CASE = Label("Phone Case", 90.0, (), THINGS)
PERSON = Label("Person", 90.0, (), (), ("Human",))

FOUND = [(DOG, ANIMAL), (ANIMAL,), (ANIMAL, SLED), (SLED, PHONE), (CASE, PERSON), (CASE, CAR)]
IMAGES = [
    Image(f"{number}.jpg", Status.ANALYZED, "", "2026-01-01T00:00:00.000000Z", findings=found(labels))
    for number, labels in enumerate(FOUND)
]
STATISTICS = MemoryStatistics(IMAGES)


def names_found(text: str, **options: Any) -> list[str]:
    return [label.name for label in list_labels(STATISTICS, prefix=text, **options).labels]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("automobile", ["Car"]),
        ("AUTO", ["Car"]),
        ("dog", ["Dog", "Dogsled"]),
        ("dogs", ["Dog", "Dogsled"]),
        ("people", ["Person"]),
        ("phone", ["Phone Case", "Mobile Phone"]),
        ("phones", ["Phone Case", "Mobile Phone"]),
        ("cell phones", ["Mobile Phone"]),
        ("cases", ["Phone Case"]),
        ("hone", []),
        ("a", ["Animal", "Car"]),
        (".*", []),
    ],
)
def test_a_label_is_found_by_any_word_alias_or_plural_the_exact_ones_first(text: str, expected: list[str]) -> None:
    assert names_found(text) == expected


def test_a_label_that_an_alias_found_says_which() -> None:
    assert [label.matched_by for label in list_labels(STATISTICS, prefix="automobiles").labels] == ["Automobile"]
    assert [label.matched_by for label in list_labels(STATISTICS, prefix="cars").labels] == [""]


def test_without_a_text_the_order_is_by_name_or_by_count() -> None:
    assert names_found("") == sorted(label.name for label in STATISTICS.labels("", ""))
    assert names_found("", order=LabelOrder.COUNT)[:4] == ["Animal", "Dogsled", "Phone Case", "Car"]


def test_a_category_bounds_the_labels_whatever_its_case() -> None:
    assert names_found("", category="everyday objects") == ["Mobile Phone", "Phone Case"]
    assert names_found("phone", category="Animals and Pets") == []


@pytest.mark.parametrize("options", [{}, {"prefix": "a"}, {"order": LabelOrder.COUNT}, {"category": ANIMALS[0]}])
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_make_up_the_whole(options: dict[str, Any], limit: int) -> None:
    page = list_labels(STATISTICS, **options, limit=limit)
    labels = [*page.labels]
    while page.next_token:
        page = list_labels(STATISTICS, **options, limit=limit, token=page.next_token)
        labels += page.labels
    assert labels == list(list_labels(STATISTICS, **options, limit=100).labels)


def test_a_page_may_end_at_a_name_of_any_script() -> None:
    names = ["Anne\xa0Marie", "می‌خواهم", "山田\u3000太郎", "\U000e3b04"]
    statistics = MemoryStatistics(
        [replace(IMAGES[0], image_id=name, findings=found((Label(name, 90.0),))) for name in names]
    )
    listed, token = [], ""
    for _ in names:
        page = list_labels(statistics, limit=1, token=token)
        listed += [label.name for label in page.labels]
        token = page.next_token
    assert sorted(listed) == sorted(names)
    assert not token


def test_a_token_belongs_to_its_question() -> None:
    token = list_labels(STATISTICS, prefix="a", limit=1).next_token
    with pytest.raises(InvalidRequestError, match="belongs to another query"):
        list_labels(STATISTICS, prefix="a", order=LabelOrder.COUNT, token=token)


def test_a_category_has_the_count_of_its_commonest_label() -> None:
    assert list_categories(STATISTICS) == [
        CategoryCount("Animals and Pets", 3, 2),
        CategoryCount("Everyday Objects", 2, 2),
        CategoryCount("Vehicles and Automotive", 1, 1),
    ]


def test_folders_deeper_than_those_that_are_counted_are_none() -> None:
    image = replace(IMAGES[0], image_id="/".join("abcdefghijk"))
    assert list_folders(MemoryStatistics([image]), prefix="a/b/c/d/e/f/g/") == {"a/b/c/d/e/f/g/h/": 1}
    assert list_folders(MemoryStatistics([image]), prefix="a/b/c/d/e/f/g/h/") == {}


def test_a_prefix_that_is_too_long_for_any_folder_is_not_looked_for() -> None:
    class Refusing(MemoryStatistics):
        def folders(self, prefix: str, most: int) -> dict[str, int]:
            raise AssertionError(prefix)

    assert list_folders(Refusing(IMAGES), prefix="ü" * 511) == {}


@cache
def taxonomy() -> list[LabelCount]:
    path = Path(__file__).parents[3] / "src" / "viewfinder" / "rekognition" / "labels" / "taxonomy.json"
    labels = json.loads(path.read_text())["labels"]
    return [LabelCount(name, 1, (), (), tuple(entry["aliases"])) for name, entry in labels.items()]


@given(st.data())
def test_each_label_of_the_engine_is_found_by_its_names_and_by_what_begins_a_word_of_them(data: st.DataObject) -> None:
    label = data.draw(st.sampled_from(taxonomy()))
    by = data.draw(st.sampled_from(["", *label.aliases]))
    assert match_label(label, (by or label.name).casefold()) == (0, by)
    word = data.draw(st.sampled_from((by or label.name).casefold().split()))
    begun = word[: data.draw(st.integers(1, len(word)))].strip("()-&'")
    assert not begun or match_label(label, begun) is not None


PLURALS = {"y": "ies", "f": "ves", "fe": "ves", "man": "men", "ch": "ches", "x": "xes", "foot": "feet"}


@given(st.text("abcdefghijklmnopqrstuvwxyz ", min_size=2), st.sampled_from(["", *PLURALS]))
def test_a_plural_leads_to_its_singular(stem: str, end: str) -> None:
    plural = stem + PLURALS.get(end, f"{end}s")
    assert stem + end in singulars(plural)
    assert match_label(LabelCount(stem + end, 1), plural) == (0, "")


@given(st.text())
def test_any_text_is_taken(text: str) -> None:
    known = list(STATISTICS.labels("", ""))
    assert all(replace(label, matched_by="") in known for label in list_labels(STATISTICS, prefix=text).labels)


def a_copy(name: str, content: str, status: Status = Status.ANALYZED) -> Image:
    return Image(name, status, "", "2026-01-01T00:00:00.000000Z", sha256=content)


def test_duplicates_come_in_groups_page_by_page_as_the_records_have_them() -> None:
    contents = [digit * 64 for digit in "123"]
    images = [a_copy(f"{content[0]}-{number}", content) for content in contents for number in range(3)]
    records = FakeCatalog()
    records.images = {image.image_id: image for image in images}
    records.images["2-0"] = a_copy("2-0", "9" * 64)  # was written since it was counted
    records.images["2-1"] = a_copy("2-1", contents[1], Status.REMOVED)
    records.images["3-0"] = a_copy("3-0", "9" * 64)
    first, token = list_duplicates(MemoryCopies(images), records, limit=2)
    second, end = list_duplicates(MemoryCopies(images), records, limit=2, token=token)
    assert [(group.content, [image.image_id for image in group.images]) for group in (*first, *second)] == [
        (contents[0], ["1-0", "1-1", "1-2"]),
        (contents[2], ["3-1", "3-2"]),
    ]
    assert end == ""


def test_files_that_are_no_pictures_are_not_among_duplicates() -> None:
    contents = [digit * 64 for digit in "12"]
    images = [a_copy(f"{content[0]}-{number}", content) for content in contents for number in range(2)]
    records = FakeCatalog()
    records.images = {image.image_id: image for image in images}
    records.images["1-0"] = a_copy("1-0", contents[0], Status.REJECTED)
    records.images["1-1"] = a_copy("1-1", contents[0], Status.FAILED)
    found, _ = list_duplicates(MemoryCopies(images), records)
    assert [group.content for group in found] == [contents[1]]


def test_a_page_of_duplicates_reads_a_bounded_number_of_records() -> None:
    contents = [f"{group:064x}" for group in range(15)]
    images = [a_copy(f"{content}-{number:03}", content) for content in contents for number in range(100)]
    records = FakeCatalog()
    records.images = {image.image_id: image for image in images}
    first, token = list_duplicates(MemoryCopies(images), records, limit=100)
    second, end = list_duplicates(MemoryCopies(images), records, limit=100, token=token)
    assert [group.content for group in first] == contents[:10]
    assert [group.content for group in second] == contents[10:]
    assert end == ""
