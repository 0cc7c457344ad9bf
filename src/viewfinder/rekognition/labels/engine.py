"""DetectLabels: image bytes and a request in, the document of the response out."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from PIL import Image

from viewfinder.rekognition.labels.classifier import Classifier, Look
from viewfinder.rekognition.labels.custom_classifier import CustomClassifier
from viewfinder.rekognition.labels.detectors import Detector, default_detector, digest, open_detector
from viewfinder.rekognition.labels.doubt import Doubt
from viewfinder.rekognition.labels.image_properties import Corners, ImageProperties
from viewfinder.rekognition.labels.merging import Label, LabelMerger, answer, label_document, load_taxonomy
from viewfinder.rekognition.labels.request import LEAST_CONFIDENCE, Request
from viewfinder.rekognition.labels.scenes import SceneHead
from viewfinder.rekognition.labels.vector import vector_of
from viewfinder.rekognition.networks import mirrored
from viewfinder.rekognition.pictures import read_picture
from viewfinder.rekognition.settings import Settings

MODEL_VERSION = "viewfinder-1.2"
FORMER_VERSIONS = ("viewfinder-1.1",)
"""Older ones, newest first: what they said of a picture is coarser, but not wrong."""

LEAST_SCORE = 0.1
"""Below it a detector's boxes are noise, whatever confidence is asked for."""

DETAIL = 640
"""Pixels that a side keeps when a JPEG is scaled while decoding: enough for both networks and the image properties."""


def model_version(settings: Settings) -> str:
    """Return the LabelModelVersion of an engine with these settings; raise ModelFileError."""
    single = ["single"] if settings.passes == 1 else []
    custom = [digest(Path(file)) for file in (settings.detector, settings.classifier, settings.classes) if file]
    sure = [f"{settings.min_probability:g}"] if settings.classifier else []
    return "-".join([MODEL_VERSION, *single, *custom, *sure])


def former_versions(settings: Settings) -> tuple[str, ...]:
    """Return the versions of older engines with these settings, newest first; raise ModelFileError."""
    own = model_version(settings).removeprefix(MODEL_VERSION)
    return tuple(version + own for version in FORMER_VERSIONS) if not settings.classifier else ()


class LabelEngine:
    """The two networks and the taxonomy, loaded once; safe to use from several threads."""

    def __init__(
        self, detector: Detector, classifier: Classifier, settings: Settings, own: CustomClassifier | None = None
    ) -> None:
        self._detector = detector
        self._classifier = classifier
        self._max_pixels = settings.max_pixels
        self._passes = settings.passes
        self._scenes = SceneHead()
        self._own = own
        class_names = own.names if own else ()
        self._merger = LabelMerger(load_taxonomy(), detector.names, Doubt(detector.names), class_names)
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="classifier")
        self._lock = Lock()
        self._under_way = 0
        self.version = model_version(settings)

    @classmethod
    def load(cls, settings: Settings) -> LabelEngine:
        """Open the networks that the settings name; raise ModelFileError."""
        labels = Path(settings.labels) if settings.labels else None
        detector = open_detector(Path(settings.detector), labels) if settings.detector else default_detector()
        own = _custom_classifier(settings) if settings.classifier else None
        return cls(detector, Classifier(), settings, own)

    def detect_labels(self, content: bytes, request: Request) -> dict[str, Any]:
        """Return the DetectLabels response; raise EngineError where the image can't be taken."""
        with self._alone() as alone:
            picture = read_picture(content, max_pixels=self._max_pixels, detail=DETAIL)
            labels, look = self._look(picture, min(request.min_confidence, LEAST_CONFIDENCE), side_by_side=alone)
            vector = {"Vector": vector_of(look.features)} if request.vector else {}
            return self._document(picture, labels, request) | vector

    def vector(self, content: bytes) -> str:
        """Return the picture's vector, as `vector_of` writes it; raise EngineError where the image can't be taken."""
        picture = read_picture(content, max_pixels=self._max_pixels, detail=DETAIL)
        return vector_of(self._classifier.look(picture).features)

    def _look(self, picture: Image.Image, least: float, *, side_by_side: bool) -> tuple[list[Label], Look]:
        classified = self._beside.submit(self._classifier.look, picture) if side_by_side else None
        views = [self._detector.detect(picture, LEAST_SCORE)]
        if self._passes == 2:
            mirror_image = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
            views.append(mirrored(self._detector.detect(mirror_image, LEAST_SCORE)))
        look: Look = classified.result() if classified else self._classifier.look(picture)
        words = dict(self._scenes.confidences(look.features))
        if self._own:
            words |= self._own.confidences(picture)
        return self._merger.merge(views, look.probabilities, least, words), look

    def _document(self, picture: Image.Image, labels: list[Label], request: Request) -> dict[str, Any]:
        properties = ImageProperties(picture, _objects(labels), request.max_dominant_colors)
        response: dict[str, Any] = {"Labels": [], "LabelModelVersion": self.version}
        if request.general_labels:
            colors = properties.colors_of if request.image_properties else None
            response["Labels"] = [label_document(label, colors) for label in answer(labels, request)]
        if request.image_properties:
            response["ImageProperties"] = properties.document()
        return response

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        """Count this image as under way, and return whether it is the only one.

        An image by itself has a core to spare for the second network; among others it would take theirs.
        """
        with self._lock:
            self._under_way += 1
            alone = self._under_way == 1
        try:
            yield alone
        finally:
            with self._lock:
                self._under_way -= 1


def _custom_classifier(settings: Settings) -> CustomClassifier:
    return CustomClassifier(Path(settings.classifier), Path(settings.classes), settings.min_probability)


def _objects(labels: list[Label]) -> list[Corners]:
    """Return the boxes that make up the foreground: whatever is asked for, those that a plain call would report."""
    instances = [instance for label in labels for instance in label.instances]
    return [instance.corners for instance in instances if instance.confidence >= LEAST_CONFIDENCE]
