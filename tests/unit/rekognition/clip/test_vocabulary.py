"""Labels of the user's own: which names a picture gets, and that none outdoes the detectors."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.support.tiny_clip import write_clip
from viewfinder.rekognition.clip.model import Clip
from viewfinder.rekognition.clip.vocabulary import Vocabulary
from viewfinder.rekognition.errors import ModelFileError


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    return Clip(write_clip(tmp_path_factory.mktemp("clip") / "model"))


def a_vocabulary(clip: Clip, folder: Path, *names: str) -> Vocabulary:
    file = folder / "names.txt"
    file.write_text("\n".join(names))
    return Vocabulary(file, clip)


def test_a_picture_gets_the_name_that_its_words_see(clip: Clip, tmp_path: Path) -> None:
    vocabulary = a_vocabulary(clip, tmp_path, "red", "Green", "blue", "red")
    assert vocabulary.names == ("red", "Green", "blue")
    [seen] = vocabulary.seen(clip.image(Image.new("RGB", (90, 90), "red")), 98.0, ())
    assert (seen.name, seen.confidence) == ("red", 98.0)
    assert vocabulary.seen(clip.image(Image.new("RGB", (90, 90), "red")), 98.0, {"red"}) == []


def test_a_picture_of_nothing_that_is_named_gets_no_name(clip: Clip, tmp_path: Path) -> None:
    vocabulary = a_vocabulary(clip, tmp_path, "red", "green", "blue")
    assert vocabulary.seen(clip.image(Image.new("RGB", (90, 90), "white")), 98.0, ()) == []
    assert (
        a_vocabulary(clip, tmp_path, "red", "blue").seen(clip.image(Image.new("RGB", (90, 90), "green")), 98.0, ())
        == []
    )


def test_names_that_fit_alike_share_and_a_name_alone_is_certain(clip: Clip, tmp_path: Path) -> None:
    red = clip.image(Image.new("RGB", (90, 90), "red"))
    alone = a_vocabulary(clip, tmp_path, "red").seen(red, 100.0, ())
    shared = a_vocabulary(clip, tmp_path, "red", "Red", "RED").seen(red, 100.0, ())
    assert [each.confidence for each in alone] == pytest.approx([99.0], abs=0.01)
    third = 55 + (1 / 3 - 0.2) / 0.8 * 44
    assert [each.confidence for each in shared] == pytest.approx([third] * 3, abs=0.01)
    assert a_vocabulary(clip, tmp_path, "red", "Red", "RED", "rEd", "reD", "REd").seen(red, 100.0, ()) == []


@pytest.mark.parametrize(("highest", "confidence"), [(80.0, 80.0), (0.0, 55.0)])
def test_no_name_has_more_confidence_than_the_detectors_have(
    clip: Clip, tmp_path: Path, highest: float, confidence: float
) -> None:
    red = clip.image(Image.new("RGB", (90, 90), "red"))
    [seen] = a_vocabulary(clip, tmp_path, "red").seen(red, highest, ())
    assert seen.confidence == confidence


@pytest.mark.parametrize(
    ("content", "message"),
    [("", "has 0 names: 1 to 500"), ("\n".join(map(str, range(501))), "has 501 names"), ("x" * 101, "no name of at")],
)
def test_lists_that_do_not_fit_are_refused(clip: Clip, tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(ModelFileError, match=message):
        a_vocabulary(clip, tmp_path, content)
