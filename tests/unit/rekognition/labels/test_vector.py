"""The vector of a picture: the same by every way, near for edits, and asked for only by its header."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from tests.unit.rekognition.images import sample
from viewfinder.domain.vector import Vector
from viewfinder.rekognition import Engines, detect_labels, image_vector
from viewfinder.rekognition.pictures import S3Reader
from viewfinder.rekognition.service import Service

HEADER = "x-viewfinder-vector"


def numbers(text: str) -> Any:
    return np.frombuffer(Vector.from_text(text).values, np.int8).astype(float)


def similarity(one: str, other: str) -> float:
    left, right = numbers(one), numbers(other)
    return float(left @ right / np.linalg.norm(left) / np.linalg.norm(right))


def edited(name: str) -> bytes:
    out = io.BytesIO()
    with Image.open(io.BytesIO(sample(name))) as opened:
        ImageEnhance.Brightness(opened.convert("RGB").resize((320, 240))).enhance(1.2).save(out, "JPEG", quality=40)
    return out.getvalue()


def test_a_vector_has_the_length_127_and_is_the_same_with_labels_and_alone(engines: Engines) -> None:
    alone = image_vector(sample("cat.jpg"), engines=engines)
    assert np.linalg.norm(numbers(alone)) == pytest.approx(127, abs=3)
    assert detect_labels(sample("cat.jpg"), vector=True, engines=engines)["Vector"] == alone
    assert "Vector" not in detect_labels(sample("cat.jpg"), engines=engines)


def test_an_edit_is_nearer_than_another_picture(engines: Engines) -> None:
    cat, coffee = (image_vector(sample(name), engines=engines) for name in ("cat.jpg", "coffee.jpg"))
    edit = image_vector(edited("cat.jpg"), engines=engines)
    assert similarity(cat, edit) > 0.8 > similarity(cat, coffee)


def test_the_server_answers_with_the_vector_in_a_header_where_that_is_asked_for(engines: Engines) -> None:
    service = Service(engines, S3Reader("", "us-east-1", ()))
    body = json.dumps({"Image": {"Bytes": base64.b64encode(sample("cat.jpg")).decode()}}).encode()
    target = {"x-amz-target": "RekognitionService.DetectLabels"}
    answered = service.answer(target | {HEADER: "true"}, body)
    assert answered.headers[HEADER] == image_vector(sample("cat.jpg"), engines=engines)
    assert answered.keys() == {"Labels", "LabelModelVersion"}
    assert service.answer(target, body).headers == {}
