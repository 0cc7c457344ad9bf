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
    """Gives a client of a DynamoDB that has the catalog's table and nothing else."""
    with mock_aws():
        client = boto3.client(
            "dynamodb", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
        )
        create_table(client)
        yield client


def create_table(client: Any, name: str = TABLE) -> None:
    """Creates an empty table by the template's definition."""
    client.create_table(TableName=name, **_definition())


@cache
def _definition() -> dict[str, Any]:
    properties = yaml_parse(_TEMPLATE.read_text())["Resources"]["CatalogTable"]["Properties"]
    return {key: properties[key] for key in _PROPERTIES}
