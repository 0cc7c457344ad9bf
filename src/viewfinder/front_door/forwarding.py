"""Requests to the REST API: signed, sent on, and the answer given back."""

from __future__ import annotations

import httpx
from starlette.requests import Request
from starlette.responses import Response

from viewfinder.front_door.api import Api, path_below, raw_query
from viewfinder.front_door.errors import error

MAX_BODY_BYTES = 1024 * 1024
FORWARDED = ("accept", "content-type")
RETURNED = ("content-type", "location", "retry-after", "x-amzn-requestid", "x-amzn-trace-id")


async def forward(api: Api, request: Request) -> Response:
    """Answers a request below the stage as the API does."""
    body = await _body(request)
    if body is None:
        return error(413, "RequestTooLarge", f"A body has at most {MAX_BODY_BYTES:,} bytes.")
    headers = {name: request.headers[name] for name in FORWARDED if name in request.headers}
    target = path_below(request, api.stage) + raw_query(request)
    return relayed(await api.call(request.method, target, body, headers))


def relayed(answer: httpx.Response) -> Response:
    """Gives an answer of the API, without what belongs to one connection only."""
    kept = {name: answer.headers[name] for name in RETURNED if name in answer.headers}
    return Response(answer.content, answer.status_code, {"cache-control": "no-store", **kept})


async def _body(request: Request) -> bytes | None:
    """Reads the body; None where it is too large."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            return None
    return bytes(body)
