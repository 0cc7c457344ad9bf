"""The two encoders of a model of the user's: a picture and a text that describes it get vectors of a small angle."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from viewfinder.rekognition.clip.files import ClipFiles
from viewfinder.rekognition.clip.preprocessing import Preprocessing
from viewfinder.rekognition.clip.tokens import Tokens
from viewfinder.rekognition.errors import ModelFileError
from viewfinder.rekognition.networks import Floats, open_session

MAX_SIZE = 4096
"""Numbers of a vector."""

_TYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16}
_INTEGERS = {"tensor(int64)": np.int64, "tensor(int32)": np.int32}
_OUTPUTS = ("embeds", "embedding", "pooler", "pooled")
"""What the names of outputs have in them, best first: exports give the layer before as well (`last_hidden_state`)."""


class Clip:
    """A model of words and pictures; safe to use from several threads. `name` changes with any of its files."""

    def __init__(self, folder: Path) -> None:
        """Open the files of a folder and try both encoders; raise ModelFileError."""
        files = ClipFiles.in_folder(folder)
        self._image, self._text = _Encoder(files.image), _Encoder(files.text)
        pixels = self._image.input(_TYPES, lambda shape: (len(shape) == 4 and shape[1] in (3, "3")) or _is_open(shape))
        sides = tuple(pixels.shape[2:])
        fixed = (sides[0], sides[1]) if all(isinstance(side, int) and side > 0 for side in sides) else None
        self._pixels, self._preprocessing = pixels, Preprocessing.read(files.preprocessor, fixed)
        self._ids = self._text.input(_INTEGERS, lambda shape: len(shape) == 2)
        length = self._ids.shape[1] if isinstance(self._ids.shape[1], int) and self._ids.shape[1] > 0 else None
        self._tokens = Tokens(files.tokenizer, files.tokenizer_config, length)
        self.size = len(self.image(Image.new("RGB", (64, 48), "teal")))
        words = len(self.text("a photo"))
        if words != self.size:
            raise ModelFileError(
                f"{files.image} gives {self.size} numbers and {files.text} {words}: they are not of one model"
            )
        self.name = files.identity

    def image(self, picture: Image.Image) -> Floats:
        """Return the vector of a picture in RGB, of length 1."""
        tensor = self._preprocessing.tensor(picture).astype(_TYPES[self._pixels.type])
        return self._image.run({self._pixels.name: tensor})

    def text(self, text: str) -> Floats:
        """Return the vector of a text, of length 1."""
        ids, mask = self._tokens.encode(text)
        kind = _INTEGERS[self._ids.type]
        given = {self._ids.name: ids.astype(kind)}
        for entry in self._text.inputs:
            if "mask" in entry.name:
                given[entry.name] = mask.astype(_INTEGERS.get(entry.type, np.int64))
        return self._text.run(given)

    def written(self, vector: Floats) -> str:
        """Return a vector as it is sent: the model's name, a slash, and signed bytes in base64."""
        return f"{self.name}/{base64.b64encode(signed_bytes(vector)).decode()}"


def signed_bytes(vector: Floats) -> bytes:
    """Return a vector as int8 of which the largest is 127: its direction counts, and the largest scale keeps most."""
    scaled = np.round(127 * vector / max(float(np.abs(vector).max()), 1e-9))
    return scaled.astype(np.int8).tobytes()


class _Encoder:
    """One of the two graphs, and the output that is the vector."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._session = open_session(file)
        self.inputs = self._session.get_inputs()
        self._output = self._vector_output()

    def input(self, types: Any, fits: Any) -> Any:
        """Return the input that takes the picture or the text; raise ModelFileError."""
        found = [entry for entry in self.inputs if entry.type in types and "mask" not in entry.name]
        if len(found) != 1 or not fits(list(found[0].shape)):
            given = {entry.name: (entry.type, entry.shape) for entry in self.inputs}
            raise ModelFileError(f"{self._file} is not the encoder that its name says: its inputs are {given}")
        return found[0]

    def run(self, given: dict[str, Any]) -> Floats:
        """Return the vector, of length 1; raise ModelFileError where the graph fails or its answer is no vector."""
        try:
            (answer,) = self._session.run([self._output], given)
        except Exception as error:  # onnxruntime's exceptions share no base but Exception
            raise ModelFileError(f"{self._file} fails: {error}") from error
        values = np.asarray(answer, dtype=np.float32).reshape(-1)
        length = float(np.linalg.norm(values))
        if not 2 <= len(values) <= MAX_SIZE or not np.isfinite(length) or not length:
            raise ModelFileError(f"{self._file} gives {np.shape(answer)} numbers of length {length:g}: no vector")
        return np.asarray(values / length, dtype=np.float32)

    def _vector_output(self) -> str:
        flat = [entry for entry in self._session.get_outputs() if len(entry.shape) == 2]
        named = [entry.name for word in _OUTPUTS for entry in flat if word in entry.name]
        if not flat:
            found = {entry.name: entry.shape for entry in self._session.get_outputs()}
            raise ModelFileError(f"{self._file} gives no vector: its outputs are {found}")
        return str(named[0] if named else flat[0].name)


def _is_open(shape: list[Any]) -> bool:
    """Return whether a graph leaves the number of channels open."""
    return len(shape) == 4 and not isinstance(shape[1], int)
