"""Each filter of a search has its place everywhere: one that is forgotten somewhere fails here."""

from __future__ import annotations

import ast
import inspect
from dataclasses import fields as fields_of
from pathlib import Path
from typing import Any

import pytest
import yaml

from viewfinder.adapters.http.fields import SEARCH
from viewfinder.cli import search
from viewfinder.domain.query import Query

REPOSITORY = Path(__file__).parents[2]
CONTRACT: dict[str, Any] = yaml.safe_load((REPOSITORY / "infrastructure" / "openapi.yaml").read_text())
PAGING = {"limit", "nextToken"}
RANKING = {"like"}
"""Ranks what the filters let through."""

each_filter = pytest.mark.parametrize("name", sorted(SEARCH.keys() - PAGING))


def test_a_query_has_the_filters_of_the_api_and_no_others() -> None:
    assert {SEARCH[name].keyword for name in SEARCH.keys() - PAGING - RANKING} == {row.name for row in fields_of(Query)}


def test_the_contract_has_the_filters_of_the_api_and_no_others() -> None:
    parameters = CONTRACT["paths"]["/images"]["get"]["parameters"]
    names = {parameter.get("name") or parameter["$ref"].rpartition("/")[2] for parameter in parameters}
    assert {name[0].lower() + name[1:] for name in names} == SEARCH.keys()


@each_filter
def test_the_command_line_has_it(name: str) -> None:
    constants = {
        node.value for node in ast.walk(ast.parse(inspect.getsource(search))) if isinstance(node, ast.Constant)
    }
    assert name in constants


@each_filter
def test_the_docs_have_it(name: str) -> None:
    assert f"`{name}" in (REPOSITORY / "docs" / "api.md").read_text()
