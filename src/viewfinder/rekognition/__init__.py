"""The engine: Amazon Rekognition's API, answered by local models.

As a library: `from viewfinder.rekognition import detect_labels, index_faces`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

# Before any module here imports it: onnxruntime's wheels send Microsoft what they run, unless told (its Privacy.md).
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

if TYPE_CHECKING:
    from viewfinder.rekognition.engines import (
        Engines,
        compare_faces,
        detect_faces,
        detect_labels,
        detect_text,
        image_vector,
    )
    from viewfinder.rekognition.errors import EngineError
    from viewfinder.rekognition.library import (
        associate_faces,
        create_collection,
        create_user,
        delete_collection,
        delete_faces,
        delete_user,
        describe_collection,
        disassociate_faces,
        index_faces,
        list_collections,
        list_faces,
        list_tags_for_resource,
        list_users,
        search_faces,
        search_faces_by_image,
        search_users,
        search_users_by_image,
        tag_resource,
        untag_resource,
    )
    from viewfinder.rekognition.settings import Settings

COLLECTIONS = (
    "create_collection",
    "describe_collection",
    "list_collections",
    "delete_collection",
    "index_faces",
    "list_faces",
    "delete_faces",
    "search_faces",
    "search_faces_by_image",
    "create_user",
    "list_users",
    "delete_user",
    "associate_faces",
    "disassociate_faces",
    "search_users",
    "search_users_by_image",
    "tag_resource",
    "untag_resource",
    "list_tags_for_resource",
)

__all__ = [
    "EngineError",
    "Engines",
    "Settings",
    "associate_faces",
    "compare_faces",
    "create_collection",
    "create_user",
    "delete_collection",
    "delete_faces",
    "delete_user",
    "describe_collection",
    "detect_faces",
    "detect_labels",
    "detect_text",
    "disassociate_faces",
    "image_vector",
    "index_faces",
    "list_collections",
    "list_faces",
    "list_tags_for_resource",
    "list_users",
    "search_faces",
    "search_faces_by_image",
    "search_users",
    "search_users_by_image",
    "tag_resource",
    "untag_resource",
]

HOMES = {"EngineError": "errors", "Settings": "settings", **dict.fromkeys(COLLECTIONS, "library")}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used: the command line's help needs no neural network."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{HOMES.get(name, 'engines')}"), name)
