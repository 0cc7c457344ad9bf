"""Colours: every CSS name finds itself, every one has a simplified colour, and shares are of pixels."""

from __future__ import annotations

import numpy as np
from PIL import ImageColor

from viewfinder.rekognition.labels.image_properties import (
    NAMES,
    SIMPLIFIED,
    SIMPLIFIED_OF,
    dominant_colors,
    named,
    palette,
)


def pixels(*colours: str) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.array([ImageColor.getrgb(colour) for colour in colours], dtype=np.uint8)


def test_every_css_colour_is_in_the_palette_once() -> None:
    values = {ImageColor.getrgb(name) for name in ImageColor.colormap}
    assert {tuple(colour) for colour in palette().tolist()} == values
    assert len(NAMES) == len(values)


def test_there_are_twelve_simplified_colours() -> None:
    assert len(SIMPLIFIED) == 12


def test_main_colours_are_named_after_themselves() -> None:
    main = ("black", "white", "red", "blue", "yellow", "orange", "purple", "gray")
    assert [NAMES[index] for index in named(pixels(*main))] == list(main)


def test_colours_seen_in_the_service_have_its_simplified_names() -> None:
    assert [SIMPLIFIED_OF[name] for name in ("darkslategrey", "dimgrey", "gray", "darkolivegreen", "black")] == [
        "grey",
        "grey",
        "grey",
        "green",
        "black",
    ]


def test_dominant_colours_come_with_their_share_most_frequent_first() -> None:
    colours = dominant_colors(named(pixels("red", "black", "red", "red")), most=10)
    assert colours == [
        {
            "Red": 255,
            "Blue": 0,
            "Green": 0,
            "HexCode": "#ff0000",
            "CSSColor": "red",
            "SimplifiedColor": "red",
            "PixelPercent": 75.0,
        },
        {
            "Red": 0,
            "Blue": 0,
            "Green": 0,
            "HexCode": "#000000",
            "CSSColor": "black",
            "SimplifiedColor": "black",
            "PixelPercent": 25.0,
        },
    ]


def test_no_more_colours_than_asked_for_and_none_below_one_percent() -> None:
    names = named(pixels(*["red"] * 298, "blue", "blue"))
    assert [colour["CSSColor"] for colour in dominant_colors(names, most=10)] == ["red"]
    assert dominant_colors(names, most=0) == []
