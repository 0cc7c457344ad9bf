"""Deploy the pipeline: build the packages, upload, propose the changes, carry them out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from viewfinder.deployment.artifacts import ArtifactsBucket
from viewfinder.deployment.errors import DeploymentDeclinedError
from viewfinder.deployment.home import Home
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
        """Names everything that a deployment of this blueprint depends on."""
        digest = hashlib.sha256(to_json(self.content))
        for name, package in sorted(self.packages.items()):
            digest.update(f"{name} {package.digest}\n".encode())
        digest.update(repr(sorted(self.parameters.items())).encode())
        return digest.hexdigest()


def draw(template: Path, target: Platform, parameters: Mapping[str, str], report: Report) -> Blueprint:
    """Reads a template and builds the packages of its functions; raises TemplateError, PackageError."""
    content = read_template(template)
    packages = {}
    for logical_id, function in functions(content).items():
        package = packages[logical_id] = build_package(template.parent.parent, function, target)
        report(Progress(logical_id, "PACKAGED", f"{package.zip.stat().st_size / 1e6:.1f} MB"))
    return Blueprint(template, content, packages, parameters)


def deploy(stack: Stack, blueprint: Blueprint, report: Report, approve: Approve = approve_all) -> bool:
    """Makes the stack what the blueprint says; gives False where it was so already.

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
    """Uploads everything, and gives the URL of the template that points at it."""
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
