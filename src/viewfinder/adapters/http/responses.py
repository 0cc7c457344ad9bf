"""Responses: documents as JSON, redirects, and every error in one envelope."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from viewfinder.domain.errors import (
    CatalogUnavailableError,
    ImageNotFoundError,
    InvalidRequestError,
    ThumbnailNotFoundError,
)
from viewfinder.observability import logger

Response = dict[str, Any]

_HEADERS = {"Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

_STATUSES: dict[type[Exception], HTTPStatus] = {
    InvalidRequestError: HTTPStatus.BAD_REQUEST,
    ImageNotFoundError: HTTPStatus.NOT_FOUND,
    ThumbnailNotFoundError: HTTPStatus.NOT_FOUND,
}

_PASSING = {
    *("ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded", "SlowDown"),
    *("InternalServerError", "InternalError", "InternalFailure", "ServiceUnavailable", "RequestTimeout"),
}
"""Codes of AWS that say nothing of the request: the same one may succeed in a moment."""


def document_response(document: Mapping[str, Any], status: HTTPStatus = HTTPStatus.OK) -> Response:
    """Return a JSON response."""
    return {"statusCode": int(status), "headers": _HEADERS, "body": json.dumps(document, separators=(",", ":"))}


def redirect_response(url: str) -> Response:
    """Return a redirect that nobody keeps: its URL is good for minutes."""
    return {"statusCode": int(HTTPStatus.FOUND), "headers": {"Location": url, "Cache-Control": "no-store"}, "body": ""}


def error_response(error: Exception, request_id: str) -> Response:
    """Return the envelope of an error; what is not the caller's business stays in the log."""
    status = next((_STATUSES[kind] for kind in type(error).__mro__ if kind in _STATUSES), None)
    if status is None:
        logger.exception("request failed")
        if _is_passing(error):
            return _envelope(HTTPStatus.SERVICE_UNAVAILABLE, "ServiceUnavailable", "try again in a moment", request_id)
        return _envelope(HTTPStatus.INTERNAL_SERVER_ERROR, "InternalError", "the server failed", request_id)
    if isinstance(error, InvalidRequestError):
        message = f"{error.parameter}: {error}" if error.parameter else str(error)
        return _envelope(status, error.code, message, request_id)
    return _envelope(status, type(error).__name__.removesuffix("Error"), str(error), request_id)


def no_route_response(is_path_known: bool, request_id: str) -> Response:
    """Answer what the contract does not have; API Gateway lets none of it through."""
    if is_path_known:
        return _envelope(HTTPStatus.METHOD_NOT_ALLOWED, "MethodNotAllowed", "the path has no such method", request_id)
    return _envelope(HTTPStatus.NOT_FOUND, "NotFound", "there is no such path", request_id)


def _envelope(status: HTTPStatus, code: str, message: str, request_id: str) -> Response:
    return document_response({"Error": {"Code": code, "Message": message, "RequestId": request_id}}, status)


def _is_passing(error: Exception) -> bool:
    if isinstance(error, ClientError):
        return error.response["Error"]["Code"] in _PASSING
    return isinstance(error, (BotoCoreError, CatalogUnavailableError))
