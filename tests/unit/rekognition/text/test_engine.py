"""DetectText on drawn lines: what is read, where it is, and the rules of the response."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from tests.unit.rekognition.images import encode, plain, sample
from viewfinder.rekognition import Engines, detect_text
from viewfinder.rekognition.text.networks import words_of


def drawn(*lines: tuple[str, int, int], size: tuple[int, int] = (640, 480), height: int = 32) -> Image.Image:
    """A page with lines of text, each at the left and top given."""
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    for text, left, top in lines:
        draw.text((left, top), text, fill="black", font=ImageFont.load_default(height))
    return image


def read(engines: Engines, image: Image.Image, **filters: Any) -> list[dict[str, Any]]:
    response = detect_text(encode(image, "PNG"), filters=filters, engines=engines)
    return list(response["TextDetections"])


def of_type(detections: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [entry for entry in detections if entry["Type"] == kind]


def texts(detections: list[dict[str, Any]], kind: str) -> list[str]:
    return [entry["DetectedText"] for entry in of_type(detections, kind)]


def test_lines_come_before_words_and_words_name_their_line(engines: Engines) -> None:
    detections = read(engines, drawn(("Exit 12", 60, 60), ("Road to Paris", 60, 200)))
    assert [(entry["Type"], entry["DetectedText"], entry["Id"], entry.get("ParentId")) for entry in detections] == [
        ("LINE", "Exit 12", 0, None),
        ("LINE", "Road to Paris", 1, None),
        ("WORD", "Exit", 2, 0),
        ("WORD", "12", 3, 0),
        ("WORD", "Road", 4, 1),
        ("WORD", "to", 5, 1),
        ("WORD", "Paris", 6, 1),
    ]
    assert all(80 <= entry["Confidence"] <= 100 for entry in detections)


def test_lines_beside_each_other_are_read_from_left_to_right(engines: Engines) -> None:
    page = drawn(("second", 380, 104), ("first", 60, 100), ("third", 60, 300))
    assert texts(read(engines, page), "LINE") == ["first", "second", "third"]


def test_words_are_where_they_were_drawn(engines: Engines) -> None:
    line, left, top = "Three little words", 60, 100
    font = ImageFont.load_default(32)
    detections = read(engines, drawn((line, left, top)))
    for entry in of_type(detections, "WORD"):
        before, word = line[: line.index(entry["DetectedText"])], entry["DetectedText"]
        begin = left + font.getlength(before)
        box = entry["Geometry"]["BoundingBox"]
        assert box["Left"] * 640 == pytest.approx(begin, abs=9)
        assert (box["Left"] + box["Width"]) * 640 == pytest.approx(begin + font.getlength(word), abs=9)
        assert box["Top"] * 480 < top + 12
        assert (box["Top"] + box["Height"]) * 480 > top + 28


@pytest.mark.parametrize("angle", [-60, -25, 10, 25, 90, -90])
def test_turned_text_has_a_turned_polygon(engines: Engines, angle: int) -> None:
    page = drawn(("Platform 7", 220, 224))
    turned = page.rotate(-angle, Image.Resampling.BICUBIC, fillcolor="white")
    (line,) = of_type(read(engines, turned), "LINE")
    assert line["DetectedText"] == "Platform 7"
    corners = np.array([(point["X"] * 640, point["Y"] * 480) for point in line["Geometry"]["Polygon"]])
    along = corners[1] - corners[0]
    assert np.degrees(np.arctan2(along[1], along[0])) == pytest.approx(angle, abs=3)
    box = line["Geometry"]["BoundingBox"]
    assert (box["Left"] * 640, box["Top"] * 480) == pytest.approx(tuple(corners.min(axis=0)))


def test_a_line_stays_whole_while_one_of_its_words_passes(engines: Engines) -> None:
    page = drawn(("Left Right", 60, 100))
    half = {"BoundingBox": {"Left": 0, "Top": 0, "Width": 0.21, "Height": 1}}
    detections = read(engines, page, RegionsOfInterest=[half])
    assert (texts(detections, "LINE"), texts(detections, "WORD")) == (["Left Right"], ["Left"])
    corner = {"BoundingBox": {"Left": 0, "Top": 0.9, "Width": 0.1, "Height": 0.1}}
    assert read(engines, page, RegionsOfInterest=[corner]) == []


def test_a_response_has_at_most_a_hundred_words(engines: Engines) -> None:
    rows = [(" ".join(str(1000 + 8 * row + column) for column in range(8)), 20, 12 + 28 * row) for row in range(16)]
    detections = read(engines, drawn(*rows, height=20))
    words = texts(detections, "WORD")
    assert len(words) == 100
    assert words[:3] == ["1000", "1001", "1002"]
    assert len(of_type(detections, "LINE")) == 13  # twelve whole ones and a half


@pytest.mark.parametrize(
    "content", [plain("red"), sample("cat.jpg"), sample("coffee.jpg")], ids=["plain", "cat", "cup"]
)
def test_where_nothing_is_written_nothing_is_read(engines: Engines, content: bytes) -> None:
    assert detect_text(content, engines=engines) == {
        "TextDetections": [],
        "TextModelVersion": "viewfinder-text-1.0",
    }


def test_one_character_is_read_where_it_is_clearly_written(engines: Engines) -> None:
    assert texts(read(engines, drawn(("P", 300, 200), height=60)), "WORD") == ["P"]


def test_characters_are_read_between_blanks_and_repeats() -> None:
    characters = ("", "a", "b", " ")
    shown = [0, 1, 1, 0, 1, 3, 0, 2]  # - a a - a _ - b
    steps = np.eye(4, dtype=np.float32)[shown]
    words = list(words_of(steps, characters, length=8))
    assert [(word.text, word.confidence) for word in words] == [("aa", 1.0), ("b", 1.0)]
    margin = (7.5 - 1.5) / 3 / 2
    assert (words[0].begin, words[0].end) == pytest.approx(((1.5 - margin) / 8, (4.5 + margin) / 8))


def test_a_word_among_doubtful_ones_is_doubtful() -> None:
    characters = ("", "a", " ")
    steps = np.zeros((3, 3), dtype=np.float32)
    steps[0, 1], steps[1, 2], steps[2, 1] = 1.0, 1.0, 0.5
    sure, doubtful = words_of(steps, characters, length=3)
    assert (sure.confidence, doubtful.confidence) == pytest.approx((0.75, 0.375))
