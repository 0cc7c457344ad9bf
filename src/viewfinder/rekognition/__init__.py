"""The open Rekognition: Amazon Rekognition's wire, answered by models that run here.

As a library: `from viewfinder.rekognition import detect_labels, detect_text`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

# Before any module here imports it: onnxruntime's wheels send Microsoft what they run, unless told (its Privacy.md).
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

if TYPE_CHECKING:
    from viewfinder.rekognition.engines import Engines, compare_faces, detect_faces, detect_labels, detect_text
    from viewfinder.rekognition.errors import EngineError
    from viewfinder.rekognition.settings import Settings

__all__ = ["EngineError", "Engines", "Settings", "compare_faces", "detect_faces", "detect_labels", "detect_text"]

HOMES = {"EngineError": "errors", "Settings": "settings"}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used: the command line's help needs no neural network."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{HOMES.get(name, 'engines')}"), name)
