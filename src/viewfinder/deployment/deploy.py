"""Deploy the pipeline: build the packages, upload, propose the changes, carry them out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from botocore.exceptions import ClientError

from viewfinder.deployment.environment import Home
from viewfinder.deployment.errors import DeploymentDeclinedError
from viewfinder.deployment.packages import Package, Platform, build_package
from viewfinder.deployment.progress import Progress, Report
from viewfinder.deployment.stack import Change, Stack
from viewfinder.deployment.template import (
    Template,
    functions,
    point_at_artifacts,
    read_template,
    to_json,
)


def destroy(stack: Stack, report: Report, *, delete_data: bool) -> None:
    """Delete the stack. Its template retains buckets and table: they go with `delete_data` alone.

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
    """Delete a bucket with every version of every object, 1,000 a call (S3's limit)."""
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
    """Let an error pass that says that there is nothing to delete (any more)."""
    if error.response["Error"]["Code"] != gone:
        raise error


UNFINISHED = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"}
"""States of a stack whose creation failed: CloudFormation only lets it be deleted."""

Approve = Callable[[list[Change]], bool]


def approve_all(_: list[Change]) -> bool:
    """For those who need not be asked."""
    return True


@dataclass(frozen=True)
class Blueprint:
    """What is to be deployed: a template with its packages, built for one platform."""

    template: Path
    content: Template
    packages: Mapping[str, Package]
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """Name everything that a deployment of this blueprint depends on."""
        digest = hashlib.sha256(to_json(self.content))
        for name, package in sorted(self.packages.items()):
            digest.update(f"{name} {package.digest}\n".encode())
        digest.update(repr(sorted(self.parameters.items())).encode())
        return digest.hexdigest()


def draw(template: Path, target: Platform, parameters: Mapping[str, str], report: Report) -> Blueprint:
    """Read a template and build the packages of its functions; raise TemplateError, PackageError."""
    content = read_template(template)
    packages = {}
    for logical_id, function in functions(content).items():
        package = packages[logical_id] = build_package(template.parent.parent, function, target)
        report(Progress(logical_id, "PACKAGED", f"{package.zip.stat().st_size / 1e6:.1f} MB"))
    return Blueprint(template, content, packages, parameters)


def deploy(stack: Stack, blueprint: Blueprint, report: Report, approve: Approve = approve_all) -> bool:
    """Make the stack what the blueprint says; return False where it was so already.

    Raises DeploymentError with the first real cause, DeploymentDeclinedError when `approve` says no.
    """
    url = _upload(stack.home, blueprint, report)
    if stack.status in UNFINISHED:
        stack.delete(report)
    proposal = stack.propose(url, blueprint.parameters, blueprint.content.get("Parameters", {}))
    if proposal is None:
        return False
    if not approve(proposal.changes):
        stack.discard(proposal.name)
        raise DeploymentDeclinedError("Nothing was changed.")
    stack.execute(proposal, report)
    return True


def _upload(home: Home, blueprint: Blueprint, report: Report) -> str:
    """Upload everything, and return the URL of the template that points at it."""
    bucket = ArtifactsBucket(home)
    bucket.ensure()

    def address(name: str, content: bytes) -> str:
        return f"s3://{bucket.name}/{bucket.upload(name, content)}"

    packages = {
        logical_id: address(f"{package.function}.zip", package.zip.read_bytes())
        for logical_id, package in blueprint.packages.items()
    }
    packaged = point_at_artifacts(blueprint.content, packages)
    key = bucket.upload("template.json", to_json(packaged))
    report(Progress(bucket.name, "UPLOADED"))
    return f"{home.endpoint_url or f'https://s3.{home.region}.amazonaws.com'}/{bucket.name}/{key}"


@dataclass(frozen=True)
class ArtifactsBucket:
    """The bucket of one account and region; the same content is uploaded once."""

    home: Home

    @property
    def name(self) -> str:
        """The bucket's name: unique by its account."""
        return f"viewfinder-artifacts-{self.home.account}-{self.home.region}"

    def ensure(self) -> None:
        """Create the bucket where it is missing, closed to the public."""
        if self._exists():
            return
        # us-east-1 is the one region that must not be named.
        where = {"CreateBucketConfiguration": {"LocationConstraint": self.home.region}}
        self.home.s3.create_bucket(Bucket=self.name, **({} if self.home.region == "us-east-1" else where))  # type: ignore[arg-type]
        self.home.s3.put_public_access_block(
            Bucket=self.name,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
        )

    def upload(self, name: str, content: bytes) -> str:
        """Return the key of this content, uploaded if it was not there; `name` is for the reader."""
        path = PurePosixPath(name)
        key = f"{path.stem}-{hashlib.sha256(content).hexdigest()[:32]}{path.suffix}"
        if not self._has(key):
            self.home.s3.put_object(Bucket=self.name, Key=key, Body=content, ExpectedBucketOwner=self.home.account)
        return key

    def _exists(self) -> bool:
        try:
            # Bucket names are global: a bucket of this name in a foreign account must not get our code.
            self.home.s3.head_bucket(Bucket=self.name, ExpectedBucketOwner=self.home.account)
        except ClientError as error:
            return _absent(error)
        return True

    def _has(self, key: str) -> bool:
        try:
            self.home.s3.head_object(Bucket=self.name, Key=key, ExpectedBucketOwner=self.home.account)
        except ClientError as error:
            return _absent(error)
        return True


def _absent(error: ClientError) -> bool:
    """Return False for "not there"; any other error goes on."""
    if error.response["Error"]["Code"] in {"404", "NoSuchBucket", "NoSuchKey", "NotFound"}:
        return False
    raise error
