"""Who may ask the front door: only a page of its own, or a program of this machine's user.

A browser lets any web page send requests to loopback. A foreign page betrays itself by its Origin or Sec-Fetch-Site; a
name that was rebound to 127.0.0.1, by the Host header; and what changes something needs a token that only our own page
can read.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from starlette.requests import Request

TOKEN_HEADER = "X-Viewfinder-Token"  # noqa: S105 - a header's name
SAFE_METHODS = {"GET", "HEAD"}
OWN_SITES = {"same-origin", "none"}


@dataclass(frozen=True)
class Guard:
    """The checks of one start of the front door."""

    port: int
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    def refusal(self, request: Request) -> str | None:
        """Gives the reason why a request is refused, None where it may pass."""
        if request.headers.get("host", "") not in self._hosts():
            return "The Host header names another server."
        if request.headers.get("origin", "") not in {"", *(f"http://{host}" for host in self._hosts())}:
            return "The request comes from another origin."
        if request.headers.get("sec-fetch-site", "none") not in OWN_SITES:
            return "The request comes from another site."
        if request.method not in SAFE_METHODS and not self._has_token(request):
            return f"The request needs the header {TOKEN_HEADER}."
        return None

    def _hosts(self) -> set[str]:
        return {f"{name}:{self.port}" for name in ("localhost", "127.0.0.1", "[::1]")}

    def _has_token(self, request: Request) -> bool:
        return secrets.compare_digest(request.headers.get(TOKEN_HEADER, "").encode(), self.token.encode())
