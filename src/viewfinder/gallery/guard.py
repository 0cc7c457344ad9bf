"""The guard of the gallery: it admits only the gallery's own page and programs of this machine's user.

A browser lets any web page send requests to loopback. A foreign page betrays itself by its Origin or Sec-Fetch-Site; a
name that was rebound to 127.0.0.1, by the Host header; and what changes something needs a token that only our own page
can read. Other users of the machine reach loopback, too: where there are some, a visitor shows an access token, which
is part of the address (`/~TOKEN`); a browser then keeps it in a cookie, as with Jupyter. The forms of earlier releases,
`/?token=TOKEN` and Basic authentication, open the gallery as well.
"""

from __future__ import annotations

import base64
import os
import pwd
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlencode

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from viewfinder.gallery.proxy import error

TOKEN_HEADER = "X-Viewfinder-Token"  # noqa: S105 - a header's name
SAFE_METHODS = {"GET", "HEAD"}
OWN_SITES = {"same-origin", "none"}

_COOKIE_SECONDS = 30 * 86_400
_FIRST_PERSON, _LAST_PERSON = (501 if os.uname().sysname == "Darwin" else 1000), 60_000
"""User ids of people (login.defs of Debian and Fedora; macOS counts from 501)."""
_LOCKED = "This gallery is locked. Its address, with the token that opens it, is what `viewfinder status` shows."

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' blob:",  # blob: the files about to be uploaded
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",  # no string ever becomes markup: innerHTML throws
    "trusted-types": "'none'",
}

HEADERS = {
    "content-security-policy": "; ".join(f"{name} {value}" for name, value in POLICY.items()),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


@dataclass(frozen=True)
class Guard:
    """The checks of one start of the gallery."""

    port: int
    access_token: str = ""
    """The token that a visitor must present; "": none."""
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    def refusal(self, method: str, path: str, headers: Headers) -> str | None:
        """Return the reason for refusing a request, or None."""
        if headers.get("host", "").lower() not in self._hosts():
            return "The Host header names another server."
        if headers.get("origin", "") not in {"", *(f"http://{host}" for host in self._hosts())}:
            return "The request comes from another origin."
        if headers.get("sec-fetch-site", "none") not in OWN_SITES and not _follows_a_link(path, headers):
            return "The request comes from another site."
        if method not in SAFE_METHODS and not self._has_token(headers):
            return f"The request needs the header {TOKEN_HEADER}: the one of the page as it was last loaded."
        return None

    def without_token(self, scope: Scope) -> Scope | None:
        """Return the request without the access token in its path; None if the token is missing or wrong."""
        first, _, rest = str(scope["path"])[1:].partition("/")
        if not (self.access_token and first.startswith("~") and self._is_access_token(first[1:])):
            return None
        _, _, raw = bytes(scope["raw_path"])[1:].partition(b"/")  # `~` may have been encoded
        return {**scope, "path": f"/{rest}", "raw_path": b"/" + raw}

    def admits(self, request: Request) -> bool:
        """Return whether the visitor has the access token in a cookie, or as the password of Basic authentication."""
        shown = (request.cookies.get(self.cookie, ""), _password(request.headers))
        return not self.access_token or any(map(self._is_access_token, shown))

    def entrance(self, request: Request, *, has_token: bool) -> RedirectResponse | None:
        """Return the way from the address with the access token to the same one without it; None from elsewhere.

        A browser goes it, and keeps the token in a cookie; a program keeps none.
        """
        by_path = has_token and "text/html" in request.headers.get("accept", "")
        by_query = self._is_access_token(request.query_params.get("token", ""))
        if not self.access_token or request.scope["path"] != "/" or not (by_path or by_query):
            return None
        others = [pair for pair in request.query_params.multi_items() if pair[0] != "token"]
        response = RedirectResponse(f"/?{urlencode(others)}" if others else "/", 303)
        response.set_cookie(self.cookie, self.access_token, _COOKIE_SECONDS, httponly=True, samesite="lax")
        return response

    @property
    def cookie(self) -> str:
        """The cookie's name: browsers send a host's cookies to all of its ports, where other galleries may listen."""
        return f"viewfinder-{self.port}"

    def _is_access_token(self, text: str) -> bool:
        return secrets.compare_digest(text.encode(), self.access_token.encode())

    def _hosts(self) -> set[str]:
        return {f"{name}:{self.port}" for name in ("localhost", "127.0.0.1", "[::1]")}

    def _has_token(self, headers: Headers) -> bool:
        return secrets.compare_digest(headers.get(TOKEN_HEADER, "").encode(), self.token.encode())


def _password(headers: Headers) -> str:
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    try:
        return base64.b64decode(credentials).decode().partition(":")[2] if scheme.lower() == "basic" else ""
    except ValueError:  # other characters than ASCII, no base64, no UTF-8
        return ""


def others_use_this_machine(accounts: Iterable[pwd.struct_passwd] | None = None) -> bool:
    """Return whether another person can log in on this machine, which means an account with a shell."""
    return any(
        _FIRST_PERSON <= account.pw_uid < _LAST_PERSON
        and account.pw_uid != os.getuid()
        and not account.pw_shell.endswith(("/nologin", "/false"))
        for account in (pwd.getpwall() if accounts is None else accounts)
    )


def _follows_a_link(path: str, headers: Headers) -> bool:
    """Whether a person opens the page by a link elsewhere: a whole new document, which that place can't read."""
    return path == "/" and headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"


@dataclass(frozen=True)
class Guarded:
    """An application behind a guard; every response carries the security headers, unless it has its own of the name."""

    application: ASGIApp
    guard: Guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                message["headers"] += [pair for pair in _ENCODED if pair[0] not in present]
            await send(message)

        behind = self.guard.without_token(scope)
        scope = behind or scope
        await self._answer(Request(scope), has_token=behind is not None)(scope, receive, send_with_headers)

    def _answer(self, request: Request, *, has_token: bool) -> ASGIApp:
        path = request.scope["path"]  # not request.url: a Host header can make it one that can't be parsed
        if refusal := self.guard.refusal(request.method, path, request.headers):
            return error(403, "Forbidden", refusal)
        if entrance := self.guard.entrance(request, has_token=has_token):
            return entrance
        if has_token or path == "/healthz" or self.guard.admits(request):
            return self.application
        return PlainTextResponse(_LOCKED, 403) if path == "/" else error(403, "Forbidden", _LOCKED)


_ENCODED = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
