"""The gallery's routes: the gallery, the REST API without a signature, pictures, uploads and the stack's status."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

import uvicorn
from boto3.session import Session
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from viewfinder.gallery.errors import HANDLERS
from viewfinder.gallery.guard import Guard, Guarded
from viewfinder.gallery.pages import Pages
from viewfinder.gallery.proxy import Api, forward, picture
from viewfinder.gallery.status import Sources, Status
from viewfinder.gallery.uploads import upload
from viewfinder.operations.signing import Signer


def gallery_app(api: Api, guard: Guard, status: Status) -> ASGIApp:
    """Yield the ASGI application."""
    pages = Pages(guard.token, api.stage)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with api.client:
            yield

    def to_api(endpoint: Callable[[Api, Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        return partial(endpoint, api)

    routes = [
        Route("/", pages.index),
        Route("/web/{name}", pages.file),
        Route("/healthz", healthz),
        Route("/status.json", status.answer),
        Route("/content/{path:path}", to_api(picture)),
        Route("/uploads/{path:path}", to_api(upload), methods=["POST"]),
        Route(f"/{api.stage}/{{path:path}}", to_api(forward), methods=["GET", "POST", "DELETE"]),
    ]
    return Guarded(Starlette(routes=routes, lifespan=lifespan, exception_handlers=HANDLERS), guard)


async def healthz(_: Request) -> Response:
    """Tell that the gallery listens."""
    return PlainTextResponse("ok")


LOOPBACK = "127.0.0.1"


def serve(api_url: str, port: int, session: Session, sources: Sources) -> None:
    """Serve until it is told to stop; requests are signed with the session's credentials."""
    application = gallery_app(Api(api_url.rstrip("/"), Signer(session)), Guard(port), Status(session, sources))
    uvicorn.run(application, host=LOOPBACK, port=port, server_header=False, log_level="warning")
