"""The front door's routes: the gallery, the REST API without a signature, pictures, uploads and the stack's status."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from viewfinder.front_door.api import Api
from viewfinder.front_door.content import picture
from viewfinder.front_door.errors import HANDLERS
from viewfinder.front_door.forwarding import forward
from viewfinder.front_door.guard import Guard, Guarded
from viewfinder.front_door.pages import Pages
from viewfinder.front_door.status import Status
from viewfinder.front_door.uploads import upload


def front_door(api: Api, guard: Guard, status: Status) -> ASGIApp:
    """Gives the ASGI application."""
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
    """Tells that the front door listens."""
    return PlainTextResponse("ok")
