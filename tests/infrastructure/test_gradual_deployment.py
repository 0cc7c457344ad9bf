"""Gradual deployment of the API's function: nothing of it by default, and what the parameter adds."""

from __future__ import annotations

from typing import Any

import pytest

from tests.infrastructure.translation import PROJECT, of_type, prerequisites, translate
from viewfinder.deployment.packages import read_template

CALLED = "functions/${ApiHandlerAlias}/invocations"


def _integrations(template: dict[str, Any]) -> set[str]:
    (api,) = of_type(template, "AWS::ApiGateway::RestApi").values()
    operations = [operation for item in api["Body"]["paths"].values() for operation in item.values()]
    return {operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"] for operation in operations}


@pytest.mark.parametrize("way", ["Disabled", "AllAtOnce", "Canary10Percent5Minutes"])
def test_the_api_calls_the_alias_whatever_the_way(way: str) -> None:
    """Else a change of the parameter would need a new deployment of the API, which SAM does not make."""
    template = translate(GradualDeployment=way, Release="abc")
    prerequisites(template)
    assert [uri.rpartition(":")[2].partition("/")[2] for uri in _integrations(template)] == [f"2015-03-31/{CALLED}"]
    assert of_type(template, "AWS::Lambda::Permission")["ApiHandlerPermission"]["FunctionName"] == {
        "Ref": "ApiHandlerAlias"
    }


def test_by_default_the_alias_is_the_code_at_hand() -> None:
    template = translate()
    assert of_type(template, "AWS::Lambda::Alias")["ApiHandlerAlias"]["FunctionVersion"] == "$LATEST"
    assert "UpdatePolicy" not in template["Resources"]["ApiHandlerAlias"]
    assert [name for name, resource in template["Resources"].items() if "CodeDeploy" in resource["Type"]] == []
    assert of_type(template, "AWS::Lambda::Version") == {}


def test_a_new_release_is_a_new_version_and_calls_are_shifted_under_alarms() -> None:
    template = translate(GradualDeployment="Canary10Percent5Minutes", Release="abc")
    function = of_type(template, "AWS::Lambda::Function")["ApiHandlerFunction"]
    version = of_type(template, "AWS::Lambda::Version")["ApiHandlerVersion"]
    assert (version["Description"], "(abc)" in function["Description"]) == ("abc", True)
    policy = template["Resources"]["ApiHandlerAlias"]["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
    assert policy["DeploymentGroupName"] == {"Ref": "DeploymentGroup"}
    group = of_type(template, "AWS::CodeDeploy::DeploymentGroup")["DeploymentGroup"]
    assert group["DeploymentConfigName"] == "CodeDeployDefault.LambdaCanary10Percent5Minutes"
    assert [alarm["Name"]["Ref"] for alarm in group["AlarmConfiguration"]["Alarms"]] == [
        "ApiHandlerErrorsAlarm",
        "ApiServerErrorsAlarm",
    ]


def test_all_at_once_publishes_versions_without_shifting() -> None:
    """CodeDeploy can't shift calls away from $LATEST, so the first version comes without it."""
    template = translate(GradualDeployment="AllAtOnce", Release="abc")
    assert of_type(template, "AWS::CodeDeploy::DeploymentGroup") == {}
    assert of_type(template, "AWS::Lambda::Alias")["ApiHandlerAlias"]["FunctionVersion"] == {
        "Fn::GetAtt": ["ApiHandlerVersion", "Version"]
    }


def test_the_role_of_codedeploy_may_shift_one_function_only() -> None:
    role = of_type(translate(GradualDeployment="Canary10Percent5Minutes", Release="abc"), "AWS::IAM::Role")[
        "DeploymentRole"
    ]
    allowed = {statement["Sid"]: statement for statement in role["Policies"][0]["PolicyDocument"]["Statement"]}
    function = {"Fn::GetAtt": ["ApiHandlerFunction", "Arn"]}
    assert allowed["ShiftCalls"]["Action"] == [
        "lambda:GetAlias",
        "lambda:UpdateAlias",
        "lambda:GetProvisionedConcurrencyConfig",
    ]
    assert allowed["ShiftCalls"]["Resource"] == [function, {"Fn::Sub": "${ApiHandlerFunction.Arn}:*"}]
    assert allowed["WatchAlarms"]["Resource"] == "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:photos-*"


def test_a_release_without_a_name_is_refused_by_cloudformation() -> None:
    rule = read_template(PROJECT / "infrastructure" / "template.yaml")["Rules"]["ReleaseIsNamed"]
    gradual = {"Fn::Not": [{"Fn::Equals": [{"Ref": "GradualDeployment"}, "Disabled"]}]}
    assert rule["RuleCondition"] == {"Fn::Or": [gradual, {"Fn::Equals": [{"Ref": "SnapStart"}, "On"]}]}
    assert rule["Assertions"][0]["Assert"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "Release"}, ""]}]}
