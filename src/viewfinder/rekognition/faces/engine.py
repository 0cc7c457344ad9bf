"""DetectFaces and CompareFaces: image bytes and a request in, the document of the response out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from viewfinder.rekognition.errors import invalid_parameter
from viewfinder.rekognition.faces.descriptor import Descriptor, similarity
from viewfinder.rekognition.faces.detector import LANDMARKS, Face, FaceDetector
from viewfinder.rekognition.faces.geometry import Pose, pose_of
from viewfinder.rekognition.pictures import read_picture
from viewfinder.rekognition.quality import brightness, lightness_of, sharpness, steps_of

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
