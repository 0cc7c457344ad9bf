"""The template as CloudFormation gets it: translated by SAM, resolved for given values of its parameters."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from samtranslator.translator.transform import transform

from viewfinder.deployment.packages import functions, point_at_artifacts, read_template

PROJECT = Path(__file__).parents[2]

Template = dict[str, Any]

PSEUDO_PARAMETERS = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "AWS::StackName": "photos",
    "AWS::URLSuffix": "amazonaws.com",
}

_ABSENT = object()
"""What `Ref: AWS::NoValue` becomes: its member is left out."""


def translate(**parameters: str) -> Template:
    """Return the translated template; names with an underscore stand for pseudo parameters (`AWS_Region`).

    What is left of intrinsic functions refers to resources; resources whose condition is false are gone.
    """
    template = read_template(PROJECT / "infrastructure" / "template.yaml")
    given = {name.replace("_", "::"): value for name, value in parameters.items()}
    translated = _translate(template, {name: value for name, value in given.items() if "::" not in name})
    defaults = {name: str(declared.get("Default", "")) for name, declared in template["Parameters"].items()}
    resolver = _Resolver(defaults | PSEUDO_PARAMETERS | given, translated["Conditions"])
    translated["Resources"] = {
        name: resolver.resolved(resource)
        for name, resource in translated["Resources"].items()
        if resolver.holds(resource.get("Condition"))
    }
    return translated


def of_type(template: Template, resource_type: str) -> dict[str, dict[str, Any]]:
    """Map the logical ids of the resources of one type to their properties."""
    return {
        name: resource["Properties"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == resource_type
    }


def prerequisites(template: Template) -> dict[str, set[str]]:
    """Map each resource to those that CloudFormation makes before it; raise AssertionError where they form a circle."""
    resources = template["Resources"]
    direct = {
        name: {found for found in (*_references(resource), *_depends_on(resource)) if found in resources}
        for name, resource in resources.items()
    }
    return {name: _reached(name, direct) for name in direct}


def _translate(template: Template, parameters: Mapping[str, str]) -> Template:
    packaged = point_at_artifacts(template, {name: f"s3://artifacts/{name}.zip" for name in functions(template)})
    with patch.dict("os.environ", {"AWS_DEFAULT_REGION": PSEUDO_PARAMETERS["AWS::Region"]}):
        translated: Template = transform(packaged, dict(parameters), SimpleNamespace(load=dict))
    return translated


class _Resolver:
    """Resolves what depends on parameters and conditions alone."""

    def __init__(self, values: dict[str, str], conditions: Mapping[str, Any]) -> None:
        self._values = values
        self._conditions = conditions
        self._functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._referred,
            "Fn::If": self._chosen,
            "Fn::Sub": self._substituted,
            "Fn::Join": self._joined,
        }

    def holds(self, condition: Any) -> bool:
        """Return whether a condition (its name, or its expression) is true; no condition is."""
        if condition is None:
            return True
        if isinstance(condition, str):
            return self.holds(self._conditions[condition])
        ((function, operand),) = condition.items()
        if function == "Fn::Equals":
            first, second = map(self.resolved, operand)
            return str(first) == str(second)
        if function == "Condition":
            return self.holds(operand)
        results = [self.holds(part) for part in operand]
        return {"Fn::Not": not results[0], "Fn::And": all(results), "Fn::Or": any(results)}[function]

    def resolved(self, node: Any) -> Any:
        """Return a tree with what can be resolved in it replaced."""
        if isinstance(node, list):
            return [part for part in map(self.resolved, node) if part is not _ABSENT]
        if not isinstance(node, dict):
            return node
        if len(node) == 1 and (resolve := self._functions.get(next(iter(node)))):
            return resolve(next(iter(node.values())))
        parts = {key: self.resolved(part) for key, part in node.items()}
        return {key: part for key, part in parts.items() if part is not _ABSENT}

    def _referred(self, name: str) -> Any:
        return _ABSENT if name == "AWS::NoValue" else self._values.get(name, {"Ref": name})

    def _chosen(self, operand: list[Any]) -> Any:
        condition, chosen, otherwise = operand
        return self.resolved(chosen if self.holds(condition) else otherwise)

    def _joined(self, operand: list[Any]) -> Any:
        """Return a text joined, where it is known; `Fn::Split` comes nowhere else."""
        delimiter, parts = operand
        if isinstance(parts, dict) and "Fn::Split" in parts:
            separator, text = parts["Fn::Split"]
            parts = str(self.resolved(text)).split(separator)
        resolved = self.resolved(parts)
        if all(isinstance(part, str) for part in resolved):
            return delimiter.join(resolved)
        return {"Fn::Join": [delimiter, resolved]}

    def _substituted(self, operand: Any) -> Any:
        text, local = operand if isinstance(operand, list) else (operand, {})
        local = self.resolved(local)
        known = self._values | {name: value for name, value in local.items() if isinstance(value, str)}
        text = re.sub(r"\$\{([\w:]+)\}", lambda match: known.get(match[1], match[0]), text)
        left = {name: value for name, value in local.items() if not isinstance(value, str)}
        return {"Fn::Sub": [text, left] if left else text} if "${" in text else text


def _references(node: Any) -> Iterator[str]:
    """Find the logical ids that a tree refers to by Ref, Fn::GetAtt or Fn::Sub."""
    if isinstance(node, dict):
        if "Ref" in node:
            yield node["Ref"]
        if "Fn::GetAtt" in node:
            attribute = node["Fn::GetAtt"]
            yield attribute.split(".")[0] if isinstance(attribute, str) else attribute[0]
        if "Fn::Sub" in node:
            text = node["Fn::Sub"] if isinstance(node["Fn::Sub"], str) else node["Fn::Sub"][0]
            yield from re.findall(r"\$\{(\w+)", text)
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _references(child)


def _depends_on(resource: Mapping[str, Any]) -> list[str]:
    named = resource.get("DependsOn", [])
    return [named] if isinstance(named, str) else named


def _reached(start: str, direct: Mapping[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = set(direct[start])
    while waiting:
        reached |= waiting
        waiting = {further for name in waiting for further in direct[name]} - reached
    assert start not in reached, f"{start} waits for itself"
    return reached


if __name__ == "__main__":
    print(json.dumps(translate(HostedGallery="On"), default=str))  # noqa: T201 - for `make nag`
