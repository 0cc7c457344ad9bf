"""A part of benchmarks/text_quality.py that is quick enough for every run."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.text_quality import drawn_line, exact_words, fonts_in
from tests.unit.rekognition.images import SAMPLES
from viewfinder.rekognition import Engines, detect_text

FONTS = fonts_in(Path("/usr/share/fonts"))
PHOTOS = Path(__file__).parents[5] / "shared" / "eval"
WITHOUT_TEXT = ("coco/000000001490.jpg", "voc/2007_000243.jpg", "coco/000000007784.jpg", "voc/2007_001377.jpg")
"""Photos looked at by eye on which a silhouette or a pattern resembles characters."""


def test_the_sign_of_the_samples_is_read(engines: Engines) -> None:
    found = detect_text(SAMPLES / "sign.jpg", engines=engines)["TextDetections"]
    assert [entry["DetectedText"] for entry in found if entry["Type"] == "LINE"] == [
        "HARBOUR STREET",
        "Old Lighthouse 300 m",
    ]


@pytest.mark.skipif(not FONTS, reason="none of the fonts")
def test_words_of_five_languages_are_read_exactly(engines: Engines) -> None:
    missed: list[str] = []
    samples = [drawn_line(seed, FONTS) for seed in range(12)]
    assert exact_words(engines.text, samples, missed.append) >= 0.97, missed


@pytest.mark.skipif(not PHOTOS.exists(), reason="no photos of known content")
@pytest.mark.parametrize("photo", WITHOUT_TEXT)
def test_no_silhouette_is_read(engines: Engines, photo: str) -> None:
    assert detect_text(PHOTOS / photo, engines=engines)["TextDetections"] == []
