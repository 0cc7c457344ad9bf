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


def operations() -> set[tuple[str, str]]:
    """Return method and path of each operation, as API Gateway has them."""
    return {
        (method.upper(), gateway_path(path))
        for path, item in CONTRACT["paths"].items()
        for method in item
        if method in METHODS
    }
