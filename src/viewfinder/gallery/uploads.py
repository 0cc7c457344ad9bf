"""Uploads: receive a file from the browser, and send it to the bucket with a presigned form of the API.

Because browsers upload to the gallery, the bucket needs no CORS rule, the page talks to its own origin only, and the
gallery never requests a URL that the page chooses.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import unquote

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from viewfinder.gallery.proxy import Api, error, path_below, relayed
from viewfinder.gallery.turns import unless_stalled

_ERROR_CODE = re.compile(r"<Code>(\w+)</Code>")
_ERROR_MESSAGE = re.compile(r"<Message>([^<]*)</Message>")
_LENGTH = re.compile("[0-9]{1,15}", re.ASCII)


async def upload(api: Api, request: Request) -> Response:
    """Upload the request's body to the bucket as the image of the path, with the request's type and length."""
    length = request.headers.get("content-length", "")
    if not _LENGTH.fullmatch(length):
        return error(411, "MissingContentLength", "An upload needs a Content-Length.")
    members = {
        "ImageId": unquote(path_below(request, "uploads/")),
        "ContentType": request.headers.get("content-type", ""),
        "MaxBytes": int(length),
    }
    form = await api.call("POST", "/images", json.dumps(members).encode(), {"content-type": "application/json"})
    if form.status_code != 201:
        return relayed(form)
    async with api.lanes.uploads.one():
        return await _send(api.client, form.json(), request, int(length))


async def _send(client: httpx.AsyncClient, form: dict[str, Any], request: Request, length: int) -> Response:
    boundary = secrets.token_hex(16)
    before, after = _around_the_file(form["Fields"], boundary)

    async def body() -> AsyncIterator[bytes]:
        yield before
        async for chunk in unless_stalled(request.stream(), length):
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
