"""The SAM template: read it, and point it at uploaded artifacts (as `aws cloudformation package` does)."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from samtranslator.yaml_helper import yaml_parse
from yaml import YAMLError

import viewfinder
from viewfinder.deployment.errors import TemplateError

Template = dict[str, Any]


def project() -> Path:
    """Return the folder of `infrastructure/`, `lambdas/` and `samples/`: in the package of a wheel, else the clone."""
    package = Path(viewfinder.__file__).parent
    packaged = package / "project"
    return packaged if packaged.is_dir() else package.parents[1]


def read_template(path: Path) -> Template:
    """Read a template with CloudFormation's short tags (`!Ref`, `!Sub`) spelled out; raise TemplateError."""
    try:
        template = yaml_parse(path.read_text())
    except (OSError, ValueError, YAMLError) as error:
        raise TemplateError(f"The template {path} can't be read: {error}") from error
    if not isinstance(template, dict) or "Resources" not in template:
        raise TemplateError(f"{path} is no CloudFormation template: it has no Resources.")
    return template


def functions(template: Template) -> dict[str, str]:
    """Map the logical id of each function to its folder's name in `lambdas/`."""
    return {name: PurePosixPath(resource["Properties"]["CodeUri"]).name for name, resource in _functions(template)}


def point_at_artifacts(template: Template, packages: Mapping[str, str]) -> Template:
    """Return a copy in which the CodeUri of each function, by its logical id, is the s3:// address of its package."""
    packaged = copy.deepcopy(template)
    for name, resource in _functions(packaged):
        resource["Properties"]["CodeUri"] = packages[name]
    return packaged


def to_json(template: Template) -> bytes:
    """Write a template as CloudFormation takes it; YAML's dates become the strings they were."""
    return json.dumps(template, default=str, indent=1).encode()


def _functions(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            yield name, resource
