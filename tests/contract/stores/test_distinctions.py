"""Decisions that images are no duplicates: kept by content, in any order, until they are taken back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from viewfinder.adapters.distinctions import FOLDER, S3Distinctions
from viewfinder.domain.near_duplicates import MAX_CONTENTS, short

A, B, C = (letter * 64 for letter in "abc")


@pytest.fixture
def client() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="derived")
        yield client


def test_a_decision_is_listed_until_it_is_taken_back(client: Any) -> None:
    distinctions = S3Distinctions(client, "derived")
    assert [*distinctions.list()] == []
    distinctions.add([B, A])
    distinctions.add([A, B])
    distinctions.add([A, C])
    assert {*distinctions.list()} == {frozenset({short(A), short(B)}), frozenset({short(A), short(C)})}
    distinctions.remove([A, B])
    distinctions.remove([B, C])
    assert [*distinctions.list()] == [frozenset({short(A), short(C)})]


def test_its_document_names_the_contents_and_its_format(client: Any) -> None:
    S3Distinctions(client, "derived").add([B, A])
    (entry,) = client.list_objects_v2(Bucket="derived", Prefix=FOLDER)["Contents"]
    document = json.loads(client.get_object(Bucket="derived", Key=entry["Key"])["Body"].read())
    assert document == {"StoredFormat": 1, "Contents": [A, B]}


def test_the_largest_decision_fits_a_key(client: Any) -> None:
    contents = [f"{number:064x}"[::-1] for number in range(MAX_CONTENTS)]
    distinctions = S3Distinctions(client, "derived")
    distinctions.add(contents)
    (entry,) = client.list_objects_v2(Bucket="derived", Prefix=FOLDER)["Contents"]
    assert 900 < len(entry["Key"].encode()) <= 1024
    assert [*distinctions.list()] == [frozenset(map(short, contents))]
