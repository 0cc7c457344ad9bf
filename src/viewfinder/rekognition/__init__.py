"""The open DetectLabels engine: Amazon Rekognition's wire, answered by a model that runs here.

As a library: `from viewfinder.rekognition import detect_labels`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from viewfinder.rekognition.errors import EngineError
    from viewfinder.rekognition.labels.engine import Engine, detect_labels
    from viewfinder.rekognition.settings import Settings

__all__ = ["Engine", "EngineError", "Settings", "detect_labels"]

HOMES = {"Engine": "labels.engine", "EngineError": "errors", "Settings": "settings", "detect_labels": "labels.engine"}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used: the command line's help needs no neural network."""
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{HOMES[name]}"), name)
