"""Who may do what at the hosted gallery's API: every route of the contract, by kind of token."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import yaml

from tests.e2e.conftest import PROJECT, RunningStack
from tests.support.signing_in import HostedLogin, add_person
from tests.support.waiting import wait_for

EDITORS_ONLY = {
    *("POST /images", "PATCH /images/{ImageId}", "DELETE /images/{ImageId}", "GET /trash", "POST /trash/{ImageId}"),
    *("DELETE /trash/{ImageId}", "GET /versions/{ImageId}", "POST /versions/{ImageId}", "POST /analyses"),
    *(
        "PATCH /people/{PersonId}",
        "POST /people/{PersonId}",
        "DELETE /people/{PersonId}",
        "PATCH /faces",
        "PATCH /duplicates",
    ),
}
"""Written out, and not read from the table that the function has: this is what was decided."""


def routes() -> list[str]:
    """Return every operation of the contract."""
    paths = yaml.safe_load((PROJECT / "infrastructure" / "openapi.yaml").read_text())["paths"]
    methods = {"get", "post", "patch", "delete", "put"}
    return [f"{method.upper()} {path}" for path, found in paths.items() for method in found if method in methods]


@dataclass(frozen=True)
class Api:
    """The HTTP API, and a token of each kind."""

    url: str
    tokens: Mapping[str, str | None]

    def ask(self, route: str, kind: str) -> httpx.Response:
        """Call a route with a token, and with a body and an id that nothing has."""
        method, _, path = route.partition(" ")
        target = path.replace("{ImageId}", "nothing%2Fof%20this.jpg").replace("{PersonId}", "0123456789abcdef")
        token = self.tokens[kind]
        headers = {"authorization": f"Bearer {token}"} if token else {}
        content = b"{}" if method in {"POST", "PATCH"} else None
        return httpx.request(method, f"{self.url}{target}", headers=headers, content=content, timeout=60)


@pytest.fixture(scope="module")
def api(hosted_stack: RunningStack) -> Api:
    users, outputs = hosted_stack.client("cognito-idp"), hosted_stack.outputs
    pool_id, record = outputs["GalleryUserPoolId"], hosted_stack.local.record
    login = HostedLogin(record.login_url, outputs["GalleryClientId"], record.hosted_url)
    for name, groups in {"viewer": ["viewers"], "editor": ["editors"], "nobody": []}.items():
        add_person(users, pool_id, f"{name}@here.example", *groups)
    viewer = login.tokens("viewer@here.example")["access_token"]
    tokens = {
        "none": None,
        "forged": forged(viewer),
        "unsigned": unsigned(viewer),
        "expired": expired(users, login, pool_id),
        "another pool": of_another_pool(users, record),
        "no group": login.tokens("nobody@here.example")["access_token"],
        "viewer": viewer,
        "editor": login.tokens("editor@here.example")["access_token"],
    }
    return Api(f"{record.hosted_url}/prod", tokens)


def forged(token: str) -> str:
    """Return the token with the claims of an editor, and the signature of what it was."""
    header, claims, signature = token.split(".")
    raised = {**decoded(claims), "cognito:groups": ["editors"]}
    return ".".join((header, encoded(raised), signature))


def unsigned(token: str) -> str:
    header, claims, _ = token.split(".")
    return ".".join((encoded({**decoded(header), "alg": "none"}), claims, ""))


def decoded(part: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return document


def encoded(document: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


def expired(users: Any, login: HostedLogin, pool_id: str) -> str:
    """Return an editor's token of one second, when it is over."""
    with short_lived(users, pool_id, login.client_id):
        token = str(login.tokens("editor@here.example")["access_token"])
    end = decoded(token.split(".")[1])["exp"]
    wait_for(lambda: time.time() > end + 1, seconds=30, what="the token is over")
    return token


@contextmanager
def short_lived(users: Any, pool_id: str, client_id: str) -> Iterator[None]:
    """Let the access tokens that are given meanwhile be valid for one second; Cognito has a minimum of 5 minutes."""
    client = users.describe_user_pool_client(UserPoolId=pool_id, ClientId=client_id)["UserPoolClient"]
    members = users.meta.service_model.operation_model("UpdateUserPoolClient").input_shape.members
    kept = {name: value for name, value in client.items() if name in members and value != ""}
    units = {**kept["TokenValidityUnits"], "AccessToken": "seconds"}
    users.update_user_pool_client(**{**kept, "AccessTokenValidity": 1, "TokenValidityUnits": units})
    yield
    users.update_user_pool_client(**kept)


def of_another_pool(users: Any, record: Any) -> str:
    """Return a token of a pool that is not the gallery's, with a client and a group of the same names."""
    pool_id = users.create_user_pool(PoolName="another", UsernameAttributes=["email"])["UserPool"]["Id"]
    client = users.create_user_pool_client(
        UserPoolId=pool_id,
        ClientName="gallery",
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["code"],
        AllowedOAuthScopes=["openid", "email"],
        CallbackURLs=[f"{record.hosted_url}/"],
        SupportedIdentityProviders=["COGNITO"],
    )["UserPoolClient"]
    users.create_group(UserPoolId=pool_id, GroupName="editors")
    add_person(users, pool_id, "editor@there.example", "editors")
    login = HostedLogin(record.login_url, client["ClientId"], record.hosted_url)
    return str(login.tokens("editor@there.example")["access_token"])


@pytest.mark.parametrize("kind", ["none", "forged", "unsigned", "expired", "another pool"])
@pytest.mark.parametrize("route", routes())
def test_without_a_token_of_this_gallery_every_route_answers_401(api: Api, route: str, kind: str) -> None:
    assert api.ask(route, kind).status_code == 401


@pytest.mark.parametrize("route", routes())
def test_somebody_of_no_group_is_refused_by_a_sentence(api: Api, route: str) -> None:
    answer = api.ask(route, "no group")

    assert (answer.status_code, answer.json()["Error"]["Code"]) == (403, "Forbidden")


@pytest.mark.parametrize("route", routes())
def test_a_viewer_may_look_and_an_editor_may_do_all(api: Api, route: str) -> None:
    as_viewer, as_editor = api.ask(route, "viewer"), api.ask(route, "editor")

    assert (as_viewer.status_code == 403) is (route in EDITORS_ONLY)
    assert as_editor.status_code not in {401, 403}
