"""The gallery: its routes, and its start (`python -m viewfinder.gallery.app --stack NAME --package ZIP`)."""

from __future__ import annotations

import argparse
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import uvicorn
from boto3.session import Session
from starlette.applications import Starlette
from starlette.convertors import PathConvertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from viewfinder.gallery.connections import new_protocol
from viewfinder.gallery.downloads import Downloads
from viewfinder.gallery.guard import Guard, Guarded
from viewfinder.gallery.inprocess import InProcessApi, take_environment
from viewfinder.gallery.pages import Pages
from viewfinder.gallery.proxy import HANDLERS, Api, forward, picture
from viewfinder.gallery.searches import SearchProcess, import_handler
from viewfinder.gallery.status import QUEUES, Sources, Status
from viewfinder.gallery.uploads import upload


class KeyConvertor(PathConvertor):
    """Match a key: any characters, including line breaks, which `path` does not match."""

    regex = r"(?s:.*)"


register_url_convertor("key", KeyConvertor())


def gallery_app(api: Api, guard: Guard, status: Status, *, is_moderated: bool = False) -> ASGIApp:
    """Return the ASGI application; `is_moderated` if the stack's features have MODERATION."""
    pages = Pages(guard.token, api.stage, is_moderated=is_moderated)
    downloads = Downloads(api)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with api.client:
            yield

    def to_api(endpoint: Callable[[Api, Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        return partial(endpoint, api)

    routes = [
        Route("/", pages.index),
        Route("/web/{name}", pages.file),
        Route("/web/{version}/{name}", pages.file),
        Route("/healthz", healthz),
        Route("/status.json", status.answer),
        Route("/content/{path:key}", to_api(picture)),
        Route("/uploads/{path:key}", to_api(upload), methods=["POST"]),
        Route("/downloads", downloads.choose, methods=["POST"]),
        Route("/downloads/{ticket}", downloads.send),
        Route(f"/{api.stage}/{{path:key}}", to_api(forward), methods=["GET", "POST", "PATCH", "DELETE"]),
    ]
    application = Starlette(routes=routes, lifespan=lifespan, exception_handlers=HANDLERS)
    application.router.redirect_slashes = False
    return Guarded(application, guard)


async def healthz(_: Request) -> Response:
    """Return 200 while the gallery listens."""
    return PlainTextResponse("ok")


LOOPBACK = "127.0.0.1"


def serve(api: Api, guard: Guard, session: Session, sources: Sources, *, is_moderated: bool = False) -> None:
    """Serve until it is told to stop."""
    application = gallery_app(api, guard, Status(session, sources), is_moderated=is_moderated)
    uvicorn.run(
        application, host=LOOPBACK, port=guard.port, http=new_protocol(), server_header=False, log_level="warning"
    )


def main() -> None:
    """Serve on loopback until it is told to stop; credentials, region and access token are the environment's."""
    options = _options()
    session = Session()
    name = take_environment(options.stack, session)
    searches = SearchProcess(options.package, name)
    handler = import_handler(options.package, name)  # meanwhile the process does the same
    sources = Sources.of(dict(zip(QUEUES, options.queue_urls, strict=False)), options.stack, options.recovery)
    guard = Guard(options.port, os.environ.get("VIEWFINDER_GALLERY_TOKEN", ""))
    try:
        serve(InProcessApi(handler, options.stage, search_handler=searches), guard, session, sources)
    finally:
        searches.close()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="viewfinder.gallery", description=__doc__)
    parser.add_argument("--port", type=int, default=8080, help="port on 127.0.0.1 (default: 8080)")
    parser.add_argument("--stack", required=True, help="name of the stack")
    parser.add_argument("--stage", default="prod", help="stage of its API (default: prod)")
    parser.add_argument("--package", type=Path, required=True, help="package of the function that answers the API")
    queues = "for the status page: the queue and its dead letters, and those of the second stage"
    parser.add_argument("--queue-urls", nargs="*", default=[], help=queues)
    parser.add_argument("--recovery", type=Path, help="file that tells how far the catalog's recovery is")
    return parser.parse_args()


if __name__ == "__main__":
    main()
