"""`viewfinder people`: list, name, hide and merge people, correct faces, group them, forget."""

from __future__ import annotations

import sys
from typing import Annotated, Any
from urllib.parse import quote

import typer

from viewfinder.cli._options import AsJson, Yes
from viewfinder.cli._printing import new_console, print_json, print_rows, say, tell
from viewfinder.cli._target import Target, on_stack

app = typer.Typer(help="List, name, merge, correct and forget people (feature PEOPLE).", no_args_is_help=True)

PersonId = Annotated[str, typer.Argument(help="The PersonId, from `viewfinder people list`.")]


@app.command(name="list")
@on_stack
def list_people(
    target: Target,
    *,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Maximum number to show.")] = 50,
    hidden: Annotated[bool, typer.Option("--hidden", help="Show hidden people too.")] = False,
    as_json: AsJson = False,
) -> None:
    """List people, those on the most images first."""
    found, more = target.api.entries("/people", "People", {}, limit)
    shown = [person for person in found if hidden or not person["Hidden"]]
    if as_json:
        print_json({"People": shown})
    else:
        rows = ((person["PersonId"], person.get("Name", ""), f"{person['Count']:,}") for person in shown)
        print_rows(("Person", "Name", "Images"), rows)
    if more:
        tell(f"People shown: {len(shown):,}. More with --limit {2 * limit}.")


@app.command()
@on_stack
def name(
    target: Target,
    person_id: PersonId,
    person_name: Annotated[str, typer.Argument(metavar="NAME", help='The name; "" takes it away.')],
    *,
    as_json: AsJson = False,
) -> None:
    """Name a person; the name survives another grouping, a renamed image and a rebuilt catalog."""
    _change(target, person_id, {"Name": person_name}, as_json=as_json)


@app.command()
@on_stack
def hide(
    target: Target,
    person_id: PersonId,
    *,
    show: Annotated[bool, typer.Option("--undo", help="Show the person again.")] = False,
    as_json: AsJson = False,
) -> None:
    """Hide a person from lists."""
    _change(target, person_id, {"Hidden": not show}, as_json=as_json)


