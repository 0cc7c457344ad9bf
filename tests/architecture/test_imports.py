"""Who may import whom: the rooms of docs/architecture.md, kept by reading the source."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Collection, Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.architecture.rooms import BESIDES, MAY_IMPORT, PAGE, rooms_of, with_imports

REPOSITORY = Path(__file__).parents[2]
SOURCE = REPOSITORY / "src"
PACKAGE = SOURCE / "viewfinder"


def _modules() -> Iterator[tuple[str, Path]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if room != "__init__":
            yield room, path
    for path in sorted((REPOSITORY / "lambdas").rglob("*.py")):
        yield "lambdas", path


def _imports(path: Path) -> set[str]:
    """Return the dotted names that a file imports, inside functions too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


MODULES = [pytest.param(room, path, id=str(path.relative_to(REPOSITORY))) for room, path in _modules()]


@pytest.mark.parametrize(("room", "path"), MODULES)
def test_a_room_imports_only_what_lies_below_it(room: str, path: Path) -> None:
    imported = {name.split(".")[1] for name in _imports(path) if name.startswith("viewfinder.")}
    besides = BESIDES.get(path.relative_to(PACKAGE).as_posix(), set()) if path.is_relative_to(PACKAGE) else set()
    assert imported - MAY_IMPORT[room] - besides == set()


@pytest.mark.parametrize("path", sorted((PACKAGE / "domain").glob("*.py")), ids=lambda path: path.name)
def test_the_domain_knows_the_standard_library_only(path: Path) -> None:
    outside = {name.split(".")[0] for name in _imports(path)} - {"viewfinder"}
    assert outside <= sys.stdlib_module_names


@pytest.mark.parametrize("path", sorted((PACKAGE / "usecases").glob("*.py")), ids=lambda path: path.name)
def test_use_cases_know_no_sdk(path: Path) -> None:
    roots = {name.split(".")[0] for name in _imports(path)}
    assert roots & {"boto3", "botocore", "PIL", "starlette", "httpx"} == set()


def test_nothing_scans_the_table() -> None:
    """A Scan reads the whole table, whatever it answers; `Scan` in the SDK is `scan` and the `scan` paginator."""
    calls = [
        f"{path.relative_to(REPOSITORY)}:{node.lineno}"
        for _, path in _modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.Attribute) and node.attr == "scan")
        or (isinstance(node, ast.Constant) and node.value == "scan")
    ]
    assert calls == []


def test_the_page_about_the_architecture_shows_the_rooms_as_they_are() -> None:
    """`python -m tools.write_import_table` writes its column "may import"."""
    page = PAGE.read_text()
    assert sorted(rooms_of(page)) == sorted(MAY_IMPORT)
    assert with_imports(page) == page


def test_docstrings_are_in_the_imperative() -> None:
    """docs/decisions/2026-11-25-plain-english.md."""
    places = [
        place
        for room in ("src", "lambdas", "tests", "benchmarks", "tools")
        for place in (REPOSITORY / room).rglob("*.py")
    ]
    third_person = re.compile(r'"""(Gives|Tells|Says) ')
    assert [str(place) for place in places if place != Path(__file__) and third_person.search(place.read_text())] == []


def test_no_module_needs_itself_to_be_imported() -> None:
    modules = {_dotted(path): path for _, path in _modules() if path.is_relative_to(SOURCE)}
    graph = TopologicalSorter({name: set(_needed(path, modules.keys())) for name, path in modules.items()})
    graph.prepare()  # raises CycleError, which names the circle


def _dotted(path: Path) -> str:
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")


def _needed(path: Path, modules: Collection[str]) -> Iterator[str]:
    """Yield the modules that a file imports when it is imported itself."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ImportFrom):
            for one in node.names:
                inner = f"{node.module}.{one.name}"
                yield from [name for name in [inner if inner in modules else str(node.module)] if name in modules]


def test_every_call_of_the_table_is_made_by_one_module() -> None:
    """`calls.py` has the rule for what is tried again, and for how long."""
    folder = PACKAGE / "adapters" / "dynamodb"
    direct = [path.name for path in folder.glob("*.py") if "_client." in path.read_text() and path.name != "calls.py"]
    assert direct == []
