"""Files in and out: an upload by a presigned form of the API, and a download of several images as one zip.

The browser gives the file to the gallery rather than to the bucket: so the bucket needs no CORS rule, the page may
talk to its own origin only, and no URL of the page's choosing is ever requested. A zip is chosen by a POST, which the
guard protects, and fetched once by the address that it answers: so the browser writes it to its disk as it comes.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote, unquote
from zipfile import ZipFile, ZipInfo

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from viewfinder.gallery.proxy import Api, body_of, error, path_below, relayed

_ERROR_CODE = re.compile(r"<Code>(\w+)</Code>")
_ERROR_MESSAGE = re.compile(r"<Message>([^<]*)</Message>")


async def upload(api: Api, request: Request) -> Response:
    """Put the body into the bucket as the image of the path; its type and length are those of the request."""
    length = request.headers.get("content-length", "")
    if not length.isdigit():
        return error(411, "MissingContentLength", "An upload says how long it is.")
    members = {
        "ImageId": unquote(path_below(request, "uploads/")),
        "ContentType": request.headers.get("content-type", ""),
        "MaxBytes": int(length),
    }
    form = await api.call("POST", "/images", json.dumps(members).encode(), {"content-type": "application/json"})
    if form.status_code != 201:
        return relayed(form)
    return await _send(api.client, form.json(), request, int(length))


async def _send(client: httpx.AsyncClient, form: dict[str, Any], request: Request, length: int) -> Response:
    boundary = secrets.token_hex(16)
    before, after = _around_the_file(form["Fields"], boundary)

    async def body() -> AsyncIterator[bytes]:
        yield before
        async for chunk in request.stream():
            yield chunk
        yield after

    headers = {
        "content-type": f"multipart/form-data; boundary={boundary}",
        "content-length": str(len(before) + length + len(after)),  # S3 takes no chunks here
    }
    answer = await client.post(form["Url"], content=body(), headers=headers)
    if not answer.is_success:
        return _refused(answer)
    return JSONResponse({"ImageId": form["ImageId"], "ETag": answer.headers.get("etag", "").strip('"')}, 201)


def _around_the_file(fields: Mapping[str, str], boundary: str) -> tuple[bytes, bytes]:
    """Return what stands before and after the file in the form; S3 wants the file last."""
    part = f"--{boundary}\r\nContent-Disposition: form-data; name="
    before = "".join(f'{part}"{name}"\r\n\r\n{value}\r\n' for name, value in fields.items())
    return f'{before}{part}"file"; filename="file"\r\n\r\n'.encode(), f"\r\n--{boundary}--\r\n".encode()


def _refused(answer: httpx.Response) -> Response:
    """Return S3's XML error in our envelope."""
    code, message = _ERROR_CODE.search(answer.text), _ERROR_MESSAGE.search(answer.text)
    status = answer.status_code if answer.is_client_error else 502
    return error(
        status, code[1] if code else "UploadRefused", message[1] if message else "The bucket refused the file."
    )


MAX_IMAGES = 1000
"""Of one zip; more come as several."""

_MAX_WAITING = 20
_MISSING = "NOT INCLUDED.txt"
_DOTS = {".", ".."}


class Downloads:
    """The zips that were chosen and not fetched yet."""

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
        """Send a zip that was chosen."""
        image_ids = self._chosen.pop(request.path_params["ticket"], None)
        if image_ids is None:
            return error(404, "DownloadNotFound", "This download was fetched already. Choose the images again.")
        headers = {"content-disposition": 'attachment; filename="viewfinder.zip"', "cache-control": "no-store"}
        return StreamingResponse(zip_of(self._api, image_ids), headers=headers, media_type="application/zip")


def _image_ids(body: bytes) -> list[str] | None:
    """Return the ids of a body; None where it has none or too many."""
    try:
        ids = json.loads(body)["ImageIds"]
    except (ValueError, TypeError, KeyError):
        return None
    is_right = isinstance(ids, list) and all(isinstance(each, str) and each for each in ids)
    return list(dict.fromkeys(ids)) if is_right and 0 < len(ids) <= MAX_IMAGES else None


async def zip_of(api: Api, image_ids: list[str]) -> AsyncIterator[bytes]:
    """Yield a zip of the originals, stored as they are; one chunk of one original is in memory at a time.

    What is not there any more is listed in a file of the zip. Another failure ends the download in the middle, so
    that no browser takes it for whole.
    """
    written = _Written()
    names: set[str] = set()
    missing = []
    with ZipFile(written, "w") as archive:  # type: ignore[call-overload] # writes and flushes are all it needs
        for image_id in image_ids:
            async with _original(api, image_id) as found:
                if found is None:
                    missing.append(image_id)
                    continue
                with archive.open(ZipInfo(free_name(image_id, names)), "w") as member:
                    async for chunk in found.aiter_raw():
                        member.write(chunk)
                        yield written.take()
        if missing:
            archive.writestr(_MISSING, "\n".join(missing))
    yield written.take()


@asynccontextmanager
async def _original(api: Api, image_id: str) -> AsyncIterator[httpx.Response | None]:
    """Open an original; None where there is none (any more)."""
    answer = None if _DOTS & set(image_id.split("/")) else await api.call("GET", f"/content/{quote(image_id, safe='')}")
    if answer is None or answer.status_code == HTTPStatus.NOT_FOUND:
        yield None
        return
    if not answer.is_redirect:
        answer.raise_for_status()
    async with api.pictures, api.client.stream("GET", answer.headers["location"]) as found:
        is_gone = found.status_code == HTTPStatus.NOT_FOUND
        if not is_gone:
            found.raise_for_status()
        yield None if is_gone else found


class _Written:
    """A file that can't be sought in: what was written and not taken yet."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def write(self, data: bytes) -> int:
        self._bytes += data
        return len(data)

    def flush(self) -> None:
        """Do nothing: what was written is there."""

    def take(self) -> bytes:
        data = bytes(self._bytes)
        self._bytes.clear()
        return data


def free_name(image_id: str, names: set[str]) -> str:
    """Return the path of an image in a zip and add it to `names`: relative, and another one on any file system."""
    parts = [re.sub(r"[\x00-\x1f\x7f\\:]", "_", part) for part in image_id.split("/") if part]
    path = PurePosixPath(*parts)
    name, number = str(path), 1
    while name.casefold() in names or name == _MISSING:
        number += 1
        name = str(path.with_name(f"{path.stem} ({number}){path.suffix}"))
    names.add(name.casefold())
    return name
