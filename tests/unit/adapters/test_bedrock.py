"""Titan by botocore's model of Bedrock: what is sent, which errors pass, and what the model does not take."""

from __future__ import annotations

import base64
import io
import json
from array import array
from typing import Any

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import ANY, Stubber
from PIL import Image

from viewfinder.adapters.bedrock import MODEL_ID, TitanEmbedder
from viewfinder.domain.errors import (
    DetectorUnavailableError,
    ImageRejectedError,
    InvalidRequestError,
    MisconfiguredError,
)

SIZE = 256


@pytest.fixture
def client() -> Any:
    return boto3.client("bedrock-runtime", "us-east-1", aws_access_key_id="test", aws_secret_access_key="test")


def answered(document: dict[str, Any]) -> dict[str, Any]:
    body = json.dumps(document).encode()
    return {"body": StreamingBody(io.BytesIO(body), len(body)), "contentType": "application/json"}


def asked(**given: str) -> dict[str, Any]:
    body = json.dumps(given | {"embeddingConfig": {"outputEmbeddingLength": SIZE}})
    return {"modelId": MODEL_ID, "body": body, "contentType": "application/json", "accept": "application/json"}


def a_picture(width: int, height: int) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (width, height), "navy").save(written, "JPEG")
    return written.getvalue()


def test_a_text_gets_the_vector_of_the_model_and_size_that_were_asked_for(client: Any) -> None:
    values = [0.5, -1.0, *[0.0] * (SIZE - 2)]
    with Stubber(client) as stub:
        stub.add_response("invoke_model", answered({"embedding": values}), asked(inputText="a dog"))
        vector = TitanEmbedder(client, SIZE).words("a dog")
    assert vector.model == "amazon.titan-embed-image-v1-256"
    assert array("b", vector.values).tolist() == [64, -127, *[0] * (SIZE - 2)]


def test_a_picture_is_sent_as_it_is_unless_it_is_large(client: Any) -> None:
    small = a_picture(640, 480)
    sent: list[Any] = []
    client.meta.events.register(
        "before-parameter-build.bedrock-runtime.InvokeModel", lambda params, **_: sent.append(params)
    )
    with Stubber(client) as stub:
        for _ in range(2):
            expected = {"modelId": MODEL_ID, "body": ANY, "contentType": ANY, "accept": ANY}
            stub.add_response("invoke_model", answered({"embedding": [1.0] * SIZE}), expected)
        embedder = TitanEmbedder(client, SIZE)
        embedder.vector(small)
        embedder.vector(a_picture(5000, 3000))
    pictures = [base64.b64decode(json.loads(params["body"])["inputImage"]) for params in sent]
    assert pictures[0] == small
    assert Image.open(io.BytesIO(pictures[1])).size == (1024, 614)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("ThrottlingException", DetectorUnavailableError),
        ("ModelTimeoutException", DetectorUnavailableError),
        ("ModelNotReadyException", DetectorUnavailableError),
        ("AccessDeniedException", MisconfiguredError),
        ("ResourceNotFoundException", MisconfiguredError),
        ("ValidationException", ImageRejectedError),
    ],
)
def test_an_error_passes_or_an_operator_must_act_or_the_picture_is_at_fault(
    client: Any, code: str, kind: type[Exception]
) -> None:
    with Stubber(client) as stub:
        stub.add_client_error("invoke_model", code, "why")
        with pytest.raises(kind, match="why"):
            TitanEmbedder(client, SIZE).vector(a_picture(100, 100))


def test_a_text_that_is_refused_is_the_callers_fault(client: Any) -> None:
    with Stubber(client) as stub:
        stub.add_client_error("invoke_model", "ValidationException", "too many tokens")
        with pytest.raises(InvalidRequestError, match="too many tokens") as refused:
            TitanEmbedder(client, SIZE).words("word " * 50)
    assert refused.value.parameter == "like"


@pytest.mark.parametrize("document", [{"message": "no"}, {"embedding": [1.0]}, {"embedding": [0.0] * SIZE}])
def test_an_answer_without_a_vector_is_tried_again(client: Any, document: dict[str, Any]) -> None:
    with Stubber(client) as stub:
        stub.add_response("invoke_model", answered(document))
        with pytest.raises(DetectorUnavailableError, match="gives no vector"):
            TitanEmbedder(client, SIZE).words("a dog")


def test_a_size_that_the_model_has_not_is_a_mistake_of_the_settings(client: Any) -> None:
    with pytest.raises(MisconfiguredError, match="has 256, 384, 1024 values"):
        TitanEmbedder(client, 512)
