"""The house rules fire on what they forbid, and on nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from cfnlint.api import lint
from cfnlint.rules import RulesCollection

RULES = Path(__file__).parents[2] / "infrastructure" / "rules"

GOOD = """
AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Resources:
  Function:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      Handler: handler.handler
      CodeUri: s3://bucket/key.zip
      Tracing: Active
      Role: {Fn::GetAtt: [Role, Arn]}
      LoggingConfig: {LogGroup: {Ref: Logs}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}]
      Policies:
        - PolicyName: policy
          PolicyDocument:
            Statement:
              - {Effect: Allow, Action: 'sqs:SendMessage', Resource: {Fn::GetAtt: [Queue, Arn]}}
              - {Effect: Allow, Action: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], Resource: '*'}
              - {Effect: Deny, Action: 's3:*', Resource: '*'}
  Logs: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: 30}}
  Queue:
    Type: AWS::SQS::Queue
    Properties: {RedrivePolicy: {deadLetterTargetArn: {Fn::GetAtt: [DeadLetters, Arn]}, maxReceiveCount: 8}}
  DeadLetters: {Type: AWS::SQS::Queue, Properties: {}}
  QueueAlarm:
    Type: AWS::CloudWatch::Alarm
    Properties: {Dimensions: [{Name: QueueName, Value: {Fn::GetAtt: [Queue, QueueName]}}]}
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: prod
      DefinitionBody:
        openapi: 3.0.1
        components:
          securitySchemes: {sigv4: {type: apiKey, x-amazon-apigateway-authtype: awsSigv4}, open: {type: apiKey}}
        paths: {/labels: {parameters: [], get: {security: [{sigv4: []}]}, post: {security: [{sigv4: []}]}}}
  DeadLettersAlarm:
    Type: AWS::CloudWatch::Alarm
    Properties: {Dimensions: [{Name: QueueName, Value: {Fn::GetAtt: [DeadLetters, QueueName]}}]}
