"""Checks before a deployment, and the test of the deployed API."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from viewfinder.deployment.environment import Environment
from viewfinder.deployment.packages import Template
from viewfinder.deployment.progress import DeploymentError
from viewfinder.deployment.stack import NEVER_CREATED, UNFINISHED, Stack
from viewfinder.domain.feature import check_engine, read_features

ENGINE = "Engine"
LONGEST_BUCKET_NAME = 63
WITHOUT_SNAPSTART = {"ap-east-2", "ap-southeast-6"}
"""Taipei and New Zealand, of all commercial regions (Lambda Developer Guide, "Lambda SnapStart", 2026-11-25)."""

SAME_RELEASE = (
    "Without another --parameter Release=NAME the functions that run published versions (SnapStart, GradualDeployment) "
    "stay at the code that they have."
)

_UNSHIFTED = ("Disabled", "AllAtOnce")
"""Values of GradualDeployment without a shift of calls; the first one publishes no version either."""

SMALL_ACCOUNT = 10
"""Lambda's limit of concurrent functions in a new account."""

OBSTACLES = {
    "DELETE_FAILED": "was deleted in part. Complete the deletion first: viewfinder destroy --stack {name}",
    "UPDATE_ROLLBACK_FAILED": "is stuck in a rollback. Remove the cause named in its events, then run: "
    "aws cloudformation continue-update-rollback --stack-name {name}",
}
"""States in which CloudFormation accepts no change set -> what to do."""


@dataclass(frozen=True, slots=True)
class Findings:
    """The result of the checks; `parameters` are the given ones, and those derived from account and stack."""

    account: str
    region: str
    detector: str
    calls_per_second: float | None
    concurrency: int | None
    parameters: dict[str, str]
    advice: list[str] = field(default_factory=list)

    def pairs(self) -> dict[str, str]:
        """Return the findings to show to the operator, as names and values."""
        rate = "unknown" if self.calls_per_second is None else f"{self.calls_per_second:g} DetectLabels calls a second"
        engine = "Viewfinder's own engine, in the image function"
        concurrency = "unknown" if self.concurrency is None else f"{self.concurrency:,} at once in this account"
        return {
            "Account": self.account,
            "Region": self.region,
            "Detector": engine if self.detector == ENGINE else f"Amazon Rekognition; quota: {rate}",
            "Functions": concurrency,
        }


def check(stack: Stack, template: Template, parameters: Mapping[str, str]) -> Findings:
    """Check account, region and stack before a deployment; change nothing.

    Raise DeploymentError or EngineLacksModelError where it can't succeed.
    """
    environment = stack.environment
    account = environment.account
    _check_name(stack, template)
    status = stack.status
    _check_status(stack.name, status)
    present = {} if status in NEVER_CREATED | UNFINISHED else stack.parameters
    values = {**_defaults(template), **present, **parameters}
    detector = values.get("Detector", "Rekognition")
    if detector == ENGINE:
        check_engine(read_features(values.get("Features", "LABELS")))
    else:
        _check_region(environment)
    if values.get("SnapStart") == "On":
        _check_snapstart(environment, values)
    if values.get("HostedGallery") == "On":
        _check_gallery(stack, values)
    if present:
        _check_shift(stack.name, present.get("GradualDeployment", _UNSHIFTED[0]), values)
    # Named even where it stays: the package follows it.
    carried = {"Detector": ENGINE} if detector == ENGINE else {}
    kept = {} if status in NEVER_CREATED | UNFINISHED else _kept_queue(stack)
    chosen = {**kept, **parameters, **carried, **_api_logs(environment, {**present, **parameters})}
    concurrency = _concurrency(environment)
    advice = list(_advice(chosen, values, concurrency))
    return Findings(account, environment.region, detector, _calls_per_second(environment), concurrency, chosen, advice)


def _defaults(template: Template) -> dict[str, str]:
    return {name: str(declared.get("Default", "")) for name, declared in template.get("Parameters", {}).items()}


def _check_region(environment: Environment) -> None:
    session, region = environment.session, environment.region
    partition = session.get_partition_for_region(region)
    if region not in session.get_available_regions("rekognition", partition_name=partition):
        raise DeploymentError(
            f"Amazon Rekognition is not offered in {region}: deploy to another region (--region), "
            "or with Viewfinder's own engine as the detector (--parameter Detector=Engine)."
        )


