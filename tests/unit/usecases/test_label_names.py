"""Names of labels by their spelling: one wrong letter, the nearest names, and how long they are kept."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import pytest

from tests.support.memory_index import MemoryStatistics
from viewfinder.domain.feature import Feature
from viewfinder.domain.image import Image, Status
from viewfinder.domain.label import Label, label_key
from viewfinder.domain.spelling import is_typo
from viewfinder.domain.statistics import LabelCount
from viewfinder.rekognition.labels.merging import load_taxonomy
from viewfinder.usecases.label_names import KEPT_SECONDS, LabelNames


class Counted(MemoryStatistics):
    """Statistics of all labels of the taxonomy, which count how often they are read."""

    reads = 0

    def labels(self, prefix: str, after: str, *, portion: int = 0) -> Iterator[LabelCount]:
        """Yield the labels by name."""
        self.reads += 1
        for name, label in sorted(load_taxonomy().labels.items(), key=lambda entry: label_key(entry[0])):
            yield LabelCount(name, 1, aliases=tuple(label.aliases))


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("elephnat", "Elephant"),  # swapped
        ("elphant", "Elephant"),  # missing
        ("elephhant", "Elephant"),  # too much
        ("elephent", "Elephant"),  # wrong
        ("lephant", "Elephant"),  # missing at the beginning
        ("elephant", None),  # no typo
        ("elefphent", None),  # two
        ("dgo", None),  # too short
    ],
)
def test_one_letter_may_be_wrong(text: str, label: str | None) -> None:
    assert LabelNames(Counted([])).misspelt({text}) == label


def test_the_first_label_is_that_of_a_look_at_every_name() -> None:
    names = LabelNames(Counted([]))
    known = [(label_key(n), label.name) for label in Counted([]).labels("", "") for n in (label.name, *label.aliases)]
    for name, _ in islice(known, 0, None, 7):
        for wrong in (
            name[1:],
            name[:3] + name[4:],
            name[:2] + "x" + name[3:],
            name[:4] + name[5:6] + name[4:5] + name[6:],
        ):
            assert names.misspelt({wrong}) == next((label for each, label in known if is_typo(wrong, each)), None), (
                wrong
            )


def test_the_nearest_names_come_first() -> None:
    names = LabelNames(Counted([]))
    assert names.nearest("doog", 3)[0] == "Dog"
    assert names.nearest("xyzzy", 3) == []


def test_they_are_read_once_a_minute() -> None:
    now = [100.0]
    statistics = Counted([Image("a", Status.ANALYZED, "", "2026", findings={Feature.LABELS: (Label("Dog", 90.0),)})])
    names = LabelNames(statistics, monotonic=lambda: now[0])
    for _ in range(3):
        names.nearest("doog", 3)
        names.misspelt({"elephnat"})
    assert statistics.reads == 1
    now[0] += KEPT_SECONDS
    names.nearest("doog", 3)
    assert statistics.reads == 2
