"""The login of a hosted gallery at the emulator's user pool; run by the emulator's own interpreter.

`viewfinder up --hosted` opens what Cognito serves to browsers, for the page of one origin only (docs/ministack.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any
from urllib.parse import parse_qs

from viewfinder.local.ministack.guard import HEALTH, LOGIN, REVOKE, is_keys, replace


def open_for(app: Any, cognito: Any, page: str) -> None:
    """Serve the login page, tokens and the pool's public keys, and the buckets' answers to preflights."""

    async def before_body(method: str, path: str, headers: Any, query: Any, request_id: str) -> Any:
        if path == HEALTH:
            return app._handle_health_request(path, request_id)
        if method == "OPTIONS":
            return app._handle_options_request(method, path, headers, query, request_id)
        if (method, path) in LOGIN or is_keys(method, path):
            return await app._handle_cognito_get_request(method, path, headers, query)
        return None

    async def after_body(method: str, path: str, headers: Any, body: bytes, query: Any, *_: Any) -> Any:
        if (method, path) not in LOGIN:
            return None
        if path == REVOKE:
            return _for_page(_revoked(cognito, body), page)
        return _for_page(await app._handle_cognito_body_request(method, path, headers, body, query), page)

    replace(app, "_handle_pre_body_request", before_body)
    replace(app, "_handle_post_body_shortcuts", after_body)


def _for_page(answer: Any, page: str) -> Any:
    """Return an answer that a script of the page may read."""
    if answer is not None:
        answer[1]["Access-Control-Allow-Origin"] = page
    return answer


def _revoked(cognito: Any, body: bytes) -> Any:
    """Answer `/oauth2/revoke`, which the emulator lacks, by its API call of the same meaning.

    https://docs.aws.amazon.com/cognito/latest/developerguide/revocation-endpoint.html
    """
    form = parse_qs(body.decode(errors="replace"))
    cognito._revoke_token({"Token": form.get("token", [""])[0]})
    return 200, {"Content-Type": "application/json"}, b""


def keep_groups(cognito: Any) -> None:
    """Put the user's groups into renewed tokens, too, as Cognito does: without them an editor would be nobody."""
    sign = cognito._fake_token

    def token(sub: str, pool_id: str, client_id: str, kind: str = "access", username: str = "", **others: Any) -> Any:
        if username and others.get("groups") is None:
            user = ((cognito._get_pool_unscoped(pool_id) or {}).get("_users") or {}).get(username) or {}
            others["groups"] = user.get("_groups", [])
        return sign(sub, pool_id, client_id, kind, username, **others)

    replace(cognito, "_fake_token", token)


_FORMAT_2 = "2.0"


def know_format_1(gateway: Any) -> None:
    """Send the events of payload format 1.0 where an integration asks for it; the emulator knows 2.0 only."""
    invoke, run = gateway._invoke_lambda_proxy, gateway.run_reentrant
    wanted = ContextVar("wanted", default=_FORMAT_2)

    async def invoke_proxy(integration: Mapping[str, Any], *others: Any, **named: Any) -> Any:
        before = wanted.set(str(integration.get("payloadFormatVersion") or _FORMAT_2))
        try:
            return await invoke(integration, *others, **named)
        finally:
            wanted.reset(before)

    async def run_with_event(function: Any, record: Any, event: Any, **named: Any) -> Any:
        return await run(function, record, event if wanted.get() == _FORMAT_2 else format_1(event), **named)

    replace(gateway, "_invoke_lambda_proxy", invoke_proxy)
    replace(gateway, "run_reentrant", run_with_event)


def format_1(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event of format 2.0 in format 1.0: the path with its stage, path parameters decoded.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    """
    context = event["requestContext"]
    http = context["http"]
    method, _, resource = context["routeKey"].partition(" ")
    query = parse_qs(event["rawQueryString"], keep_blank_values=True)
    path = f"/{context['stage']}{event['rawPath']}"
    jwt = context.get("authorizer", {}).get("jwt")
    return {
        "version": "1.0",
        "resource": resource,
        "path": path,
        "httpMethod": http["method"],
        "headers": event["headers"],
        "multiValueHeaders": {name: [value] for name, value in event["headers"].items()},
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": event["pathParameters"],
        "stageVariables": None,
        "requestContext": {
            **{name: context[name] for name in ("accountId", "apiId", "domainName", "requestId", "stage")},
            **({"authorizer": jwt} if jwt else {}),
            "httpMethod": method,
            "identity": {"sourceIp": http["sourceIp"], "userAgent": http["userAgent"]},
            "path": path,
            "protocol": http["protocol"],
            "resourceId": context["routeKey"],
            "resourcePath": resource,
        },
        "body": event.get("body"),
        "isBase64Encoded": event["isBase64Encoded"],
    }
