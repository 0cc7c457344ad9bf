"""The container files, as far as they can be checked without a container engine."""

from __future__ import annotations

import importlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from viewfinder.cli.main import app

PROJECT = Path(__file__).parents[2]
DOCKERFILE = (PROJECT / "Dockerfile").read_text()
SERVICES: dict[str, Any] = yaml.safe_load((PROJECT / "compose.yaml").read_text())["services"]
DEFAULT = json.loads(re.findall(r"^CMD (\[.*\])", DOCKERFILE, re.MULTILINE)[-1])
COMMANDS = [DEFAULT, SERVICES["pipeline"]["command"], SERVICES["pipeline"]["healthcheck"]["test"][1:]]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_command_of_the_container_files_exists_with_its_options(words: list[str]) -> None:
    program, *arguments = words
    command: Any = typer.main.get_command(app)
    while arguments and arguments[0] in getattr(command, "commands", {}):
        command = command.commands[arguments.pop(0)]

    assert program == "viewfinder"
    assert {word for word in arguments if word.startswith("--")} <= {
        name for each in command.params for name in each.opts
    }


def test_nothing_runs_as_root_and_the_last_stage_has_no_build_tools() -> None:
    stages = DOCKERFILE.split("\nFROM ")

    assert "\nUSER 10001\n" in stages[-1]
    assert not re.search(r"\b(pip|uv|apt-get)\b", stages[-1])


def test_what_the_image_is_built_with_exists_in_the_package() -> None:
    imported = re.findall(r"^from ([\w.]+) import ([\w, ]+); \\$", DOCKERFILE, re.MULTILINE)

    assert len(imported) == 2
    for module, names in imported:
        assert [name for name in names.split(", ") if not hasattr(importlib.import_module(module), name)] == []


def test_every_service_drops_what_it_does_not_need() -> None:
    for service in SERVICES.values():
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["read_only"]
    assert SERVICES["rekognition"]["ports"] == ["127.0.0.1:8090:8090"]


def test_the_image_is_built_with_the_pinned_installer() -> None:
    (version,) = re.findall(r"uv==([\d.]+)", DOCKERFILE)

    assert f"\nuv=={version} \\\n" in (PROJECT / "constraints.txt").read_text()
