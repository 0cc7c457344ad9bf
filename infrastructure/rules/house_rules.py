"""The house rules of the template, for cfn-lint: `cfn-lint -a infrastructure/rules infrastructure/template.yaml`.

They see functions of SAM with the template's Globals merged in, and plain ones of CloudFormation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cfnlint.rules import CloudFormationLintRule, RuleMatch
from cfnlint.template import Template

NO_RESOURCE_TYPE = {
    "dynamodb:ListStreams",
    "rekognition:DetectFaces",
    "rekognition:DetectModerationLabels",
    "rekognition:DetectLabels",
    "rekognition:DetectText",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}
"""Actions for which IAM has nothing finer than all resources (Service Authorization Reference)."""

TRACE_ACTIONS = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}

HTTP_METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "x-amazon-apigateway-any-method"}

Path = list[str | int]


class FunctionHasItsOwnRole(CloudFormationLintRule):
    """What one function may do, no other may."""

    id = "E9001"
    shortdesc = "Each function has a role of its own, in this template"
    description = shortdesc
    source_url = "docs/security.md"
    tags = ("iam",)

    def match(self, cfn: Template) -> list[RuleMatch]:
        """Find functions whose role is not here, or is another function's too."""
        roles = {name: _target(properties.get("Role")) for name, properties in _functions(cfn)}
        known = {name for name, _ in _of_type(cfn, "AWS::IAM::Role")}
        shared = [role for role in roles.values() if list(roles.values()).count(role) > 1]
        return [
            RuleMatch(["Resources", name], f"{name} has no role of its own in this template")
            for name, role in roles.items()
            if role not in known or role in shared
        ]


class FunctionKeepsItsLogs(CloudFormationLintRule):
    """A log group that Lambda creates by itself is kept for ever, and paid for."""

    id = "E9002"
    shortdesc = "Each function has a log group with a retention"
    description = shortdesc
    source_url = "docs/operations.md"
    tags = ("logs",)

    def match(self, cfn: Template) -> list[RuleMatch]:
        """Find functions without such a log group."""
        kept = {name for name, properties in _of_type(cfn, "AWS::Logs::LogGroup") if "RetentionInDays" in properties}
        return [
            RuleMatch(["Resources", name], f"{name} has no log group with RetentionInDays in this template")
            for name, properties in _functions(cfn)
            if _target(properties.get("LoggingConfig", {}).get("LogGroup")) not in kept
        ]


class FunctionIsTraced(CloudFormationLintRule):
    """Tracing without the permission to send segments is silent: Lambda drops them."""

    id = "E9003"
    shortdesc = "Each function is traced, and its role may send what it traced"
    description = shortdesc
    source_url = "docs/operations.md"
    tags = ("xray",)

    def match(self, cfn: Template) -> list[RuleMatch]:
        """Find functions without tracing, or without its permissions."""
        senders = {name for name, role in _of_type(cfn, "AWS::IAM::Role") if _allowed(role) >= TRACE_ACTIONS}
        return [
            RuleMatch(["Resources", name], f"{name} is not traced, or its role may not send traces")
            for name, properties in _functions(cfn)
            if not _is_traced(properties) or _target(properties.get("Role")) not in senders
        ]


class QueueIsWatched(CloudFormationLintRule):
    """A message must not vanish, and must not wait unseen."""

    id = "E9004"
    shortdesc = "Each queue has a dead-letter queue (or is one), and an alarm"
    description = shortdesc
    source_url = "docs/operations.md"
    tags = ("sqs",)

    def match(self, cfn: Template) -> list[RuleMatch]:
        """Find queues that lack one or the other."""
        queues = dict(_of_type(cfn, "AWS::SQS::Queue"))
        behind = {
            name: _target(queue.get("RedrivePolicy", {}).get("deadLetterTargetArn")) for name, queue in queues.items()
        }
        watched = {
            _target(value) for _, alarm in _of_type(cfn, "AWS::CloudWatch::Alarm") for value in _dimensions(alarm)
        }
        ends = {*behind.values(), *_destinations_of_failures(cfn)}
        lossy = [name for name in queues if behind[name] not in queues and name not in ends]
        unseen = [name for name in queues if name not in watched]
        return [
            *(RuleMatch(["Resources", name], f"{name} has no dead-letter queue") for name in lossy),
            *(RuleMatch(["Resources", name], f"{name} has no alarm") for name in unseen),
        ]


class ActionsAreNamed(CloudFormationLintRule):
    """An action that nobody thought of must not be allowed by a star."""

    id = "E9005"
    shortdesc = "No statement allows a wildcard action, or all actions but some"
    description = shortdesc
    source_url = "docs/security.md"
    tags = ("iam",)

    def match(self, cfn: Template) -> list[RuleMatch]:
        """Find Allow statements with a star in an action."""
        return [
            RuleMatch(path, f"{action} is a wildcard action")
            for path, statement in _statements(cfn)
            if statement.get("Effect") == "Allow"
            for action in [*_list(statement.get("Action")), *(["NotAction"] if "NotAction" in statement else [])]
            if "*" in action or action == "NotAction"
        ]


