"""The README names the commands that a stranger needs, where they are looked for."""

from __future__ import annotations

import re
from pathlib import Path

README = (Path(__file__).parents[2] / "README.md").read_text()
START = README.split("## Start on your machine\n")[1].split("\n## ")[0]


def test_both_commands_stand_under_start_with_what_they_install_and_how_long_they_take() -> None:
    (commands,) = re.findall(r"```sh\n((?:make .*\n)+)```", START)
    assert commands.splitlines() == ["make up", "make test"]
    rows = {cells[1]: cells[2:] for line in START.splitlines() if len(cells := re.split(r" ?\| ?", line)) == 6}
    assert rows[""] == ["does", "installs", "takes, the first time", ""]
    for command in ("`make up`", "`make test`"):
        assert all(rows[command][:3]), command
    assert "apt" in rows["`make test`"][1]


def test_other_systems_are_told_of() -> None:
    assert re.search(r"has not been run on macOS or Windows", START, re.DOTALL)


def test_the_way_back_is_named_too() -> None:
    assert "`viewfinder down`" in START
    assert "`viewfinder reset`" in START
