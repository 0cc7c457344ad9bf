"""Remove the pipeline: check first what could fail, empty the buckets, delete the stack."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from viewfinder.deployment.attach import Detachment, plan_detachment
from viewfinder.deployment.deploy import ArtifactsBucket
from viewfinder.deployment.environment import Environment
from viewfinder.deployment.progress import DeploymentError, Progress, Report
from viewfinder.deployment.stack import Resource, Stack

if TYPE_CHECKING:
    from types_boto3_s3.type_defs import ErrorTypeDef, ObjectIdentifierTypeDef

BUCKET, TABLE, RULE = "AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::Events::Rule"
PAGE = "GalleryBucket"
"""The hosted gallery's page, which `deploy` uploads again at any time: nobody's data."""

ATTEMPTS = 3
"""A function that is still at work may write into a bucket that has just been emptied."""

PASSING = {"InternalError", "ServiceUnavailable", "SlowDown"}
"""Codes of errors of single objects that another attempt may cure."""


@dataclass(frozen=True, slots=True)
class Removal:
    """The resources that a deletion of a stack deletes and retains."""

    stack: Stack
    emptied: list[str]
    """Buckets to empty, because they are deleted with the stack."""
    named: list[str]
    """Buckets that the template retains, but the operator chose to delete."""
    kept: list[str]
    """Resources that stay."""
    detachment: Detachment | None = None
    """What becomes of the bucket that the stack attaches: none of it is ever listed or emptied."""


def plan_removal(stack: Stack, *, delete_data: bool, named: Sequence[str] = ()) -> Removal:
    """Return the plan of a deletion; raise DeploymentError if it could not succeed. Change nothing."""
    _require_deletable(stack)
    resources = stack.resources()
    retained = [each for each in resources if each.retained]
    if strange := set(named) - {each.name for each in retained if each.type == BUCKET}:
        raise DeploymentError(f"{stack.name} retains no bucket named {min(strange)}.")
    going = [each for each in resources if not each.retained]
    _require_unprotected(stack, [each.name for each in going if each.type == TABLE])
    pages = [each.name for each in going if each.logical_id == PAGE]
    buckets = [each.name for each in going if each.type == BUCKET and each.name not in pages]
    if not delete_data and (full := [each for each in buckets if not _is_empty(stack.environment, each)]):
        raise DeploymentError(_full(stack, full))
    detachment = plan_detachment(stack, {each.name for each in going if each.type == RULE})
    kept = [*_kept(retained, named), f"{ArtifactsBucket(stack.environment).name} (packages of all stacks here)"]
    kept += [detachment.explanation] if detachment else []
    emptied = [*buckets, *pages] if delete_data else pages
    return Removal(stack, emptied, list(named), kept, detachment)


def remove(removal: Removal, report: Report) -> None:
    """Execute the plan; skip what an earlier attempt has removed. Raise DeploymentError."""
    environment = removal.stack.environment
    if removal.detachment:  # first: the stack's tag says what the bucket was before
        removal.detachment.apply()
    for bucket in removal.named:
        _delete_bucket(environment, bucket, report)
    for attempt in range(1, ATTEMPTS + 1):
        for bucket in removal.emptied:
            empty_bucket(environment, bucket, report)
        try:
            removal.stack.delete(report)
            break
        except DeploymentError:
            if attempt == ATTEMPTS or all(_is_empty(environment, bucket) for bucket in removal.emptied):
                raise


def _require_deletable(stack: Stack) -> None:
    status = stack.status or ""
    if status.endswith("_IN_PROGRESS") and status not in {"REVIEW_IN_PROGRESS", "DELETE_IN_PROGRESS"}:
        raise DeploymentError(f"{stack.name} is being changed ({status}): wait until that has ended.")
    if stack.protected:
        raise DeploymentError(
            f"{stack.name} has termination protection. Turn it off first: "
            f"viewfinder deploy --stack {stack.name} --no-termination-protection"
        )


def _require_unprotected(stack: Stack, tables: list[str]) -> None:
    for table in tables:
        try:
            described = stack.environment.dynamodb.describe_table(TableName=table)["Table"]
        except ClientError as error:
            _unless(error, "ResourceNotFoundException")
        else:
            if described.get("DeletionProtectionEnabled") is True:  # MiniStack: "false" after CloudFormation
                raise DeploymentError(
                    f"The table {table} has deletion protection. Turn it off first: "
                    f"viewfinder deploy --stack {stack.name} --parameter TableDeletionProtection=false"
                )


def _full(stack: Stack, buckets: list[str]) -> str:
    return (
        f"{' and '.join(buckets)}: not empty (old versions of objects count), and S3 deletes only empty buckets. "
        f"Copy what you want to keep (aws s3 sync s3://{buckets[0]} FOLDER); then delete stack and data with: "
        f"viewfinder destroy --stack {stack.name} --delete-data"
    )


def _kept(retained: list[Resource], named: Sequence[str]) -> list[str]:
    return [f"{each.name} ({each.logical_id})" for each in retained if each.name not in named]


def _is_empty(environment: Environment, bucket: str) -> bool:
    """Return whether S3 would delete the bucket: it holds no object, no old version and no delete marker."""
    try:
        page = environment.s3.list_object_versions(Bucket=bucket, MaxKeys=1)
    except ClientError as error:
        _unless(error, "NoSuchBucket")
        return True
    return not page.get("Versions") and not page.get("DeleteMarkers")


def _delete_bucket(environment: Environment, bucket: str, report: Report) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        empty_bucket(environment, bucket, report)
        try:
            environment.s3.delete_bucket(Bucket=bucket)
            break
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "NoSuchBucket":
                break
            if code != "BucketNotEmpty" or attempt == ATTEMPTS:
                raise
    report(Progress(bucket, "DELETED"))


def empty_bucket(environment: Environment, bucket: str, report: Report) -> None:
    """Delete every version of every object, 1,000 a call (S3's limit)."""
    try:
        # Else each deletion would be a message for the image function.
        environment.s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
        for attempt in range(1, ATTEMPTS + 1):
            failed = list(_delete_versions(environment, bucket, report))
            if not failed:
                break
            if attempt == ATTEMPTS or any(each["Code"] not in PASSING for each in failed):
                raise DeploymentError(_undeleted(bucket, failed))
    except ClientError as error:
        _unless(error, "NoSuchBucket")
    report(Progress(bucket, "EMPTIED"))


def _delete_versions(environment: Environment, bucket: str, report: Report) -> Iterator[ErrorTypeDef]:
    """Yield the objects that S3 did not delete; S3 lists them in a response with status 200."""
    deleted = 0
    for page in environment.s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        entries = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        versions: list[ObjectIdentifierTypeDef] = [
            {"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in entries
        ]
        if versions:
            answer = environment.s3.delete_objects(Bucket=bucket, Delete={"Objects": versions, "Quiet": True})
            yield from answer.get("Errors", [])
            deleted += len(versions)
            report(Progress(bucket, "EMPTYING_IN_PROGRESS", f"{deleted:,} versions"))


def _undeleted(bucket: str, failed: list[ErrorTypeDef]) -> str:
    first = failed[0]
    return (
        f"{bucket}: {len(failed):,} objects can't be deleted. {first.get('Key')!r}: {first['Code']}: "
        f"{first.get('Message', '')}. Remove the cause, and run the command again."
    )


def _unless(error: ClientError, gone: str) -> None:
    """Ignore the error that the resource does not exist."""
    if error.response["Error"]["Code"] != gone:
        raise error
