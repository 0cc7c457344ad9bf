"""The files of a model's folder, as usual exports of CLIP have them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from viewfinder.rekognition.errors import ModelFileError

IMAGE_WORDS, TEXT_WORDS = ("visual", "vision", "image"), ("textual", "text")
"""What the name of the encoder's file has in it, or of its folder: `vision_model.onnx`, `textual/model.onnx`."""

_PREPROCESSORS = ("preprocessor_config.json", "preprocess_cfg.json")
_DEPTH = 2
_MOST_JSON = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ClipFiles:
    """The files of one model; the configurations are None where the folder has none."""

    image: Path
    text: Path
    tokenizer: Path
    preprocessor: Path | None = None
    tokenizer_config: Path | None = None

    @classmethod
    def in_folder(cls, folder: Path) -> ClipFiles:
        """Find the files in a folder, or in folders up to two levels below; raise ModelFileError."""
        if not folder.is_dir():
            raise ModelFileError(f"{folder} is not a folder")
        known = _files(folder)
        graphs = [file for file in known if file.suffix == ".onnx"]
        tokenizer = _first(known, ("tokenizer.json",))
        if tokenizer is None:
            raise ModelFileError(f"{folder} has no tokenizer.json, in itself or two levels below")
        return cls(
            image=_encoder(graphs, folder, "image", IMAGE_WORDS, TEXT_WORDS),
            text=_encoder(graphs, folder, "text", TEXT_WORDS, IMAGE_WORDS),
            tokenizer=tokenizer,
            preprocessor=_first(known, _PREPROCESSORS),
            tokenizer_config=_first(known, ("tokenizer_config.json",)),
        )

    @property
    def identity(self) -> str:
        """A name of everything that a vector depends on: of other files it is another one."""
        found = hashlib.sha256()
        for file in self._all():
            try:
                with file.open("rb") as opened:
                    found.update(hashlib.file_digest(opened, "sha256").digest())
            except OSError as error:
                raise ModelFileError(f"{file} can't be read: {error}") from error
        return f"clip-{found.hexdigest()[:16]}"

    def _all(self) -> list[Path]:
        """Return the files in an order; weights may lie beside their graph (`model.onnx_data`, `model.onnx.data`)."""
        graphs = [path for graph in (self.image, self.text) for path in sorted(graph.parent.glob(f"{graph.name}*"))]
        others = [path for path in (self.tokenizer, self.preprocessor, self.tokenizer_config) if path]
        return [path for path in graphs + others if path.is_file()]


def read_config(file: Path | None) -> dict[str, Any]:
    """Return a configuration, empty without one; raise ModelFileError."""
    if file is None:
        return {}
    try:
        if file.stat().st_size > _MOST_JSON:
            raise ModelFileError(f"{file} is too large for a configuration")
        document = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelFileError(f"{file} is not a JSON document: {error}") from error
    if not isinstance(document, dict):
        raise ModelFileError(f"{file} is not a JSON object")
    return document


def _files(folder: Path) -> list[Path]:
    """Return the files up to two levels below, those of short paths first."""
    levels = ["/".join("*" * depth) for depth in range(1, _DEPTH + 2)]
    found = {path for level in levels for path in folder.glob(level) if path.is_file()}
    return sorted(found, key=lambda path: (len(path.parts), len(path.name), path.as_posix()))


def _first(files: Iterable[Path], names: tuple[str, ...]) -> Path | None:
    return next((file for file in files if file.name in names), None)


def _encoder(graphs: list[Path], folder: Path, what: str, words: tuple[str, ...], others: tuple[str, ...]) -> Path:
    """Return the graph of the shortest name: variants have additions (`vision_model_quantized.onnx`)."""
    fitting = [file for file in graphs if _speaks_of(file.relative_to(folder), words, others)]
    if not fitting:
        found = ", ".join(file.relative_to(folder).as_posix() for file in graphs) or "none"
        wanted = ", ".join(words)
        raise ModelFileError(
            f"{folder} has no {what} encoder: no ONNX file has {wanted} in its name; ONNX files: {found}"
        )
    shortest = [file for file in fitting if len(file.name) == len(fitting[0].name)]
    same_depth = [file for file in shortest if len(file.parts) == len(fitting[0].parts)]
    if len(same_depth) > 1:
        names = ", ".join(file.relative_to(folder).as_posix() for file in same_depth)
        raise ModelFileError(f"{folder} has several files that may be the {what} encoder: {names}")
    return fitting[0]


def _speaks_of(file: Path, words: tuple[str, ...], others: tuple[str, ...]) -> bool:
    """Return whether the file's name says so, or else its folder's: the first that names an encoder counts."""
    for part in (file.name, *reversed(file.parts[:-1])):
        name = part.lower()
        says, says_other = (any(word in name for word in group) for group in (words, others))
        if says or says_other:
            return says and not says_other
    return False
