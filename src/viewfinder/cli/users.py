"""`viewfinder users`: who may sign in to a hosted gallery, and as what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from viewfinder.cli._options import AsJson, Yes
from viewfinder.cli._printing import print_json, print_rows, say
from viewfinder.cli._target import Target, on_stack
from viewfinder.domain.errors import ViewfinderError
from viewfinder.domain.roles import Role

if TYPE_CHECKING:
    from viewfinder.operations.users import Users

app = typer.Typer(help="Add and remove people of a hosted gallery (docs/hosted.md).", no_args_is_help=True)

Mail = Annotated[str, typer.Argument(metavar="MAIL", help="The person's mail address.")]
RoleOption = Annotated[
    Role, typer.Option("--role", help="A viewer sees images; an editor uploads, corrects, deletes and restores, too.")
]


class NotHostedError(ViewfinderError):
    """The stack has no hosted gallery."""


@app.command()
@on_stack
def add(
    target: Target,
    mail: Mail,
    *,
    role: RoleOption = Role.VIEWER,
    again: Annotated[
        bool, typer.Option("--again", help="Send the invitation once more, with another temporary password.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Invite a person by mail, with a temporary password that is good for 7 days."""
    password = _users(target).add(mail, role, again=again)
    if as_json:
        temporary = {"TemporaryPassword": password} if password else {}
        print_json({"Mail": mail, "Role": str(role), "Url": target.outputs["GalleryUrl"], **temporary})
    elif password:
        say(f"{mail} may sign in as {role} at {target.outputs['GalleryUrl']} with the password {password}")
    else:
        say(f"{mail} is invited as {role}, by mail, to {target.outputs['GalleryUrl']}")


@app.command()
@on_stack
def remove(target: Target, mail: Mail, *, yes: Yes = False, as_json: AsJson = False) -> None:
    """Remove a person. What the person has open ends within 15 minutes, pictures' addresses 15 minutes later."""
    users = _users(target)
    if not yes:
        typer.confirm(f"Remove {mail}?", abort=True, err=as_json)
    users.remove(mail)
    if as_json:
        print_json({"Mail": mail})
    else:
        say(f"{mail} is removed.")


@app.command("list")
@on_stack
def list_users(target: Target, *, as_json: AsJson = False) -> None:
    """List the people who may sign in."""
    found = _users(target).list()
    documents = [
        {"Mail": user.mail, "Role": user.role and str(user.role), "Status": user.status, "CreatedAt": user.created_at}
        for user in found
    ]
    if as_json:
        print_json({"Users": documents})
    else:
        rows = ((user.mail, user.role or "none", user.status, user.created_at) for user in found)
        print_rows(("Mail", "Role", "Status", "Created"), rows)


@app.command()
@on_stack
def role(
    target: Target,
    mail: Mail,
    *,
    new_role: Annotated[Role, typer.Option("--role", help="The new role.")],
    as_json: AsJson = False,
) -> None:
    """Change a person's role. It holds from the next token on, within 15 minutes."""
    _users(target).change_role(mail, new_role)
    if as_json:
        print_json({"Mail": mail, "Role": str(new_role)})
    else:
        say(f"{mail} is {new_role} now.")


def _users(target: Target) -> Users:
    """Return the users of the stack's gallery; raise NotHostedError."""
    from viewfinder.operations.users import Users

    pool = target.outputs.get("GalleryUserPoolId")
    if not pool:
        words = "up --hosted" if target.local else "deploy --parameter HostedGallery=On"
        raise NotHostedError(f"{target.stack} hosts no gallery. Turn it on with: {target.command(words)}")
    return Users(target.client("cognito-idp"), pool, sends_mail=target.endpoint_url is None)
