"""The gallery's routes: the gallery, the REST API without a signature, pictures, uploads and the stack's status."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager

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
from viewfinder.gallery.proxy import Api, forward, picture, while_connected
from viewfinder.gallery.status import Sources, Status
from viewfinder.gallery.uploads import upload

Endpoint = Callable[[Request], Awaitable[Response]]


def gallery_app(api: Api, guard: Guard, status: Status) -> ASGIApp:
    """Yield the ASGI application."""
    pages = Pages(guard.token, api.stage)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with api.client:
            yield

    def to_api(endpoint: Callable[[Api, Request], Coroutine[None, None, Response]]) -> Endpoint:
        async def answer(request: Request) -> Response:
            answering = endpoint(api, request)
            return await (while_connected(request, answering) if request.method == "GET" else answering)

        return answer

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


def serve(api: Api, port: int, session: Session, sources: Sources) -> None:
    """Serve until it is told to stop."""
    application = gallery_app(api, Guard(port), Status(session, sources))
    uvicorn.run(application, host=LOOPBACK, port=port, server_header=False, log_level="warning")
