"""The people of a hosted gallery: users of the stack's Cognito user pool, each in the group of a role."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from viewfinder.domain.errors import ViewfinderError
from viewfinder.domain.roles import GROUPS, Role

LONGEST_MAIL = 128
"""Characters of a user's name (service model of Cognito, UsernameType)."""


class UserError(ViewfinderError):
    """A user can't be added, changed or removed."""


@dataclass(frozen=True, slots=True)
class User:
    """A person who may sign in; `status` is Cognito's: FORCE_CHANGE_PASSWORD until the first login, then CONFIRMED."""

    mail: str
    role: Role | None
    status: str
    created_at: str


@dataclass(frozen=True)
class Users:
    """The users of one pool; `client` is of `cognito-idp`.

    Where no mail is sent (an emulator) an invitation is suppressed, and `add` returns the temporary password instead.
    """

    client: Any
    pool: str
    sends_mail: bool = True

    def add(self, mail: str, role: Role, *, again: bool = False) -> str:
        """Invite a person by mail, once more if `again`; return the temporary password, "" where the mail has it.

        Raise UserError for an address that is none, a user that is there already, or, if `again`, has signed in.
        """
        if not re.fullmatch(r"[^@\s]+@[^@\s]+", mail) or len(mail) > LONGEST_MAIL:
            raise UserError(f"{mail!r} is not a mail address of at most {LONGEST_MAIL} characters.")
        password = "" if self.sends_mail else f"{secrets.token_urlsafe(12)}.aA1"
        way: dict[str, Any] = {"DesiredDeliveryMediums": ["EMAIL"]}
        if password:
            way = {"TemporaryPassword": password, "MessageAction": "SUPPRESS"}
        elif again:
            way["MessageAction"] = "RESEND"
        attributes = [{"Name": "email", "Value": mail}, {"Name": "email_verified", "Value": "true"}]
        try:
            self.client.admin_create_user(UserPoolId=self.pool, Username=mail, UserAttributes=attributes, **way)
        except self.client.exceptions.UsernameExistsException:
            raise UserError(
                f"{mail} is a user already. Change the role with `viewfinder users role`, or send the invitation "
                "again with --again."
            ) from None
        except self.client.exceptions.UnsupportedUserStateException:
            raise UserError(f"{mail} has signed in already, and needs no invitation.") from None
        self.change_role(mail, role)
        return password

    def change_role(self, mail: str, role: Role) -> None:
        """Give a user this role and no other; raise UserError. Tokens that are out keep the old one for 15 minutes."""
        with _known(mail):
            self.client.admin_add_user_to_group(UserPoolId=self.pool, Username=mail, GroupName=GROUPS[role])
            for other in set(Role) - {role}:  # afterwards, so that nobody is without a role if this is cut short
                self.client.admin_remove_user_from_group(UserPoolId=self.pool, Username=mail, GroupName=GROUPS[other])

    def remove(self, mail: str) -> None:
        """End a user's sessions and delete the user; raise UserError."""
        with _known(mail):
            self.client.admin_user_global_sign_out(UserPoolId=self.pool, Username=mail)
            self.client.admin_delete_user(UserPoolId=self.pool, Username=mail)

    def list(self) -> list[User]:
        """Return all users, by address."""
        roles = {name: role for role in Role for name in self._names_in(GROUPS[role])}  # the highest is the last
        pages = self.client.get_paginator("list_users").paginate(UserPoolId=self.pool)
        found = [_user(entry, roles.get(entry["Username"])) for page in pages for entry in page["Users"]]
        return sorted(found, key=lambda user: user.mail)

    def _names_in(self, group: str) -> Iterator[str]:
        pages = self.client.get_paginator("list_users_in_group").paginate(UserPoolId=self.pool, GroupName=group)
        yield from (entry["Username"] for page in pages for entry in page["Users"])


@contextmanager
def _known(mail: str) -> Iterator[None]:
    """Convert Cognito's error of an unknown user to UserError."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] != "UserNotFoundException":
            raise
        raise UserError(f"There is no user {mail}. See `viewfinder users list`.") from error


def _user(entry: Any, role: Role | None) -> User:
    attributes = {each["Name"]: each["Value"] for each in entry.get("Attributes", ())}
    created = entry["UserCreateDate"].strftime("%Y-%m-%dT%H:%M:%SZ")
    return User(attributes.get("email", entry["Username"]), role, entry["UserStatus"], created)
