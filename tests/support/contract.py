"""The contract of the REST API, and what API Gateway makes of its paths."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).parents[2] / "infrastructure" / "openapi.yaml"
CONTRACT: dict[str, Any] = yaml.safe_load(FILE.read_text())
METHODS = {"get", "put", "post", "delete", "options", "head", "patch"}


def gateway_path(path: str) -> str:
    """Return a path of the contract as API Gateway has it: its greedy parameter takes slashes."""
    return path.replace("{ImageId}", "{ImageId+}")


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    """Return what a part of the contract refers to."""
    while "$ref" in node:
        target: Any = CONTRACT
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def query_parameters() -> dict[tuple[str, str], set[str]]:
    """Return the names of the query parameters of each operation, by method and path as API Gateway has them."""
    return {
        (method.upper(), gateway_path(path)): _in_query([*item.get("parameters", ()), *operation.get("parameters", ())])
        for path, item in CONTRACT["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }


def _in_query(parameters: list[dict[str, Any]]) -> set[str]:
    return {parameter["name"] for parameter in map(resolved, parameters) if parameter["in"] == "query"}


def operations() -> set[tuple[str, str]]:
    """Return method and path of each operation, as API Gateway has them."""
    return set(query_parameters())
