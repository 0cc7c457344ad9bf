"""A server with a key pair: signed calls are answered, all others refused."""

from __future__ import annotations

import httpx
import pytest
from botocore.exceptions import ClientError

from tests.contract.rekognition.conftest import StartServer, rekognition
from tests.unit.rekognition.images import plain

KEY, SECRET = "AKIDCALLER", "callers/secret+key"


@pytest.fixture(scope="module")
def locked(start_server: StartServer) -> str:
    return start_server(VIEWFINDER_ENGINE_ACCESS_KEY_ID=KEY, VIEWFINDER_ENGINE_SECRET_ACCESS_KEY=SECRET)


def test_the_right_key_pair_is_let_in(locked: str) -> None:
    response = rekognition(locked, KEY, SECRET).detect_labels(Image={"Bytes": plain("red")})
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize(
    ("key", "secret", "code"),
    [("AKIDOTHER", SECRET, "UnrecognizedClientException"), (KEY, "wrong", "InvalidSignatureException")],
)
def test_a_wrong_key_pair_is_refused(locked: str, key: str, secret: str, code: str) -> None:
    with pytest.raises(ClientError) as raised:
        rekognition(locked, key, secret).detect_labels(Image={"Bytes": plain("red")})
    assert raised.value.response["Error"]["Code"] == code


def test_an_unsigned_call_is_refused(locked: str) -> None:
    response = httpx.post(locked, json={}, headers={"X-Amz-Target": "RekognitionService.DetectLabels"})
    assert response.json()["__type"] == "MissingAuthenticationTokenException"