class ResourcesAreNamed(CloudFormationLintRule):
    """All resources only where IAM knows no others."""

    id = "E9006"
    shortdesc = "No statement allows an action on all resources where IAM has finer ones"
    description = shortdesc
    source_url = "docs/security.md"
    tags = ("iam",)

    def match(self, cfn: Template) -> list[RuleMatch]:
        """Find Allow statements on `*` with an action that is not in the table."""
        return [
            RuleMatch(path, f"{action} can be allowed on single resources")
            for path, statement in _statements(cfn)
            if statement.get("Effect") == "Allow"
            and ("*" in _list(statement.get("Resource")) or "NotResource" in statement)
            for action in _list(statement.get("Action"))
            if action not in NO_RESOURCE_TYPE
        ]


class OperationsAreSigned(CloudFormationLintRule):
    """Refuse an API with an operation that anybody may call.

    API Gateway ignores `security` at the root of an OpenAPI document, so each operation needs its own.
    """

    id = "E9007"
    shortdesc = (
        "Every operation of a REST API has the authorization AWS_IAM, every route of an HTTP API that of a token"
    )
    description = shortdesc
    source_url = "docs/security.md"
    tags = ("apigateway",)

    def match(self, cfn: Template) -> list[RuleMatch]:
        """Find APIs whose body is elsewhere, operations without a signature, and methods and routes without a check."""
        authorizers = {name for name, _ in _of_type(cfn, "AWS::ApiGatewayV2::Authorizer")}
        return [
            *(RuleMatch(path, f"{path[1]} has no body in the template") for path, body in _bodies(cfn) if not body),
            *(
                RuleMatch([*path, "paths", *operation], f"{' '.join(operation)} is not signed")
                for path, body in _bodies(cfn)
                for operation in _unsigned_operations(body)
            ),
            *(
                RuleMatch(["Resources", name], f"{name} has another AuthorizationType than AWS_IAM")
                for name, method in _of_type(cfn, "AWS::ApiGateway::Method")
                if method.get("AuthorizationType") != "AWS_IAM"
            ),
            *(
                RuleMatch(["Resources", name], f"{name} asks no authorizer of this template for a token")
                for name, route in _of_type(cfn, "AWS::ApiGatewayV2::Route")
                if route.get("AuthorizationType") != "JWT" or _target(route.get("AuthorizerId")) not in authorizers
            ),
        ]


def _bodies(cfn: Template) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Find the OpenAPI document of each REST API; it is empty where a transform or a file has it."""
    for resource_type, member in (("AWS::Serverless::Api", "DefinitionBody"), ("AWS::ApiGateway::RestApi", "Body")):
        for name, api in _of_type(cfn, resource_type):
            body = api.get(member, {})
            yield ["Resources", name, "Properties", member], body if "paths" in body else {}


def _unsigned_operations(body: dict[str, Any]) -> Iterator[tuple[str, str]]:
    schemes = body.get("components", {}).get("securitySchemes", {})
    signatures = {name for name, scheme in schemes.items() if scheme.get("x-amazon-apigateway-authtype") == "awsSigv4"}
    for path, item in body.get("paths", {}).items():
        for method, operation in item.items():
            required = operation.get("security") if isinstance(operation, dict) else None
            if method in HTTP_METHODS and not (required and all(signatures & set(kinds) for kinds in required)):
                yield path, method


def _of_type(cfn: Template, resource_type: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, resource in cfn.get_resources(resource_type).items():
        yield name, resource.get("Properties", {})


def _functions(cfn: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from _of_type(cfn, "AWS::Serverless::Function")
    yield from _of_type(cfn, "AWS::Lambda::Function")


def _is_traced(function: dict[str, Any]) -> bool:
    return "Active" in (function.get("Tracing"), function.get("TracingConfig", {}).get("Mode"))


def _target(value: Any) -> str | None:
    """Return the logical id that a Ref or a GetAtt points at."""
    if isinstance(value, dict) and "Ref" in value:
        return str(value["Ref"])
    if isinstance(value, dict) and "Fn::GetAtt" in value:
        attribute = value["Fn::GetAtt"]
        return str(attribute.split(".")[0] if isinstance(attribute, str) else attribute[0])
    return None


def _destinations_of_failures(cfn: Template) -> Iterator[str | None]:
    """Find the queues that take what an event source gives up."""
    sources = [source for _, source in _of_type(cfn, "AWS::Lambda::EventSourceMapping")]
    for _, function in _of_type(cfn, "AWS::Serverless::Function"):
        sources += [event["Properties"] for event in function.get("Events", {}).values()]
    for source in sources:
        yield _target(source.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination"))


def _dimensions(alarm: dict[str, Any]) -> list[Any]:
    return [dimension.get("Value") for dimension in alarm.get("Dimensions", [])]


def _allowed(role: dict[str, Any]) -> set[str]:
    """Return the actions that a role's own policies allow."""
    found = _statements_below(role.get("Policies", []), [])
    return {
        action for _, statement in found if statement.get("Effect") == "Allow" for action in _list(statement["Action"])
    }


def _statements(cfn: Template) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Find every statement of every policy: of roles, buckets, queues, topics and keys."""
    for name in cfn.get_resources():
        yield from _statements_below(cfn.template["Resources"][name], ["Resources", name])


def _statements_below(node: Any, path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    if isinstance(node, dict) and node.get("Effect") in {"Allow", "Deny"}:
        yield path, node
        return
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield from _statements_below(child, [*path, key])


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
