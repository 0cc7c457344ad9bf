"""The engines of all operations, each loaded on first use; the detecting operations as functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

from viewfinder.rekognition.faces.collections import Collections
from viewfinder.rekognition.faces.engine import Comparison, FaceEngine
from viewfinder.rekognition.faces.store import Store
from viewfinder.rekognition.faces.users import Users
from viewfinder.rekognition.labels.engine import LabelEngine
from viewfinder.rekognition.labels.request import Request as LabelRequest
from viewfinder.rekognition.settings import Settings
from viewfinder.rekognition.text.engine import Request as TextRequest
from viewfinder.rekognition.text.engine import TextEngine

Document = dict[str, Any]
Picture = bytes | Path


class Engines:
    """One engine for each folder of operations; thread-safe."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = Lock()
        self._labels: LabelEngine | None = None
        self._text: TextEngine | None = None
        self._faces: FaceEngine | None = None
        self._collections: Collections | None = None

    @property
    def labels(self) -> LabelEngine:
        """Return the engine of DetectLabels; raise ModelFileError."""
        with self._lock:
            self._labels = self._labels or LabelEngine.load(self._settings)
            return self._labels

    @property
    def text(self) -> TextEngine:
        """Return the engine of DetectText."""
        with self._lock:
            self._text = self._text or TextEngine(self._settings.max_pixels)
            return self._text

    @property
    def faces(self) -> FaceEngine:
        """Return the engine of DetectFaces and CompareFaces."""
        with self._lock:
            self._faces = self._faces or FaceEngine(self._settings.max_pixels)
            return self._faces

    @property
    def collections(self) -> Collections:
        """Return the collections of the settings' data directory; raise StoreError."""
        with self._lock:
            self._collections = self._collections or self._open_collections()
            return self._collections

    @property
    def users(self) -> Users:
        """Return the users of the collections; raise StoreError."""
        return Users(self.collections)

    def _open_collections(self) -> Collections:
        settings = self._settings
        store = Store.in_folder(settings.data_dir)
        return Collections(store, lambda: self.faces, region=settings.region, max_faces=settings.max_faces)


@cache
def default_engines() -> Engines:
    """Return the default engines of the functions below."""
    return Engines(Settings())


def detect_labels(
    image: Picture,
    *,
    max_labels: int | None = None,
    min_confidence: float | None = None,
    features: Sequence[str] | None = None,
    settings: Mapping[str, Any] | None = None,
    vector: bool = False,
    engines: Engines | None = None,
) -> Document:
    """Return the response of Rekognition's DetectLabels, computed in this process.

    Take a JPEG or PNG, as bytes or by its path, and the members of the request by their Python names; return the
    response's document. With `vector` it has a member `Vector` too, which the service has not: see `image_vector`.
    Raise EngineError with the service's code.
    """
    members = {"MaxLabels": max_labels, "MinConfidence": min_confidence, "Features": features, "Settings": settings}
    request = replace(LabelRequest.from_document(_given(members)), vector=vector)
    return (engines or default_engines()).labels.detect_labels(_content(image), request)


def image_vector(image: Picture, *, engines: Engines | None = None) -> str:
    """Return what the classifier computes of a JPEG or PNG before its last layer: pictures that are alike are near.

    The text is the model's name, a slash, and 1,280 signed bytes of length 127 in base64; errors as in detect_labels.
    """
    return (engines or default_engines()).labels.vector(_content(image))


def detect_text(
    image: Picture, *, filters: Mapping[str, Any] | None = None, engines: Engines | None = None
) -> Document:
    """Return the response of DetectText; arguments and errors as in detect_labels."""
    request = TextRequest.from_document(_given({"Filters": filters}))
    return (engines or default_engines()).text.detect_text(_content(image), request)


def detect_faces(image: Picture, *, engines: Engines | None = None) -> Document:
    """Return the response of DetectFaces, with the default attributes only; errors as in detect_labels."""
    return (engines or default_engines()).faces.detect_faces(_content(image))


def compare_faces(
    source: Picture,
    target: Picture,
    *,
    similarity_threshold: float | None = None,
    quality_filter: str | None = None,
    engines: Engines | None = None,
) -> Document:
    """Return the response of CompareFaces; arguments and errors as in detect_labels."""
    members = {"SimilarityThreshold": similarity_threshold, "QualityFilter": quality_filter}
    comparison = Comparison.from_document(_given(members))
    return (engines or default_engines()).faces.compare_faces(_content(source), _content(target), comparison)


def _given(members: Mapping[str, Any]) -> Document:
    return {name: value for name, value in members.items() if value is not None}


def _content(image: Picture) -> bytes:
    return image.read_bytes() if isinstance(image, Path) else image
