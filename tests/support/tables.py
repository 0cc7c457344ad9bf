"""The catalog's table in moto's DynamoDB, made as the template says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from moto import mock_aws
from samtranslator.yaml_helper import yaml_parse

TABLE = "catalog"
_TEMPLATE = Path(__file__).parents[2] / "infrastructure" / "template.yaml"
_PROPERTIES = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")


@contextmanager
def moto_client() -> Iterator[Any]:
    """Return a client of a DynamoDB without tables."""
    with mock_aws():
        yield boto3.client("dynamodb", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")


@contextmanager
def empty_table(client: Any) -> Iterator[str]:
    """Return the name of an empty table, which goes again: moto copies all that there is in every transaction."""
    create_table(client, TABLE)
    try:
        yield TABLE
    finally:
        client.delete_table(TableName=TABLE)


def create_table(client: Any, name: str = TABLE) -> None:
    """Create an empty table by the template's definition."""
    client.create_table(TableName=name, **_definition())


@cache
def _definition() -> dict[str, Any]:
    properties = yaml_parse(_TEMPLATE.read_text())["Resources"]["CatalogTable"]["Properties"]
    return {key: properties[key] for key in _PROPERTIES}
