"""Spellings that are one, and typing errors."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
import yaml

from viewfinder.domain.completion import beginnings
from viewfinder.domain.label import Corrections, Label
from viewfinder.domain.places import file_words, folder_words
from viewfinder.domain.spelling import NAME_PATTERN, is_name, is_typo, plain, tokens

PROJECT = Path(__file__).parents[3]
DECOMPOSED = unicodedata.normalize("NFD", "Café")


def test_case_and_accents_do_not_count() -> None:
    assert [plain(word) for word in ("Café", DECOMPOSED, "CAFÉ", "Łódź", "Øre", "Straße")] == [
        *("cafe", "cafe", "cafe"),
        *("lodz", "ore", "strasse"),
    ]


def test_vowel_signs_and_joiners_are_letters_of_their_word() -> None:
    assert list(tokens("नेपाली/می‌خواهم IMG_1084")) == ["नेपाली", "می‌خواهم", "img", "1084"]


@pytest.mark.parametrize(
    "name", ["👩‍🚒 می‌خواهم", "山田\u3000太郎", "Anne\xa0Marie", "newer than this Python \U000e3b04", "\ue000"]
)
def test_a_name_has_letters_and_spaces_of_any_script(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize(
    "text",
    ["", " a", "a ", "\u3000a", "a\u3000", "a\n", "a\x00b", "\x85b", "a\u202eb", "a\u200b", "\ufeffa", "a\uffff"],
)
def test_a_name_has_nothing_that_does_not_show_and_no_spaces_around_it(text: str) -> None:
    assert not is_name(text)


def test_the_contract_states_the_form_of_a_name() -> None:
    contract = yaml.safe_load((PROJECT / "infrastructure" / "openapi.yaml").read_text())
    assert contract["components"]["schemas"]["Name"]["pattern"] == NAME_PATTERN


def test_a_joiner_begins_no_word() -> None:
    assert beginnings("می‌خواهم") == ["می‌خواهم"]


@pytest.mark.parametrize("text", ["invoce", "invioce", "invoicee", "invoise", "unvoice"])
def test_one_letter_may_be_wrong_missing_too_much_or_swapped(text: str) -> None:
    assert is_typo(text, "invoice")


@pytest.mark.parametrize(
    ("text", "name"), [("doog", "dog"), ("invoice", "invoice"), ("invces", "invoice"), ("elefant", "elephant")]
)
def test_a_short_text_or_two_letters_are_no_typo(text: str, name: str) -> None:
    assert not is_typo(text, name)


def test_a_correction_is_the_same_whatever_its_spelling_in_bytes() -> None:
    corrections = Corrections().changed(add=[DECOMPOSED]).changed(remove=["café"])

    assert (corrections.added, corrections.removed) == ((), ("café",))
    assert Corrections(removed=("café",)).apply([Label(DECOMPOSED, 90.0)]) == ()


def test_the_words_of_a_key_are_those_of_its_name_and_of_every_folder() -> None:
    key = "2019/06 Hárbour/IMG_1084.JPG"

    assert file_words(key) == ("img_1084", "1084", "img")
    assert folder_words(key) == ("06", "harbour", "2019")
    assert (file_words("a/"), folder_words("a.jpg")) == ((), ())
