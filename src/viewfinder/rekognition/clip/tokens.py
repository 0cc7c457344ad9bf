"""Words as the numbers that a text encoder takes, by the tokenizer of its export."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from viewfinder.rekognition.clip.files import read_config
from viewfinder.rekognition.errors import ModelFileError
from viewfinder.rekognition.networks import Integers

LENGTH = 77
"""CLIP's (Radford et al. 2021), where neither graph nor configuration says otherwise."""

MAX_LENGTH = 512


class Tokens:
    """Encodes texts to one length, cut or padded; safe to use from several threads."""

    def __init__(self, file: Path, config: Path | None, length: int | None) -> None:
        """Read tokenizer.json; `length` is that of the graph's input, where it fixes one. Raise ModelFileError."""
        try:
            from tokenizers import Tokenizer
        except ImportError as error:
            raise ModelFileError("A model of words needs tokenizers: pip install 'viewfinder[clip]'") from error
        settings = read_config(config)
        try:
            self._tokenizer = Tokenizer.from_file(str(file))
        except Exception as error:  # the library raises Exception itself
            raise ModelFileError(f"{file} can't be read as a tokenizer: {error}") from error
        self.length = length or _length(self._tokenizer, settings)
        name = _padding(settings, self._tokenizer)
        number = self._tokenizer.token_to_id(name) if name else 0
        self._tokenizer.enable_truncation(max_length=self.length)
        self._tokenizer.enable_padding(length=self.length, pad_id=number or 0, pad_token=name or "")

    def encode(self, text: str) -> tuple[Integers, Integers]:
        """Return the numbers of a text, and which of them are no padding: (1, length) each."""
        encoded = self._tokenizer.encode(text)
        return np.array([encoded.ids], np.int64), np.array([encoded.attention_mask], np.int64)


def _length(tokenizer: Any, settings: dict[str, Any]) -> int:
    given = settings.get("model_max_length") or (tokenizer.truncation or {}).get("max_length")
    is_length = isinstance(given, int) and 1 < given <= MAX_LENGTH  # "no limit" is written as a huge number
    return given if isinstance(given, int) and is_length else LENGTH


def _padding(settings: dict[str, Any], tokenizer: Any) -> str:
    token = settings.get("pad_token") or (tokenizer.padding or {}).get("pad_token") or ""
    return str(token.get("content", "")) if isinstance(token, dict) else str(token)
