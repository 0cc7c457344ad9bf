"""The text of the search box, taken apart."""

from __future__ import annotations

import pytest

from viewfinder.domain.search_text import MAX_TERMS, ReadAs, Term, read_terms, written


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("dog", [("dog", None, False, False)]),
        ("-boat", [("boat", None, True, False)]),
        ('"golden gate"', [("golden gate", None, False, True)]),
        ('-"golden gate', [("golden gate", None, True, True)]),
        ("text:invoice", [("invoice", ReadAs.TEXT, False, False)]),
        ('-Folder:"ski trip"', [("ski trip", ReadAs.FOLDER, True, True)]),
        ("before:2019", [("before 2019", ReadAs.DATE, False, False)]),
        ("person:Anna", [("Anna", ReadAs.PERSON, False, False)]),
        ("note:this", [("note:this", None, False, False)]),
        ("text:", [("text:", None, False, False)]),
        ("dog without person", [("dog", None, False, False), ("person", None, True, False)]),
        ("without", []),
        ("  ", []),
    ],
)
def test_words_phrases_prefixes_and_the_minus_sign(text: str, terms: list[tuple[object, ...]]) -> None:
    assert [(term.text, term.kind, term.is_excluded, term.is_quoted) for term in read_terms(text)] == terms


def test_of_very_many_words_the_first_count() -> None:
    assert len(read_terms("dog " * 50)) == MAX_TERMS


def test_what_is_written_is_read_as_the_same() -> None:
    for text, excluded in (("invoice", False), ("ski trip", True)):
        term = read_terms(written(ReadAs.TEXT, text, is_excluded=excluded))[0]
        assert (term.text, term.kind, term.is_excluded) == (text, ReadAs.TEXT, excluded)


def test_a_filler_is_one_only_as_a_plain_word() -> None:
    assert Term("the").is_filler
    assert not Term("the", ReadAs.TEXT).is_filler
