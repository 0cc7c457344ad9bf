"""The table of words that lead to labels: what is packed in its lines is whole."""

from __future__ import annotations

from viewfinder.domain.related import categories, related_labels, says_nothing
from viewfinder.rekognition.labels.merging import load_taxonomy


def test_words_lead_to_labels() -> None:
    assert related_labels("puppy") == ("Dog",)
    assert related_labels("wind instrument") == (
        *("Accordion", "Flute", "French Horn", "Harmonica", "Oboe", "Saxophone", "Trombone", "Trumpet"),
    )
    assert related_labels("xyzzy") == ()


def test_colours_say_nothing_and_categories_are_those_of_the_taxonomy() -> None:
    assert (says_nothing("red"), says_nothing("dog")) == (True, False)
    used = {label.category for label in load_taxonomy().labels.values()}
    assert used <= set(categories())
