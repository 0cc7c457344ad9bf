"""The engine with a model of the user's: its vectors with the labels, its words, and its names among the labels."""

from __future__ import annotations

import base64
import json

import pytest

from tests.support.tiny_clip import write_clip
from tests.unit.rekognition.images import plain, sample
from viewfinder.rekognition import EngineError, Engines, Settings, detect_labels, image_vector
from viewfinder.rekognition.pictures import S3Reader
from viewfinder.rekognition.service import VECTOR, WORD_LABELS, Service


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Engines:
    folder = tmp_path_factory.mktemp("clip")
    (folder / "names.txt").write_text("red\nblue\ncat\n")
    clip = write_clip(folder / "model")
    return Engines(Settings(clip=str(clip), vocabulary=str(folder / "names.txt")))


@pytest.fixture(scope="module")
def service(engines: Engines) -> Service:
    return Service(engines, S3Reader("", "us-east-1", ()))


def asked(service: Service, target: str, **document: object) -> dict[str, object]:
    return service.answer({"x-amz-target": target}, json.dumps(document).encode())


def test_the_vector_of_a_picture_is_the_models(engines: Engines) -> None:
    answer = detect_labels(plain("red"), vector=True, engines=engines)
    assert answer["Vector"] == image_vector(plain("red"), engines=engines)
    model, _, values = answer["Vector"].partition("/")
    assert (model, len(base64.b64decode(values))) == (engines.labels.vector_model, 3)


def test_names_of_the_vocabulary_are_labels_with_their_source(engines: Engines) -> None:
    answer = detect_labels(plain("red"), engines=engines)
    [word] = [label for label in answer["Labels"] if label.get("Source") == "CLIP"]
    assert word["Name"] == "red"
    assert word["Confidence"] <= max(
        [55.0, *(label["Confidence"] for label in answer["Labels"] if "Source" not in label)]
    )
    assert len(answer["LabelModelVersion"].split("-")) == 3


def test_a_label_of_the_detectors_stays_theirs(engines: Engines) -> None:
    answer = detect_labels(sample("cat.jpg"), engines=engines)
    assert [label.get("Source") for label in answer["Labels"] if label["Name"] == "Cat"] == [None]
    assert [label["Name"] for label in answer["Labels"] if "Source" in label] == []


def test_over_the_wire_headers_say_what_the_service_has_not(service: Service) -> None:
    body = {"Image": {"Bytes": base64.b64encode(plain("red")).decode()}}
    headers = {"x-amz-target": "RekognitionService.DetectLabels", VECTOR: "true"}
    reply = service.answer(headers, json.dumps(body).encode())
    assert json.loads(reply.headers[WORD_LABELS]) == ["red"]
    assert reply.headers[VECTOR].startswith("clip-")
    assert all("Source" not in label for label in reply["Labels"])


def test_words_and_pictures_are_described_by_one_model(service: Service, engines: Engines) -> None:
    model = asked(service, "Viewfinder.DescribeModel")
    assert model == {"Model": engines.labels.vector_model, "Words": True}
    text = asked(service, "Viewfinder.EmbedText", Text="red")["Vector"]
    picture = asked(service, "Viewfinder.EmbedImage", Bytes=base64.b64encode(plain("red")).decode())["Vector"]
    assert str(text).partition("/")[0] == str(picture).partition("/")[0] == model["Model"]


@pytest.mark.parametrize(
    ("target", "body", "code"),
    [
        ("Viewfinder.EmbedText", b"{}", "InvalidParameterException"),
        ("Viewfinder.EmbedText", json.dumps({"Text": "x" * 1001}).encode(), "InvalidParameterException"),
        ("Viewfinder.EmbedText", b"[]", "SerializationException"),
        ("Viewfinder.EmbedText", b"{", "SerializationException"),
        ("Viewfinder.EmbedImage", b'{"Bytes": "?"}', "InvalidParameterException"),
        ("Viewfinder.EmbedImage", b"{}", "InvalidImageFormatException"),
        ("Viewfinder.Other", b"{}", "UnknownOperationException"),
    ],
)
def test_requests_that_are_none_are_refused(service: Service, target: str, body: bytes, code: str) -> None:
    with pytest.raises(EngineError) as refused:
        service.answer({"x-amz-target": target}, body)
    assert refused.value.code == code


def test_an_engine_without_a_model_has_no_words() -> None:
    service = Service(Engines(Settings()), S3Reader("", "us-east-1", ()))
    assert asked(service, "Viewfinder.DescribeModel") == {"Model": "efficientnet-lite3", "Words": False}
    with pytest.raises(EngineError, match="no model that knows words"):
        asked(service, "Viewfinder.EmbedText", Text="red")


def test_a_vocabulary_needs_a_model() -> None:
    with pytest.raises(ValueError, match="VIEWFINDER_ENGINE_VOCABULARY needs VIEWFINDER_ENGINE_CLIP"):
        Settings(vocabulary="names.txt")
