"""People of a hosted gallery, against Cognito's service model."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from viewfinder.domain.roles import Role
from viewfinder.operations.users import User, UserError, Users

POOL = "eu-west-1_pool12345"
MAIL = "ada@example.com"
OF_POOL = {"UserPoolId": POOL}
OF_USER = OF_POOL | {"Username": MAIL}


class Stubbed:
    """Users over a client that answers what a test expects, in order."""

    def __init__(self) -> None:
        client: Any = boto3.client("cognito-idp", "eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
        self.stubber = Stubber(client)
        self.users = Users(client, POOL)
        self.local = Users(client, POOL, sends_mail=False)

    def expect(self, operation: str, parameters: dict[str, Any], answer: dict[str, Any] | None = None) -> None:
        self.stubber.add_response(operation, answer or {}, parameters)

    def expect_role(self, role: str, other: str) -> None:
        self.expect("admin_add_user_to_group", OF_USER | {"GroupName": role})
        self.expect("admin_remove_user_from_group", OF_USER | {"GroupName": other})


@pytest.fixture
def cognito() -> Iterator[Stubbed]:
    stubbed = Stubbed()
    with stubbed.stubber:
        yield stubbed
    stubbed.stubber.assert_no_pending_responses()


ATTRIBUTES = [{"Name": "email", "Value": MAIL}, {"Name": "email_verified", "Value": "true"}]
INVITED = OF_USER | {"UserAttributes": ATTRIBUTES, "DesiredDeliveryMediums": ["EMAIL"]}


@pytest.mark.parametrize(
    ("role", "group", "other"), [(Role.VIEWER, "viewers", "editors"), (Role.EDITOR, "editors", "viewers")]
)
def test_a_person_is_invited_by_mail_and_gets_one_role(cognito: Stubbed, role: Role, group: str, other: str) -> None:
    cognito.expect("admin_create_user", INVITED)
    cognito.expect_role(group, other)

    assert cognito.users.add(MAIL, role) == ""


def test_an_invitation_is_sent_again(cognito: Stubbed) -> None:
    cognito.expect("admin_create_user", INVITED | {"MessageAction": "RESEND"})
    cognito.expect_role("viewers", "editors")

    cognito.users.add(MAIL, Role.VIEWER, again=True)


def test_where_no_mail_is_sent_the_password_is_returned_and_keeps_the_policy(cognito: Stubbed) -> None:
    way = {"MessageAction": "SUPPRESS", "TemporaryPassword": ANY}
    cognito.expect("admin_create_user", OF_USER | {"UserAttributes": ATTRIBUTES} | way)
    cognito.expect_role("viewers", "editors")

    password = cognito.local.add(MAIL, Role.VIEWER)

    assert len(password) >= 12
    assert [kind for kind in ("[a-z]", "[A-Z]", "[0-9]", "[^a-zA-Z0-9]") if not re.search(kind, password)] == []


@pytest.mark.parametrize(
    "mail", ["", "ada", "ada@", "@example.com", "ada @example.com", "a@b@c", "a" * 120 + "@example.com"]
)
def test_what_is_no_address_is_refused_before_anything_is_asked(cognito: Stubbed, mail: str) -> None:
    with pytest.raises(UserError, match="is not a mail address"):
        cognito.users.add(mail, Role.VIEWER)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("UsernameExistsException", "is a user already.*users role.*--again"),
        ("UnsupportedUserStateException", "has signed in already"),
    ],
)
def test_who_is_there_already_is_told_of(cognito: Stubbed, code: str, told: str) -> None:
    cognito.stubber.add_client_error("admin_create_user", code)
    with pytest.raises(UserError, match=told):
        cognito.users.add(MAIL, Role.VIEWER)


def test_another_role_takes_the_place_of_the_first(cognito: Stubbed) -> None:
    cognito.expect_role("editors", "viewers")
    cognito.users.change_role(MAIL, Role.EDITOR)


def test_sessions_end_before_their_user_is_deleted(cognito: Stubbed) -> None:
    cognito.expect("admin_user_global_sign_out", OF_USER)
    cognito.expect("admin_delete_user", OF_USER)
    cognito.users.remove(MAIL)


@pytest.mark.parametrize(
    ("operation", "act"),
    [
        ("admin_user_global_sign_out", lambda users: users.remove(MAIL)),
        ("admin_add_user_to_group", lambda users: users.change_role(MAIL, Role.EDITOR)),
    ],
)
def test_an_unknown_person_is_told_of(cognito: Stubbed, operation: str, act: Callable[[Users], None]) -> None:
    cognito.stubber.add_client_error(operation, "UserNotFoundException")
    with pytest.raises(UserError, match=f"There is no user {MAIL}"):
        act(cognito.users)


def entry(name: str, mail: str) -> dict[str, Any]:
    created = datetime(2026, 1, 31, 12, tzinfo=UTC)
    attributes = [{"Name": "email", "Value": mail}]
    return {"Username": name, "Attributes": attributes, "UserStatus": "CONFIRMED", "UserCreateDate": created}


def test_all_pages_are_listed_by_address_each_with_the_highest_role(cognito: Stubbed) -> None:
    viewers = {"Users": [entry("1", "b@x.y"), entry("2", "a@x.y")]}
    cognito.expect("list_users_in_group", OF_POOL | {"GroupName": "viewers"}, viewers)
    cognito.expect("list_users_in_group", OF_POOL | {"GroupName": "editors"}, {"Users": [entry("2", "a@x.y")]})
    first = {"Users": [entry("1", "b@x.y"), entry("3", "c@x.y")], "PaginationToken": "next"}
    cognito.expect("list_users", OF_POOL, first)
    cognito.expect("list_users", OF_POOL | {"PaginationToken": "next"}, {"Users": [entry("2", "a@x.y")]})

    at = "2026-01-31T12:00:00Z"
    assert cognito.users.list() == [
        User("a@x.y", Role.EDITOR, "CONFIRMED", at),
        User("b@x.y", Role.VIEWER, "CONFIRMED", at),
        User("c@x.y", None, "CONFIRMED", at),
    ]
