"""docs/api.md keeps up: every operation, parameter and code is in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from viewfinder.adapters.http import fields

REPOSITORY = Path(__file__).parents[4]
PAGE = (REPOSITORY / "docs" / "api.md").read_text()
CONTRACT = yaml.safe_load((REPOSITORY / "infrastructure" / "openapi.yaml").read_text())
OPERATIONS = [
    f"{method.upper()} {path}" for path, item in CONTRACT["paths"].items() for method in item if method != "parameters"
]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_is_described(operation: str) -> None:
    assert f"| `{operation}` |" in PAGE


@pytest.mark.parametrize(
    "name", sorted({*fields.SEARCH, *fields.CONTENT, *fields.UPLOAD, *fields.LABELS, *fields.FOLDERS})
)
def test_every_parameter_is_described(name: str) -> None:
    assert re.search(rf"`{name}\b", PAGE)


def test_every_code_of_an_error_is_described() -> None:
    source = "".join(path.read_text() for path in (REPOSITORY / "src" / "viewfinder").rglob("*.py"))
    codes = set(re.findall(r'code(?:: str)? ?= ?"([A-Z]\w+)"', source))
    codes |= {
        "ImageNotFound",
        "ThumbnailNotFound",
        "VersionNotFound",
        "KeyTaken",
        "InternalError",
        "ServiceUnavailable",
    }
    assert {"InvalidParameter", "UnknownParameter", "InvalidBody", "InvalidNextToken"} <= codes
    assert {code for code in codes if f"`{code}`" not in PAGE} == set()
