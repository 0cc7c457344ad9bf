"""The hosted gallery on one machine: its files, its headers, and what it passes on to the API."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from viewfinder.local.hosted import Hosted, hosted_app

PORT = 8081
BUCKETS = ("http://127.0.0.1:4566",)
HOSTED = Hosted(PORT, "http://localhost:4566", "a-client", "http://api.test/prod", BUCKETS)


def ask(method: str, path: str, host: str = f"localhost:{PORT}", **request: Any) -> httpx.Response:
    """Ask the stand-in, before an API that answers with what it was sent."""

    async def echo(asked: Request) -> JSONResponse:
        body = (await asked.body()).decode()
        headers = {name: asked.headers[name] for name in ("authorization", "cookie") if name in asked.headers}
        return JSONResponse({"Path": asked.scope["raw_path"].decode(), "Body": body, **headers}, 403)

    async def answer() -> httpx.Response:
        behind = Starlette(routes=[Route("/{path:path}", echo, methods=["GET", "POST", "PATCH", "DELETE"])])
        api = httpx.AsyncClient(transport=httpx.ASGITransport(behind))
        before = httpx.ASGITransport(hosted_app(HOSTED, api))
        async with api, httpx.AsyncClient(transport=before, base_url=f"http://{host}") as client:
            return await client.request(method, path, **request)

    return asyncio.run(answer())


def test_the_page_has_no_token_and_names_files_that_are_there() -> None:
    page = ask("GET", "/")

    assert 'name="viewfinder-token" content=""' in page.text
    assert page.headers["cache-control"] == "no-store"
    named = set(re.findall(r'"(/web/[^"#]+)', page.text))
    assert len(named) > 40
    assert {name: ask("GET", name).status_code for name in named} == dict.fromkeys(named, 200)


def test_a_page_s_script_is_kept_for_ever_and_the_worker_is_asked_for_each_time() -> None:
    [script] = re.findall(r'src="(/web/[^"]+/main.js)"', ask("GET", "/").text)

    assert ask("GET", script).headers["cache-control"].endswith("immutable")
    assert ask("GET", "/worker.js").headers["cache-control"] == "no-cache"


def test_the_settings_name_the_login() -> None:
    assert ask("GET", "/settings.json").json() == {
        "Stage": "prod",
        "Login": {"Authority": "http://localhost:4566", "ClientId": "a-client"},
        "Buckets": ["http://127.0.0.1:4566"],
    }


def test_the_policy_is_widened_by_the_buckets_the_login_and_the_worker_only() -> None:
    policy = ask("GET", "/").headers["content-security-policy"].split("; ")

    assert "connect-src 'self' http://127.0.0.1:4566 http://localhost:4566" in policy
    assert {"default-src 'none'", "script-src 'self'", "img-src 'self' blob:", "trusted-types worker"} <= set(policy)


def test_the_api_gets_the_token_of_the_caller_and_no_cookie() -> None:
    sent = {"authorization": "Bearer a.b.c", "cookie": "viewfinder-8080=secret"}

    answer = ask("PATCH", "/prod/images/a%2Fb%20c.jpg?x=1", headers=sent, content=b"{}")

    assert answer.status_code == 403
    assert answer.json() == {"Path": "/prod/images/a%2Fb%20c.jpg", "Body": "{}", "authorization": "Bearer a.b.c"}


def test_a_request_without_a_token_is_passed_on_without_one() -> None:
    assert ask("GET", "/prod/images").json() == {"Path": "/prod/images", "Body": ""}


@pytest.mark.parametrize("path", ["/content/a.jpg", "/downloads", "/status.json", "/uploads/a.jpg", "/web/main.js"])
def test_what_only_the_local_gallery_has_is_absent(path: str) -> None:
    assert ask("GET", path).status_code == 404


def test_another_host_name_is_refused() -> None:
    assert ask("GET", "/", host="stranger.example").status_code == 403