@app.command()
@on_stack
def merge(
    target: Target,
    person_id: PersonId,
    others: Annotated[list[str], typer.Argument(help="PersonIds that are this person too.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Merge people into one. Searches find all images at once; `people group` makes the counts one."""
    person = target.api.call("POST", f"/people/{quote(person_id, safe='')}", body={"PersonIds": others})
    _show(person, as_json=as_json)


@app.command()
@on_stack
def unmerge(target: Target, person_id: PersonId, *, as_json: AsJson = False) -> None:
    """Undo the merge of a person into another one."""
    _change(target, person_id, {"Merged": False}, as_json=as_json)


def _change(target: Target, person_id: str, body: dict[str, object], *, as_json: bool) -> None:
    _show(target.api.call("PATCH", f"/people/{quote(person_id, safe='')}", body=body), as_json=as_json)


def _show(person: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        print_json(person)
    else:
        say(f"{person['PersonId']}: {person.get('Name') or 'no name'}, {person['Count']} images.")


@app.command()
@on_stack
def faces(
    target: Target,
    person_id: PersonId,
    *,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Maximum number to show.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List the faces of a person, those on the newest images first."""
    _show_faces(target, {"person": person_id}, limit, as_json=as_json)


@app.command()
@on_stack
def suggestions(
    target: Target,
    *,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Maximum number to show.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List the faces that may be a person: `assign` accepts, `exclude` refuses."""
    _show_faces(target, {}, limit, as_json=as_json)


def _show_faces(target: Target, query: dict[str, str], limit: int, *, as_json: bool) -> None:
    found, more = target.api.entries("/faces", "Faces", query, limit)
    if as_json:
        print_json({"Faces": found})
    else:
        rows = [
            (f"{face['ImageId']}#{face['FaceId']}", face.get("PersonId") or face.get("SuggestedPersonId", ""))
            for face in found
        ]
        print_rows(("Face", "Person"), rows)
    if more:
        tell(f"Faces shown: {len(found):,}. More with --limit {2 * limit}.")


Faces = Annotated[
    list[str],
    typer.Argument(
        metavar="FACE...", help="IMAGE_ID#FACE_ID, from `people faces` and `people suggestions`; - reads lines."
    ),
]
Person = Annotated[str | None, typer.Option("--person", help="The PersonId.", show_default="the suggested one")]


@app.command()
@on_stack
def assign(
    target: Target,
    faces: Faces,
    *,
    person: Person = None,
    person_name: Annotated[
        str | None, typer.Option("--name", help="The person that has this name, else a new one.", show_default="none")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say who faces are: a person, or without --person and --name the one that each is suggested for."""
    _correct(target, faces, "ASSIGN", person, person_name, as_json=as_json)


@app.command()
@on_stack
def exclude(target: Target, faces: Faces, *, person: Person = None, as_json: AsJson = False) -> None:
    """Say that faces are not a person: the one that each is suggested for, else the one that it is."""
    _correct(target, faces, "EXCLUDE", person, as_json=as_json)


@app.command()
@on_stack
def split(
    target: Target,
    faces: Faces,
    *,
    person_name: Annotated[
        str | None, typer.Option("--name", help="The new person's name.", show_default="none")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a new person of faces."""
    _correct(target, faces, "SPLIT", None, person_name, as_json=as_json)


@app.command()
@on_stack
def discard(target: Target, faces: Faces, *, yes: Yes = False, as_json: AsJson = False) -> None:
    """Say that faces are none, or are not to be kept: they are forgotten for good."""
    if not yes:
        typer.confirm(f"Forget {len(faces)} faces for good?", abort=True, err=True)
    _correct(target, faces, "FORGET", as_json=as_json)


@app.command()
@on_stack
def undo(target: Target, faces: Faces, *, person: Person = None, as_json: AsJson = False) -> None:
    """Take back what was said of faces; with --person what was said of that one."""
    _correct(target, faces, "RESET", person, as_json=as_json)


@app.command()
@on_stack
def cover(
    target: Target,
    person_id: PersonId,
    face: Annotated[str, typer.Argument(metavar="FACE", help="IMAGE_ID#FACE_ID of this person.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Choose the face that shows a person."""
    _change(target, person_id, {"Cover": _face(face)}, as_json=as_json)


_AT_ONCE = 100
"""Faces of one call (`domain.face_words.MOST_FACES`)."""


def _correct(
    target: Target,
    faces: list[str],
    action: str,
    person_id: str | None = None,
    person_name: str | None = None,
    *,
    as_json: bool,
) -> None:
    written = [line.split("\t")[0].rstrip("\n") for line in sys.stdin] if faces == ["-"] else faces
    keys = [_face(each) for each in written if each]
    given = {"PersonId": person_id, "Name": person_name}
    body = {"Action": action} | {member: value for member, value in given.items() if value}
    answers = [
        target.api.call("PATCH", "/faces", body={**body, "Faces": keys[start : start + _AT_ONCE]})
        for start in range(0, len(keys), _AT_ONCE)
    ]
    if as_json:
        print_json({"Faces": [face for answer in answers for face in answer["Faces"]]} | _person_of(answers))
    else:
        say(f"Done: {len(keys):,} faces. {_person_of(answers).get('PersonId', '')}".rstrip())


def _person_of(answers: list[dict[str, Any]]) -> dict[str, str]:
    return next(({"PersonId": answer["PersonId"]} for answer in answers if "PersonId" in answer), {})


def _face(written: str) -> dict[str, str]:
    image_id, _, face_id = written.rpartition("#")
    if not image_id:
        raise typer.BadParameter(f"{written!r} is not IMAGE_ID#FACE_ID")
    return {"ImageId": image_id, "FaceId": face_id}


@app.command()
@on_stack
def group(target: Target, *, as_json: AsJson = False) -> None:
    """Group all faces into people, as after an import, and forget those of images that nobody can bring back."""
    from viewfinder.usecases.keep_people import keep_people

    unused = target.application.unused
    with new_console(stderr=as_json).status("Grouping") as status:
        done = keep_people(unused, lambda now: status.update(f"{now.faces:,} faces of {now.contents:,} pictures read"))
    if as_json:
        print_json(
            {
                "Faces": done.faces,
                "People": done.people,
                "Grouped": done.grouped,
                "Suggested": done.suggested,
                "Images": done.images,
            },
            indent=None,
        )
    else:
        say(
            f"{done.people:,} people with {done.grouped:,} of {done.faces:,} faces, {done.suggested:,} suggestions. "
            f"{done.images:,} images follow within seconds."
        )


@app.command()
@on_stack
def forget(
    target: Target,
    person_id: Annotated[str | None, typer.Argument(help="The PersonId or name.", show_default="none")] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Forget every face and person.")] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Forget a person, or all: faces, descriptors, groups, names. It is done when the command ends."""
    from viewfinder.usecases.forget_people import forget_all_people
    from viewfinder.usecases.forget_person import forget_person

    if every == bool(person_id):
        raise typer.BadParameter("give a person, or --all")
    if not yes:
        typer.confirm(f"Forget {person_id or 'every face and person'} for good?", abort=True, err=True)
    application = target.application
    with new_console(stderr=as_json).status("Forgetting"):
        if person_id:
            done = forget_person(person_id, application.correcting_faces)
        else:
            done = forget_all_people(application.forgetting)
    if as_json:
        print_json({"Faces": done.faces, "Images": done.images}, indent=None)
    else:
        say(f"{done.faces:,} faces on {done.images:,} images are forgotten.")
