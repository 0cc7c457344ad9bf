"""The gallery's files, and the one page that carries the token."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def _read() -> Mapping[str, bytes]:
    folder = files("viewfinder.gallery") / "web"
    return {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.is_file()}


class Pages:
    """The files of `web/`, read once at the start."""

    def __init__(self, token: str, stage: str) -> None:
        self._files = _read()
        page = self._files["index.html"].decode()
        # Both are URL-safe text of our own making: nothing to escape.
        self._page = page.replace("{token}", token).replace("{stage}", stage)

    async def index(self, _: Request) -> Response:
        """Return the page; kept nowhere, since the next start has another token."""
        return HTMLResponse(self._page, headers={"cache-control": "no-store"})

    async def file(self, request: Request) -> Response:
        """Return a script, a style sheet or an icon."""
        name = request.path_params["name"]
        suffix = name[name.rfind(".") :]
        if name not in self._files or suffix not in TYPES:
            return Response(status_code=404)
        return Response(self._files[name], headers={"cache-control": "no-cache"}, media_type=TYPES[suffix])