def _check_snapstart(environment: Environment, values: Mapping[str, str]) -> None:
    region = environment.region
    if environment.session.get_partition_for_region(region) != "aws" or region in WITHOUT_SNAPSTART:
        raise DeploymentError(
            f"Lambda does not offer SnapStart in {region}: deploy without it (--parameter SnapStart=Off)."
        )
    if not values.get("Release"):
        raise DeploymentError(
            "SnapStart takes a snapshot of each version that is published: name this one (--parameter Release=NAME)."
        )


NOT_IN_A_LOGIN = ("aws", "amazon", "cognito")
"""Words that Cognito refuses in the name of a login's domain, which begins with the stack's name."""

CLOUDFRONT_REGION = "us-east-1"


def _check_gallery(stack: Stack, values: Mapping[str, str]) -> None:
    name, environment = stack.name, stack.environment
    if environment.session.get_partition_for_region(environment.region) != "aws":
        raise DeploymentError(f"There is no hosted gallery in {environment.region}: its login has no domain there.")
    if words := [word for word in NOT_IN_A_LOGIN if word in name]:
        raise DeploymentError(
            f"{name!r} can't name a stack with a hosted gallery: its login's domain begins with that, and Cognito "
            f"refuses {words[0]!r} in it."
        )
    domain, certificate = values.get("GalleryDomain", ""), values.get("GalleryCertificateArn", "")
    if domain and certificate.split(":")[3:4] != [CLOUDFRONT_REGION]:
        found = f"{certificate} is not there" if certificate else "none is given"
        raise DeploymentError(
            f"{domain} needs a certificate in {CLOUDFRONT_REGION}, whatever the stack's region, for CloudFront "
            f"looks nowhere else; {found}. Request one (aws acm request-certificate --region {CLOUDFRONT_REGION} "
            f"--validation-method DNS --domain-name {domain}), and give its ARN: --parameter GalleryCertificateArn=ARN"
        )


def _check_shift(name: str, present: str, values: Mapping[str, str]) -> None:
    """Refuse the first shift of calls where the API's alias points at $LATEST: CodeDeploy can't shift away from it.

    CloudFormation accepts the change set and fails later (CodeDeploy User Guide, "Deployments on an AWS Lambda compute
    platform": both versions must be published ones).
    """
    wanted = values.get("GradualDeployment", "")
    if present == _UNSHIFTED[0] and wanted not in _UNSHIFTED:
        raise DeploymentError(
            f"GradualDeployment can't become {wanted} at once: the API runs code without a version, from which calls "
            "can't be shifted. Publish a version first, then shift with the next deployment:\n"
            f"  viewfinder deploy --stack {name} --parameter GradualDeployment=AllAtOnce --parameter Release=1\n"
            f"  viewfinder deploy --stack {name} --parameter GradualDeployment={wanted} --parameter Release=2"
        )


def _check_name(stack: Stack, template: Template) -> None:
    """Refuse a name of the stack that would give bucket names which S3 refuses ("Bucket naming rules")."""
    name, environment = stack.name, stack.environment
    longest = max(_bucket_names(template, name, environment), key=len, default="")
    if re.fullmatch(r"[a-z][a-z0-9-]*", name) is None:
        raise DeploymentError(f"{name!r} can't name the stack: its buckets' names allow a-z, 0-9 and hyphens only.")
    if (excess := len(longest) - LONGEST_BUCKET_NAME) > 0:
        raise DeploymentError(
            f"{name!r} is too long to name the stack in {environment.region}: the bucket {longest} would be longer "
            f"than {LONGEST_BUCKET_NAME} characters. Use at most {len(name) - excess}."
        )


def _bucket_names(template: Template, name: str, environment: Environment) -> Iterator[str]:
    known = {"StackName": name, "AccountId": environment.account, "Region": environment.region}
    for resource in template["Resources"].values():
        pattern = resource.get("Properties", {}).get("BucketName", {})
        if resource["Type"] == "AWS::S3::Bucket" and "Fn::Sub" in pattern:
            yield re.sub(r"\$\{AWS::(\w+)\}", lambda match: known[match[1]], pattern["Fn::Sub"])


def _check_status(name: str, status: str | None) -> None:
    if status in OBSTACLES:
        raise DeploymentError(f"{name} {OBSTACLES[status].format(name=name)}")
    if status and status.endswith("_IN_PROGRESS") and status not in NEVER_CREATED:
        raise DeploymentError(f"{name} is being changed ({status}): wait until that has ended.")


