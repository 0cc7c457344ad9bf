"""What becomes of faces, groups and names when the feature PEOPLE is turned off: forgotten, or kept on demand."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from viewfinder.cli._printing import say
from viewfinder.domain.errors import ViewfinderError
from viewfinder.domain.feature import Feature, read_features

if TYPE_CHECKING:
    from viewfinder.bootstrap import Application

ForgetPeople = Annotated[
    bool | None,
    typer.Option(
        "--forget-people/--keep-people",
        help="What becomes of faces, groups and names when PEOPLE is turned off.",
        show_default="asks",
    ),
]


class PeopleStayError(ViewfinderError):
    """PEOPLE is turned off, and nobody has said what becomes of its data."""


def leaves_people(before: str, wanted: str | None) -> bool:
    """Return whether the features of a stack lose PEOPLE; without `wanted` they stay as they are."""
    return bool(before and wanted) and Feature.PEOPLE in set(read_features(before)) - set(read_features(wanted or ""))


def agrees_to_forget(choice: bool | None) -> bool:
    """Return whether people's data is deleted: by the option, else ask; raise PeopleStayError without a terminal."""
    if choice is not None:
        return choice
    if not sys.stdin.isatty():
        raise PeopleStayError("PEOPLE is turned off: say what becomes of its data, --forget-people or --keep-people.")
    return typer.confirm("PEOPLE is turned off. Forget every face, group and name for good? Else they stay.")


def forget_people_of(application: Application) -> None:
    """Forget all people of a stack that still has the feature; done when it returns."""
    from viewfinder.usecases.forget_people import forget_all_people

    done = forget_all_people(application.forgetting)
    say(f"{done.faces:,} faces are forgotten.")
