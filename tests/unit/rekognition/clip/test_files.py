"""The files of a model's folder: where exports have them, and what is said of a folder that lacks one."""

from __future__ import annotations

from pathlib import Path

import pytest

from viewfinder.rekognition.clip.files import ClipFiles
from viewfinder.rekognition.errors import ModelFileError

EXPORTS = {
    "visual.onnx": ("visual.onnx", "textual.onnx", "tokenizer.json"),
    "onnx/vision_model.onnx": (
        *("onnx/vision_model.onnx", "onnx/vision_model_quantized.onnx", "onnx/text_model.onnx"),
        *("onnx/text_model_fp16.onnx", "onnx/model.onnx", "tokenizer.json"),
    ),
    "visual/model.onnx": ("visual/model.onnx", "textual/model.onnx", "textual/tokenizer.json"),
}


def write(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


@pytest.mark.parametrize("image", EXPORTS)
def test_the_files_are_found_as_exports_name_them(tmp_path: Path, image: str) -> None:
    files = ClipFiles.in_folder(write(tmp_path, *EXPORTS[image]))
    text = image.replace("visual", "textual").replace("vision", "text")
    assert (files.image, files.text) == (tmp_path / image, tmp_path / text)
    assert files.tokenizer.name == "tokenizer.json"
    assert files.preprocessor is None


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((), "has no tokenizer.json, in itself or two levels below"),
        (("tokenizer.json",), "has no image encoder: .* visual, vision, image in its name; ONNX files: none"),
        (
            ("tokenizer.json", "visual.onnx", "model.onnx"),
            "has no text encoder: .* textual, text in its name; ONNX files: model.onnx, visual.onnx",
        ),
        (
            ("tokenizer.json", "visual_a.onnx", "visual_b.onnx", "text.onnx"),
            "several files that may be the image encoder: visual_a.onnx, visual_b.onnx",
        ),
    ],
)
def test_what_is_missing_is_said_with_what_was_looked_for(tmp_path: Path, names: tuple[str, ...], message: str) -> None:
    with pytest.raises(ModelFileError, match=message):
        ClipFiles.in_folder(write(tmp_path, *names))


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="absent is not a folder"):
        ClipFiles.in_folder(tmp_path / "absent")


def test_the_identity_changes_with_each_file_and_with_weights_beside_a_graph(tmp_path: Path) -> None:
    files = ClipFiles.in_folder(write(tmp_path, *EXPORTS["visual.onnx"]))
    seen = {files.identity}
    for name in (*EXPORTS["visual.onnx"], "visual.onnx.data"):
        (tmp_path / name).write_text("another")
        seen.add(files.identity)
    assert len(seen) == 5
    assert all(identity.startswith("clip-") and len(identity) == 21 for identity in seen)
