"""What the emulator's user pool and HTTP API lack of AWS's."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from viewfinder.local.ministack.login import format_1, keep_groups, know_format_1

EVENT = {
    "version": "2.0",
    "routeKey": "GET /images/{ImageId+}",
    "rawPath": "/images/a/b c.jpg",
    "rawQueryString": "label=Dog&label=Cat&q=",
    "headers": {"accept": "*/*"},
    "requestContext": {
        "accountId": "000000000000",
        "apiId": "a1b2c3d4",
        "authorizer": {"jwt": {"claims": {"sub": "5", "cognito:groups": "[viewers]"}, "scopes": []}},
        "domainName": "a1b2c3d4.execute-api.localhost",
        "http": {
            "method": "GET",
            "path": "/images/a/b c.jpg",
            "protocol": "HTTP/1.1",
            "sourceIp": "127.0.0.1",
            "userAgent": "a browser",
        },
        "requestId": "an-id",
        "routeKey": "GET /images/{ImageId+}",
        "stage": "prod",
    },
    "pathParameters": {"ImageId": "a/b c.jpg"},
    "isBase64Encoded": False,
}


def test_an_event_of_format_1_has_the_route_the_claims_and_every_value_of_the_query() -> None:
    event = format_1(EVENT)

    assert (event["version"], event["resource"], event["httpMethod"]) == ("1.0", "/images/{ImageId+}", "GET")
    assert event["path"] == "/prod/images/a/b c.jpg"
    assert event["multiValueQueryStringParameters"] == {"label": ["Dog", "Cat"], "q": [""]}
    assert event["queryStringParameters"] == {"label": "Cat", "q": ""}
    assert event["requestContext"]["authorizer"]["claims"] == {"sub": "5", "cognito:groups": "[viewers]"}
    assert event["requestContext"]["requestId"] == "an-id"
    assert event["body"] is None


def test_only_an_integration_that_asks_for_format_1_gets_it() -> None:
    sent: list[str] = []

    async def run(_function: Any, _record: Any, event: Any, **_: Any) -> None:
        sent.append(event["version"])

    async def invoke(_integration: Any) -> None:
        await gateway.run_reentrant(None, None, EVENT)

    gateway = SimpleNamespace(run_reentrant=run, _invoke_lambda_proxy=invoke)
    know_format_1(gateway)

    asyncio.run(gateway._invoke_lambda_proxy({"payloadFormatVersion": "1.0"}))
    asyncio.run(gateway._invoke_lambda_proxy({"payloadFormatVersion": "2.0"}))
    asyncio.run(gateway._invoke_lambda_proxy({}))

    assert sent == ["1.0", "2.0", "2.0"]


def test_a_renewed_token_has_the_groups_that_the_user_is_in_now() -> None:
    signed: list[Any] = []
    pool = {"_users": {"ada": {"_groups": ["editors"]}}}
    cognito = SimpleNamespace(
        _fake_token=lambda *_, groups=None, **__: signed.append(groups), _get_pool_unscoped=lambda _id: pool
    )
    keep_groups(cognito)

    cognito._fake_token("sub", "pool", "client", "access", username="ada")
    cognito._fake_token("sub", "pool", "client", "access", "ada", groups=["viewers"])
    cognito._fake_token("sub", "pool", "client", "refresh")

    assert signed == [["editors"], ["viewers"], None]
