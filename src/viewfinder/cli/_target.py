"""The stack that an operator's command works on: one on AWS, or a local one."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote, urlencode

import typer

from viewfinder.domain.errors import ViewfinderError

if TYPE_CHECKING:
    from boto3.session import Session

    from viewfinder.bootstrap import Application

StackOption = Annotated[
    str | None, typer.Option("--stack", help="Stack on AWS.", show_default="the local stack, or that of `env`")
]


@dataclass(frozen=True, slots=True)
class Target:
    """A stack that was found, with what its template gave out."""

    application: Application
    outputs: dict[str, str]

    @property
    def is_local(self) -> bool:
        """Whether the detector costs nothing."""
        return "amazonaws.com" not in str(self.application.s3_client.meta.endpoint_url)

    def price(self, calls: int) -> float | None:
        """Return what so many detector calls cost here, in dollars; None in a region without prices in the table."""
        from viewfinder.operations.cost import UnknownRegionError, dollars

        try:
            return 0.0 if self.is_local else dollars(calls, self.region)
        except UnknownRegionError:
            return None

    @property
    def region(self) -> str:
        """The region of the stack."""
        return str(self.application.session.region_name)


def confirm_calls(calls: int, price: float | None, *, err: bool) -> None:
    """Ask whether so many detector calls are to be made, where they cost anything; abort on a no."""
    cost = "at a price that is not in the table" if price is None else f"${price:,.2f} at list price"
    if price != 0:
        typer.confirm(f"{calls:,} detector calls, {cost}. Go on?", abort=True, err=err)


def find_target(data_dir: Path | None, stack: str | None) -> Target:
    """Find the stack: `--stack` on AWS, else `--data-dir`, else the variables of `viewfinder env`, else the user's."""
    if stack is None and data_dir is None:
        stack = _stack_of_environment()
    if stack is not None:
        return _target(stack)
    from viewfinder.cli._options import local_stack
    from viewfinder.local.components import STACK_NAME

    local = local_stack(data_dir)
    return _target(STACK_NAME, session=local.session, endpoint_url=local.record.endpoint_url)


def _stack_of_environment() -> str | None:
    """Read the stack's name off the bucket's: `{stack}-images-{account}-{region}`."""
    return os.environ.get("VIEWFINDER_BUCKET", "").rpartition("-images-")[0] or None


def _target(name: str, **parts: Any) -> Target:
    from boto3.session import Session

    from viewfinder.bootstrap import Application
    from viewfinder.settings import Settings

    session = parts.setdefault("session", Session())
    client = session.client("cloudformation", endpoint_url=parts.get("endpoint_url"))
    description = client.describe_stacks(StackName=name)["Stacks"][0]
    outputs = {entry["OutputKey"]: entry["OutputValue"] for entry in description["Outputs"]}
    parameters = {entry["ParameterKey"]: entry["ParameterValue"] for entry in description.get("Parameters", ())}
    # The emulator gives the parameters that were set, AWS all.
    given = {"shards": int(parameters["Shards"])} if "Shards" in parameters else {}
    settings = Settings.from_outputs(outputs, **given)
    return Target(Application(settings, **parts), outputs)


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
        """Return the document of the answer; `path` is percent-encoded; raise ApiError."""
        import httpx
        from botocore.exceptions import NoCredentialsError

        from viewfinder.operations.signing import Signer

        written = urlencode({name: value for name, value in (query or {}).items() if value}, doseq=True)
        try:
            signed = Signer(self.session).sign(method, f"{self.url}{path}?{written}")
        except NoCredentialsError:
            raise ApiError("there are no AWS credentials to sign the request with") from None
        response = httpx.request(method, signed.url, headers=signed.headers, timeout=_SECONDS)
        document: Document = response.json() if response.content else {}
        if response.is_error:
            error = document.get("Error", {})
            raise ApiError(error.get("Message") or document.get("message") or f"the API answers {response.status_code}")
        return document

    def entries(self, path: str, member: str, query: Mapping[str, Any], limit: int) -> list[Document]:
        """Return the first so many entries of a list."""
        return list(islice(self._all(path, member, {**query, "limit": min(limit, _LARGEST_PAGE)}), limit))

    def _all(self, path: str, member: str, query: dict[str, Any]) -> Iterator[Document]:
        while True:
            page = self.call("GET", path, query)
            yield from page[member]
            if "NextToken" not in page:
                return
            query["nextToken"] = page["NextToken"]


def image_path(image_id: str) -> str:
    """Return the path of an image; its key is one segment, in which slashes and dots mean nothing to a server."""
    return f"/images/{quote(image_id, safe='')}"


def find_api(data_dir: Path | None, stack: str | None) -> Api:
    """Find the API: of `--stack`, else of `--data-dir`, else that of `viewfinder env`, else the user's own."""
    from boto3.session import Session

    if stack is not None:
        return Api(_url_of(stack, Session()), Session())
    if data_dir is None and (url := os.environ.get("VIEWFINDER_API_URL")):
        return Api(url, Session())
    from viewfinder.cli._options import local_stack

    local = local_stack(data_dir)
    if not local.record.running:
        raise ApiError("the local stack does not run: start it with `viewfinder up`, or name one on AWS with --stack")
    return Api(local.record.api_url, local.session)


def _url_of(stack: str, session: Session) -> str:
    description = session.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    return next(entry["OutputValue"] for entry in description["Outputs"] if entry["OutputKey"] == "ApiUrl")