"""

Resources = dict[str, Any]


def _findings(resources: Resources, template: dict[str, Any]) -> set[str]:
    rules = RulesCollection()
    rules.create_from_directory(str(RULES))
    found = {match.rule.id for match in lint(json.dumps(template | {"Resources": resources}), rules, ["us-east-1"])}
    return {rule for rule in found if rule.startswith("E9")}


def _statements(resources: Resources) -> list[dict[str, Any]]:
    statements: list[dict[str, Any]] = resources["Role"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    return statements


def _body(resources: Resources) -> dict[str, Any]:
    body: dict[str, Any] = resources["Api"]["Properties"]["DefinitionBody"]
    return body


def _share_the_role(resources: Resources) -> None:
    resources["Second"] = json.loads(json.dumps(resources["Function"]))


def _use_a_role_from_elsewhere(resources: Resources) -> None:
    resources["Function"]["Properties"]["Role"] = "arn:aws:iam::123456789012:role/admin"


def _let_sam_make_the_role(resources: Resources) -> None:
    del resources["Function"]["Properties"]["Role"]


def _leave_the_logs_to_lambda(resources: Resources) -> None:
    del resources["Function"]["Properties"]["LoggingConfig"]


def _keep_logs_for_ever(resources: Resources) -> None:
    del resources["Logs"]["Properties"]["RetentionInDays"]


def _do_not_trace(resources: Resources) -> None:
    del resources["Function"]["Properties"]["Tracing"]


def _forbid_traces(resources: Resources) -> None:
    del _statements(resources)[1]


def _lose_messages(resources: Resources) -> None:
    del resources["Queue"]["Properties"]["RedrivePolicy"]


def _look_away_from_the_queue(resources: Resources) -> None:
    del resources["QueueAlarm"]


def _look_away_from_dead_letters(resources: Resources) -> None:
    del resources["DeadLettersAlarm"]


def _allow_a_star(resources: Resources) -> None:
    _statements(resources)[0]["Action"] = "sqs:*"


def _allow_part_of_a_star(resources: Resources) -> None:
    _statements(resources)[0]["Action"] = ["sqs:Send*"]


def _allow_all_but(resources: Resources) -> None:
    _statements(resources)[0]["NotAction"] = _statements(resources)[0].pop("Action")


def _allow_everyone_in_a_resource_policy(resources: Resources) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": {"Fn::GetAtt": ["Queue", "Arn"]}}
    policy = {"Queues": [{"Ref": "Queue"}], "PolicyDocument": {"Statement": [statement]}}
    resources["Policy"] = {"Type": "AWS::SQS::QueuePolicy", "Properties": policy}


def _allow_all_queues(resources: Resources) -> None:
    _statements(resources)[0]["Resource"] = "*"


def _hide_it_in_a_condition(resources: Resources) -> None:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["*"]}
    _statements(resources).append({"Fn::If": ["Sometimes", statement, {"Ref": "AWS::NoValue"}]})


def _sign_at_the_root_only(resources: Resources) -> None:
    del _body(resources)["paths"]["/labels"]["post"]["security"]
    _body(resources)["security"] = [{"sigv4": []}]


def _open_an_operation(resources: Resources) -> None:
    _body(resources)["paths"]["/labels"]["get"]["security"] = []


def _leave_a_choice(resources: Resources) -> None:
    _body(resources)["paths"]["/labels"]["get"]["security"].append({"open": []})


def _sign_by_another_scheme(resources: Resources) -> None:
    _body(resources)["paths"]["/labels"]["get"]["security"] = [{"open": []}]


def _include_the_body(resources: Resources) -> None:
    include = {"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": "openapi.yaml"}}}
    resources["Api"]["Properties"]["DefinitionBody"] = include


def _take_the_body_from_a_file(resources: Resources) -> None:
    del resources["Api"]["Properties"]["DefinitionBody"]
    resources["Api"]["Properties"]["DefinitionUri"] = "openapi.yaml"


def _open_a_translated_operation(resources: Resources) -> None:
    body: Resources = {"paths": {"/labels": {"x-amazon-apigateway-any-method": {}}}}
    resources["Api"] = {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Body": body}}


def _open_a_method(resources: Resources) -> None:
    resources["Method"] = {"Type": "AWS::ApiGateway::Method", "Properties": {"AuthorizationType": "NONE"}}


BAD: list[tuple[Callable[[Resources], None], set[str]]] = [
    (_share_the_role, {"E9001"}),
    (_use_a_role_from_elsewhere, {"E9001", "E9003"}),
    (_let_sam_make_the_role, {"E9001", "E9003"}),
    (_leave_the_logs_to_lambda, {"E9002"}),
    (_keep_logs_for_ever, {"E9002"}),
    (_do_not_trace, {"E9003"}),
    (_forbid_traces, {"E9003"}),
    (_lose_messages, {"E9004"}),
    (_look_away_from_the_queue, {"E9004"}),
    (_look_away_from_dead_letters, {"E9004"}),
    (_allow_a_star, {"E9005"}),
    (_allow_part_of_a_star, {"E9005"}),
    (_allow_all_but, {"E9005"}),
    (_allow_everyone_in_a_resource_policy, {"E9005"}),
    (_allow_all_queues, {"E9006"}),
    (_hide_it_in_a_condition, {"E9006"}),
    (_sign_at_the_root_only, {"E9007"}),
    (_open_an_operation, {"E9007"}),
    (_leave_a_choice, {"E9007"}),
    (_sign_by_another_scheme, {"E9007"}),
    (_include_the_body, {"E9007"}),
    (_take_the_body_from_a_file, {"E9007"}),
    (_open_a_translated_operation, {"E9007"}),
    (_open_a_method, {"E9007"}),
]


@pytest.fixture
def template() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(GOOD)
    return content | {"Conditions": {"Sometimes": {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}}}


def test_a_good_template_has_no_finding(template: dict[str, Any]) -> None:
    assert _findings(template["Resources"], template) == set()


@pytest.mark.parametrize(("spoil", "expected"), BAD, ids=[spoil.__name__.strip("_") for spoil, _ in BAD])
def test_a_rule_fires(template: dict[str, Any], spoil: Callable[[Resources], None], expected: set[str]) -> None:
    spoil(template["Resources"])
    assert _findings(template["Resources"], template) == expected
