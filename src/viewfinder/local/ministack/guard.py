"""The guard of the emulator: it admits programs that sign, never web pages; run by the emulator's own interpreter.

A browser lets any page send requests to loopback, and the emulator answers some without a signature, `POST
/_ministack/reset` among them, which deletes everything. docs/security.md lists what is left, and why it is safe.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any
from urllib.parse import parse_qs

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

HOSTS = {"127.0.0.1", "localhost"}
OWN_SITES = {"none", "same-origin"}
HEALTH = "/_ministack/health"
API = "/_aws/execute-api/"
BUCKET = re.compile(r"/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/?")
ALGORITHM = "AWS4-HMAC-SHA256"

TOKENS, REVOKE = "/oauth2/token", "/oauth2/revoke"
LOGIN = {("GET", "/oauth2/authorize"), ("POST", "/login"), ("GET", "/logout"), ("POST", TOKENS), ("POST", REVOKE)}
"""What a browser asks of a user pool, without a signature; open while a gallery is hosted."""

KEYS = re.compile(r"/[a-z]{2}(-[a-z]+)+-[0-9]+_[A-Za-z0-9]+/\.well-known/jwks\.json")
"""A user pool's public keys, for which the emulator's own authorizer asks."""

OBJECT = re.compile(r"/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/.+")
ROOM_BYTES = 50_000_000
"""Kept free for the catalog and the saved state. The emulator itself answers 200 to an object that it can't write."""


def refusal(method: str, path: str, query: str, headers: Sequence[tuple[str, str]], page: str = "") -> str | None:
    """Return the reason for refusing a request, or None; `page` is the origin of the hosted gallery, "" without one."""
    names = [name for name, _ in headers]
    if names.count("host") > 1 or names.count("authorization") > 1:
        return "A header appears twice."
    given = dict(headers)
    if given.get("host", "").lower().rpartition(":")[0] not in HOSTS:
        return "The Host header names another server."
    parameters = parse_qs(query, keep_blank_values=True)
    is_presigned = method in {"GET", "HEAD"} and "X-Amz-Signature" in parameters
    is_login = bool(page) and ((method, path) in LOGIN or is_keys(method, path))
    is_of_page = bool(page) and _is_of_page(method, path, query, given, page)
    if "origin" in given and not is_of_page:
        return "The request comes from a web page."
    if given.get("sec-fetch-site", "none") not in OWN_SITES and not (is_presigned or is_login or is_of_page):
        return "The request comes from another site."
    if path.startswith(("/_ministack/", "/_localstack/")) and path != HEALTH:
        return "There is no such path."
    is_preflight = is_of_page and method == "OPTIONS"
    needs_none = is_login or is_preflight or _may_lack_signature(method, path, query, given)
    return None if needs_none else _unsigned(given, parameters)


def is_keys(method: str, path: str) -> bool:
    """Whether a request asks for the public keys of a user pool."""
    return method == "GET" and KEYS.fullmatch(path) is not None


def _is_of_page(method: str, path: str, query: str, headers: Mapping[str, str], page: str) -> bool:
    """Whether a hosted gallery's page sends this: for its tokens, to the buckets, or by the form of the login page."""
    if headers.get("origin") != page:
        return (method, path) == ("POST", "/login") and headers.get("origin") == f"http://{headers['host']}"
    is_object = path != "/login" and (OBJECT if method == "GET" else BUCKET).fullmatch(path) is not None
    by_form = method == "POST" and not query
    by_query = method == "GET" and "X-Amz-Signature=" in query
    before = method == "OPTIONS" and OBJECT.fullmatch(path + "/-") is not None
    return path in {TOKENS, REVOKE} or before or (is_object and (by_form or by_query))


def _may_lack_signature(method: str, path: str, query: str, headers: Mapping[str, str]) -> bool:
    """Return whether the emulator checks the request itself: health, a method of the API, or an S3 form."""
    is_form = headers.get("content-type", "").startswith("multipart/form-data")
    return (
        path == HEALTH
        or path.startswith(API)
        or (method == "POST" and is_form and not query and BUCKET.fullmatch(path) is not None)
    )


def _unsigned(headers: Mapping[str, str], parameters: Mapping[str, list[str]]) -> str | None:
    """Return the reason where the emulator would find no signature to check: it takes such a caller for root."""
    in_header = headers.get("authorization")
    in_query = {"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature"} <= parameters.keys()
    if in_header is None:
        return None if in_query else "The request is not signed."
    if in_query or not in_header.startswith(f"{ALGORITHM} "):
        return f"The request is not signed by {ALGORITHM}."
    return None


def is_too_full(method: str, path: str, query: str, room: int) -> bool:
    """Whether a request would write an object onto a disk that has this much room, which is too little."""
    is_form = method == "POST" and not query and BUCKET.fullmatch(path)
    is_write = is_form or (method == "PUT" and OBJECT.fullmatch(path))
    return bool(is_write) and room < ROOM_BYTES


def guarded(application: Application, folder: str, page: str = "") -> Application:
    """Return the application behind the guard; its objects lie in the folder."""

    async def answer(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await application(scope, receive, send)
        elif scope["type"] == "http":
            headers = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]]
            query = scope["query_string"].decode("latin-1")
            if reason := refusal(scope["method"], scope["path"], query, headers, page):
                await _refuse(send, reason)
            elif is_too_full(scope["method"], scope["path"], query, shutil.disk_usage(folder).free):
                await _answer(send, 503, b"application/xml", FULL)
            else:
                await application(scope, receive, send)
        else:  # the emulator's WebSocket APIs ask for no signature
            await receive()
            await send({"type": "websocket.close", "code": 1008})

    return answer


FULL = b"<Error><Code>ServiceUnavailable</Code><Message>The disk of this machine is full.</Message></Error>"


async def _refuse(send: Send, reason: str) -> None:
    await _answer(send, 403, b"application/json", json.dumps({"message": reason}).encode())


async def _answer(send: Send, status: int, content_type: bytes, body: bytes) -> None:
    headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def close(app: Any, s3: Any, iam: Any, page: str = "") -> None:
    """Block the paths that need no signature, and verify every signature; `page` as for `refusal`."""

    async def health_only(_method: str, path: str, _headers: Any, _query: Any, request_id: str) -> Any:
        return app._handle_health_request(path, request_id) if path == HEALTH else None

    async def nothing(*_: Any) -> None:
        return None

    root = os.environ["AWS_ACCESS_KEY_ID"]
    replace(app, "_handle_pre_body_request", health_only)
    for unsigned in ("_handle_post_body_shortcuts", "_handle_ecr_registry_request", "_handle_alb_request"):
        replace(app, unsigned, nothing)
    # A form without a policy's signature.
    replace(s3, "_enforce_post_policy_size", lambda *_: s3._error("AccessDenied", "Access Denied", 403))
    # The key `test`, any number of twelve digits, and the root's own key would pass with any signature.
    replace(iam, "is_root_access_key", lambda key: not key or key == root)
    replace(iam, "_is_root_key", lambda key: not key)
    replace(iam, "_served_unsigned", lambda *_: False)
    replace(app, "app", guarded(app.app, s3.DATA_DIR, page))


def replace(module: Any, name: str, value: Any) -> None:
    """Replace an attribute of a module; raise AttributeError if this version lacks it."""
    getattr(module, name)
    setattr(module, name, value)
