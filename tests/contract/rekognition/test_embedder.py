"""The pipeline's embedder with the engine's server: a tiny model of the user's, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest

from tests.support.serving import listening, serving
from tests.support.tiny_clip import write_clip
from tests.unit.rekognition.images import plain
from viewfinder.adapters.detector import RekognitionDetector
from viewfinder.adapters.engine_embedder import EngineEmbedder
from viewfinder.domain.errors import DetectorUnavailableError, ImageRejectedError, MisconfiguredError
from viewfinder.domain.feature import Parameters
from viewfinder.rekognition.server import Wire
from viewfinder.rekognition.service import Service
from viewfinder.rekognition.settings import Settings


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("clip")
    (folder / "names.txt").write_text("red\nblue\n")
    settings = Settings(clip=str(write_clip(folder / "model")), vocabulary=str(folder / "names.txt"), workers=1)
    with serving(Wire(Service.from_settings(settings), settings).application()) as found:
        yield found


def test_pictures_words_and_labels_have_vectors_of_one_model(url: str) -> None:
    embedder = EngineEmbedder(url)
    red, words = embedder.vector(plain("red")), embedder.words("a red photo")
    client = boto3.client(
        "rekognition", "us-east-1", endpoint_url=url, aws_access_key_id="test", aws_secret_access_key="test"
    )
    detection = RekognitionDetector(client, asks_for_vectors=True).detect(plain("red"), Parameters(40, 55.0))
    assert embedder.model.startswith("clip-")
    assert {red.model, words.model} == {embedder.model}
    assert detection.vector == red
    assert [(label.name, label.source) for label in detection.findings if label.source] == [("red", "CLIP")]


def test_what_the_engine_refuses_is_told_apart(url: str) -> None:
    embedder = EngineEmbedder(url)
    with pytest.raises(ImageRejectedError, match="refused the picture"):
        embedder.vector(b"no picture")
    with pytest.raises(MisconfiguredError, match="Text must be"):
        embedder.words("")


def test_an_engine_that_does_not_answer_may_answer_later() -> None:
    with listening() as held:
        port = held.getsockname()[1]
    with pytest.raises(DetectorUnavailableError, match="can't be reached"):
        EngineEmbedder(f"http://127.0.0.1:{port}").words("a dog")
