"""Verifies AWS Signature Version 4 on a request's headers and body, for one key pair."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from viewfinder.rekognition.errors import EngineError

ALGORITHM = "AWS4-HMAC-SHA256"
SERVICE = "rekognition"
CLOCK_SKEW = timedelta(minutes=5)
"""How old a signature may be (IAM user guide, "Elements of a request signature")."""

AUTHORIZATION = re.compile(
    rf"{ALGORITHM} +Credential=(?P<key>[^/,\s]+)/"
    r"(?P<scope>(?P<day>\d{8})/[^/,\s]+/(?P<service>[^/,\s]+)/aws4_request),"
    r" *SignedHeaders=(?P<headers>[^,\s]+), *Signature=(?P<signature>[0-9a-f]{64})"
)


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class SignatureVerifier:
    """Verify signatures of `POST /` requests by the one key pair of the callers."""

    access_key_id: str
    secret_access_key: str
    now: Callable[[], datetime] = _utc_now

    def check(self, headers: Mapping[str, str]) -> tuple[dict[str, str], str]:
        """Return the parts of the signature and its time, if they can be right whatever the body is.

        Raise EngineError for a missing or malformed signature, another key or service, an old or future date, or
        unsigned headers. Header names are lower case.
        """
        parts = _parse(headers.get("authorization"))
        if not hmac.compare_digest(parts["key"].encode(), self.access_key_id.encode()):
            raise EngineError("UnrecognizedClientException", "The security token included in the request is invalid.")
        if parts["service"] != SERVICE:
            raise _invalid(f"Credential should be scoped to correct service: '{SERVICE}'.")
        if not {"host", "x-amz-date"} <= set(parts["headers"].split(";")):
            raise _invalid("'host' and 'x-amz-date' must be signed.")
        return parts, self._time(headers, parts["day"])

    def verify(self, headers: Mapping[str, str], body: bytes) -> None:
        """Raise EngineError unless the signature is right."""
        parts, time = self.check(headers)
        wanted = _signature(self.secret_access_key, parts, time, _canonical(parts["headers"], headers, body))
        if not hmac.compare_digest(parts["signature"], wanted):
            raise _invalid("The request signature we calculated does not match the signature you provided.")

    def _time(self, headers: Mapping[str, str], day: str) -> str:
        text = headers.get("x-amz-date", "")
        try:
            signed = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        except ValueError as error:
            raise EngineError("IncompleteSignature", "Date must be in ISO-8601 'basic format'.") from error
        if abs(self.now() - signed) > CLOCK_SKEW or not text.startswith(day):
            raise _invalid(f"Signature expired or not yet current: {text}")
        return text


def _parse(authorization: str | None) -> dict[str, str]:
    if authorization is None:
        raise EngineError("MissingAuthenticationTokenException", "Missing Authentication Token")
    match = AUTHORIZATION.fullmatch(authorization)
    if match is None:
        raise EngineError("IncompleteSignature", "Authorization header is not of the form of Signature Version 4.")
    return match.groupdict()


def _canonical(signed_headers: str, headers: Mapping[str, str], body: bytes) -> str:
    lines = [f"{name}:{' '.join(headers.get(name, '').split())}\n" for name in signed_headers.split(";")]
    return "\n".join(["POST", "/", "", "".join(lines), signed_headers, hashlib.sha256(body).hexdigest()])


def _signature(secret: str, parts: Mapping[str, str], time: str, canonical: str) -> str:
    key = b"AWS4" + secret.encode()
    for part in parts["scope"].split("/"):
        key = _hmac(key, part)
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    return _hmac(key, "\n".join([ALGORITHM, time, parts["scope"], digest])).hex()


def _hmac(key: bytes, message: str) -> bytes:
    return hmac.new(key, message.encode(), hashlib.sha256).digest()


def _invalid(message: str) -> EngineError:
    return EngineError("InvalidSignatureException", message)
