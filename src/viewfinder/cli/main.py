"""The `viewfinder` command: registers every subcommand, and prints an expected failure as one line.

The modules of the commands import what they need inside the command, so that `viewfinder --help` stays fast.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from viewfinder.cli import images, people, users
from viewfinder.cli._printing import complain, say, tell
from viewfinder.cli.analyze import analyze
from viewfinder.cli.analyze import app as rekognition
from viewfinder.cli.backfill import backfill
from viewfinder.cli.collections import collections
from viewfinder.cli.deploy import cost, deploy, destroy
from viewfinder.cli.duplicates import duplicates
from viewfinder.cli.export import export
from viewfinder.cli.import_ import import_images
from viewfinder.cli.local import down, env, gallery, reset, up
from viewfinder.cli.logs import logs, traces
from viewfinder.cli.package import package
from viewfinder.cli.reconcile import reanalyze, reconcile, redrive
from viewfinder.cli.search import categories, folders, labels, search
from viewfinder.cli.status import status
from viewfinder.cli.webhooks import webhooks


class Commands(TyperGroup):
    """Run a command; print a failure that the user can act on in one line, without a traceback."""

    def make_context(self, *arguments: Any, **options: Any) -> Any:
        """Read the arguments; some options print at once."""
        with _failures_told():
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: Any) -> Any:
        """Run the command that the arguments name."""
        with _failures_told():
            return super().invoke(ctx)


@contextmanager
def _failures_told() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError as error:
        _discard_output()
        raise typer.Exit(PIPE_CLOSED) from error
    except typer.TyperException as error:
        _explain_usage(error)
        raise typer.Exit(error.exit_code) from error
    except Exception as error:
        if not _is_expected(error):
            raise
        complain(f"Error: {_told(error)}")
        raise typer.Exit(1) from error


def _explain_usage(error: typer.TyperException) -> None:
    """Print what is wrong with the arguments on one line; typer prints it into a box, which cuts long paths in two."""
    context: typer.Context | None = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":  # its message is the help, printed by then
        return
    if context:
        tell(" ".join(context.get_usage().split()))
        tell(f"Try '{context.command_path} {context.help_option_names[0]}' for help.")
    complain(f"Error: {error.format_message()}")


PIPE_CLOSED = 128 + 13
"""Exit status that shells report for a program ended by SIGPIPE, because its reader (such as `head`) has ended."""


def _discard_output() -> None:
    """Discard the rest of the output; otherwise the interpreter prints an error when it flushes at exit."""
    with suppress(OSError, ValueError):  # in a test it is no file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


app = typer.Typer(
    cls=Commands,
    help="Put an image into a bucket; within seconds a REST API returns what is in it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        import viewfinder

        say(f"viewfinder {viewfinder.__version__}")
        raise typer.Exit


@app.callback()
def main(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """Put an image into a bucket; within seconds a REST API returns what is in it."""


LOCAL, IMAGES, AWS, ENGINE = "On this machine", "Images", "On AWS", "The engine by itself"

app.command(rich_help_panel=LOCAL)(up)
app.command(rich_help_panel=LOCAL)(down)
app.command(rich_help_panel=LOCAL)(reset)
app.command(rich_help_panel=LOCAL)(status)
app.command(rich_help_panel=LOCAL)(env)
app.command(rich_help_panel=LOCAL)(logs)
app.command(rich_help_panel=LOCAL)(traces)
app.command(rich_help_panel=LOCAL)(webhooks)
app.command("import", rich_help_panel=IMAGES)(import_images)
app.command(rich_help_panel=IMAGES)(backfill)
app.command(rich_help_panel=IMAGES)(export)
app.command(rich_help_panel=IMAGES)(search)
app.add_typer(images.app, name="images", rich_help_panel=IMAGES)
app.add_typer(people.app, name="people", rich_help_panel=IMAGES)
app.add_typer(users.app, name="users", rich_help_panel=AWS)
app.command(rich_help_panel=IMAGES)(labels)
app.command(rich_help_panel=IMAGES)(categories)
app.command(rich_help_panel=IMAGES)(folders)
app.command(rich_help_panel=IMAGES)(duplicates)
app.command(rich_help_panel=IMAGES)(reconcile)
app.command(rich_help_panel=IMAGES)(redrive)
app.command(rich_help_panel=IMAGES)(reanalyze)
app.command(rich_help_panel=AWS)(deploy)
app.command(rich_help_panel=AWS)(destroy)
app.command(rich_help_panel=AWS)(package)
app.command(rich_help_panel=AWS)(gallery)
app.command(rich_help_panel=AWS)(cost)
app.command(rich_help_panel=ENGINE)(analyze)
rekognition.command()(collections)
app.add_typer(rekognition, name="rekognition", rich_help_panel=ENGINE)


def _told(error: Exception) -> str:
    if isinstance(error, PermissionError) and error.filename:
        return f"{error.filename} can't be used by this user: {error.strerror}. Only the owner can use a local stack."
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)


def _is_expected(error: Exception) -> bool:
    import psutil
    from botocore.exceptions import BotoCoreError, ClientError

    from viewfinder.domain.errors import ViewfinderError

    return isinstance(error, ViewfinderError | BotoCoreError | ClientError | OSError | psutil.Error)


if __name__ == "__main__":
    sys.exit(app())
