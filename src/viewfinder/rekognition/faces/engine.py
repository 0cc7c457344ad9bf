"""DetectFaces and CompareFaces: what a call asks for, the descriptor of a face, and the engine that answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from viewfinder.rekognition.errors import invalid_parameter
from viewfinder.rekognition.faces.detector import LANDMARKS, Face, FaceDetector, Pose, alignment, pose_of
from viewfinder.rekognition.networks import MODELS, open_session
from viewfinder.rekognition.pictures import brightness, cut_out, lightness_of, read_picture, sharpness, steps_of

Floats = NDArray[np.float32]

SIDE = 150

MATCH_DISTANCE = 0.45
"""Distance up to which two faces match by default: of 1,225 pairs of different people measured, none was closer."""

EVEN_DISTANCE = 0.55
"""Distance that counts as undecided; the network's author draws the line at 0.6, for large faces."""

MATCH_SIMILARITY = 0.8
"""The service's default threshold."""


class Descriptor:
    """dlib's face descriptor; safe to use from several threads."""

    def __init__(self) -> None:
        self._session = open_session(MODELS / "face_descriptor_dlib_int8w.onnx", threads=2)

    def describe(self, picture: Image.Image, face: Face) -> Floats:
        """Return the (128,) numbers of a face of the picture."""
        upright = cut_out(picture, (SIDE, SIDE), *alignment(face.landmarks, SIDE))
        pixels = np.asarray(upright, dtype=np.float32).transpose(2, 0, 1)[None]
        (numbers,) = self._session.run(None, {"image": np.ascontiguousarray(pixels)})
        return cast(Floats, numbers[0])


def similarity(one: Floats, other: Floats) -> float:
    """Return how alike two faces are, in percent: a logistic curve of the distance of their descriptors.

    It is 50 at EVEN_DISTANCE and the default threshold at MATCH_DISTANCE.
    """
    distance = float(np.linalg.norm(one - other))
    slope = np.log(MATCH_SIMILARITY / (1 - MATCH_SIMILARITY)) / (EVEN_DISTANCE - MATCH_DISTANCE)
    return float(100 / (1 + np.exp(-slope * (EVEN_DISTANCE - distance))))


DETAIL = 1920
"""Pixels that a side keeps when a JPEG is scaled while decoding: faces are found on less and described on this."""

QUALITY_SIDE = 96
"""Pixels to which a face is scaled for its quality, so that a small face counts as the less sharp one that it is."""

DEFAULT_THRESHOLD = 80.0
"""The default of SimilarityThreshold (operation CompareFaces)."""

QUALITY_BARS = {
    "NONE": (0.0, 180.0),
    "AUTO": (10.0, 60.0),
    "LOW": (10.0, 60.0),
    "MEDIUM": (20.0, 45.0),
    "HIGH": (40.0, 30.0),
}
"""For each QualityFilter the fewest pixels between the eyes, and the most degrees that a face may look aside.

The descriptor was trained on faces with 53 pixels between the eyes, most of them looking ahead.
"""

DECIMALS = 4


@dataclass(frozen=True, slots=True)
class Comparison:
    """A valid CompareFaces call without its images; the threshold in percent."""

    threshold: float = DEFAULT_THRESHOLD
    quality_filter: str = "NONE"

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Comparison:
        """Read a validated document of shape CompareFacesRequest."""
        return cls(document.get("SimilarityThreshold", DEFAULT_THRESHOLD), document.get("QualityFilter", "NONE"))

    def accepts(self, face: Face) -> bool:
        """Return whether a face is good enough to be compared."""
        least_pixels, most_degrees = QUALITY_BARS[self.quality_filter]
        pose = pose_of(face.landmarks)
        aside = max(abs(pose.yaw), abs(pose.pitch))
        return bool(face.eye_distance >= least_pixels and aside <= most_degrees)


class FaceEngine:
    """Finds and compares faces; safe to use from several threads."""

    def __init__(self, max_pixels: int) -> None:
        self._max_pixels = max_pixels
        self._detector = FaceDetector()
        self._descriptor = Descriptor()

    def detect_faces(self, content: bytes) -> dict[str, Any]:
        """Return the DetectFaces response, largest face first; raise EngineError where the image can't be taken."""
        picture = self._read(content)
        return {"FaceDetails": [face_document(face, picture) for face in self._detector.detect(picture)]}

    def compare_faces(self, source: bytes, target: bytes, comparison: Comparison) -> dict[str, Any]:
        """Return the CompareFaces response; raise EngineError where an image can't be taken or has no face."""
        picture, (largest, *_) = self._faces(source, "source", comparison)
        wanted = self._descriptor.describe(picture, largest)
        scene, faces = self._faces(target, "target", comparison)
        alike = [(similarity(wanted, self._descriptor.describe(scene, face)), face) for face in faces]
        alike.sort(key=lambda pair: -pair[0])
        return {
            "SourceImageFace": _place(largest, picture.size),
            "FaceMatches": [
                {"Similarity": round(percent, DECIMALS), "Face": face_document(face, scene)}
                for percent, face in alike
                if percent >= comparison.threshold
            ],
            "UnmatchedFaces": [face_document(face, scene) for percent, face in alike if percent < comparison.threshold],
        }

    def _faces(self, content: bytes, which: str, comparison: Comparison) -> tuple[Image.Image, list[Face]]:
        """Return a picture and its faces that may be compared, largest first."""
        picture = self._read(content)
        faces = [face for face in self._detector.detect(picture) if comparison.accepts(face)]
        if not faces:
            raise invalid_parameter(f"Request has invalid parameters: there is no face in the {which} image")
        return picture, faces

    def _read(self, content: bytes) -> Image.Image:
        return read_picture(content, max_pixels=self._max_pixels, detail=DETAIL)


def face_document(face: Face, picture: Image.Image) -> dict[str, Any]:
    """Return the members that the shapes FaceDetail and ComparedFace share and a network here knows."""
    places = (face.landmarks / picture.size).tolist()
    return {
        **_place(face, picture.size),
        "Landmarks": [{"Type": name, "X": x, "Y": y} for name, (x, y) in zip(LANDMARKS, places, strict=True)],
        "Pose": _pose_document(pose_of(face.landmarks)),
        "Quality": _quality(picture.crop(tuple(np.round(face.corners).astype(int).tolist()))),
    }


def _place(face: Face, size: tuple[int, int]) -> dict[str, Any]:
    """Return the box, which may reach beyond the picture as the service's may, and the confidence."""
    left, top, right, bottom = (face.corners / (*size, *size)).tolist()
    return {
        "BoundingBox": {"Width": right - left, "Height": bottom - top, "Left": left, "Top": top},
        "Confidence": round(100 * face.confidence, DECIMALS),
    }


def _pose_document(pose: Pose) -> dict[str, float]:
    return {
        name: round(value, DECIMALS) for name, value in (("Roll", pose.roll), ("Yaw", pose.yaw), ("Pitch", pose.pitch))
    }


def _quality(face: Image.Image) -> dict[str, float]:
    lightness = lightness_of(face.resize((QUALITY_SIDE, QUALITY_SIDE), Image.Resampling.BICUBIC))
    return {"Brightness": brightness(lightness), "Sharpness": sharpness(steps_of(lightness))}
