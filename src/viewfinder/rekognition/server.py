"""Runs the engine's server in this process until it is told to stop."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import resource
import socket
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from viewfinder.rekognition.connections import protocol_of
from viewfinder.rekognition.errors import EngineError
from viewfinder.rekognition.logs import log, log_as_json
from viewfinder.rekognition.service import Service
from viewfinder.rekognition.settings import Settings

MOST_BODY = 8 * 1024 * 1024
"""5 MB of image are 6.7 MB of base64; the rest of a request is small."""

MAX_HELD = 96 * 1024 * 1024
"""Bytes of all bodies that are being received, wait, or are worked on."""

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
"""What a request's Host may say, less its port, where the server listens on this machine's loopback."""

PORT = re.compile(r":\d*$")

CONTENT_TYPE = "application/x-amz-json-1.1"

Answered = tuple[bytes, Mapping[str, str]]
"""The body of a response, and its own headers."""

access_log = logging.getLogger("viewfinder.rekognition.access")


class Wire:
    """Serves one service; at most `workers` requests are worked on and `queue` more wait.

    What is held of bodies has a limit of its own, so that neither many callers nor slow ones fill the memory.
    Headers are checked before anything of a body is read, and a place is taken when the body is in.
    """

    def __init__(self, service: Service, settings: Settings) -> None:
        self._service = service
        self._limit = settings.workers + settings.queue
        self._timeout = settings.timeout
        self._hosts = LOOPBACK_HOSTS if settings.host in {"localhost", "127.0.0.1", "::1"} else None
        self._pool = ThreadPoolExecutor(settings.workers, thread_name_prefix="image")
        self._pending = 0
        self._held = 0

    def application(self) -> Starlette:
        """Return the ASGI application."""
        routes = [Route("/healthz", self._health, methods=["GET"]), Route("/", self._handle, methods=["POST"])]
        return Starlette(routes=routes, exception_handlers={HTTPException: _no_such_route})

    async def _health(self, _: Request) -> Response:
        return JSONResponse({"Status": "ok", "Pending": self._pending})

    async def _handle(self, request: Request) -> Response:
        request_id, started = str(uuid.uuid4()), time.perf_counter()
        error = None
        try:
            self._check(request)
            body, headers = await self._admit(request)
            response = _respond(body, 200, request_id)
            response.headers.update(headers)
        except EngineError as refusal:
            error = refusal
            response = _refuse(refusal, request_id)
        _log_access(request, response, error, request_id, time.perf_counter() - started)
        return response

    def _check(self, request: Request) -> None:
        """Refuse what the headers alone show to be wrong."""
        # A page of the web may reach this machine's loopback by a name of its own (DNS rebinding).
        if self._hosts is not None and PORT.sub("", request.headers.get("host", "")) not in self._hosts:
            raise EngineError("AccessDeniedException", "This server answers to localhost only")
        length = request.headers.get("content-length", "0")
        if length.isdecimal() and int(length) > MOST_BODY:
            raise _too_large()
        self._service.check(request.headers)

    async def _admit(self, request: Request) -> Answered:
        body = await self._receive(request)
        if self._pending >= self._limit:
            self._held -= len(body)
            raise EngineError("ThrottlingException", "Rate exceeded")
        self._pending += 1
        return await self._work(dict(request.headers), body)

    async def _receive(self, request: Request) -> bytes:
        """Return the body, which counts as held until its work ends."""
        body = bytearray()
        try:
            async with asyncio.timeout(self._timeout):
                async for chunk in request.stream():
                    body += chunk
                    self._held += len(chunk)
                    self._check_sizes(len(body))
        except BaseException as error:
            self._held -= len(body)
            if isinstance(error, TimeoutError | ClientDisconnect):
                raise EngineError("RequestTimeoutException", "The body did not arrive in time") from error
            raise
        return bytes(body)

    def _check_sizes(self, size: int) -> None:
        if size > MOST_BODY:
            raise _too_large()
        if self._held > MAX_HELD:
            raise EngineError("ThrottlingException", "Rate exceeded")

    async def _work(self, headers: dict[str, str], body: bytes) -> Answered:
        work = self._pool.submit(self._answer, headers, body)
        waiter = asyncio.wrap_future(work)
        # The place is given back when the work ends, not when its client stops waiting: the bound is on work.
        waiter.add_done_callback(partial(self._leave, len(body)))
        await asyncio.wait({waiter}, timeout=self._timeout)
        if not waiter.done():
            work.cancel()  # takes it out of the queue; what already runs can't be stopped
            raise EngineError("InternalServerError", "The request took too long")
        return waiter.result()

    def _leave(self, size: int, waiter: asyncio.Future[Answered]) -> None:
        self._pending -= 1
        self._held -= size
        if not waiter.cancelled():
            waiter.exception()  # marks it as seen: nobody else looks when the client was answered before

    def _answer(self, headers: dict[str, str], body: bytes) -> Answered:
        try:
            reply = self._service.answer(headers, body)
            return json.dumps(reply, separators=(",", ":")).encode(), getattr(reply, "headers", {})
        except EngineError:
            raise
        except Exception as error:  # the boundary: whatever went wrong, the client gets a documented code
            log.exception("a request failed")
            raise EngineError("InternalServerError", "Internal server error") from error


def _too_large() -> EngineError:
    return EngineError("RequestEntityTooLargeException", f"The request is larger than {MOST_BODY} bytes")


async def _no_such_route(request: Request, _: Exception) -> Response:
    refusal = EngineError("UnknownOperationException", f"{request.method} {request.scope['path']} is no operation")
    return _refuse(refusal, str(uuid.uuid4()))


def _respond(body: bytes, status: int, request_id: str) -> Response:
    return Response(body, status, {"x-amzn-RequestId": request_id}, CONTENT_TYPE)


def _refuse(error: EngineError, request_id: str) -> Response:
    body = json.dumps({"__type": error.code, "message": error.message}).encode()
    response = _respond(body, error.status, request_id)
    response.headers["x-amzn-ErrorType"] = error.code
    return response


def _log_access(
    request: Request, response: Response, error: EngineError | None, request_id: str, seconds: float
) -> None:
    entry = {
        "request_id": request_id,
        "client": request.client.host if request.client else None,
        "target": request.headers.get("x-amz-target"),
        "status": response.status_code,
        "code": error.code if error else None,
        "reason": error.message if error else None,
        "bytes": request.headers.get("content-length"),
        "milliseconds": round(seconds * 1000, 1),
    }
    access_log.info("request", extra={"entry": entry})


GRACE = 20
"""Seconds that requests under way get after a stop was asked for."""


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, then let requests under way end; the first log line gives the URL."""
    log_as_json()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # a connection is a descriptor; 1,024 are soon taken
    wire = Wire(Service.from_settings(settings), settings)
    config = uvicorn.Config(
        wire.application(),
        http=protocol_of(settings.timeout),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE,
    )
    listener = listen(config)
    host, port = listener.getsockname()[:2]
    log.info("listening", extra={"entry": {"url": f"http://{host}:{port}"}})
    uvicorn.Server(config).run(sockets=[listener])


def listen(config: uvicorn.Config) -> socket.socket:
    """Open the socket, ready for whoever reads its address from the log to connect at once."""
    listener = config.bind_socket()
    # asyncio turns Nagle's algorithm off only for sockets made with IPPROTO_TCP, which this one is not; with it, the
    # second part of every answer waits 40 ms for the client's delayed acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # inherited by each connection
    listener.listen(config.backlog)
    return listener
