"""The stand-in for CloudFront on one machine: `deploy`'s page, and `/prod/*` of the HTTP API with the caller's token.

It has no credentials and signs nothing: what it passes on is admitted by the token that the browser sends, or not at
all. Run as `python -m viewfinder.local.hosted`; `viewfinder up --hosted` does.
"""

from __future__ import annotations

import argparse
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from viewfinder.deployment.page import INDEX, STAGE, Page
from viewfinder.gallery.app import LOOPBACK, healthz
from viewfinder.gallery.connections import new_protocol
from viewfinder.gallery.guard import HEADERS, POLICY
from viewfinder.gallery.proxy import (
    HANDLERS,
    MAX_BODY_BYTES,
    body_of,
    error,
    new_client,
    path_below,
    raw_query,
    relayed,
    sent_headers,
)

PASSED_ON = ("accept", "authorization", "content-type")
"""Headers that the API gets of the browser's."""


@dataclass(frozen=True)
class Hosted:
    """A hosted gallery: its port, its login with the page's id there, and the HTTP API's address up to the stage."""

    port: int
    login_url: str
    client_id: str
    api_url: str
    buckets: tuple[str, ...]
    """Origins of the buckets' presigned URLs."""
    is_moderated: bool = False

    @property
    def page(self) -> Page:
        """The page, as it is told of login and buckets."""
        login = {"Authority": self.login_url, "ClientId": self.client_id}
        return Page({"Stage": STAGE, "Login": login, "Buckets": list(self.buckets)}, is_moderated=self.is_moderated)

    @property
    def policy(self) -> str:
        """The local page's policy and beyond it: the buckets, the login, and the policy of the pictures' worker."""
        origins = " ".join(dict.fromkeys((*self.buckets, _origin(self.login_url))))
        wider = {"connect-src": f"'self' {origins}", "trusted-types": "worker"}
        return "; ".join(f"{name} {value}" for name, value in (POLICY | wider).items())


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def hosted_app(hosted: Hosted, client: httpx.AsyncClient) -> ASGIApp:
    """Return the ASGI application."""
    files = dict(hosted.page.files())

    async def file(request: Request) -> Response:
        found = files.get(request.url.path.removeprefix("/") or INDEX)
        if found is None:
            return PlainTextResponse("There is no such file.", 404)
        return Response(found.content, headers={"cache-control": found.cache_control}, media_type=found.media_type)

    async def to_api(request: Request) -> Response:
        target = path_below(request, STAGE) + raw_query(request)
        body = await body_of(request)
        if body is None:
            return error(413, "TooLarge", f"A request has at most {MAX_BODY_BYTES:,} bytes.")
        headers = sent_headers(request, PASSED_ON)
        return relayed(await client.request(request.method, hosted.api_url + target, content=body, headers=headers))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with client:
            yield

    routes = [
        Route("/healthz", healthz),
        Route(f"/{STAGE}/{{path:key}}", to_api, methods=["GET", "POST", "PATCH", "DELETE"]),
        Route("/{path:path}", file),
    ]
    application = Starlette(routes=routes, lifespan=lifespan, exception_handlers=HANDLERS)
    application.router.redirect_slashes = False
    return _WithHeaders(application, hosted)


@dataclass(frozen=True)
class _WithHeaders:
    """The application, with the headers that CloudFront's policy adds, for requests to this host by its name."""

    application: ASGIApp
    hosted: Hosted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        headers = HEADERS | {"content-security-policy": self.hosted.policy}
        encoded = [(name.encode(), value.encode()) for name, value in headers.items()]

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] += encoded
            await send(message)

        is_named = Headers(scope=scope).get("host", "") in {
            f"localhost:{self.hosted.port}",
            f"127.0.0.1:{self.hosted.port}",
        }
        refusal = error(403, "Forbidden", "The Host header names another server.")
        await (self.application if is_named else refusal)(scope, receive, send_with_headers)


def main() -> None:
    """Serve on loopback until it is told to stop."""
    options = _options()
    buckets = tuple(options.bucket)
    hosted = Hosted(
        options.port, options.login, options.client_id, options.api, buckets, is_moderated=options.moderated
    )
    application = hosted_app(hosted, new_client())
    uvicorn.run(
        application, host=LOOPBACK, port=options.port, http=new_protocol(), server_header=False, log_level="warning"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="viewfinder.local.hosted", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1")
    parser.add_argument("--api", required=True, help="address of the HTTP API, up to its stage")
    parser.add_argument("--login", required=True, help="address of the login")
    parser.add_argument("--client-id", required=True, help="the page's id at the login")
    parser.add_argument("--bucket", nargs="+", required=True, help="origins of presigned URLs")
    parser.add_argument("--moderated", action="store_true", help="the stack's features have MODERATION")
    return parser.parse_args()


if __name__ == "__main__":
    main()
