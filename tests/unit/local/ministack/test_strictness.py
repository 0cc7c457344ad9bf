"""The emulator refuses what AWS refuses, and hands over what AWS hands over."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote
from xml.etree.ElementTree import Element, SubElement

import pytest

from viewfinder.local.ministack.strictness import (
    ask_for_actions_that_exist,
    encode_keys_of_versions,
    hand_paths_over_as_sent,
    know_collections,
    read_security_of_operations_only,
    refuse_to_delete_full_buckets,
)


def test_security_at_the_root_of_a_document_protects_nothing() -> None:
    imported: list[Any] = []
    gateway = SimpleNamespace(_import_rest_api=lambda document, data: imported.append((document, data)))
    read_security_of_operations_only(gateway)

    operation: dict[str, Any] = {"get": {"security": [{"sigv4": []}]}}
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


def test_a_batch_of_messages_needs_the_action_of_one() -> None:
    asked: list[Any] = []
    iam = SimpleNamespace(enforce=lambda key, action, *others, **named: asked.append((action, others, named)))
    ask_for_actions_that_exist(iam)

    for action in ("sqs:SendMessageBatch", "sqs:ReceiveMessage"):
        iam.enforce("key", action, "sqs", region="us-east-1")

    assert [action for action, _, _ in asked] == ["sqs:SendMessage", "sqs:ReceiveMessage"]
    assert asked[0][1:] == (("sqs",), {"region": "us-east-1"})


def test_cloudformation_makes_and_deletes_a_collection() -> None:
    handlers: dict[str, dict[str, Any]] = {}
    know_collections(handlers)
    collection = handlers["AWS::Rekognition::Collection"]

    name, attributes = collection["create"]("PeopleCollection", {"CollectionId": "photos-people"}, "photos")

    assert (name, attributes["Arn"].rpartition(":")[2]) == ("photos-people", "collection/photos-people")
    assert collection["delete"](name, {}) is None


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


@pytest.mark.parametrize(("asked", "key"), [(["url"], "a%17b/c%20d"), ([""], "a\x17b/c d")])
def test_keys_in_a_listing_of_versions_are_encoded_for_those_who_ask(asked: list[str], key: str) -> None:
    def list_versions(_bucket: str, _query: dict[str, Any]) -> Any:
        root = Element("ListVersionsResult")
        SubElement(root, "Name").text = "a b"
        for parent in (root, SubElement(root, "Version"), SubElement(root, "DeleteMarker")):
            SubElement(parent, "NextKeyMarker" if parent is root else "Key").text = "a\x17b/c d"
        return s3._xml_body(root)

    s3 = SimpleNamespace(
        _list_object_versions=list_versions,
        _xml_body=lambda root: "|".join(f"{found.tag}={found.text or ''}" for found in root.iter()).encode(),
        _qp=lambda query, name: query[name][0],
        _url_encode=lambda text: quote(text, safe="/"),
    )
    encode_keys_of_versions(s3)

    written = s3._list_object_versions("bucket", {"encoding-type": asked}).decode().split("|")

    assert "Name=a b" in written
    assert written.count(f"Key={key}") == 2
    assert f"NextKeyMarker={key}" in written
    assert ("EncodingType=url" in written) == (asked == ["url"])
