"""What a deployment refuses before it builds anything, what it tells, and what the stack has to prove."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import httpx
import pytest
from botocore.exceptions import ClientError

from viewfinder.deployment import checks
from viewfinder.deployment.checks import Findings, check, prove
from viewfinder.deployment.environment import Environment
from viewfinder.deployment.packages import read_template
from viewfinder.deployment.progress import DeploymentError
from viewfinder.deployment.stack import Stack

TEMPLATE = read_template(Path(__file__).parents[3] / "infrastructure" / "template.yaml")
ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/api-logs"


def refusal(code: str, message: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Operation")


@dataclass
class Account:
    """What AWS answers of an account; a stack where there is a status."""

    status: str | None = None
    parameters: dict[str, str] = field(default_factory=dict)
    queue: str = ""
    logs_role: str | None = None
    roles: tuple[str, ...] = ()
    concurrency: int = 1000
    quota: float = 50.0

    def client(self, service: str) -> Any:
        return {
            "sts": SimpleNamespace(get_caller_identity=lambda: {"Account": ACCOUNT}),
            "apigateway": SimpleNamespace(
                get_account=lambda: {"cloudwatchRoleArn": self.logs_role} if self.logs_role else {}
            ),
            "iam": SimpleNamespace(get_role=self.get_role),
            "lambda": SimpleNamespace(
                get_account_settings=lambda: {"AccountLimit": {"ConcurrentExecutions": self.concurrency}}
            ),
            "service-quotas": SimpleNamespace(get_paginator=lambda _: SimpleNamespace(paginate=self.quotas)),
            "cloudformation": SimpleNamespace(describe_stacks=self.describe_stacks),
        }[service]

    def get_role(self, *, RoleName: str) -> None:  # noqa: N803 - AWS's name
        if RoleName not in self.roles:
            raise refusal("NoSuchEntity")

    def quotas(self, **_: str) -> list[dict[str, Any]]:
        names = ("DetectFaces", "DetectLabels")
        prefix = "Transactions per second per account for the Amazon Rekognition Image operation"
        return [{"Quotas": [{"QuotaName": f"{prefix} {name}", "Value": self.quota} for name in names]}]

    def describe_stacks(self, **_: str) -> dict[str, Any]:
        if self.status is None:
            raise refusal("ValidationError", "Stack with id photos does not exist")
        parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in self.parameters.items()]
        url = f"https://sqs.eu-west-1.amazonaws.com/{ACCOUNT}/{self.queue}"
        outputs = [{"OutputKey": "QueueUrl", "OutputValue": url}] if self.queue else []
        return {"Stacks": [{"StackStatus": self.status, "Parameters": parameters, "Outputs": outputs}]}


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Account:
    account = Account()
    monkeypatch.setattr(Environment, "client", lambda _, service: account.client(service))
    return account


def findings(name: str = "photos", region: str = "eu-west-1", **parameters: str) -> Findings:
    environment = Environment(boto3.Session("key", "secret", region_name=region))
    return check(Stack(environment, name), TEMPLATE, parameters)


def _regions(service: str) -> set[str]:
    return set(boto3.Session().get_available_regions(service))


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("region", sorted(_regions("lambda") - _regions("rekognition")))
def test_a_region_without_rekognition_is_refused_unless_the_detector_is_ours(region: str) -> None:
    with pytest.raises(DeploymentError, match=f"not offered in {region}.*--parameter Detector=Engine"):
        findings(region=region)
    assert findings(region=region, Detector="Engine").detector == "Engine"


def test_a_stack_that_uses_the_engine_keeps_it_in_its_package(account: Account) -> None:
    account.status, account.parameters = "CREATE_COMPLETE", {"Detector": "Engine"}

    found = findings(region="eu-north-1")

    assert found.parameters == {"Detector": "Engine"}
    assert found.pairs()["Detector"] == "Viewfinder's own engine, in the image function"
    assert findings(Detector="Rekognition").parameters == {"Detector": "Rekognition"}


@pytest.mark.parametrize(
    ("queue", "kept"),
    [
        ("photos-ImageQueue-1A2B3C4D5E6F", {"KeptImageQueue": "photos-ImageQueue-1A2B3C4D5E6F"}),
        ("photos-images", {}),
        ("", {}),
    ],
)
def test_the_queue_that_0_1_0_left_unnamed_stays(account: Account, queue: str, kept: dict[str, str]) -> None:
    account.status, account.queue = "UPDATE_COMPLETE", queue

    assert findings().parameters == kept


def test_a_new_stack_names_its_queue(account: Account) -> None:
    account.status, account.queue = "ROLLBACK_COMPLETE", "photos-ImageQueue-1A2B3C4D5E6F"

    assert findings().parameters == {}


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("region", ["ap-east-2", "ap-southeast-6", "cn-north-1", "us-gov-west-1"])
def test_snapstart_is_refused_where_lambda_does_not_offer_it(region: str) -> None:
    chosen = {"Detector": "Engine", "Release": "1"}
    with pytest.raises(DeploymentError, match=f"does not offer SnapStart in {region}.*SnapStart=Off"):
        findings(region=region, SnapStart="On", **chosen)
    assert findings(region=region, SnapStart="Off", **chosen).region == region
    assert findings(region="eu-north-1", SnapStart="On", **chosen).parameters["SnapStart"] == "On"


def test_snapstart_asks_for_a_release_of_each_deployment(account: Account) -> None:
    with pytest.raises(DeploymentError, match="--parameter Release=NAME"):
        findings(SnapStart="On")

    account.status, account.parameters = "CREATE_COMPLETE", {"SnapStart": "On", "Release": "1"}
    assert findings().advice == [checks.SAME_RELEASE]
    assert findings(Release="2").advice == []


@pytest.mark.parametrize("present", [{"GradualDeployment": "Disabled"}, {"Shards": "4"}])
@pytest.mark.parametrize("wanted", ["Canary10Percent5Minutes", "Linear10PercentEvery1Minute"])
def test_a_first_shift_of_calls_is_refused_with_the_two_steps_that_lead_there(
    account: Account, present: dict[str, str], wanted: str
) -> None:
    account.status, account.parameters = "UPDATE_COMPLETE", present
    with pytest.raises(DeploymentError) as refused:
        findings(GradualDeployment=wanted, Release="1")
    assert [line.split("--parameter ")[1] for line in str(refused.value).splitlines()[1:]] == [
        "GradualDeployment=AllAtOnce ",
        f"GradualDeployment={wanted} ",
    ]
    assert findings(GradualDeployment="AllAtOnce", Release="1").parameters["GradualDeployment"] == "AllAtOnce"


def test_calls_are_shifted_from_a_published_version_and_from_nothing(account: Account) -> None:
    shift = {"GradualDeployment": "Canary10Percent5Minutes", "Release": "2"}
    assert findings(**shift).parameters.items() >= shift.items()  # a new stack has no calls to shift
    for present in ("AllAtOnce", "Linear10PercentEvery1Minute"):
        account.status, account.parameters = "UPDATE_COMPLETE", {"GradualDeployment": present, "Release": "1"}
        assert findings(**shift).parameters.items() >= shift.items()
        assert findings(GradualDeployment="Disabled").parameters["GradualDeployment"] == "Disabled"


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("name", ["Photos", "photos_of_mine", "1st"])
def test_a_name_that_no_bucket_can_carry_is_refused(name: str) -> None:
    with pytest.raises(DeploymentError, match=f"'{name}' can't name the stack"):
        findings(name)


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(("region", "longest"), [("ap-southeast-1", 27), ("eu-west-1", 32)])
def test_a_name_too_long_for_the_buckets_of_its_region_is_refused(region: str, longest: int) -> None:
    assert findings("a" * longest, region).account == ACCOUNT
    with pytest.raises(DeploymentError, match=f"too long.*Use at most {longest}"):
        findings("a" * (longest + 1), region)


def test_missing_credentials_are_told_with_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))

    with pytest.raises(DeploymentError, match=r"no valid AWS credentials: Unable to locate credentials.*aws configure"):
        check(Stack(Environment(boto3.Session(region_name="eu-west-1")), "photos"), TEMPLATE, {})


def test_credentials_that_aws_refuses_are_told_with_what_to_do(account: Account) -> None:
    def refused() -> None:
        raise refusal("ExpiredToken", "The security token is expired")

    original = account.client
    account.client = lambda service: (  # type: ignore[method-assign]
        SimpleNamespace(get_caller_identity=refused) if service == "sts" else original(service)
    )

    with pytest.raises(DeploymentError, match=r"The security token is expired.*--profile"):
        findings()


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        ("DELETE_FAILED", "was deleted in part. Complete the deletion first: viewfinder destroy --stack photos"),
        ("UPDATE_ROLLBACK_FAILED", "aws cloudformation continue-update-rollback --stack-name photos"),
        ("UPDATE_IN_PROGRESS", r"is being changed \(UPDATE_IN_PROGRESS\)"),
        ("DELETE_IN_PROGRESS", r"is being changed \(DELETE_IN_PROGRESS\)"),
    ],
)
def test_a_stack_that_takes_no_change_is_told_with_what_to_do(account: Account, status: str, advice: str) -> None:
    account.status = status

    with pytest.raises(DeploymentError, match=advice):
        findings()


@pytest.mark.parametrize("status", [None, "REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE", "CREATE_COMPLETE"])
def test_other_states_are_deployed_to(account: Account, status: str | None) -> None:
    account.status = status

    assert findings().parameters == {}


def test_what_was_found_is_told(account: Account) -> None:
    account.quota, account.concurrency = 5.0, 1000

    assert findings().pairs() == {
        "Account": ACCOUNT,
        "Region": "eu-west-1",
        "Detector": "Amazon Rekognition; quota: 5 DetectLabels calls a second",
        "Functions": "1,000 at once in this account",
    }


def test_the_accounts_role_for_api_logs_is_used_and_not_replaced(account: Account) -> None:
    account.logs_role, account.roles = ROLE, ("api-logs",)

    assert findings().parameters == {"ApiAccessLogs": "EnabledByAccount"}
    assert "the stack uses that role" in findings().advice[0]


def test_a_role_for_api_logs_that_is_gone_is_replaced(account: Account) -> None:
    account.logs_role = ROLE

    assert findings().parameters == {}


def test_what_the_operator_chose_for_api_logs_holds(account: Account) -> None:
    account.logs_role, account.roles = ROLE, ("api-logs",)

    assert findings(ApiAccessLogs="Disabled").parameters == {"ApiAccessLogs": "Disabled"}
    account.status, account.parameters = "UPDATE_COMPLETE", {"ApiAccessLogs": "Enabled"}
    assert findings().parameters == {}


def test_a_small_account_is_advised_to_keep_a_share_for_the_api(account: Account) -> None:
    account.concurrency = 10

    assert "--parameter DetectorConcurrency=2" in findings().advice[0]
    assert findings(DetectorConcurrency="2").advice == []
    account.concurrency = 1000
    assert findings().advice == []


class Api:
    """Answers an unsigned request with one status, signed ones with a row of them; the last goes on."""

    def __init__(self, unsigned: int, *signed: int) -> None:
        self._unsigned, self._signed = unsigned, list(signed)

    def get(self, url: str, *, headers: dict[str, str], **_: object) -> httpx.Response:
        assert url == "https://api/prod/health"
        if "Authorization" not in headers:
            return httpx.Response(self._unsigned)
        return httpx.Response(self._signed.pop(0) if len(self._signed) > 1 else self._signed[0], text="the reason")


@pytest.fixture
def environment() -> Environment:
    return Environment(boto3.Session("key", "secret", region_name="eu-west-1"), "http://127.0.0.1:1")


def test_an_api_that_takes_a_moment_is_waited_for(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(httpx, "get", Api(403, 403, 500, 200).get)

    prove(environment, "https://api/prod", seconds=30)


@pytest.mark.parametrize(
    ("unsigned", "signed", "told"),
    [
        (200, 200, "The API is public: .* Remove the stack"),
        (403, 403, "unsigned 403, signed 403: the reason"),
        (500, 500, "unsigned 500, signed 500: the reason"),
    ],
)
def test_an_api_that_is_open_or_does_not_answer_fails_the_deployment(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, unsigned: int, signed: int, told: str
) -> None:
    monkeypatch.setattr(httpx, "get", Api(unsigned, signed).get)

    with pytest.raises(DeploymentError, match=told):
        prove(environment, "https://api/prod", seconds=0)


CERTIFICATE = f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/a"


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    ("certificate", "found"),
    [("", "none is given"), (CERTIFICATE.replace("us-east-1", "eu-west-1"), "certificate/a is not there")],
)
def test_a_domain_needs_a_certificate_in_the_region_that_cloudfront_asks(certificate: str, found: str) -> None:
    with pytest.raises(DeploymentError, match=f"photos.example.com needs a certificate in us-east-1.*{found}"):
        findings(HostedGallery="On", GalleryDomain="photos.example.com", GalleryCertificateArn=certificate)


@pytest.mark.usefixtures("account")
def test_who_asks_for_a_domain_is_told_of_its_region_and_its_dns_name() -> None:
    domain = {"GalleryDomain": "photos.example.com", "GalleryCertificateArn": CERTIFICATE}
    (told,) = findings(HostedGallery="On", **domain).advice
    assert "from us-east-1" in told
    assert "photos.example.com point at the output GalleryDistributionDomain" in told
    assert findings(HostedGallery="On").advice == findings(HostedGallery="Off", **domain).advice == []


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("name", ["my-aws-photos", "amazon", "cognito-photos"])
def test_a_name_that_cognito_refuses_for_a_login_is_refused_with_the_gallery_only(name: str) -> None:
    assert findings(name).account == ACCOUNT
    with pytest.raises(DeploymentError, match=f"'{name}' can't name a stack with a hosted gallery"):
        findings(name, HostedGallery="On")
