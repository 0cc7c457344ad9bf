"""Rules of AWS that the emulator lacks; run by the emulator's own interpreter.

What passes here and fails on AWS would be found by its first user there.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from viewfinder.local.ministack.guard import replace

ENCODED = {"Delimiter", "Key", "KeyMarker", "NextKeyMarker", "Prefix"}
"""What S3 percent-encodes in a listing of versions."""


def read_security_of_operations_only(gateway: Any) -> None:
    """Ignore an OpenAPI document's `security` at the root, as API Gateway does: such methods are open to everyone."""
    import_api = gateway._import_rest_api

    def import_rest_api(document: dict[str, Any], *others: Any) -> Any:
        return import_api({name: value for name, value in document.items() if name != "security"}, *others)

    replace(gateway, "_import_rest_api", import_rest_api)


def hand_paths_over_as_sent(app: Any, gateway: Any) -> None:
    """Keep `path` and `pathParameters` percent-encoded, and omit the `version` of an HTTP API's events."""
    execute, build = app._handle_execute_api_request, gateway._build_lambda_event_v1

    async def handle(
        host: str, path: str, *request: Any, raw_path: str | None = None, raw_query_string: str | None = None
    ) -> Any:
        return await execute(host, raw_path or path, *request, raw_path=raw_path, raw_query_string=raw_query_string)

    def event(*arguments: Any, **options: Any) -> dict[str, Any]:
        return {name: value for name, value in build(*arguments, **options).items() if name != "version"}

    replace(app, "_handle_execute_api_request", handle)
    replace(gateway, "_build_lambda_event_v1", event)


def encode_keys_of_versions(s3: Any) -> None:
    """Percent-encode a listing of versions where its caller asks for it: XML has no way to write U+0017.

    See the S3 API Reference, ListObjectVersions, `encoding-type`.
    """
    list_versions, write = s3._list_object_versions, s3._xml_body
    is_encoded = ContextVar("is_encoded", default=False)

    def list_object_versions(bucket: str, query: dict[str, Any]) -> Any:
        before = is_encoded.set(s3._qp(query, "encoding-type") == "url")
        try:
            return list_versions(bucket, query)
        finally:
            is_encoded.reset(before)

    def xml_body(root: Any) -> bytes:
        if root.tag == "ListVersionsResult" and is_encoded.get():
            for element in root.iter():
                if element.tag in ENCODED and element.text:
                    element.text = s3._url_encode(element.text)
            root.append(encoding := root.makeelement("EncodingType", {}))
            encoding.text = "url"
        return bytes(write(root))

    replace(s3, "_list_object_versions", list_object_versions)
    replace(s3, "_xml_body", xml_body)


def know_collections(handlers: dict[str, dict[str, Any]]) -> None:
    """Take CloudFormation's type of a collection, which the emulator lacks; `viewfinder up` makes it in the engine.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-rekognition-collection.html
    """

    def create(_logical_id: str, properties: dict[str, Any], _stack_name: str) -> tuple[str, dict[str, str]]:
        name = properties["CollectionId"]
        return name, {"Arn": f"arn:aws:rekognition:us-east-1:000000000000:collection/{name}"}

    handlers["AWS::Rekognition::Collection"] = {"create": create, "delete": lambda _name, _properties: None}


def ask_for_actions_that_exist(iam: Any) -> None:
    """Check a batch of messages by `sqs:SendMessage`: the emulator asks for an action of the batch, which IAM lacks.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html
    """
    enforce = iam.enforce

    def enforce_existing(access_key_id: str, action: str, *others: Any, **named: Any) -> Any:
        return enforce(access_key_id, action.replace("sqs:SendMessageBatch", "sqs:SendMessage"), *others, **named)

    replace(iam, "enforce", enforce_existing)


def refuse_to_delete_full_buckets(handlers: dict[str, dict[str, Any]], s3: Any) -> None:
    """Fail a stack's deletion at a bucket with objects or versions in it, as S3 does."""
    bucket = handlers["AWS::S3::Bucket"]
    delete = bucket["delete"]

    def delete_empty(name: str, properties: Any) -> Any:
        found = s3._buckets.get(name)
        if found and (found["objects"] or s3._bucket_has_versions(name)):
            raise ValueError("The bucket you tried to delete is not empty. You must delete all versions in the bucket.")
        return delete(name, properties)

    bucket["delete"] = delete_empty
