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
from viewfinder.rekognition.faces.matching import DEFAULT_THRESHOLD, Description, describe, similarity
from viewfinder.rekognition.faces.quality import faults
from viewfinder.rekognition.networks import MODELS, open_session
from viewfinder.rekognition.pictures import brightness, cut_out, lightness_of, read_picture, sharpness, steps_of

Floats = NDArray[np.float32]

SIDE = 150


class Descriptor:
    """dlib's face descriptor; safe to use from several threads."""

    def __init__(self) -> None:
        self._session = open_session(MODELS / "face_descriptor_dlib_int8w.onnx", threads=2)

    def describe(self, picture: Image.Image, face: Face) -> Description:
        """Return what a face of the picture is compared by."""
        return describe(self.numbers(picture, face).mean(axis=0), face.eye_distance)

    def numbers(self, picture: Image.Image, face: Face) -> Floats:
        """Return the network's numbers (2, 128) for a face and for its mirror image."""
        upright = cut_out(picture, (SIDE, SIDE), *alignment(face.landmarks, SIDE))
        pixels = np.asarray(upright, dtype=np.float32).transpose(2, 0, 1)
        (numbers,) = self._session.run(None, {"image": np.stack([pixels, pixels[:, :, ::-1]])})
        return cast(Floats, numbers)


DETAIL = 1920
"""Pixels that a side keeps when a JPEG is scaled while decoding: faces are found on less and described on this."""

QUALITY_SIDE = 96
"""Pixels to which a face is scaled for its quality, so that a small face counts as the less sharp one that it is."""

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


@dataclass(frozen=True, slots=True)
class SeenFace:
    """A face of a picture: where it is, its FaceDetail, and the reasons why a quality filter leaves it out."""

    face: Face
    detail: dict[str, Any]
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture and its faces, largest first: those that pass a quality filter, and those that do not."""

    picture: Image.Image
    accepted: tuple[SeenFace, ...]
    refused: tuple[SeenFace, ...]


class FaceEngine:
    """Finds and compares faces; safe to use from several threads."""

    def __init__(self, max_pixels: int) -> None:
        self._max_pixels = max_pixels
        self._detector = FaceDetector()
        self._descriptor = Descriptor()

    def detect_faces(self, content: bytes) -> dict[str, Any]:
        """Return the DetectFaces response, largest face first; raise EngineError where the image can't be taken."""
        return {"FaceDetails": [seen.detail for seen in self.look(content, "NONE").accepted]}

    def compare_faces(self, source: bytes, target: bytes, comparison: Comparison) -> dict[str, Any]:
        """Return the CompareFaces response; raise EngineError where an image can't be taken or has no face."""
        largest, wanted = self._described(source, "source", comparison)[0]
        others = self._described(target, "target", comparison)
        alike = sorted(((similarity(wanted, other), seen.detail) for seen, other in others), key=lambda pair: -pair[0])
        return {
            "SourceImageFace": {name: largest.detail[name] for name in ("BoundingBox", "Confidence")},
            "FaceMatches": [
                {"Similarity": percent, "Face": detail} for percent, detail in alike if percent >= comparison.threshold
            ],
            "UnmatchedFaces": [detail for percent, detail in alike if percent < comparison.threshold],
        }

    def look(self, content: bytes, quality_filter: str) -> Scene:
        """Return what is in an image; raise EngineError where it can't be taken."""
        picture = read_picture(content, max_pixels=self._max_pixels, detail=DETAIL)
        seen = [_seen(face, picture, quality_filter) for face in self._detector.detect(picture)]
        accepted, refused = (tuple(one for one in seen if bool(one.faults) is bad) for bad in (False, True))
        return Scene(picture, accepted, refused)

    def describe(self, picture: Image.Image, seen: SeenFace) -> Description:
        """Return what a face is compared by."""
        return self._descriptor.describe(picture, seen.face)

    def _described(self, content: bytes, which: str, comparison: Comparison) -> list[tuple[SeenFace, Description]]:
        """Return the faces that may be compared, largest first; of the source only the largest counts."""
        scene = self.look(content, comparison.quality_filter)
        if not scene.accepted:
            raise invalid_parameter(f"Request has invalid parameters: there is no face in the {which} image")
        wanted = scene.accepted[:1] if which == "source" else scene.accepted
        return [(seen, self.describe(scene.picture, seen)) for seen in wanted]


def _seen(face: Face, picture: Image.Image, quality_filter: str) -> SeenFace:
    detail = face_document(face, picture)
    return SeenFace(face, detail, tuple(faults(face, detail, quality_filter)))


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
