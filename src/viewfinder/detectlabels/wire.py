"""The HTTP side: takes a bounded request into a bounded pool, and answers or refuses in AWS JSON 1.1."""

from __future__ import annotations

import asyncio
import json
import logging
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from viewfinder.detectlabels.errors import EngineError
from viewfinder.detectlabels.service import Service
from viewfinder.detectlabels.settings import Settings

MOST_BODY = 8 * 1024 * 1024
"""5 MB of image are 6.7 MB of base64; the rest of a request is small."""

CONTENT_TYPE = "application/x-amz-json-1.1"

access_log = logging.getLogger("viewfinder.detectlabels.access")
log = logging.getLogger(__name__)


class Wire:
    """Serves one service; at most `workers` requests are worked on and `queue` more are read or wait."""

    def __init__(self, service: Service, settings: Settings) -> None:
        self._service = service
        self._limit = settings.workers + settings.queue
        self._timeout = settings.timeout
        self._pool = ThreadPoolExecutor(settings.workers, thread_name_prefix="image")
        self._pending = 0

    def application(self) -> Starlette:
        """Gives the ASGI application."""
        routes = [Route("/healthz", self._health, methods=["GET"]), Route("/", self._handle, methods=["POST"])]
        return Starlette(routes=routes, exception_handlers={HTTPException: _no_such_route})

    async def _health(self, _: Request) -> Response:
        return JSONResponse({"Status": "ok", "Pending": self._pending})

    async def _handle(self, request: Request) -> Response:
        request_id, started = str(uuid.uuid4()), time.perf_counter()
        error = None
        try:
            response = _respond(await self._admit(request), 200, request_id)
        except EngineError as refusal:
            error = refusal
            response = _refuse(refusal, request_id)
        _log_access(request, response, error, request_id, time.perf_counter() - started)
        return response

    async def _admit(self, request: Request) -> bytes:
        if self._pending >= self._limit:
            raise EngineError("ThrottlingException", "Rate exceeded")
        self._pending += 1
        try:
            body = await self._read(request)
        except BaseException:
            self._leave()
            raise
        return await self._work(dict(request.headers), body)

    async def _read(self, request: Request) -> bytes:
        try:
            async with asyncio.timeout(self._timeout):
                return await _read_body(request)
        except (TimeoutError, ClientDisconnect) as error:
            raise EngineError("RequestTimeoutException", "The request's body did not arrive in time") from error

    async def _work(self, headers: dict[str, str], body: bytes) -> bytes:
        work = self._pool.submit(self._answer, headers, body)
        waiter = asyncio.wrap_future(work)
        # The place is given back when the work ends, not when its client stops waiting: the bound is on work.
        waiter.add_done_callback(self._leave)
        await asyncio.wait({waiter}, timeout=self._timeout)
        if not waiter.done():
            work.cancel()  # takes it out of the queue; what already runs can't be stopped
            raise EngineError("InternalServerError", "The request took too long")
        return waiter.result()

    def _leave(self, waiter: asyncio.Future[bytes] | None = None) -> None:
        self._pending -= 1
        if waiter is not None and not waiter.cancelled():
            waiter.exception()  # marks it as seen: nobody else looks when the client was answered before

    def _answer(self, headers: dict[str, str], body: bytes) -> bytes:
        try:
            return json.dumps(self._service.answer(headers, body), separators=(",", ":")).encode()
        except EngineError:
            raise
        except Exception as error:  # the boundary: whatever went wrong, the client gets a documented code
            log.exception("a request failed")
            raise EngineError("InternalServerError", "Internal server error") from error


async def _read_body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BODY:
            raise EngineError("RequestEntityTooLargeException", f"The request is larger than {MOST_BODY} bytes")
    return bytes(body)


async def _no_such_route(request: Request, _: Exception) -> Response:
    refusal = EngineError("UnknownOperationException", f"{request.method} {request.url.path} is no operation")
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
