"""The emulator refuses what AWS refuses, and hands over what AWS hands over."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from viewfinder.local.ministack.strictness import (
    hand_paths_over_as_sent,
    read_security_of_operations_only,
    refuse_to_delete_full_buckets,
)


def test_security_at_the_root_of_a_document_protects_nothing() -> None:
    imported: list[Any] = []
    gateway = SimpleNamespace(_import_rest_api=lambda document, data: imported.append((document, data)))
    read_security_of_operations_only(gateway)

    operation = {"get": {"security": [{"sigv4": []}]}}
    gateway._import_rest_api({"paths": {"/images": operation}, "security": [{"sigv4": []}]}, {"name": "api"})

    assert imported == [({"paths": {"/images": operation}}, {"name": "api"})]


def test_a_path_is_handed_over_as_it_was_sent_and_the_event_has_no_version() -> None:
    async def execute(_host: str, path: str, *_: Any, **raw: Any) -> Any:
        return path, raw

    app = SimpleNamespace(_handle_execute_api_request=execute)
    gateway = SimpleNamespace(_build_lambda_event_v1=lambda path: {"version": "1.0", "path": path})
    hand_paths_over_as_sent(app, gateway)

    handled = app._handle_execute_api_request(
        "host", "/prod/a b", "GET", {}, b"", {}, raw_path="/prod/a%20b", raw_query_string=""
    )

    assert asyncio.run(handled) == ("/prod/a%20b", {"raw_path": "/prod/a%20b", "raw_query_string": ""})
    assert gateway._build_lambda_event_v1("/a%20b") == {"path": "/a%20b"}


@pytest.mark.parametrize(("objects", "versions"), [({"photo.jpg": {}}, False), ({}, True)])
def test_a_bucket_with_anything_in_it_is_not_deleted(objects: dict[str, Any], versions: bool) -> None:
    deleted: list[str] = []
    handlers = {"AWS::S3::Bucket": {"delete": lambda name, _: deleted.append(name)}}
    buckets = {"full": {"objects": objects}, "empty": {"objects": {}}}
    s3 = SimpleNamespace(_buckets=buckets, _bucket_has_versions=lambda name: versions and name == "full")
    refuse_to_delete_full_buckets(handlers, s3)

    with pytest.raises(ValueError, match="not empty"):
        handlers["AWS::S3::Bucket"]["delete"]("full", {})
    handlers["AWS::S3::Bucket"]["delete"]("empty", {})
    handlers["AWS::S3::Bucket"]["delete"]("gone", {})

    assert deleted == ["empty", "gone"]
