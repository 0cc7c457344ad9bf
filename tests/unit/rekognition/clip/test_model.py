"""A model of the user's: the real loading code with a tiny model of three colours, and files that don't fit."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support.tiny_clip import SIDE, image_graph, text_graph, write_clip
from viewfinder.rekognition.clip.model import Clip, signed_bytes
from viewfinder.rekognition.clip.preprocessing import Preprocessing
from viewfinder.rekognition.clip.tokens import Tokens
from viewfinder.rekognition.errors import ModelFileError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "model")


@pytest.mark.parametrize(("colour", "others"), [("red", ("green", "blue")), ("blue", ("red", "green"))])
def test_a_text_is_nearest_to_the_pictures_that_it_describes(
    folder: Path, colour: str, others: tuple[str, ...]
) -> None:
    clip = Clip(folder)
    text = clip.text(f"{colour.upper()} unheard")
    similar = {name: float(text @ clip.image(Image.new("RGB", (300, 200), name))) for name in (colour, *others)}
    assert similar[colour] > 0.7
    assert max(similar[name] for name in others) < 0
    assert float(np.linalg.norm(text)) == pytest.approx(1)


@pytest.mark.parametrize("side", [SIDE, "side"])
def test_the_input_size_is_that_of_the_graph_or_of_the_configuration(tmp_path: Path, side: int | str) -> None:
    assert Clip(write_clip(tmp_path / "model", side=side)).size == 3


def test_the_centre_of_a_picture_is_taken(folder: Path) -> None:
    wide = Image.new("RGB", (300, 100), "red")
    wide.paste("blue", (100, 0, 200, 100))
    vector = Clip(folder).image(wide)
    assert vector[2] > 0 > vector[0]


def test_a_vector_is_written_with_the_models_name_and_keeps_its_direction(folder: Path) -> None:
    clip = Clip(folder)
    name, _, values = clip.written(np.array([0.6, -0.8, 0.0], np.float32)).partition("/")
    assert name == clip.name
    assert np.frombuffer(base64.b64decode(values), np.int8).tolist() == [95, -127, 0]
    assert signed_bytes(np.array([0.0, 0.5], np.float32)) == bytes([0, 127])


def test_another_model_has_another_name(folder: Path, tmp_path: Path) -> None:
    assert Clip(folder).name == Clip(folder).name
    assert Clip(folder).name != Clip(write_clip(tmp_path / "other", bias=0.1)).name


def test_encoders_of_two_models_are_refused(tmp_path: Path) -> None:
    folder = write_clip(tmp_path / "model", text_size=4)
    with pytest.raises(ModelFileError, match=r"gives 3 numbers and .* 4: they are not of one model"):
        Clip(folder)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("onnx/vision_model.onnx", b"no graph", "can't be loaded as an ONNX model"),
        ("onnx/text_model.onnx", b"", "can't be loaded as an ONNX model"),
        ("onnx/vision_model.onnx", text_graph(), "is not the encoder that its name says: its inputs are"),
        ("onnx/text_model.onnx", image_graph(), "is not the encoder that its name says: its inputs are"),
        ("tokenizer.json", b"{}", "can't be read as a tokenizer"),
        ("tokenizer_config.json", b"[]", "is not a JSON object"),
        ("preprocessor_config.json", b"{", "is not a JSON document"),
        ("preprocessor_config.json", b'{"image_mean": [0.5]}', "nothing usable of the picture's size"),
        ("preprocessor_config.json", b'{"resample": "magic"}', "nothing usable of the picture's size"),
    ],
)
def test_files_that_do_not_fit_are_refused_in_one_sentence(
    folder: Path, name: str, content: bytes, message: str
) -> None:
    (folder / name).write_bytes(content)
    with pytest.raises(ModelFileError, match=message):
        Clip(folder)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({}, (224, 224, True)),
        ({"size": {"shortest_edge": 336}, "crop_size": {"height": 336, "width": 336}}, (336, 336, True)),
        ({"size": {"height": 256, "width": 192}}, (192, 256, False)),
        ({"size": [224, 224], "resize_mode": "squash", "interpolation": "bicubic"}, (224, 224, False)),
        ({"size": 240}, (240, 240, True)),
    ],
)
def test_sizes_are_read_as_configurations_write_them(
    tmp_path: Path, document: dict[str, object], expected: tuple[int, int, bool]
) -> None:
    file = tmp_path / "preprocessor_config.json"
    file.write_text(json.dumps(document))
    read = Preprocessing.read(file, None)
    assert (read.width, read.height, read.is_cropped) == expected


def test_without_a_configuration_the_documented_defaults_hold() -> None:
    white = Preprocessing.read(None, None).tensor(Image.new("RGB", (300, 200), "white"))
    assert white.shape == (1, 3, 224, 224)
    assert white[0, :, 0, 0].tolist() == pytest.approx([1.9303, 2.0749, 2.1459], abs=1e-3)


@pytest.mark.parametrize(
    ("config", "fixed", "length"),
    [({"model_max_length": 64}, None, 64), ({"model_max_length": 10**30}, None, 77), ({}, 16, 16), ({}, None, 77)],
)
def test_texts_have_the_length_of_the_graph_or_of_the_tokenizer(
    folder: Path, config: dict[str, int], fixed: int | None, length: int
) -> None:
    file = folder / "tokenizer_config.json"
    file.write_text(json.dumps(config | {"pad_token": {"content": "[UNK]"}}))
    ids, mask = Tokens(folder / "tokenizer.json", file, fixed).encode("red " * 3)
    assert ids.shape == mask.shape == (1, length)
    assert ids[0, :4].tolist() == [4, 4, 4, 1]
    assert mask.sum() == 3
