"""Downloads: several images as one zip.

A zip is chosen by a POST, which the guard protects, and fetched once by the address that it answers: so the browser
writes it to its disk as it comes.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import quote
from zipfile import ZipFile, ZipInfo

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Send

from viewfinder.gallery.member_names import MemberNames
from viewfinder.gallery.proxy import Api, Held, body_of, error
from viewfinder.gallery.turns import DOWNLOAD_STALL_SECONDS, unless_not_taken

MAX_IMAGES = 1000
"""Of one zip; more come as several."""

MAX_KEY_BYTES = 1024
MAX_ZIP_BYTES = MAX_IMAGES * 100 * 1024 * 1024

_MAX_WAITING = 20
_MISSING = "NOT INCLUDED.txt"
_DOTS = {".", ".."}


class Downloads:
    """Chosen zips that no client has fetched yet."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._chosen: dict[str, list[str]] = {}

    async def choose(self, request: Request) -> Response:
        """Take `{"ImageIds": [...]}` and return where the zip of these images is, once."""
        image_ids = _image_ids(await body_of(request) or b"")
        if image_ids is None:
            return error(400, "InvalidBody", f"ImageIds: must be a list of 1 to {MAX_IMAGES:,} image ids")
        ticket = secrets.token_urlsafe(32)
        self._chosen[ticket] = image_ids
        while len(self._chosen) > _MAX_WAITING:
            del self._chosen[next(iter(self._chosen))]
        return JSONResponse({"Url": f"/downloads/{ticket}"}, 201)

    async def send(self, request: Request) -> Response:
        """Stream the zip of a ticket, which is valid once; answer 404 for any other ticket."""
        image_ids = self._chosen.pop(request.path_params["ticket"], None)
        if image_ids is None:
            return error(404, "DownloadNotFound", "This download has been fetched already. Choose the images again.")
        async with AsyncExitStack() as held:
            await held.enter_async_context(self._api.lanes.downloads.one())
            return Zip(zip_of(self._api, image_ids), held.pop_all())


class Zip(Held):
    """A zip, written to the client's disk as it comes."""

    def __init__(self, content: AsyncIterator[bytes], held: AsyncExitStack) -> None:
        headers = {"content-disposition": 'attachment; filename="viewfinder.zip"', "cache-control": "no-store"}
        super().__init__(content, held, headers=headers, media_type="application/zip")

    def patient(self, send: Send) -> Send:
        """Return `send` with a limit on the pause of a download whose size is unknown."""
        return unless_not_taken(send, MAX_ZIP_BYTES, DOWNLOAD_STALL_SECONDS)


def _image_ids(body: bytes) -> list[str] | None:
    """Return the ids of a body; None if it has none, too many, or what can be no key."""
    try:
        ids = json.loads(body)["ImageIds"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    is_right = isinstance(ids, list) and 0 < len(ids) <= MAX_IMAGES and all(map(_is_key, ids))
    return list(dict.fromkeys(ids)) if is_right else None


def _is_key(value: object) -> bool:
    """Return whether a value is text of 1 to 1,024 bytes of UTF-8."""
    try:
        return isinstance(value, str) and 0 < len(value.encode()) <= MAX_KEY_BYTES
    except UnicodeEncodeError:  # half of a surrogate pair
        return False


async def zip_of(api: Api, image_ids: list[str]) -> AsyncIterator[bytes]:
    """Yield a zip of the originals, uncompressed, with one chunk of one original in memory at a time.

    What is not there any more is listed in a file of the zip. Another failure ends the download in the middle, so
    that no browser takes it for whole.
    """
    written = _Written()
    names = MemberNames(_MISSING)
    missing = []
    with ZipFile(written, "w") as archive:  # type: ignore[call-overload] # writes and flushes are all it needs
        for image_id in image_ids:
            async with _original(api, image_id) as found:
                if found is None:
                    missing.append(image_id)
                    continue
                with archive.open(_member(names.add(image_id), await _time_of(api, image_id, found)), "w") as member:
                    async for chunk in found.aiter_raw():
                        member.write(chunk)
                        yield written.take()
        if missing:
            archive.writestr(_member(_MISSING, datetime.now()), "\n".join(missing))  # noqa: DTZ005 - a zip has local times
    yield written.take()


@asynccontextmanager
async def _original(api: Api, image_id: str) -> AsyncIterator[httpx.Response | None]:
    """Open an original; return None if it does not exist."""
    answer = None if _DOTS & set(image_id.split("/")) else await api.call("GET", f"/content/{quote(image_id, safe='')}")
    if answer is None or answer.status_code == HTTPStatus.NOT_FOUND:
        yield None
        return
    if not answer.is_redirect:
        answer.raise_for_status()
    async with api.client.stream("GET", answer.headers["location"]) as found:
        is_gone = found.status_code == HTTPStatus.NOT_FOUND
        if not is_gone:
            found.raise_for_status()
        yield None if is_gone else found


async def _time_of(api: Api, image_id: str, found: httpx.Response) -> datetime:
    """Return when a picture was taken by the camera's clock; where that is not known, when its object was written."""
    answer = await api.call("GET", f"/images/{quote(image_id, safe='')}")
    taken = answer.json().get("Facts", {}).get("TakenAt") if answer.is_success else None
    if taken:
        return datetime.fromisoformat(taken)
    modified = found.headers.get("last-modified")
    return parsedate_to_datetime(modified).astimezone() if modified else datetime.now()  # noqa: DTZ005


def _member(name: str, time: datetime) -> ZipInfo:
    """Return a member that everybody may read; a zip's times are local, from 1980 to 2107."""
    year = min(max(time.year, 1980), 2107)
    member = ZipInfo(name, (year, time.month, time.day, time.hour, time.minute, time.second))
    member.external_attr = 0o644 << 16
    return member


class _Written:
    """A file that can't be sought in: what was written and not taken yet."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def write(self, data: bytes) -> int:
        self._bytes += data
        return len(data)

    def flush(self) -> None:
        """Do nothing; writes are unbuffered."""

    def take(self) -> bytes:
        data = bytes(self._bytes)
        self._bytes.clear()
        return data
