"""The front door's requests: guard, then health or the REST API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from viewfinder.front_door.guard import Guard
from viewfinder.front_door.signing import Signer

METHODS = ["GET", "POST", "DELETE"]
MAX_BODY_BYTES = 1024 * 1024
FORWARDED = ("accept", "content-type")
RETURNED = ("content-type", "location", "retry-after", "x-amzn-requestid", "x-amzn-trace-id")
TIMEOUT_SECONDS = 35
"""API Gateway gives up after 29."""


@dataclass(frozen=True)
class FrontDoor:
    """One REST API, made reachable without a signature; `api_url` ends in its stage."""

    api_url: str
    signer: Signer
    guard: Guard
    client: httpx.AsyncClient = field(default_factory=lambda: httpx.AsyncClient(timeout=TIMEOUT_SECONDS))

    @property
    def stage(self) -> str:
        """The last part of the API's URL; the API's paths begin with it here, too."""
        return self.api_url.rsplit("/", 1)[-1]

    async def forward(self, request: Request) -> Response:
        """Signs a request, sends it on, and gives the answer."""
        if refusal := self.guard.refusal(request):
            return error(403, "Forbidden", refusal)
        body = await _body(request)
        if body is None:
            return error(413, "RequestTooLarge", f"A body has at most {MAX_BODY_BYTES:,} bytes.")
        url = self.api_url + _below_stage(request, self.stage)
        headers = {name: request.headers[name] for name in FORWARDED if name in request.headers}
        try:
            answer = await self.client.request(
                request.method, url, content=body, headers=self.signer.headers(request.method, url, body, headers)
            )
        except httpx.HTTPError as failure:
            return error(502, "BadGateway", f"The API does not answer: {failure!r}")
        kept = {name: answer.headers[name] for name in RETURNED if name in answer.headers}
        return Response(answer.content, answer.status_code, kept)

    def application(self) -> Starlette:
        """Gives the ASGI application."""

        @asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncIterator[None]:
            async with self.client:
                yield

        routes = [
            Route("/healthz", healthz),
            Route(f"/{self.stage}/{{path:path}}", self.forward, methods=METHODS),
        ]
        return Starlette(routes=routes, lifespan=lifespan)


async def healthz(_: Request) -> Response:
    """Tells that the front door listens."""
    return PlainTextResponse("ok")


def error(status: int, code: str, message: str) -> Response:
    """Gives an error in the API's envelope."""
    return JSONResponse({"Error": {"Code": code, "Message": message, "RequestId": "front-door"}}, status)


def _below_stage(request: Request, stage: str) -> str:
    """Gives path and query as they were sent: decoding and encoding again would change a key."""
    path: str = request.scope["raw_path"].decode("ascii")
    query: str = request.scope["query_string"].decode("ascii")
    return path.split("?", maxsplit=1)[0].removeprefix(f"/{stage}") + (f"?{query}" if query else "")


async def _body(request: Request) -> bytes | None:
    """Reads the body; None where it is too large."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            return None
    return bytes(body)
