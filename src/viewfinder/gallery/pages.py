"""The page with its scripts, style sheets and icons: compressed, and kept by browsers until a release changes them."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from viewfinder.gallery.proxy import error

TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

_FOR_EVER = "public, max-age=31536000, immutable"
_ASKED_EACH_TIME = "no-cache"

_UNESCAPED = "!'()*"
"""What JavaScript's encodeURIComponent leaves as it is beside letters, digits and -_.~: both make the same URL."""


@dataclass(frozen=True)
class _File:
    content: bytes
    media_type: str

    @cached_property
    def compressed(self) -> bytes:
        return gzip.compress(self.content, mtime=0)

    @cached_property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.content).hexdigest()[:32]}"'


def _read() -> Mapping[str, bytes]:
    folder = files("viewfinder.gallery") / "web"
    return {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.is_file()}


class Pages:
    """The files of `web/`, read once at the start.

    The page names them below a folder of their own digest, so that a browser never asks for them again.
    """

    def __init__(self, token: str, stage: str, *, is_moderated: bool = False) -> None:
        contents = _read()
        self.version = hashlib.sha256(b"".join(contents[name] for name in sorted(contents))).hexdigest()[:16]
        self._files = {
            name: _File(content, TYPES[_suffix(name)]) for name, content in contents.items() if _suffix(name) in TYPES
        }
        page = contents["index.html"].decode().replace('"/web/', f'"/web/{self.version}/')
        # All are URL-safe text of our own making: nothing to escape.
        self._page = page.replace("{token}", token).replace("{stage}", stage)
        self._page = self._page.replace("{moderated}", "true" if is_moderated else "false")
        self._is_moderated = is_moderated

    async def index(self, request: Request) -> Response:
        """Return the page, which no cache may keep: the next start has another token."""
        image_id = request.query_params.get("image")
        page = self._page
        for place, text in (_opened(image_id) if image_id and not self._is_moderated else _CLOSED).items():
            page = page.replace(place, text)
        # Not compressed: it holds the token beside text of the address, and the length would tell of it (BREACH).
        return HTMLResponse(page, headers={"cache-control": "no-store"})

    async def file(self, request: Request) -> Response:
        """Return a script, a style sheet or an icon; `version` is a page's, which may be of an earlier release."""
        found = self._files.get(request.path_params["name"])
        if found is None:
            return error(404, "NotFound", "There is no such file.")
        is_ours = request.path_params.get("version") == self.version
        return _sent(request, found, _FOR_EVER if is_ours else _ASKED_EACH_TIME)


def _suffix(name: str) -> str:
    return name[name.rfind(".") :]


_CLOSED = {"{preload}": "", "{open}": "", "{poster}": ""}
"""What the places of the page hold where no image is open, or only its record tells whether its picture is shown."""


def _opened(image_id: str) -> Mapping[str, str]:
    """Return what the places hold behind a link to an image: its thumbnail is shown before any script is here."""
    url = f"/content/{quote(image_id, safe=_UNESCAPED)}?rendition=thumbnail"
    frame = f'<div class="frame ready"><img src="{url}" alt="" data-rendition="thumbnail"></div>'
    return {
        "{preload}": f'<link rel="preload" as="image" href="{url}" fetchpriority="high">',
        "{open}": " open",
        "{poster}": f'<div class="content"><div class="heading"></div><div class="stage">{frame}</div></div>',
    }


def _sent(request: Request, file: _File, cache_control: str) -> Response:
    headers = {"cache-control": cache_control, "etag": file.etag, "vary": "accept-encoding"}
    if request.headers.get("if-none-match") == file.etag:
        return Response(status_code=304, headers=headers)
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(file.content, headers=headers, media_type=file.media_type)
    return Response(file.compressed, headers=headers | {"content-encoding": "gzip"}, media_type=file.media_type)
