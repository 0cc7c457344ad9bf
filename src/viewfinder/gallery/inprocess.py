"""The REST API in this process: the function's own handler, called with the events that API Gateway would send.

For a stack on the same machine: no emulated gateway, no start of a worker, and nothing to sign. Every other client
calls the gateway.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import httpx
from anyio import to_thread

from viewfinder.gallery.proxy import new_client
from viewfinder.gallery.searches import Document, Handler
from viewfinder.gallery.turns import Lanes, Turns

if TYPE_CHECKING:
    from boto3.session import Session

SEARCHES = frozenset({"/images", "/folders", "/duplicates"})
"""Resources of which a GET may take long."""

SEARCHES_AT_ONCE = 1
OTHERS_AT_ONCE = 2
"""They take turns at the interpreter's lock: with 40 threads, 32 clients got 250 answers a second in place of 400."""


@dataclass(frozen=True)
class InProcessApi:
    """Implements `proxy.Api` by a function's handler; searches can have one of their own."""

    handler: Handler
    stage: str
    client: httpx.AsyncClient = field(default_factory=new_client)
    search_handler: Handler | None = None
    lanes: Lanes = field(default_factory=lambda: Lanes(calls=Turns(OTHERS_AT_ONCE)))
    searches: Turns = field(default_factory=lambda: Turns(SEARCHES_AT_ONCE))

    async def call(
        self, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Call the handler in a thread; `target` is a path below the stage, percent-encoded, with its query."""
        event = proxy_event(method, target, body, headers or {}, self.stage)
        is_search = method == "GET" and event["resource"] in SEARCHES
        handler = (self.search_handler or self.handler) if is_search else self.handler
        async with (self.searches if is_search else self.lanes.calls).one():
            answer = await to_thread.run_sync(handler, event, None)
        identity = {"x-amzn-requestid": event["requestContext"]["requestId"]}
        return httpx.Response(answer["statusCode"], headers=answer["headers"] | identity, text=answer["body"])


def proxy_event(method: str, target: str, body: bytes, headers: Mapping[str, str], stage: str) -> Document:
    """Return the event of a REST API's proxy integration: path and path parameter percent-encoded, query decoded."""
    path, _, query = target.partition("?")
    first, _, key = path.removeprefix("/").partition("/")
    values = parse_qs(query, keep_blank_values=True)
    parameter, pattern = ("PersonId", "{PersonId}") if first == "people" else ("ImageId", "{ImageId+}")
    resource = f"/{first}/{pattern}" if key else f"/{first}"
    return {
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": dict(headers),
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": {name: given[-1] for name, given in values.items()} or None,
        "multiValueQueryStringParameters": values or None,
        "pathParameters": {parameter: key} if key else None,
        "stageVariables": None,
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "resourcePath": resource,
            "httpMethod": method,
            "path": f"/{stage}{path}",
            "stage": stage,
        },
        "body": body.decode(errors="replace") or None,
        "isBase64Encoded": False,
    }


API_FUNCTION = "ApiHandlerFunction"
"""The template's name of the function that answers the API."""


def take_environment(stack: str, session: Session) -> str:
    """Take on the environment that the API's function was deployed with; return its handler's name, `module.function`.

    This process's own variables win.
    """
    resources = session.client("cloudformation")
    found = resources.describe_stack_resource(StackName=stack, LogicalResourceId=API_FUNCTION)
    name = found["StackResourceDetail"]["PhysicalResourceId"]
    configuration = session.client("lambda").get_function_configuration(FunctionName=name)
    os.environ.setdefault("POWERTOOLS_LOG_LEVEL", "WARNING")  # a line for each thumbnail would fill the log
    for variable, value in configuration["Environment"]["Variables"].items():
        os.environ.setdefault(variable, value)
    return str(configuration["Handler"])
