"""DetectFaces and CompareFaces on the sample of one face, and on pictures made from it."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.unit.rekognition.images import encode, plain, sample
from viewfinder.rekognition import EngineError, Engines, compare_faces, detect_faces
from viewfinder.rekognition.faces.detector import faces_of

PORTRAIT = sample("astronaut.jpg")


def portrait() -> Image.Image:
    return Image.open(io.BytesIO(PORTRAIT)).convert("RGB")


def crowd() -> Image.Image:
    """The portrait twice, the second a third of its size, and a cat."""
    scene = Image.new("RGB", (1100, 520), "grey")
    scene.paste(portrait(), (0, 0))
    scene.paste(portrait().resize((171, 171), Image.Resampling.LANCZOS), (520, 0))
    scene.paste(Image.open(io.BytesIO(sample("cat.jpg"))).resize((300, 200)), (700, 0))
    return scene


def test_a_face_has_all_that_a_network_here_knows(engines: Engines) -> None:
    (face,) = detect_faces(PORTRAIT, engines=engines)["FaceDetails"]
    assert face.keys() == {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"}
    assert face["Confidence"] > 99
    places = {entry["Type"]: (entry["X"], entry["Y"]) for entry in face["Landmarks"]}
    assert places.keys() == {"eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight"}
    assert places["eyeLeft"][0] < places["nose"][0] < places["eyeRight"][0]
    assert places["eyeLeft"][1] < places["nose"][1] < places["mouthLeft"][1]
    box = face["BoundingBox"]
    assert all(
        box["Left"] < x < box["Left"] + box["Width"] and box["Top"] < y < box["Top"] + box["Height"]
        for x, y in places.values()
    )
    assert all(abs(face["Pose"][name]) < 8 for name in ("Roll", "Yaw", "Pitch"))
    assert 50 < face["Quality"]["Brightness"] < 80
    assert face["Quality"]["Sharpness"] > 40


def test_faces_are_ordered_by_size_and_small_ones_are_less_sharp(engines: Engines) -> None:
    large, small = detect_faces(encode(crowd(), "PNG"), engines=engines)["FaceDetails"]
    assert large["BoundingBox"]["Width"] == pytest.approx(3 * small["BoundingBox"]["Width"], rel=0.1)
    assert large["Quality"]["Sharpness"] > small["Quality"]["Sharpness"] + 10


def test_a_tilted_head_has_its_roll(engines: Engines) -> None:
    (upright,) = detect_faces(PORTRAIT, engines=engines)["FaceDetails"]
    tilted = portrait().rotate(-20, Image.Resampling.BICUBIC)
    (face,) = detect_faces(encode(tilted, "PNG"), engines=engines)["FaceDetails"]
    assert face["Pose"]["Roll"] - upright["Pose"]["Roll"] == pytest.approx(20, abs=3)


@pytest.mark.parametrize("content", [plain("white"), sample("cat.jpg"), sample("coffee.jpg"), sample("rocket.jpg")])
def test_where_nobody_is_no_face_is_seen(engines: Engines, content: bytes) -> None:
    assert detect_faces(content, engines=engines) == {"FaceDetails": []}


def test_the_same_face_matches_and_others_do_not_count(engines: Engines) -> None:
    response = compare_faces(PORTRAIT, encode(crowd(), "PNG"), engines=engines)
    assert response.keys() == {"SourceImageFace", "FaceMatches", "UnmatchedFaces"}
    similarities = [match["Similarity"] for match in response["FaceMatches"]]
    assert similarities[0] > 99
    assert similarities == sorted(similarities, reverse=True)
    assert len(similarities) + len(response["UnmatchedFaces"]) == 2
    face = response["FaceMatches"][0]["Face"]
    assert face.keys() == {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"}
    assert response["SourceImageFace"].keys() == {"BoundingBox", "Confidence"}


def test_faces_below_the_threshold_are_unmatched(engines: Engines) -> None:
    dim = portrait().resize((256, 256)).point(lambda value: value // 2)
    strict = compare_faces(PORTRAIT, encode(dim, "PNG"), similarity_threshold=100, engines=engines)
    assert (len(strict["FaceMatches"]), len(strict["UnmatchedFaces"])) == (0, 1)
    lenient = compare_faces(PORTRAIT, encode(dim, "PNG"), similarity_threshold=0, engines=engines)
    assert (len(lenient["FaceMatches"]), len(lenient["UnmatchedFaces"])) == (1, 0)


def test_the_quality_filter_leaves_small_faces_out(engines: Engines) -> None:
    scene = encode(crowd(), "PNG")  # eyes 44 and 15 pixels apart
    counts = {
        bar: sum(
            len(faces)
            for name, faces in compare_faces(PORTRAIT, scene, quality_filter=bar, engines=engines).items()
            if name != "SourceImageFace"
        )
        for bar in ("NONE", "AUTO", "LOW", "MEDIUM", "HIGH")
    }
    assert counts == {"NONE": 2, "AUTO": 2, "LOW": 2, "MEDIUM": 1, "HIGH": 1}


def test_an_identical_face_matches_at_the_highest_threshold(engines: Engines) -> None:
    response = compare_faces(PORTRAIT, PORTRAIT, similarity_threshold=100, engines=engines)
    assert [match["Similarity"] for match in response["FaceMatches"]] == [100]


@pytest.mark.parametrize(
    ("source", "target", "which"), [("cat.jpg", "astronaut.jpg", "source"), ("astronaut.jpg", "cat.jpg", "target")]
)
def test_an_image_without_a_face_is_refused(engines: Engines, source: str, target: str, which: str) -> None:
    with pytest.raises(EngineError, match=f"no face in the {which} image") as raised:
        compare_faces(sample(source), sample(target), engines=engines)
    assert raised.value.code == "InvalidParameterException"


def test_neighbouring_cells_that_see_the_same_face_count_once() -> None:
    shape = (1, 16, 16)
    heat = np.zeros(shape, dtype=np.float32)
    heat[0, 4, 4], heat[0, 4, 5], heat[0, 12, 12] = 0.9, 0.8, 0.6
    sizes: Any = np.full((2, 16, 16), np.log(4), dtype=np.float32)  # 16 pixels
    zeros = np.zeros((2, 16, 16), dtype=np.float32)
    faces = faces_of(heat, sizes, zeros, np.zeros((10, 16, 16), dtype=np.float32), scale=(2.0, 1.0))
    assert [round(face.score, 1) for face in faces] == [0.9, 0.6]
    assert faces[0].corners.tolist() == pytest.approx([20, 10, 52, 26])
