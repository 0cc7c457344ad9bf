"""Pictures for the page: the front door follows the API's redirect, so that the page needs no other origin."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from viewfinder.front_door.api import Api, path_below
from viewfinder.front_door.forwarding import relayed

RENDITIONS = {"original", "thumbnail"}
RETURNED = ("content-type", "content-length", "content-disposition", "etag")

HEADERS = {
    # An object is a stranger's: opened by itself it may show its picture, and run nothing.
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'",
    # The page names a version in the query: another analysis, another URL.
    "cache-control": "private, max-age=86400",
}


async def picture(api: Api, request: Request) -> Response:
    """Gives the bytes of an original or, with `rendition=thumbnail`, of the thumbnail."""
    rendition = request.query_params.get("rendition", "original")
    target = path_below(request, "content") + f"?rendition={rendition if rendition in RENDITIONS else 'original'}"
    answer = await api.call("GET", "/content" + target)
    if not answer.is_redirect:
        return relayed(answer)
    found = await api.client.send(api.client.build_request("GET", answer.headers["location"]), stream=True)
    headers = {name: found.headers[name] for name in RETURNED if name in found.headers}
    if not found.is_success:
        headers = {"content-type": "text/plain"}
    return StreamingResponse(_content(found), found.status_code, headers | HEADERS)


async def _content(found: httpx.Response) -> AsyncIterator[bytes]:
    """Gives the bytes; lets the connection go even when the browser has scrolled on and hung up."""
    try:
        async for chunk in found.aiter_raw():
            yield chunk
    finally:
        await found.aclose()
