"""The rooms of `viewfinder`, and what each may import: one table for the test and for docs/architecture.md."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "architecture.md"

# Room -> the rooms of viewfinder that it may import. A room not named here is an error: give it its place.
MAY_IMPORT = {
    "domain": {"domain"},
    "ports": {"domain"},
    "settings": {"domain"},
    "observability": {"domain", "settings", "observability"},
    "usecases": {"domain", "ports", "observability", "usecases"},
    "adapters": {"domain", "ports", "observability", "settings", "adapters"},
    "bootstrap": {"domain", "ports", "settings", "observability", "adapters", "usecases"},
    "rekognition": {"rekognition"},
    "operations": {"domain", "operations", "deployment"},
    "gallery": {"domain", "gallery", "operations"},
    "deployment": {"domain", "deployment"},
    "local": {"adapters", "bootstrap", "domain", "settings", "usecases", "local", "deployment", "gallery"},
    "cli": {
        *("domain", "ports", "settings", "observability", "usecases", "adapters", "bootstrap"),
        *("rekognition", "gallery", "operations", "deployment", "local", "cli"),
    },
    "testing": set(),
    "lambdas": {"bootstrap", "domain", "observability", "usecases", "adapters", "settings"},
}

BESIDES = {"adapters/detector.py": {"rekognition"}}
"""The one way from the pipeline into the engine: an adapter wraps it as a detector in the same process."""

_ROW = re.compile(r"^\| `(\w+)/?` \| (.+) \| .*\|$", re.MULTILINE)


def section(page: str) -> str:
    """Return the part of the page that has the table of the rooms."""
    return page.partition("## Packages\n")[2].partition("\n## ")[0]


def rooms_of(page: str) -> list[str]:
    """Return the rooms that the page's table has, in order."""
    return [room for room, _ in _ROW.findall(section(page))]


def with_imports(page: str) -> str:
    """Return the page with the column "may import" as MAY_IMPORT has it; the other columns stay."""
    table = section(page)
    return page.replace(table, _ROW.sub(lambda row: f"| {_name(row[1])} | {row[2]} | {_imports(row[1])} |", table))


def _name(room: str) -> str:
    return "`lambdas/`" if room == "lambdas" else f"`{room}`"


def _imports(room: str) -> str:
    others = [other for other in MAY_IMPORT if other in MAY_IMPORT[room] - {room}]
    besides = [
        f"in `{file}` also {name}" for file, names in BESIDES.items() if file.startswith(f"{room}/") for name in names
    ]
    return "; ".join([", ".join(others) or "no other package", *besides])
