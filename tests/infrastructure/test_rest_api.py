"""The REST API as API Gateway gets it: every operation signed, the contract's operations, and its own errors."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest
from openapi_spec_validator import validate

from tests.infrastructure.translation import of_type, prerequisites, translate
from tests.support.contract import CONTRACT, gateway_path

METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "x-amazon-apigateway-any-method"}
ALLOWED_MEMBERS = {"security", "responses", "parameters", "x-amazon-apigateway-integration"}


@pytest.fixture(scope="module")
def body() -> dict[str, Any]:
    (api,) = of_type(translate(), "AWS::ApiGateway::RestApi").values()
    imported: dict[str, Any] = api["Body"]
    return imported


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        yield from ((f"{method} {path}", operation) for method, operation in item.items() if method in METHODS)


def test_every_operation_is_signed(body: dict[str, Any]) -> None:
    """API Gateway ignores `security` at the root (API Gateway Developer Guide, "important notes for REST APIs")."""
    signed = {
        name
        for name, scheme in body["components"]["securitySchemes"].items()
        if scheme["x-amazon-apigateway-authtype"] == "awsSigv4"
    }
    kinds = {name: [set(kind) for kind in operation.get("security", [])] for name, operation in _operations(body)}
    assert [name for name, kind in kinds.items() if kind != [signed]] == []
    assert (len(kinds), len(signed), "security" in body) == (28, 1, False)


def test_the_contract_is_valid_and_names_every_path_parameter() -> None:
    validate(CONTRACT)
    for path, item in CONTRACT["paths"].items():
        declared = [parameter["name"] for parameter in item.get("parameters", ()) if "name" in parameter]
        assert (declared == ["ImageId"] or "$ref" in str(item.get("parameters"))) is ("Id}" in path), path


def test_the_operations_are_those_of_the_contract(body: dict[str, Any]) -> None:
    assert {name for name, _ in _operations(body)} == {gateway_path(name) for name, _ in _operations(CONTRACT)}
    assert [operation["security"] for _, operation in _operations(CONTRACT)] == [[{"sigv4": []}]] * 28


def test_the_body_has_nothing_that_the_importer_does_not_take(body: dict[str, Any]) -> None:
    """Its important notes list `$ref` to responses, `additionalProperties` and `example` as unsupported."""
    assert {member for _, operation in _operations(body) for member in operation} <= ALLOWED_MEMBERS
    assert "$ref" not in json.dumps(body)


def test_path_parameters_are_declared(body: dict[str, Any]) -> None:
    declared = {
        name: [(parameter["name"], parameter["in"]) for parameter in operation.get("parameters", [])]
        for name, operation in _operations(body)
    }
    named = {name: re.findall(r"{(\w+)\+?}", name) for name in declared}
    assert declared == {name: [(parameter, "path") for parameter in named[name]] for name in declared}


@pytest.mark.parametrize("kind", ["DEFAULT_4XX", "DEFAULT_5XX"])
def test_api_gateway_s_own_errors_have_the_envelope(body: dict[str, Any], kind: str) -> None:
    """All other types fall back to these two (API Gateway Developer Guide, "Gateway response types")."""
    template = body["x-amazon-apigateway-gateway-responses"][kind]["responseTemplates"]["application/json"]
    for variable, value in {
        "$context.error.responseType": "THROTTLED",
        "$context.error.messageString": '"Too many"',  # comes with its quotation marks
        "$context.requestId": "request-1",
    }.items():
        template = template.replace(variable, value)
    assert json.loads(template) == {"Error": {"Code": "THROTTLED", "Message": "Too many", "RequestId": "request-1"}}
    assert len(body["x-amazon-apigateway-gateway-responses"]) == 2


@pytest.mark.parametrize(
    "status",
    [
        HTTPStatus.FORBIDDEN,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.GATEWAY_TIMEOUT,
    ],
)
def test_the_contract_has_what_api_gateway_itself_answers(status: HTTPStatus) -> None:
    assert [name for name, operation in _operations(CONTRACT) if str(int(status)) not in operation["responses"]] == []


def test_the_logs_role_is_not_the_first_resource_of_api_gateway() -> None:
    """A new account needs another resource of API Gateway first (CloudFormation, AWS::ApiGateway::Account)."""
    template = translate(ApiAccessLogs="Enabled")
    before = prerequisites(template)

    of_api_gateway = {name for name, resource in template["Resources"].items() if "ApiGateway" in resource["Type"]}
    assert before["ApiLogsAccount"] & of_api_gateway == {"FirstApiGatewayResource"}
    assert before["FirstApiGatewayResource"] == set()
    assert {"ApiLogsAccount", "ApiLogs"} <= before["ApiprodStage"], "the access log needs the role"
    assert of_type(template, "AWS::ApiGateway::ApiKey")["FirstApiGatewayResource"]["Enabled"] is False


@pytest.mark.parametrize("logs", ["EnabledByAccount", "Disabled"])
def test_the_account_s_logs_role_is_set_only_when_asked(logs: str) -> None:
    template = translate(ApiAccessLogs=logs)
    prerequisites(template)
    assert {"ApiLogsAccount", "FirstApiGatewayResource", "ApiLogsRole"} & template["Resources"].keys() == set()
    assert ("ApiLogs" in template["Resources"]) == (logs == "EnabledByAccount")


def test_a_search_has_a_whole_processor() -> None:
    """1,769 MB are one vCPU (Lambda Developer Guide, "Configuring function memory"); a wide search needs all of it."""
    function = of_type(translate(), "AWS::Lambda::Function")["ApiHandlerFunction"]
    assert (function["MemorySize"], function["Timeout"]) == (1769, 28)
