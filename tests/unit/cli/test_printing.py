"""How commands print: nothing acts on the terminal, machine values stay whole, and a reader may leave early."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from viewfinder.cli import _printing
from viewfinder.cli._printing import new_console, print_json, print_pairs, print_rows, printable
from viewfinder.cli.main import app

Print = Callable[..., str]

HOSTILE = "a\tb\nc\x1b[31m\x9b\u202e\udcff.jpg"
SHOWN = "a\\tb\\nc\\x1b[31m\\x9b\\u202e\\xff.jpg"
KEY = "2026/holiday in the mountains/" + "x" * 120 + ".jpg"
TOKEN = "http://localhost:8080/~" + "t" * 43
SHA256 = "0123456789abcdef" * 4
EVAL = 'eval "$(/home/somebody/a folder/.venv/bin/viewfinder env --data-dir /home/somebody/another/folder)"'


@pytest.fixture(params=[40, 80, 200, None], ids=["40 columns", "80 columns", "200 columns", "pipe"])
def terminal(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int | None:
    """A terminal of so many columns; None: a pipe."""
    if request.param:
        monkeypatch.setenv("COLUMNS", str(request.param))
        monkeypatch.setenv("TTY_COMPATIBLE", "1")
        monkeypatch.setenv("NO_COLOR", "1")
    width: int | None = request.param
    return width


def plain(text: str) -> str:
    """Return a text without the styles that our own console adds."""
    return re.sub(r"\x1b\[[\d;]*m", "", text)


@pytest.mark.usefixtures("terminal")
def test_machine_values_are_printed_whole_at_any_width(capsys: pytest.CaptureFixture[str]) -> None:
    values = {"Gallery": TOKEN, "For AWS's tools": EVAL, "Sha256": SHA256}
    print_pairs(new_console(), KEY, values)
    lines = plain(capsys.readouterr().out).splitlines()
    assert lines[0] == KEY
    assert [line.split("  ", 1)[1].strip() for line in lines[1:]] == list(values.values())

    print_rows(("Image", "Analysed", "Labels"), [(KEY, "2026-11-25 10:00:00", "Dog 95, Cat 90, " * 9)])
    printed = plain(capsys.readouterr().out)
    assert KEY in printed
    assert "2026-11-25 10:00:00" in printed


@pytest.mark.usefixtures("terminal")
def test_what_is_wrong_with_the_arguments_is_said_on_one_line(tmp_path: Path) -> None:
    file = tmp_path / ("x" * 120) / "\u202efunction[bold].zip"
    file.parent.mkdir()
    file.touch()
    done = CliRunner().invoke(app, ["package", "label_statistics", "--output", str(file)])
    assert done.exit_code == 2
    *_, told = plain(done.stderr).splitlines()
    shown = str(file).replace("\u202e", "\\u202e")
    assert told == f"Error: Invalid value for --output: {shown} is there already; --overwrite replaces it"


@pytest.mark.usefixtures("terminal")
def test_nothing_in_a_name_acts_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_pairs(new_console(), HOSTILE, {"Name": HOSTILE})
    print_rows(("Image",), [(HOSTILE,)])
    _printing.say(HOSTILE)
    _printing.complain(HOSTILE)
    out, err = capsys.readouterr()
    assert plain(out + err).count(SHOWN) == 5
    for text in (out, err):
        assert re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", plain(text)) is None


def test_a_row_in_a_pipe_has_as_many_fields_as_columns(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(("Image", "Labels"), [(HOSTILE, "Dog"), ("b.jpg", "Cat")])
    assert [line.split("\t") for line in capsys.readouterr().out.splitlines()] == [[SHOWN, "Dog"], ["b.jpg", "Cat"]]


def test_json_keeps_a_name_as_it_is_and_shows_no_control(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"ImageId": HOSTILE, "Name": "Straße 🐈"})
    printed = capsys.readouterr().out
    assert json.loads(printed) == {"ImageId": HOSTILE, "Name": "Straße 🐈"}
    assert "Straße 🐈" in printed
    assert re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\ud800-\udfff]", printed) is None


@pytest.mark.parametrize("text", ["", "Straße", "a b", "\\t", "🐈 猫", "100 %"])
def test_a_harmless_name_is_printed_as_it_is(text: str) -> None:
    assert printable(text) == text


def test_only_one_module_prints() -> None:
    """Else a name reaches the terminal unescaped, or a value is wrapped."""
    folder = Path(_printing.__file__).parent
    direct = re.compile(
        r"typer\.s?echo|(?<!console\.)\bprint\(|[^_]Console\(|from rich.console import Console$", re.MULTILINE
    )
    found = {
        file.name: [
            match[0] for match in direct.finditer(re.sub(r"(?s)if TYPE_CHECKING:.*?\n\n", "", file.read_text()))
        ]
        for file in folder.glob("*.py")
    }
    assert {name: uses for name, uses in found.items() if uses and name != "_printing.py"} == {}


@pytest.mark.parametrize(
    "words", [("cost", "--images", "1000"), ("cost", "--images", "1000", "--json"), ("--version",)]
)
def test_a_reader_that_has_read_enough_ends_a_command_as_unix_has_it(words: tuple[str, ...]) -> None:
    """As `viewfinder ... | head -1`: no message, and the exit code that shells tell of SIGPIPE."""
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "viewfinder.cli.main", *words]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


def invoke(*words: str) -> Result:
    return CliRunner().invoke(app, words)


def test_an_error_about_a_hostile_name_is_one_safe_line(tmp_path: Path) -> None:
    result = invoke("analyze", str(tmp_path / "a\x1b[2J\n.jpg"))
    assert result.stderr == f"{tmp_path}/a\\x1b[2J\\n.jpg: No such file or directory\n"
