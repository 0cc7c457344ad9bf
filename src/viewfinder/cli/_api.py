"""The REST API as the commands call it: signed, page by page, its errors as one line."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from viewfinder.domain.errors import ViewfinderError

if TYPE_CHECKING:
    from boto3.session import Session

_LARGEST_PAGE = 100
_SECONDS = 30

Document = dict[str, Any]


class ApiError(ViewfinderError):
    """The API refused a request."""


@dataclass(frozen=True, slots=True)
class Api:
    """An API by the URL of its stage, and the session that signs for it."""

    url: str
    session: Session

    def call(self, method: str, path: str, query: Mapping[str, Any] | None = None) -> Document:
        """Gives the document of the answer; `path` is percent-encoded; raises ApiError."""
        import httpx

        written = urlencode(
            {name: value for name, value in (query or {}).items() if value}, doseq=True, quote_via=quote
        )
        url = f"{self.url}{path}?{written}" if written else f"{self.url}{path}"
        response = httpx.request(method, url, headers=self._signature(method, url), timeout=_SECONDS)
        document: Document = response.json() if response.content else {}
        if response.is_error:
            error = document.get("Error", {})
            raise ApiError(error.get("Message") or document.get("message") or f"the API answers {response.status_code}")
        return document

    def entries(self, path: str, member: str, query: Mapping[str, Any], limit: int) -> list[Document]:
        """Gives the first so many entries of a list."""
        return list(islice(self._all(path, member, {**query, "limit": min(limit, _LARGEST_PAGE)}), limit))

    def _all(self, path: str, member: str, query: dict[str, Any]) -> Iterator[Document]:
        while True:
            page = self.call("GET", path, query)
            yield from page[member]
            if "NextToken" not in page:
                return
            query["nextToken"] = page["NextToken"]

    def _signature(self, method: str, url: str) -> dict[str, str]:
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest

        credentials = self.session.get_credentials()
        if credentials is None:
            raise ApiError("there are no AWS credentials to sign the request with")
        request = AWSRequest(method, url)
        SigV4Auth(credentials, "execute-api", self.session.region_name).add_auth(request)
        return dict(request.headers)


def image_path(image_id: str) -> str:
    """Gives the path of an image, every character as the signature wants it."""
    return f"/images/{quote(image_id)}"


def find_api(data_dir: Path | None, stack: str | None) -> Api:
    """Finds the API: of `--stack`, else of `--data-dir`, else that of `viewfinder env`, else the user's own."""
    from boto3.session import Session

    if stack is not None:
        return Api(_url_of(stack, Session()), Session())
    if data_dir is None and (url := os.environ.get("VIEWFINDER_API_URL")):
        return Api(url, Session())
    from viewfinder.cli._stack import local_stack

    local = local_stack(data_dir)
    if not local.record.running:
        raise ApiError("the local stack does not run: start it with `viewfinder up`, or name one on AWS with --stack")
    return Api(local.record.api_url, local.session)


def _url_of(stack: str, session: Session) -> str:
    description = session.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    return next(entry["OutputValue"] for entry in description["Outputs"] if entry["OutputKey"] == "ApiUrl")
