"""Roles of people who signed in to the hosted gallery: groups of the user pool give them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum

from viewfinder.domain.errors import ForbiddenError


class Role(StrEnum):
    """What a person may do: a viewer reads, an editor also changes; a later member may do what earlier ones may."""

    VIEWER = "viewer"
    EDITOR = "editor"


GROUPS: Mapping[Role, str] = {Role.VIEWER: "viewers", Role.EDITOR: "editors"}
"""Group of the user pool that gives a role."""


def role_of(groups: Collection[str]) -> Role | None:
    """Return the highest role that the groups give; None if they give none."""
    given = [role for role in Role if GROUPS[role] in groups]
    return given[-1] if given else None


def check_role(groups: Collection[str], needed: Role) -> None:
    """Raise ForbiddenError, with a sentence for the person, unless the groups give the role or a higher one."""
    role = role_of(groups)
    if role is None:
        names = " or ".join(GROUPS.values())
        raise ForbiddenError(f"your account is in no group; ask the gallery's owner to add it to {names}")
    if list(Role).index(role) < list(Role).index(needed):
        raise ForbiddenError(f"your account is a {role}'s, and this needs an {needed}'s; ask the gallery's owner")