def _api_logs(environment: Environment, values: Mapping[str, str]) -> dict[str, str]:
    """Choose the account's own role for API Gateway's logs where there is one: others depend on it."""
    if "ApiAccessLogs" in values or not _has_api_logs_role(environment):
        return {}
    return {"ApiAccessLogs": "EnabledByAccount"}


def _has_api_logs_role(environment: Environment) -> bool:
    """Return whether the account and region have such a role; its name remains in the account when the role is gone."""
    arn = environment.client("apigateway").get_account().get("cloudwatchRoleArn")
    if not arn:
        return False
    try:
        environment.client("iam").get_role(RoleName=arn.rpartition("/")[2])
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchEntity":
            raise
        return False
    return True


def _kept_queue(stack: Stack) -> dict[str, str]:
    """Name the queue of a stack of 0.1.0, which CloudFormation has named: under another name it would be a new one."""
    name = stack.outputs.get("QueueUrl", "").rpartition("/")[2]
    return {"KeptImageQueue": name} if name not in ("", f"{stack.name}-images") else {}


def _concurrency(environment: Environment) -> int | None:
    try:
        limits = environment.client("lambda").get_account_settings()["AccountLimit"]
    except (BotoCoreError, ClientError):  # the operator may deploy without being allowed to read this
        return None
    return int(limits["ConcurrentExecutions"])


def _calls_per_second(environment: Environment) -> float | None:
    try:
        pages = environment.client("service-quotas").get_paginator("list_service_quotas")
        quotas = [quota for page in pages.paginate(ServiceCode="rekognition") for quota in page["Quotas"]]
    except (BotoCoreError, ClientError):
        return None
    return next((float(quota["Value"]) for quota in quotas if quota["QuotaName"].endswith(" DetectLabels")), None)


def _advice(chosen: Mapping[str, str], values: Mapping[str, str], concurrency: int | None) -> Iterator[str]:
    if chosen.get("ApiAccessLogs") == "EnabledByAccount":
        yield "API Gateway already has a role for its logs in this account and region: the stack uses that role."
    if concurrency is not None and concurrency <= SMALL_ACCOUNT and int(values.get("DetectorConcurrency") or 0) > 2:
        yield (
            f"This account may run {concurrency} functions at once. To leave functions for the API: "
            "--parameter DetectorConcurrency=2, or ask Service Quotas for more (Lambda, Concurrent executions)."
        )

    if values.get("HostedGallery") == "On" and (domain := values.get("GalleryDomain")):
        yield (
            f"CloudFront takes the gallery's certificate, and a web ACL if you give it one, from {CLOUDFRONT_REGION}. "
            f"Let the DNS name {domain} point at the output GalleryDistributionDomain."
        )

    published = values.get("SnapStart") == "On" or values.get("GradualDeployment", "Disabled") != "Disabled"
    if published and "Release" not in chosen:
        yield SAME_RELEASE


PROOF_SECONDS = 60
"""API Gateway needs some seconds until a deployment is everywhere."""

PROVEN = (403, 200)


def prove(environment: Environment, url: str, *, seconds: float = PROOF_SECONDS) -> None:
    """Raise DeploymentError unless the API refuses an unsigned request and answers a signed one."""
    deadline = time.monotonic() + seconds
    health = f"{url}/health"
    while True:
        unsigned, signed = _get(health, {}), _get(health, _signature(environment, health))
        if (unsigned.status_code, signed.status_code) == PROVEN:
            return
        if time.monotonic() > deadline:
            raise DeploymentError(_unproven(health, unsigned, signed))
        time.sleep(environment.pause)


def _get(url: str, headers: Mapping[str, str]) -> httpx.Response:
    try:
        return httpx.get(url, headers=headers, timeout=30)
    except httpx.TransportError as error:
        return httpx.Response(0, text=f"no answer ({error})")


def _signature(environment: Environment, url: str) -> dict[str, str]:
    credentials = environment.session.get_credentials()
    if credentials is None:
        raise NoCredentialsError
    request = AWSRequest("GET", url)
    SigV4Auth(credentials, "execute-api", environment.region).add_auth(request)
    return dict(request.headers.items())


def _unproven(url: str, unsigned: httpx.Response, signed: httpx.Response) -> str:
    if unsigned.is_success:
        return f"The API is public: {url} answers an unsigned request with {unsigned.status_code}. Remove the stack."
    found = f"unsigned {unsigned.status_code}, signed {signed.status_code}: {signed.text[:300]}"
    return (
        f"The stack is up, but its API does not work: {url} should answer an unsigned request with 403, "
        f"and a signed one with 200. Found: {found}"
    )
