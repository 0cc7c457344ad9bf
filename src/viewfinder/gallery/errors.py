"""The gallery's own errors, in the envelope of the API's."""

from __future__ import annotations

import httpx
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnectionError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response


class UnsafePathError(Exception):
    """A path with dot segments could leave the API's stage on its way."""


def error(status: int, code: str, message: str) -> Response:
    """Return an error response."""
    return JSONResponse({"Error": {"Code": code, "Message": message, "RequestId": "gallery"}}, status)


PART_ENDED = (
    "A part of the stack does not answer. See which with `viewfinder status`, and start it again: viewfinder up"
)


async def unreachable(_: Request, __: Exception) -> Response:
    """Answer for an API, a bucket or a queue that does not."""
    return error(502, "BadGateway", PART_ENDED)


async def not_signed(_: Request, failure: Exception) -> Response:
    """Answer where AWS's own settings give no usable credentials."""
    return error(502, "NoCredentials", f"The request can't be signed with your AWS credentials: {failure}")


async def refused_by_aws(_: Request, failure: Exception) -> Response:
    """Answer where the user's credentials don't reach, or where AWS is too busy."""
    return error(502, "RefusedByAws", str(failure))


async def unsafe_path(_: Request, __: Exception) -> Response:
    """Answer a path that could mean another one."""
    return error(400, "InvalidPath", "The path has a segment of dots.")


HANDLERS = {
    httpx.HTTPError: unreachable,
    BotoCoreError: not_signed,
    NoConnectionError: unreachable,
    HTTPClientError: unreachable,
    ClientError: refused_by_aws,
    UnsafePathError: unsafe_path,
}
