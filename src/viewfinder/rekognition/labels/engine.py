"""DetectLabels: image bytes and a request in, the document of the response out."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from PIL import Image

from viewfinder.rekognition.clip.model import Clip
from viewfinder.rekognition.clip.vocabulary import Vocabulary
from viewfinder.rekognition.errors import invalid_parameter
from viewfinder.rekognition.labels.classifier import Classifier, Look
from viewfinder.rekognition.labels.custom_classifier import CustomClassifier
from viewfinder.rekognition.labels.detectors import Detector, default_detector, digest, open_detector
from viewfinder.rekognition.labels.doubt import Doubt
from viewfinder.rekognition.labels.image_properties import Corners, ImageProperties
from viewfinder.rekognition.labels.merging import (
    Label,
    LabelMerger,
    answer,
    entry_of,
    label_document,
    load_taxonomy,
)
from viewfinder.rekognition.labels.request import LEAST_CONFIDENCE, Request
from viewfinder.rekognition.labels.scenes import SceneHead
from viewfinder.rekognition.labels.vector import MODEL, vector_of
from viewfinder.rekognition.networks import Floats, mirrored
from viewfinder.rekognition.pictures import read_picture
from viewfinder.rekognition.settings import Settings

MODEL_VERSION = "viewfinder-1.2"
FORMER_VERSIONS = ("viewfinder-1.1",)
"""Older ones, newest first: what they said of a picture is coarser, but not wrong."""

LEAST_SCORE = 0.1
"""Below it a detector's boxes are noise, whatever confidence is asked for."""

DETAIL = 640
"""Pixels that a side keeps when a JPEG is scaled while decoding: enough for both networks and the image properties."""

SOURCE = "CLIP"
"""Member `Source` of a label that the words of the user's model name; the service's labels have no such member."""


def model_version(settings: Settings) -> str:
    """Return the LabelModelVersion of an engine with these settings; raise ModelFileError."""
    single = ["single"] if settings.passes == 1 else []
    files = (settings.detector, settings.classifier, settings.classes, settings.vocabulary)
    custom = [digest(Path(file)) for file in files if file]
    sure = [f"{settings.min_probability:g}"] if settings.classifier else []
    return "-".join([MODEL_VERSION, *single, *custom, *sure])


def former_versions(settings: Settings) -> tuple[str, ...]:
    """Return the versions of older engines with these settings, newest first; raise ModelFileError."""
    own = model_version(settings).removeprefix(MODEL_VERSION)
    has_own_labels = settings.classifier or settings.vocabulary
    return () if has_own_labels else tuple(version + own for version in FORMER_VERSIONS)


class LabelEngine:
    """The two networks and the taxonomy, loaded once; safe to use from several threads."""

    def __init__(
        self,
        detector: Detector,
        classifier: Classifier,
        settings: Settings,
        own: CustomClassifier | None = None,
        clip: Clip | None = None,
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
        self._clip = clip
        self._vocabulary = Vocabulary(Path(settings.vocabulary), clip) if clip and settings.vocabulary else None
        self.version = model_version(settings)
        self.vector_model = clip.name if clip else MODEL
        self.knows_words = clip is not None

    @classmethod
    def load(cls, settings: Settings) -> LabelEngine:
        """Open the networks that the settings name; raise ModelFileError."""
        labels = Path(settings.labels) if settings.labels else None
        detector = open_detector(Path(settings.detector), labels) if settings.detector else default_detector()
        own = _custom_classifier(settings) if settings.classifier else None
        clip = Clip(Path(settings.clip)) if settings.clip else None
        return cls(detector, Classifier(), settings, own, clip)

    def detect_labels(self, content: bytes, request: Request) -> dict[str, Any]:
        """Return the DetectLabels response; raise EngineError where the image can't be taken."""
        with self._alone() as alone:
            picture = read_picture(content, max_pixels=self._max_pixels, detail=DETAIL)
            labels, look = self._look(picture, min(request.min_confidence, LEAST_CONFIDENCE), side_by_side=alone)
            described = self._clip.image(picture) if self._clip and (request.vector or self._vocabulary) else None
            document = self._document(picture, labels, request)
        if described is not None and request.general_labels:
            self._add_words(document, described, labels, request)
        return document | ({"Vector": self._written(look, described)} if request.vector else {})

    def vector(self, content: bytes) -> str:
        """Return the picture's vector, by the user's model if there is one; raise EngineError for a bad image."""
        picture = read_picture(content, max_pixels=self._max_pixels, detail=DETAIL)
        if self._clip:
            return self._clip.written(self._clip.image(picture))
        return vector_of(self._classifier.look(picture).features)

    def text_vector(self, text: str) -> str:
        """Return the vector of a text by the user's model; raise EngineError where there is none."""
        if self._clip is None:
            raise invalid_parameter("This engine has no model that knows words")
        return self._clip.written(self._clip.text(text))

    def _written(self, look: Look, described: Floats | None) -> str:
        return vector_of(look.features) if self._clip is None or described is None else self._clip.written(described)

    def _add_words(self, document: dict[str, Any], described: Floats, labels: list[Label], request: Request) -> None:
        """Add labels of the vocabulary; none has more confidence than the detectors' labels have."""
        if self._vocabulary is None:
            return
        found = {label.entry.name.casefold() for label in labels if label.confidence >= LEAST_CONFIDENCE}
        highest = max((label.confidence for label in labels), default=0.0)
        words = self._vocabulary.seen(described, highest, found)
        entries = [Label(entry_of(word.name), word.confidence, ()) for word in words]
        added = [label_document(label, None) | {"Source": SOURCE} for label in answer(entries, request)]
        joined = sorted(document["Labels"] + added, key=lambda label: -label["Confidence"])
        document["Labels"] = joined[: request.max_labels]

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
