"""`viewfinder users`: what is asked of Cognito, and what is printed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from viewfinder.cli.main import app
from viewfinder.domain.roles import Role
from viewfinder.operations.users import User

URL = "https://d1.cloudfront.net"
HOSTED = {"GalleryUserPoolId": "pool", "GalleryUrl": URL}


class FakeUsers:
    """Takes note of what is done; stands for `operations.users.Users`."""

    done: list[tuple[Any, ...]]

    def __init__(self, client: Any, pool: str, *, sends_mail: bool) -> None:
        self.done = client
        self.sends_mail = sends_mail
        assert pool == "pool"

    def add(self, mail: str, role: Role, *, again: bool) -> str:
        self.done.append(("add", mail, role, again))
        return "" if self.sends_mail else "Secret.aA1"

    def remove(self, mail: str) -> None:
        self.done.append(("remove", mail))

    def change_role(self, mail: str, role: Role) -> None:
        self.done.append(("role", mail, role))

    def list(self) -> list[User]:
        return [
            User("ada@example.com", Role.EDITOR, "CONFIRMED", "2026-01-31T12:00:00Z"),
            User("bob@example.com", None, "FORCE_CHANGE_PASSWORD", "2026-02-01T12:00:00Z"),
        ]


class FakeTarget:
    """A stack on AWS, or an emulated one."""

    def __init__(self, outputs: dict[str, str], endpoint_url: str | None = None) -> None:
        self.outputs, self.endpoint_url = outputs, endpoint_url
        self.stack, self.local = "photos", endpoint_url
        self.done: list[tuple[Any, ...]] = []

    def client(self, service: str) -> Any:
        assert service == "cognito-idp"
        return self.done

    def command(self, words: str) -> str:
        return f"viewfinder {words}"


def run(monkeypatch: pytest.MonkeyPatch, target: FakeTarget, *arguments: str, answer: str = "") -> Result:
    monkeypatch.setattr("viewfinder.cli._target.find_target", lambda *_: target)
    monkeypatch.setattr("viewfinder.operations.users.Users", FakeUsers)
    return CliRunner().invoke(app, ["users", *arguments], input=answer)


@pytest.mark.parametrize(
    ("options", "role", "again"),
    [((), Role.VIEWER, False), (("--role", "editor"), Role.EDITOR, False), (("--again",), Role.VIEWER, True)],
)
def test_a_person_is_added_as_a_viewer_unless_said_otherwise(
    monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], role: Role, again: bool
) -> None:
    target = FakeTarget(HOSTED)
    result = run(monkeypatch, target, "add", "ada@example.com", *options)
    assert target.done == [("add", "ada@example.com", role, again)]
    assert result.stdout == f"ada@example.com is invited as {role}, by mail, to {URL}\n"


def test_an_emulator_sends_no_mail_so_the_password_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    target = FakeTarget(HOSTED, "http://localhost:4566")
    printed = run(monkeypatch, target, "add", "ada@example.com").stdout
    document = json.loads(run(monkeypatch, target, "add", "ada@example.com", "--json").stdout)
    assert printed == f"ada@example.com may sign in as viewer at {URL} with the password Secret.aA1\n"
    assert document == {"Mail": "ada@example.com", "Role": "viewer", "Url": URL, "TemporaryPassword": "Secret.aA1"}


@pytest.mark.parametrize(("options", "answer", "removed"), [((), "n\n", 0), ((), "y\n", 1), (("--yes",), "", 1)])
def test_a_removal_is_asked_about(
    monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], answer: str, removed: int
) -> None:
    target = FakeTarget(HOSTED)
    result = run(monkeypatch, target, "remove", "ada@example.com", *options, answer=answer)
    assert target.done == [("remove", "ada@example.com")] * removed
    assert result.exit_code == 1 - removed


def test_a_role_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    target = FakeTarget(HOSTED)
    result = run(monkeypatch, target, "role", "ada@example.com", "--role", "editor", "--json")
    assert target.done == [("role", "ada@example.com", Role.EDITOR)]
    assert json.loads(result.stdout) == {"Mail": "ada@example.com", "Role": "editor"}


def test_people_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    target = FakeTarget(HOSTED)
    rows = [line.split("\t") for line in run(monkeypatch, target, "list").stdout.splitlines()]
    documents = json.loads(run(monkeypatch, target, "list", "--json").stdout)["Users"]
    assert rows == [
        ["ada@example.com", "editor", "CONFIRMED", "2026-01-31T12:00:00Z"],
        ["bob@example.com", "none", "FORCE_CHANGE_PASSWORD", "2026-02-01T12:00:00Z"],
    ]
    assert [document["Role"] for document in documents] == ["editor", None]


@pytest.mark.parametrize(
    ("endpoint", "remedy"), [(None, "deploy --parameter HostedGallery=On"), ("http://localhost:4566", "up --hosted")]
)
def test_a_stack_without_a_gallery_says_how_to_turn_it_on(
    monkeypatch: pytest.MonkeyPatch, endpoint: str | None, remedy: str
) -> None:
    result = run(monkeypatch, FakeTarget({}, endpoint), "list")
    assert result.exit_code == 1
    assert f"photos hosts no gallery. Turn it on with: viewfinder {remedy}" in str(result.exception) + result.output
