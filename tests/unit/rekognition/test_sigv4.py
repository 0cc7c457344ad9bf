"""Signature Version 4: what botocore signs is accepted, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from viewfinder.rekognition.errors import EngineError
from viewfinder.rekognition.sigv4 import SignatureVerifier

BODY = b'{"Image": {}}'
VERIFIER = SignatureVerifier("AKIDEXAMPLE", "a+secret/key")


def signed(
    key: str = "AKIDEXAMPLE", secret: str = "a+secret/key", service: str = "rekognition", token: str | None = None
) -> dict[str, str]:
    request = AWSRequest("POST", "http://localhost:8090/", data=BODY)
    request.headers["X-Amz-Target"] = "RekognitionService.DetectLabels"
    request.headers["User-Agent"] = "spaces   inside"
    SigV4Auth(Credentials(key, secret, token), service, "eu-west-1").add_auth(request)
    return {name.lower(): value for name, value in request.headers.items()} | {"host": "localhost:8090"}


def refusal(headers: dict[str, str], body: bytes = BODY, verifier: SignatureVerifier = VERIFIER) -> str:
    with pytest.raises(EngineError) as raised:
        verifier.verify(headers, body)
    return raised.value.code


@pytest.mark.parametrize("token", [None, "session-token"])
def test_what_botocore_signs_is_accepted(token: str | None) -> None:
    VERIFIER.verify(signed(token=token), BODY)


def test_another_key_is_not_recognised() -> None:
    assert refusal(signed(key="AKIDOTHER")) == "UnrecognizedClientException"


@pytest.mark.parametrize("change", ["secret", "service"])
def test_a_signature_by_another_secret_or_for_another_service_is_wrong(change: str) -> None:
    assert refusal(signed(**{change: "other"})) == "InvalidSignatureException"


def test_a_changed_body_or_header_breaks_the_signature() -> None:
    assert refusal(signed(), BODY + b" ") == "InvalidSignatureException"
    assert refusal(signed() | {"x-amz-target": "RekognitionService.DetectFaces"}) == "InvalidSignatureException"


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_signature_holds_for_five_minutes(minutes: int) -> None:
    late = SignatureVerifier("AKIDEXAMPLE", "a+secret/key", lambda: datetime.now(UTC) + timedelta(minutes=minutes))
    assert refusal(signed(), verifier=late) == "InvalidSignatureException"


def test_a_request_without_a_signature_is_told_so() -> None:
    headers = signed()
    del headers["authorization"]
    assert refusal(headers) == "MissingAuthenticationTokenException"


@pytest.mark.parametrize(
    ("header", "value"),
    [("authorization", "Bearer token"), ("authorization", "AWS4-HMAC-SHA256 Credential=x"), ("x-amz-date", "today")],
)
def test_a_header_of_the_wrong_form_is_incomplete(header: str, value: str) -> None:
    assert refusal(signed() | {header: value}) == "IncompleteSignature"


def test_the_host_must_be_signed() -> None:
    headers = signed()
    headers["authorization"] = headers["authorization"].replace("SignedHeaders=host;", "SignedHeaders=")
    assert refusal(headers) == "InvalidSignatureException"
