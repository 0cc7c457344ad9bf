"""Deploy the pipeline: build and upload the packages, propose a change set, execute it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from viewfinder.deployment.environment import Environment
from viewfinder.deployment.packages import (
    Package,
    Platform,
    Template,
    build_package,
    carries_engine,
    functions,
    point_at_artifacts,
    read_template,
    to_json,
)
from viewfinder.deployment.progress import DeploymentDeclinedError, Progress, Report
from viewfinder.deployment.replacements import Loss, losses
from viewfinder.deployment.stack import UNFINISHED, Change, Stack

if TYPE_CHECKING:
    from types_boto3_s3.type_defs import LifecycleRuleTypeDef, PublicAccessBlockConfigurationTypeDef


Approve = Callable[[list[Change]], bool]
ApproveLosses = Callable[[list[Loss]], bool]


def approve_all(_: object) -> bool:
    """Approve without prompting."""
    return True


def refuse_losses(found: list[Loss]) -> bool:
    """Refuse unapproved replacements; raise DeploymentDeclinedError, which explains each."""
    explanations = "\n".join(f"- {loss.explanation}" for loss in found)
    raise DeploymentDeclinedError(
        f"Nothing was changed. This deployment replaces resources that hold messages or data:\n{explanations}\n"
        "To allow that, pass --allow-replacement"
    )


@dataclass(frozen=True)
class Blueprint:
    """A template with its packages, built for one platform."""

    template: Path
    content: Template
    packages: Mapping[str, Package]
    parameters: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """Return a hash of everything that a deployment of this blueprint depends on."""
        digest = hashlib.sha256(to_json(self.content))
        for name, package in sorted(self.packages.items()):
            digest.update(f"{name} {package.digest}\n".encode())
        digest.update(repr(sorted(self.parameters.items())).encode())
        return digest.hexdigest()


def draw(
    template: Path,
    target: Platform,
    parameters: Mapping[str, str],
    report: Report,
    tags: Mapping[str, str] | None = None,
) -> Blueprint:
    """Read a template and build the packages of its functions; raise TemplateError, PackageError."""
    content, project = read_template(template), template.parent.parent
    packages = {}
    for logical_id, function in functions(content).items():
        engine = parameters.get("Detector") == "Engine" and carries_engine(project, function)
        package = packages[logical_id] = build_package(project, function, target, engine=engine)
        report(Progress(logical_id, "PACKAGED", f"{package.zip.stat().st_size / 1e6:.1f} MB"))
    return Blueprint(template, content, packages, parameters, tags or {})


def deploy(
    stack: Stack,
    blueprint: Blueprint,
    report: Report,
    approve: Approve = approve_all,
    approve_losses: ApproveLosses = approve_all,
    *,
    prepare: Callable[[], None] = lambda: None,
) -> bool:
    """Deploy the blueprint; return False if the stack is up to date.

    `approve_losses` is asked as well where a resource that holds something is replaced or removed; `prepare` is called
    when all is approved, before anything is changed.
    Raise DeploymentError with the first real cause, DeploymentDeclinedError when one of them says no.
    """
    url = _upload(stack.environment, blueprint, report)
    if stack.status in UNFINISHED:
        stack.delete(report)
    declared = blueprint.content.get("Parameters", {})
    proposal = stack.propose(url, blueprint.parameters, declared, blueprint.tags)
    if proposal is None:
        return False
    try:
        found = losses(proposal.changes)
        agreed = approve(proposal.changes) and (not found or approve_losses(found))
        if agreed:
            prepare()
    except BaseException:  # a Ctrl-C at the prompt, too
        stack.discard(proposal.name)
        raise
    if not agreed:
        stack.discard(proposal.name)
        raise DeploymentDeclinedError("Nothing was changed.")
    stack.execute(proposal, report)
    return True


def _upload(environment: Environment, blueprint: Blueprint, report: Report) -> str:
    """Upload packages and template, and return the URL of the template."""
    bucket = ArtifactsBucket(environment)
    bucket.ensure()

    def address(name: str, content: bytes) -> str:
        return f"s3://{bucket.name}/{bucket.upload(name, content)}"

    packages = {
        logical_id: address(f"{package.function}.zip", package.zip.read_bytes())
        for logical_id, package in blueprint.packages.items()
    }
    packaged = point_at_artifacts(blueprint.content, packages)
    key = bucket.upload(f"{TEMPLATES}template.json", to_json(packaged))
    report(Progress(bucket.name, "UPLOADED"))
    return f"{environment.s3.meta.endpoint_url}/{bucket.name}/{key}"


NOTHING_PUBLIC: PublicAccessBlockConfigurationTypeDef = {
    "BlockPublicAcls": True,
    "BlockPublicPolicy": True,
    "IgnorePublicAcls": True,
    "RestrictPublicBuckets": True,
}

TEMPLATES = "templates/"

LIFECYCLE: list[LifecycleRuleTypeDef] = [
    # Packages stay: a rollback, however late, installs the package that was deployed before.
    {"ID": "forget-templates", "Status": "Enabled", "Filter": {"Prefix": TEMPLATES}, "Expiration": {"Days": 30}},
    {
        "ID": "forget-unfinished-uploads",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
    },
]


@dataclass(frozen=True)
class ArtifactsBucket:
    """The bucket of packages of one account and region; it stores each content once."""

    environment: Environment

    @property
    def name(self) -> str:
        """The bucket's name, which contains account and region."""
        return f"viewfinder-artifacts-{self.environment.account}-{self.environment.region}"

    def ensure(self) -> None:
        """Create the bucket if it is missing; block public access and plain HTTP."""
        s3, bucket = self.environment.s3, self.name
        if not self._exists():
            self._create()
        s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=NOTHING_PUBLIC)
        s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": LIFECYCLE})
        if not self.environment.endpoint_url:  # MiniStack: speaks plain HTTP
            s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(self._tls_only()))

    def _create(self) -> None:
        # us-east-1 is the one region that must not be named.
        where = {"CreateBucketConfiguration": {"LocationConstraint": self.environment.region}}
        self.environment.s3.create_bucket(
            Bucket=self.name,
            **({} if self.environment.region == "us-east-1" else where),  # type: ignore[arg-type]
        )

    def _tls_only(self) -> dict[str, Any]:
        partition = self.environment.session.get_partition_for_region(self.environment.region)
        bucket = f"arn:{partition}:s3:::{self.name}"
        statement = {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [bucket, f"{bucket}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
        return {"Version": "2012-10-17", "Statement": [statement]}

    def upload(self, name: str, content: bytes) -> str:
        """Upload the content unless it is there, and return its key; `name` only makes the key readable."""
        path = PurePosixPath(name)
        key = f"{path.with_suffix('')}-{hashlib.sha256(content).hexdigest()[:32]}{path.suffix}"
        if not self._has(key):
            self.environment.s3.put_object(
                Bucket=self.name, Key=key, Body=content, ExpectedBucketOwner=self.environment.account
            )
        return key

    def _exists(self) -> bool:
        try:
            # Bucket names are global: a bucket of this name in a foreign account must not get our code.
            self.environment.s3.head_bucket(Bucket=self.name, ExpectedBucketOwner=self.environment.account)
        except ClientError as error:
            return _absent(error)
        return True

    def _has(self, key: str) -> bool:
        try:
            self.environment.s3.head_object(Bucket=self.name, Key=key, ExpectedBucketOwner=self.environment.account)
        except ClientError as error:
            return _absent(error)
        return True


def _absent(error: ClientError) -> bool:
    """Return False if the object does not exist; pass on any other error."""
    if error.response["Error"]["Code"] in {"404", "NoSuchBucket", "NoSuchKey", "NotFound"}:
        return False
    raise error
