"""What the template must hold, and that the documents say what it says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pytest
from cfnlint.api import lint
from cfnlint.rules import RulesCollection
from samtranslator.yaml_helper import yaml_parse

from tests.infrastructure.translation import PROJECT, of_type, prerequisites, translate
from tests.support.roles import NEEDED
from viewfinder.settings import Settings

TEMPLATE: dict[str, Any] = yaml_parse((PROJECT / "infrastructure/template.yaml").read_text())
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]


def _document(name: str) -> str:
    return (PROJECT / "docs" / name).read_text()


def _of_type(resource_type: str) -> dict[str, dict[str, Any]]:
    return {name: resource for name, resource in RESOURCES.items() if resource["Type"] == resource_type}


def _statements(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict) and "Effect" in node:
        yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _statements(child)


def test_the_template_keeps_the_house_rules() -> None:
    """AWS's own rules are checked by `make check`: they take longer."""
    rules = RulesCollection()
    rules.create_from_directory(str(PROJECT / "infrastructure" / "rules"))
    written = (PROJECT / "infrastructure/template.yaml").read_text()
    translated = json.dumps(translate(), default=str)
    assert [str(match) for text in (written, translated) for match in lint(text, rules, ["us-east-1"])] == []


def test_every_suppressed_check_has_a_reason() -> None:
    skips = [
        skip
        for resource in RESOURCES.values()
        for skip in resource.get("Metadata", {}).get("checkov", {}).get("skip", [])
    ]
    assert len(skips) >= 20
    assert [skip["id"] for skip in skips if len(skip["comment"].split()) < 5] == []


def test_the_functions_are_told_every_setting_that_has_no_default() -> None:
    told = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    names = {row.metadata["environment"]: row for row in fields(Settings)}
    assert {name for name in told if name.startswith("VIEWFINDER_")} <= names.keys()
    Settings.from_environment(dict.fromkeys(told, "1"))  # raises where one is missing


def test_the_functions_run_on_what_the_packages_are_built_for() -> None:
    function = TEMPLATE["Globals"]["Function"]
    assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["arm64"])


def test_every_bucket_is_closed_encrypted_and_owned() -> None:
    buckets = _of_type("AWS::S3::Bucket")
    assert set(buckets) == {"ImagesBucket", "DerivedBucket", "AccessLogsBucket", "GalleryBucket"}
    for bucket in buckets.values():
        assert set(bucket["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}
        assert bucket["Properties"]["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
        assert "BucketEncryption" in bucket["Properties"]


@pytest.mark.parametrize("kind", ["Bucket", "Queue", "Topic"])
def test_what_is_called_by_others_refuses_plain_http(kind: str) -> None:
    policies = {
        name: [statement for statement in _statements(resource) if statement["Effect"] == "Deny"]
        for name, resource in RESOURCES.items()
        if resource["Type"].endswith(f"::{kind}Policy")
    }
    assert len(policies) == {"Bucket": 4, "Queue": 6, "Topic": 1}[kind]
    conditions = [statement["Condition"] for statements in policies.values() for statement in statements]
    assert conditions == [{"Bool": {"aws:SecureTransport": "false"}}] * len(policies)


NAMED: dict[str, Any] = {
    "EventsOfTheAttachedBucket": {"Fn::GetAtt": ["AttachedBucketRule", "Arn"]},
    "PageForTheDistribution": {
        "Fn::Sub": "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${GalleryDistribution}"
    },
}
"""Services that act for one resource, whose ARN is the whole condition."""


def test_a_service_is_let_in_for_this_account_only() -> None:
    statements = [
        (name, statement)
        for name, resource in RESOURCES.items()
        if resource["Type"].endswith("Policy")
        for statement in _statements(resource)
        if statement["Effect"] == "Allow"
    ]
    # Their ARNs name the account; a key's policy with aws:SourceAccount would refuse events.
    by_arn = {statement["Sid"]: statement["Condition"] for _, statement in statements if statement["Sid"] in NAMED}
    assert by_arn == {sid: {"ArnEquals": {"aws:SourceArn": arn}} for sid, arn in NAMED.items()}
    assert len(statements) == 5
    for name, statement in (each for each in statements if each[1]["Sid"] not in NAMED):
        assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}, name
        assert {"ArnEquals", "ArnLike"} & statement["Condition"].keys(), name


def test_what_a_failed_creation_made_does_not_stay() -> None:
    """`Retain` would leave it behind, and the next attempt would find its names taken."""
    policies = {name: resource.get("DeletionPolicy") for name, resource in RESOURCES.items()}
    kept = {name for name, policy in policies.items() if policy not in {None, "Delete"}}
    assert kept == {"AccessLogsBucket", "ApiLogsAccount", "ApiLogsRole"}
    assert {policies[name] for name in kept} == {"RetainExceptOnCreate"}


def test_the_documented_stack_policy_protects_what_holds_data() -> None:
    (policy,) = re.findall(r"--stack-policy-body '(.*?)'", _document("security.md"), re.DOTALL)
    allow, deny = json.loads(policy)["Statement"]
    data = {*_of_type("AWS::S3::Bucket"), *_of_type("AWS::DynamoDB::Table")} - {"AccessLogsBucket", "GalleryBucket"}
    assert (allow["Effect"], allow["Resource"]) == ("Allow", "*")
    assert (deny["Effect"], set(deny["Action"])) == ("Deny", {"Update:Replace", "Update:Delete"})
    assert set(deny["Resource"]) == {f"LogicalResourceId/{name}" for name in data}


def test_no_function_reserves_concurrency() -> None:
    """A new account's limit may be 10, of which 10 have to stay unreserved: the deployment would fail."""
    functions = _of_type("AWS::Serverless::Function").values()
    assert [function for function in functions if "ReservedConcurrentExecutions" in function["Properties"]] == []


def test_every_role_takes_the_boundary() -> None:
    roles = _of_type("AWS::IAM::Role")
    boundary = {"Fn::If": ["HasBoundary", {"Ref": "PermissionsBoundaryArn"}, {"Ref": "AWS::NoValue"}]}
    assert {name for name, role in roles.items() if role["Properties"].get("PermissionsBoundary") != boundary} == set()


BY_PARAMETER = {
    *("UseTheKey", "ReadAttachedImages", "TellMissingAttachedFromForbidden", "DecryptAttachedImages"),
    *("SignUploadsAndRemoveAttached", "FindAttachedVersions", "RestoreAndDeleteAttachedVersions"),
    *("EncryptAttachedUploads", "PutVectors", "GetVectors", "QueryVectors", "DeleteVectors", "DescribeByTitan"),
}
"""Statements that the stack of those tests does not have."""


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, {"rekognition:DetectLabels"}),
        ({"Features": "LABELS,TEXT"}, {"rekognition:DetectLabels", "rekognition:DetectText"}),
        ({"Detector": "Engine"}, set()),
        ({"Detector": "Engine", "Features": "LABELS,TEXT,FACES"}, set()),
    ],
)
def test_the_image_function_may_call_the_detector_that_it_uses_and_no_other(
    parameters: dict[str, str], expected: set[str]
) -> None:
    role = translate(**parameters)["Resources"]["ImageProcessingRole"]["Properties"]
    actions = [statement["Action"] for statement in _statements(role["Policies"])]
    flat = {each for action in actions for each in ([action] if isinstance(action, str) else action)}
    assert {action for action in flat if action.startswith("rekognition:")} == expected


