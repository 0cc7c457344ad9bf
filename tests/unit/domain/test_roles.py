"""Roles: which groups give which, and what a person without the needed one is told."""

from __future__ import annotations

import pytest

from viewfinder.domain.errors import ForbiddenError
from viewfinder.domain.roles import Role, check_role, role_of


@pytest.mark.parametrize(
    ("groups", "role"),
    [
        (set(), None),
        ({"viewer", "Editors", "admins"}, None),
        ({"viewers"}, Role.VIEWER),
        ({"editors"}, Role.EDITOR),
        ({"viewers", "editors"}, Role.EDITOR),
    ],
)
def test_the_groups_give_the_highest_role(groups: set[str], role: Role | None) -> None:
    assert role_of(groups) is role


@pytest.mark.parametrize(
    ("groups", "needed", "message"),
    [
        (
            set(),
            Role.VIEWER,
            "your account is in no group; ask the gallery's owner to add it to viewers or editors",
        ),
        ({"viewers"}, Role.EDITOR, "your account is a viewer's, and this needs an editor's; ask the gallery's owner"),
    ],
)
def test_a_person_is_told_what_is_missing(groups: set[str], needed: Role, message: str) -> None:
    with pytest.raises(ForbiddenError) as refusal:
        check_role(groups, needed)
    assert str(refusal.value) == message


@pytest.mark.parametrize(
    ("groups", "needed"), [({"viewers"}, Role.VIEWER), ({"editors"}, Role.VIEWER), ({"editors"}, Role.EDITOR)]
)
def test_a_role_may_do_what_lower_ones_may(groups: set[str], needed: Role) -> None:
    check_role(groups, needed)
