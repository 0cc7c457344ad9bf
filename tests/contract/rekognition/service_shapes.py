"""Walks botocore's service model: makes requests of every shape, and checks that a response fits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from viewfinder.rekognition.protocol import service_model

PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "timestamp": (int, float),
    "map": (dict,),
    "list": (list,),
    "structure": (dict,),
}


def shape(name: str) -> Any:
    return service_model().shape_for(name)


def examples(of: Any) -> Iterator[Any]:
    """Give values at the limits of a shape; a structure has each member alone, then all of them."""
    if of.type_name == "structure":
        yield from ({name: value} for name, member in of.members.items() for value in examples(member))
        yield {name: list(examples(member))[-1] for name, member in of.members.items()}
    elif of.type_name == "list":
        values = list(examples(of.member))
        yield from ([], values[: of.metadata.get("max", 10)], values[:1] * of.metadata.get("max", 10))
    elif "enum" in of.metadata:
        yield from of.metadata["enum"]
    elif of.type_name == "string":
        yield from ("", "Dog", "x" * of.metadata["max"])
    else:
        yield from (of.metadata.get("min", 0), of.metadata.get("max", 1000))


def check_fits(of: Any, value: Any, path: str = "") -> set[str]:
    """Fail where a value has a member outside the model, a wrong type, or leave its limits; return the paths seen."""
    fits = isinstance(value, PYTHON_TYPES[of.type_name]) and not isinstance(value, bool)
    assert fits, path
    seen = {path}
    if of.type_name == "structure":
        assert value.keys() <= of.members.keys(), path
        for name, entry in value.items():
            seen |= check_fits(of.members[name], entry, f"{path}.{name}")
    elif of.type_name == "list":
        for entry in value:
            seen |= check_fits(of.member, entry, f"{path}[]")
    elif of.type_name in {"integer", "long", "float"}:
        assert of.metadata.get("min", value) <= value <= of.metadata.get("max", value), path
    elif of.type_name == "map":
        for name, entry in value.items():
            seen |= check_fits(of.key, name, f"{path}{{}}") | check_fits(of.value, entry, f"{path}{{}}")
    if "pattern" in of.metadata and r"\p" not in of.metadata["pattern"]:
        assert re.fullmatch(of.metadata["pattern"], value), path
    if "enum" in of.metadata:
        assert value in of.metadata["enum"], path
    return seen


def paths(of: Any, path: str = "") -> set[str]:
    """Return every path of a shape."""
    found = {path}
    if of.type_name == "structure":
        for name, member in of.members.items():
            found |= paths(member, f"{path}.{name}")
    elif of.type_name == "list":
        found |= paths(of.member, f"{path}[]")
    elif of.type_name == "map":
        found |= paths(of.value, f"{path}{{}}")
    return found
