"""Who may ask the gallery: only a page of its own, or a program of this machine's user.

A browser lets any web page send requests to loopback. A foreign page betrays itself by its Origin or Sec-Fetch-Site; a
name that was rebound to 127.0.0.1, by the Host header; and what changes something needs a token that only our own page
can read.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from viewfinder.gallery.proxy import error

TOKEN_HEADER = "X-Viewfinder-Token"  # noqa: S105 - a header's name
SAFE_METHODS = {"GET", "HEAD"}
OWN_SITES = {"same-origin", "none"}

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
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    def refusal(self, method: str, path: str, headers: Headers) -> str | None:
        """Return the reason why a request is refused, None where it may pass."""
        if headers.get("host", "").lower() not in self._hosts():
            return "The Host header names another server."
        if headers.get("origin", "") not in {"", *(f"http://{host}" for host in self._hosts())}:
            return "The request comes from another origin."
        if headers.get("sec-fetch-site", "none") not in OWN_SITES and not _follows_a_link(path, headers):
            return "The request comes from another site."
        if method not in SAFE_METHODS and not self._has_token(headers):
            return f"The request needs the header {TOKEN_HEADER}: the one of the page as it was last loaded."
        return None

    def _hosts(self) -> set[str]:
        return {f"{name}:{self.port}" for name in ("localhost", "127.0.0.1", "[::1]")}

    def _has_token(self, headers: Headers) -> bool:
        return secrets.compare_digest(headers.get(TOKEN_HEADER, "").encode(), self.token.encode())


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

        refusal = self.guard.refusal(scope["method"], scope["path"], Headers(scope=scope))
        answer = error(403, "Forbidden", refusal) if refusal else self.application
        await answer(scope, receive, send_with_headers)


_ENCODED = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
