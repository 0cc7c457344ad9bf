"""Image properties: brightness, contrast and sharpness follow the pixels, and objects are the foreground."""

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image, ImageFilter

from tests.unit.rekognition.images import halves, noise
from viewfinder.rekognition.labels.image_properties import Corners, ImageProperties

LEFT_HALF: Corners = (0.0, 0.0, 0.5, 1.0)


def properties(picture: Image.Image, *objects: Corners, most: int = 10) -> dict[str, Any]:
    return ImageProperties(picture, objects, most).document()


def colours(part: dict[str, Any]) -> dict[str, float]:
    return {colour["CSSColor"]: colour["PixelPercent"] for colour in part["DominantColors"]}


@pytest.mark.parametrize(("colour", "brightness"), [("black", 0.0), ("white", 100.0)])
def test_a_plain_picture_has_its_brightness_and_neither_contrast_nor_sharpness(colour: str, brightness: float) -> None:
    quality = properties(Image.new("RGB", (200, 100), colour))["Quality"]
    assert quality == {"Brightness": pytest.approx(brightness, abs=0.01), "Sharpness": 0.0, "Contrast": 0.0}


def test_black_beside_white_is_all_the_contrast_there_is() -> None:
    quality = properties(halves("black", "white"))["Quality"]
    assert quality["Contrast"] == pytest.approx(100, abs=0.01)
    assert quality["Brightness"] == pytest.approx(50, abs=0.01)


def test_a_blurred_picture_is_less_sharp_the_more_it_is_blurred() -> None:
    sharp = noise((300, 200)).resize((300, 200))
    blurred = [sharp.filter(ImageFilter.GaussianBlur(radius)) for radius in (0.5, 1, 2, 4)]
    values = [properties(picture)["Quality"]["Sharpness"] for picture in (sharp, *blurred)]
    assert values == sorted(values, reverse=True)
    assert values[0] == 100.0
    assert values[-1] < 20


def test_objects_are_the_foreground_and_the_rest_is_the_background() -> None:
    document = properties(halves("red", "blue"), LEFT_HALF)
    assert colours(document) == {"red": 50.0, "blue": 50.0}
    assert colours(document["Foreground"]) == {"red": 100.0}
    assert colours(document["Background"]) == {"blue": 100.0}


def test_the_parts_have_no_contrast_as_in_the_service() -> None:
    document = properties(halves("black", "white"), LEFT_HALF)
    assert document["Foreground"]["Quality"].keys() == {"Brightness", "Sharpness"}
    assert document["Background"]["Quality"]["Brightness"] == pytest.approx(100, abs=0.01)


@pytest.mark.parametrize("objects", [(), ((0.0, 0.0, 1.0, 1.0),)])
def test_where_objects_tell_nothing_the_middle_is_the_foreground(objects: tuple[Corners, ...]) -> None:
    picture = Image.new("RGB", (200, 200), "black")
    picture.paste("white", (50, 50, 150, 150))
    document = properties(picture, *objects)
    assert colours(document["Foreground"]) == {"white": 100.0}
    assert colours(document["Background"]) == {"black": 100.0}


@pytest.mark.parametrize("corners", [(1.0, 1.0, 1.0, 1.0), (0.999, 0.0, 1.0, 0.001)])
def test_the_smallest_box_still_has_a_colour(corners: Corners) -> None:
    found = ImageProperties(halves("red", "blue"), (), 10).colors_of(corners)
    assert [colour["CSSColor"] for colour in found] == ["blue"]


def test_properties_do_not_depend_on_the_resolution() -> None:
    small, large = halves("red", "white", (400, 300)), halves("red", "white", (4000, 3000))
    assert properties(large)["Quality"]["Brightness"] == pytest.approx(
        properties(small)["Quality"]["Brightness"], abs=0.5
    )
