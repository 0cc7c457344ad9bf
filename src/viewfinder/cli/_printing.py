"""Output of the commands: safe names, values unbroken on one line, tables, pairs and JSON."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

Part = str | tuple[str, str]
"""Some text, or a text with its style."""

_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # controls: escape sequences begin with one
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # what turns the direction of text
    "\u2028\u2029"  # line separators
    "\ud800-\udfff]"  # bytes of a file's name that are no UTF-8
)
_SHORT = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}

_NARROWEST = 20
"""Minimum width of a column with long values, in characters; the terminal wraps longer lines."""


def printable(text: object) -> str:
    """Return a text on one line, with control characters escaped: a tab as `\\t`, an escape as `\\x1b`."""
    return _UNSAFE.sub(lambda found: _escaped(found[0]), str(text))


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte of a file's name (PEP 383)
        return f"\\x{code - 0xDC00:02x}"
    return _SHORT.get(character) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")


def new_console(*, stderr: bool = False, width: int | None = None) -> Console:
    """Return a console that does not handle a broken pipe; the command line does."""
    from rich.console import Console

    class Ours(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    return Ours(stderr=stderr, width=width, highlight=False)


def print_line(console: Console, *parts: Part) -> None:
    """Print one line, however long: the terminal wraps it, and a value copied from it stays in one piece."""
    console.print(_text(*parts), soft_wrap=True)


def _text(*parts: Part) -> Text:
    from rich.text import Text

    safe = ((printable(part), "") if isinstance(part, str) else (printable(part[0]), part[1]) for part in parts)
    return Text.assemble(*safe)


def print_raw(text: str) -> None:
    """Print a text as it is: what a shell evaluates."""
    typer.echo(text)


def say(text: object) -> None:
    """Print a line."""
    typer.echo(printable(text))


def say_lines(text: str) -> None:
    """Print each line of a text."""
    for line in text.split("\n"):
        say(line)


def tell(text: object) -> None:
    """Print a line to the standard error, so that a pipe gets the answer only."""
    typer.echo(printable(text), err=True)


def complain(text: object) -> None:
    """Print a line about a failure to the standard error."""
    typer.secho(printable(text), fg="red", err=True)


def print_json(document: Any, *, indent: int | None = 2) -> None:
    """Print indented JSON, with control characters escaped."""
    text = json.dumps(document, indent=indent, ensure_ascii=False)
    lines = text.split("\n")  # those of the indentation; others are escaped already
    typer.echo("\n".join(_UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", line) for line in lines))


def passed_over(counts: Counter[str]) -> str:
    """Return a sentence that counts the skipped files of folders, by kind."""
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in counts.most_common())
    return f"{counts.total():,} files were passed over: {kinds}."


def print_pairs(console: Console, title: str, pairs: Mapping[str, object]) -> None:
    """Print names with their values, each on one line, so that addresses and commands can be copied."""
    print_line(console, (title, "bold"))
    width = max(map(len, pairs), default=0)
    for name, value in pairs.items():
        print_line(console, (f"{name:{width}}", "cyan"), "  ", str(value))


def print_rows(columns: Sequence[str], rows: Iterable[Sequence[object]], *, whole: Collection[int] = (0,)) -> None:
    """Print a table; never wrap the columns `whole`, so that keys can be copied.

    Into a pipe, print only the rows, unwrapped and separated by tabs.
    """
    console = new_console()
    cells = ([printable(cell) for cell in row] for row in rows)
    if not console.is_terminal:
        for row in cells:
            typer.echo("\t".join(row))
        return
    _print_table(console.width, columns, list(cells), whole)


def _print_table(width: int, columns: Sequence[str], rows: list[list[str]], whole: Collection[int]) -> None:
    from rich.cells import cell_len
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns, box=None)
    needed = 0
    for number, column in enumerate(table.columns):
        widest = max((cell_len(row[number]) for row in rows), default=0)
        widest = max(widest, cell_len(columns[number]))
        column.no_wrap, column.overflow = number in whole, "fold"
        column.min_width = widest if column.no_wrap else min(widest, _NARROWEST)
        needed += column.min_width + 2
    for row in rows:
        table.add_row(*map(Text, row))
    # A table that is wider than the terminal is wrapped by the terminal, which keeps a copied value in one piece.
    new_console(width=max(width, needed)).print(table)