@pytest.mark.parametrize(
    ("parameters", "called", "apply_on"),
    [
        ({}, "ImageProcessingFunction", None),
        ({"SnapStart": "Off", "Release": "abc"}, "ImageProcessingFunction", None),
        ({"SnapStart": "On", "Release": "abc"}, "ImageProcessingAlias", {"ApplyOn": "PublishedVersions"}),
        (
            {"SnapStart": "On", "Release": "abc", "Detector": "Engine"},
            "ImageProcessingAlias",
            {"ApplyOn": "PublishedVersions"},
        ),
    ],
)
def test_the_queue_calls_the_version_that_has_a_snapshot(
    parameters: dict[str, str], called: str, apply_on: dict[str, str] | None
) -> None:
    template = translate(**parameters)
    prerequisites(template)
    (mapping,) = [
        mapping
        for mapping in of_type(template, "AWS::Lambda::EventSourceMapping").values()
        if mapping["EventSourceArn"] == {"Fn::GetAtt": ["ImageQueue", "Arn"]}
    ]
    function = template["Resources"]["ImageProcessingFunction"]["Properties"]
    assert mapping["FunctionName"] == {"Ref": called}
    assert function.get("SnapStart") == apply_on
    assert ("ImageProcessingVersion" in template["Resources"], "(abc)" in function["Description"]) == (
        (True, True) if apply_on else (False, False)
    )


def test_the_alias_of_the_snapshot_is_its_version() -> None:
    template = translate(SnapStart="On", Release="abc")
    alias = of_type(template, "AWS::Lambda::Alias")["ImageProcessingAlias"]
    version = of_type(template, "AWS::Lambda::Version")["ImageProcessingVersion"]
    assert alias["FunctionVersion"] == {"Fn::GetAtt": ["ImageProcessingVersion", "Version"]}
    assert version == {"FunctionName": {"Ref": "ImageProcessingFunction"}, "Description": "abc"}


@pytest.mark.parametrize(("detector", "price"), [("Rekognition", "0.001"), ("Engine", "0")])
def test_the_functions_are_told_which_detector_to_use_and_what_it_costs(detector: str, price: str) -> None:
    function = translate(Detector=detector)["Resources"]["ImageProcessingFunction"]["Properties"]
    told = function["Environment"]["Variables"]
    assert (told["VIEWFINDER_DETECTOR"], told["VIEWFINDER_DETECTOR_PRICE"]) == (detector, price)


