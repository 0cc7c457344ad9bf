"""A request, as API Gateway's proxy integration hands it over (payload format 1.0 of a REST API)."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from viewfinder.domain.errors import InvalidRequestError

_PATH_PARAMETER = "ImageId"


@dataclass(frozen=True, slots=True)
class Request:
    """A request; `resource` is the path of the contract, each query parameter has a list of values."""

    method: str
    resource: str
    request_id: str
    query: Mapping[str, list[str]]
    image_id: str
    body: str

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Request:
        """Read the event of an invocation."""
        return cls(
            method=event["httpMethod"],
            resource=event["resource"],
            request_id=event["requestContext"]["requestId"],
            query=event.get("multiValueQueryStringParameters") or {},
            image_id=_image_id(event),
            body=_body(event),
        )

    def members(self) -> dict[str, Any]:
        """Return the members of the JSON body; raise InvalidRequestError."""
        try:
            members = json.loads(self.body, parse_constant=_refuse)
        except (ValueError, RecursionError):
            raise InvalidRequestError("the body is not JSON", code="InvalidBody") from None
        if not isinstance(members, dict):
            raise InvalidRequestError("the body is not a JSON object", code="InvalidBody")
        return members


def _image_id(event: Mapping[str, Any]) -> str:
    """Return the object key, decoded once.

    A REST API hands `path` and `pathParameters` over as they were sent, percent-encoded. An event with a `version` is
    that of an HTTP API (payload format 1.0), in which both are decoded.

    MiniStack: the parameter lacks empty segments, which only `path` has.
    """
    parameter: str = (event.get("pathParameters") or {}).get(_PATH_PARAMETER, "")
    prefix = event["resource"].partition("{")[0]
    written = event["path"].partition(prefix)[2] if parameter else ""
    key = written if _folded(written) == _folded(parameter) else parameter
    return key if "version" in event else unquote(key)


def _folded(key: str) -> str:
    return re.sub("/+", "/", key).strip("/")


def _body(event: Mapping[str, Any]) -> str:
    body: str = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return body
    try:
        return base64.b64decode(body).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _refuse(constant: str) -> None:
    raise ValueError(constant)  # NaN and Infinity are Python's, not JSON's
