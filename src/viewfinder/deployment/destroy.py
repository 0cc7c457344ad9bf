"""Remove the pipeline: the stack, and only when asked for, the data that the stack leaves behind."""

from __future__ import annotations

from botocore.exceptions import ClientError

from viewfinder.deployment.home import Home
from viewfinder.deployment.progress import Progress, Report
from viewfinder.deployment.stack import Stack


def destroy(stack: Stack, report: Report, *, delete_data: bool) -> None:
    """Deletes the stack. Its template retains buckets and table: they go with `delete_data` alone.

    Raises DeploymentError with the first real cause.
    """
    buckets, tables = stack.resources("AWS::S3::Bucket"), stack.resources("AWS::DynamoDB::Table")
    stack.delete(report)
    if delete_data:
        for bucket in buckets:
            _delete_bucket(stack.home, bucket, report)
        for table in tables:
            _delete_table(stack.home, table, report)


def _delete_bucket(home: Home, bucket: str, report: Report) -> None:
    """Deletes a bucket with every version of every object, 1,000 a call (S3's limit)."""
    deleted = 0
    try:
        for page in home.s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            entries = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            keys = [{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in entries]
            if keys:
                home.s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})  # type: ignore[typeddict-item]
            deleted += len(keys)
        home.s3.delete_bucket(Bucket=bucket)
    except ClientError as error:
        _unless(error, "NoSuchBucket")
    report(Progress(bucket, "DELETED", f"{deleted} objects"))


def _delete_table(home: Home, table: str, report: Report) -> None:
    try:
        home.dynamodb.delete_table(TableName=table)
    except ClientError as error:
        _unless(error, "ResourceNotFoundException")
    report(Progress(table, "DELETED"))


def _unless(error: ClientError, gone: str) -> None:
    """Lets an error pass that says that there is nothing to delete (any more)."""
    if error.response["Error"]["Code"] != gone:
        raise error
