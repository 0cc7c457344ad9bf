"""What the engine answers besides Rekognition's operations: vectors of pictures and of words."""

from __future__ import annotations

import binascii
import json
from collections.abc import Callable, Mapping
from typing import Any

import pybase64

from viewfinder.rekognition.engines import Engines
from viewfinder.rekognition.errors import EngineError, invalid_parameter

TARGET_PREFIX = "Viewfinder."
MAX_TEXT = 1000

Document = dict[str, Any]


def is_ours(target: str | None) -> bool:
    """Return whether X-Amz-Target names one of these operations, known or not."""
    return (target or "").startswith(TARGET_PREFIX)


def check(target: str | None) -> None:
    """Raise UnknownOperationException for an operation that there is not."""
    if target not in _OPERATIONS:
        raise EngineError("UnknownOperationException", f"{target} is no operation of this engine")


def answer(target: str, engines: Engines, body: bytes) -> Document:
    """Return the document of a response; raise EngineError."""
    try:
        document = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise EngineError("SerializationException", "The body is not JSON") from error
    if not isinstance(document, dict):
        raise EngineError("SerializationException", "The body is not a JSON object")
    return _OPERATIONS[target](engines, document)


def _describe(engines: Engines, _: Document) -> Document:
    """Name the model of the vectors, and say whether it knows words."""
    return {"Model": engines.labels.vector_model, "Words": engines.labels.knows_words}


def _embed_text(engines: Engines, document: Document) -> Document:
    text = document.get("Text")
    if not isinstance(text, str) or not 1 <= len(text) <= MAX_TEXT:
        raise invalid_parameter(f"Text must be a text of 1 to {MAX_TEXT:,} characters")
    return {"Vector": engines.labels.text_vector(text)}


def _embed_image(engines: Engines, document: Document) -> Document:
    content = document.get("Bytes")
    try:
        return {
            "Vector": engines.labels.vector(
                pybase64.b64decode(content if isinstance(content, str) else b"", validate=True)
            )
        }
    except binascii.Error as error:
        raise invalid_parameter("Bytes must be in base64") from error


_OPERATIONS: Mapping[str, Callable[[Engines, Document], Document]] = {
    f"{TARGET_PREFIX}DescribeModel": _describe,
    f"{TARGET_PREFIX}EmbedText": _embed_text,
    f"{TARGET_PREFIX}EmbedImage": _embed_image,
}