def test_the_api_updates_nothing_in_the_table_but_what_callers_have_spent() -> None:
    statements = _statements(_of_type("AWS::IAM::Role")["ApiHandlerRole"]["Properties"]["Policies"])
    (statement,) = (each for each in statements if "dynamodb:UpdateItem" in each["Action"])
    assert statement["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["QUOTA#*"]}}


COUNTED = ("IMAGE", "LABELS", "STATUSES", "FOLDERS", "ALIAS", "CONTENT")


@pytest.mark.parametrize(
    ("role", "sid", "keys"),
    [
        (
            "ApiHandlerRole",
            "ChangeRecords",
            ["IMAGE#*", "LABEL#*", "CATEGORY#*", "WORD#*", "POSTING#*", "PEOPLE", "PEOPLE#*"],
        ),
        ("LabelStatisticsRole", "ForgetCopies", ["CONTENT#*"]),
        (
            "LabelStatisticsRole",
            "Count",
            [f"{kind}#*" for kind in COUNTED] + ["COMPLETIONS*", "VOCABULARY#*", "PEOPLE#*"],
        ),
    ],
)
def test_a_role_writes_the_items_that_are_its_own(role: str, sid: str, keys: list[str]) -> None:
    statements = _statements(_of_type("AWS::IAM::Role")[role]["Properties"]["Policies"])
    (statement,) = (each for each in statements if each["Sid"] == sid)
    assert statement["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": keys}}


def test_the_table_of_needed_actions_knows_every_statement_of_every_role() -> None:
    """tests/e2e/test_roles.py tries them; here it shows at once that one was added without a test."""
    statements = {
        name: {statement["Sid"] for statement in _statements(role["Properties"]["Policies"])} - BY_PARAMETER
        for name, role in _of_type("AWS::IAM::Role").items()
        if "Policies" in role["Properties"] and "Condition" not in role
    }
    assert statements == {role: set(calls) for role, calls in NEEDED.items()}


def test_every_statement_is_explained() -> None:
    sids = {
        statement["Sid"] for resource in RESOURCES.values() for statement in _statements(resource) if "Sid" in statement
    }
    explained = set(re.findall(r"`(\w+)`", _document("security.md")))
    assert sids - explained == set()


def test_every_alarm_has_a_section_in_the_runbook_and_tells_the_topic() -> None:
    sections = set(re.findall(r"^### ([\w-]+)$", _document("operations.md"), re.MULTILINE))
    alarms = _of_type("AWS::CloudWatch::Alarm")
    assert len(alarms) == 23
    for name, alarm in alarms.items():
        properties = alarm["Properties"]
        document, _, section = properties["AlarmDescription"].rpartition(" ")[2].partition("#")
        assert (document, section in sections) == ("docs/operations.md", True), name
        assert properties["AlarmActions"] == properties["OKActions"] == [{"Ref": "AlarmTopic"}], name
        assert properties["AlarmName"]["Fn::Sub"].removeprefix("${AWS::StackName}-") in _document("operations.md"), name


def test_every_metric_of_the_code_is_in_the_runbook_and_on_the_dashboard() -> None:
    sources = [*(PROJECT / "lambdas").rglob("*.py"), *(PROJECT / "src/viewfinder/adapters").rglob("*.py")]
    sources += (PROJECT / "src/viewfinder/usecases").rglob("*.py")
    code = "\n".join(source.read_text() for source in sources)
    names = set(re.findall(r'(?:measure|timed)\(\s*"(\w+)"', code)) | set(re.findall(r'Status\.\w+: "(\w+)"', code))
    documented = set(re.findall(r"`(\w+)`", _document("operations.md")))
    dashboard = RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    assert len(names) == 10
    assert {name for name in names if name not in documented or f'"{name}"' not in dashboard} == set()


def test_the_parameters_of_the_runbook_exist() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (?:`([\w]+)`|none|\d+) \|", _document("operations.md"), re.MULTILINE)
    assert {name for name, _ in rows} <= set(TEMPLATE["Parameters"])
    defaults = {name: str(TEMPLATE["Parameters"][name]["Default"]) for name, default in rows if default}
    assert defaults == {name: default for name, default in rows if default}


def test_every_reason_for_a_finding_of_cdk_nag_is_one() -> None:
    """`make nag` also finds reasons that nothing needs any more."""
    entries = json.loads((PROJECT / "infrastructure" / "nag.json").read_text())
    named = {name for entry in entries for name in entry["resources"]}
    assert named <= translate(HostedGallery="On")["Resources"].keys()
    assert [entry["rule"] for entry in entries if len(entry["reason"].split()) < 5] == []


def test_the_tests_that_hold_what_aws_enforces_exist() -> None:
    rows = re.findall(r"^\| (\d+) \| .*", _document("security.md"), re.MULTILINE)
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", _document("security.md"))
    assert [int(number) for number in rows] == list(range(1, 18))
    assert [name for file, name in named if f"def {name}(" not in (PROJECT / file).read_text()] == []
    assert len(named) >= 17
