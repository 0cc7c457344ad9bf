"""Postings of records of older formats: those that were written are those that are deleted."""

from __future__ import annotations

from dataclasses import replace

from tests.support.catalogs import read_words
from tests.support.findings import found
from viewfinder.adapters.dynamodb import schema
from viewfinder.domain.image import Facts, Image, Status
from viewfinder.domain.label import Label
from viewfinder.domain.posting import SourceKind

WORDS = tuple(f"word{number:02}" for number in range(40))


def an_image(*words: str, stored_format: int) -> Image:
    facts = Facts(taken_at="2019-06-12T10:00:00.000000", camera="Canon EOS")
    findings = found([Label("Dog", 90.0)], texts=read_words(*words))
    image = Image("2019/Ski trip/IMG_1084.JPG", Status.ANALYZED, "", "2026-01-01T00:00:00.000000Z", findings=findings)
    return replace(image, facts=facts, stored_format=stored_format)


def partitions(image: Image) -> list[str]:
    return [partition.rpartition("#")[0] for partition, _ in schema.posting_confidences(image, shards=1)]


def test_a_record_of_format_1_has_all_its_words_and_no_places() -> None:
    expected = ["LABEL#dog", *(f"WORD#{word}" for word in WORDS), "POSTING#CAMERA#canon", "POSTING#CAMERA#eos"]

    assert sorted(partitions(an_image(*WORDS, stored_format=1))) == sorted(expected)


def test_a_record_of_today_has_places_and_as_many_words_as_fit() -> None:
    written = partitions(an_image(*WORDS, stored_format=2))

    assert sum(name.startswith("WORD#") for name in written) == schema.MAX_POSTINGS[SourceKind.WORD]
    assert {name.removeprefix("POSTING#") for name in written if name.startswith("POSTING#")} == {
        *("CAMERA#canon", "CAMERA#eos", "FILE#img_1084", "FILE#1084", "FILE#img"),
        *("FOLDER#ski", "FOLDER#trip", "FOLDER#2019", "MONTH#06", "DAY#06-12"),
    }


def test_a_word_with_an_accent_is_found_without_it_too_and_the_old_posting_stays_its_own() -> None:
    old, new = (set(partitions(an_image("Café", stored_format=number))) for number in (1, 2))

    assert {"WORD#café", "WORD#cafe"} <= new
    assert "WORD#café" in old


def test_all_postings_fit_one_transaction_with_the_record_its_hash_and_a_lease() -> None:
    in_the_room_of_words = schema.MAX_POSTINGS[SourceKind.PERSON] + schema.MAX_POSTINGS[SourceKind.SUGGESTION]
    assert in_the_room_of_words <= schema.MAX_POSTINGS[SourceKind.WORD]
    assert sum(schema.MAX_POSTINGS.values()) - in_the_room_of_words + schema.MAX_OTHER_POSTINGS + 3 <= 100
