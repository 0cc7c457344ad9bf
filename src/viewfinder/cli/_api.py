"""A client of a stack's REST API, whose requests are signed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from viewfinder.domain.errors import ViewfinderError

if TYPE_CHECKING:
    import httpx
    from boto3.session import Session


LARGEST_PAGE = 100
_SECONDS = 30
_JSON = {"Content-Type": "application/json"}

Document = dict[str, Any]


class ApiError(ViewfinderError):
    """The API refused a request, or does not answer."""


@dataclass(frozen=True, slots=True)
class Api:
    """An API by the URL of its stage, and the session that signs for it."""

    url: str
    session: Session

    def call(
        self, method: str, path: str, query: Mapping[str, Any] | None = None, body: Document | None = None
    ) -> Document:
        """Return the response's document; `path` is percent-encoded. Raise ApiError."""
        import httpx
        from botocore.exceptions import NoCredentialsError

        from viewfinder.operations.signing import Signer

        written = urlencode({name: value for name, value in (query or {}).items() if value}, doseq=True)
        try:
            content, headers = (json.dumps(body).encode(), _JSON) if body else (b"", {})
            signed = Signer(self.session).sign(method, f"{self.url}{path}?{written}", content, headers)
            client = _client(has_tls=signed.url.startswith("https:"))
            response = client.request(method, signed.url, content=content, headers=signed.headers)
            document: Document = response.json() if response.content else {}
        except NoCredentialsError:
            raise ApiError("There are no AWS credentials to sign the request with.") from None
        except (httpx.HTTPError, ValueError) as error:
            raise ApiError(f"The API at {self.url} does not answer: {error}") from error
        if response.is_error:
            fault = document.get("Error", {})
            message = fault.get("Message") or document.get("message") or f"the API answers {response.status_code}"
            raise ApiError(by_options(message))
        return document

    def entries(
        self,
        path: str,
        member: str,
        query: Mapping[str, Any],
        limit: int,
        *,
        on_page: Callable[[Document], object] = lambda _: None,
    ) -> tuple[list[Document], bool]:
        """Return the first `limit` entries of a list, and whether there are more. Raise ApiError."""
        found: list[Document] = []
        page: Document = {}
        while not page or (len(found) < limit and "NextToken" in page):
            token = {"nextToken": page["NextToken"]} if page else {}
            page = self.call("GET", path, {**query, "limit": min(limit, LARGEST_PAGE), **token})
            found += page[member]
            on_page(page)
        return found[:limit], len(found) > limit or "NextToken" in page


@cache
def _client(*, has_tls: bool) -> httpx.Client:
    """Return the client of all calls of a command: one connection, and certificates loaded once, where needed."""
    import httpx

    return httpx.Client(timeout=_SECONDS, verify=has_tls)


_ARGUMENTS = {"label": "WORDS", "q": "WORDS", "ImageId": "IMAGE_ID", "like": "--describe"}
"""Parameters of the API that are positional arguments of commands."""

_PARAMETER = re.compile(r"[A-Za-z]+(?=: )")


def by_options(message: str) -> str:
    """Replace the parameter at the beginning of a message by its option: `takenFrom: ...` as `--taken-from: ...`."""
    found = _PARAMETER.match(message)
    if not found:
        return message
    option = "--" + re.sub(r"(?<!^)(?=[A-Z])", "-", found[0]).lower()
    return _ARGUMENTS.get(found[0], option) + message[found.end() :]


def image_path(image_id: str, collection: str = "images") -> str:
    """Return the path of an image, with its key as one percent-encoded segment."""
    return f"/{collection}/{quote(image_id, safe='')}"
