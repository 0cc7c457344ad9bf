"""Vectors of pictures and words by our engine's server, which has a model of the user's."""

from __future__ import annotations

import base64
import json
from functools import cached_property
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from viewfinder.domain.errors import DetectorUnavailableError, ImageRejectedError, MisconfiguredError
from viewfinder.domain.vector import Vector

_SECONDS = 20
_REJECTED = {"InvalidImageFormatException": "UNSUPPORTED_FORMAT", "ImageTooLargeException": "IMAGE_TOO_LARGE"}
_BUSY = {"ThrottlingException", "InternalServerError", "RequestTimeoutException"}


class EngineEmbedder:
    """Implements `ports.Embedder`; `url` is the server's, on this machine."""

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)

    @cached_property
    def model(self) -> str:
        """The model's name, asked for once: the functions start anew with another model."""
        return str(self._ask("DescribeModel", {})["Model"])

    def vector(self, rendition: bytes) -> Vector:
        """Describe a picture; the detector does not run."""
        return self._vector("EmbedImage", {"Bytes": base64.b64encode(rendition).decode()})

    def words(self, text: str) -> Vector:
        """Describe a text."""
        return self._vector("EmbedText", {"Text": text})

    def _vector(self, operation: str, document: dict[str, Any]) -> Vector:
        try:
            return Vector.from_text(str(self._ask(operation, document)["Vector"]))
        except ValueError as error:
            raise MisconfiguredError(f"the engine's vector can't be read: {error}") from error

    def _ask(self, operation: str, document: dict[str, Any]) -> dict[str, Any]:
        connection = HTTPConnection(self._url.hostname or "", self._url.port, timeout=_SECONDS)
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"Viewfinder.{operation}"}
        try:
            connection.request("POST", "/", json.dumps(document), headers)
            response = connection.getresponse()
            answer: dict[str, Any] = json.loads(response.read())
        except (OSError, HTTPException, ValueError) as error:
            raise DetectorUnavailableError(f"the engine can't be reached: {error}") from error
        finally:
            connection.close()
        if response.status == 200:
            return answer
        code, message = answer.get("__type", ""), answer.get("message", "")
        if code in _REJECTED:
            raise ImageRejectedError(_REJECTED[code], f"the engine refused the picture: {message}")
        kind = DetectorUnavailableError if code in _BUSY else MisconfiguredError
        raise kind(f"{code}: {message}")
