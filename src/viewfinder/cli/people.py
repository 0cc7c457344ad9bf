"""`viewfinder people`: list, name, hide and merge people, group faces, forget."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import typer

from viewfinder.cli._options import AsJson, Yes
from viewfinder.cli._printing import new_console, print_json, print_rows, say, tell
from viewfinder.cli._target import Target, on_stack

app = typer.Typer(help="List, name, merge and forget people (feature PEOPLE).", no_args_is_help=True)

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


def _change(target: Target, person_id: str, body: dict[str, object], *, as_json: bool) -> None:
    _show(target.api.call("PATCH", f"/people/{quote(person_id, safe='')}", body=body), as_json=as_json)


def _show(person: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        print_json(person)
    else:
        say(f"{person['PersonId']}: {person.get('Name') or 'no name'}, {person['Count']} images.")


@app.command()
@on_stack
def group(target: Target, *, as_json: AsJson = False) -> None:
    """Group all faces into people, as after an import. Costs no detector call and no search."""
    from viewfinder.usecases.group_people import group_people

    stores = target.application.people_stores
    with new_console(stderr=as_json).status("Grouping") as status:
        done = group_people(stores, lambda now: status.update(f"{now.faces:,} faces of {now.contents:,} pictures read"))
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
    from viewfinder.usecases.forget_people import forget_all_people, forget_person

    if every == bool(person_id):
        raise typer.BadParameter("give a person, or --all")
    if not yes:
        typer.confirm(f"Forget {person_id or 'every face and person'} for good?", abort=True, err=True)
    forgetting = target.application.forgetting
    with new_console(stderr=as_json).status("Forgetting"):
        done = forget_person(person_id, forgetting) if person_id else forget_all_people(forgetting)
    if as_json:
        print_json({"Faces": done.faces, "Images": done.images}, indent=None)
    else:
        say(f"{done.faces:,} faces on {done.images:,} images are forgotten.")
