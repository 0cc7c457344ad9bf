"""The environment of a stack: an AWS account and region, or the emulator; only session and endpoint differ."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.exceptions import ConnectionError as NoConnectionError

from viewfinder.deployment.progress import DeploymentError

if TYPE_CHECKING:
    from types_boto3_cloudformation.client import CloudFormationClient
    from types_boto3_dynamodb.client import DynamoDBClient
    from types_boto3_s3.client import S3Client

RETRIES = Config(retries={"mode": "standard", "max_attempts": 8})
"""CloudFormation throttles those who follow a stack's events."""

SIGN_IN = (
    "Sign in with `aws configure` or `aws sso login`, choose a profile with --profile or AWS_PROFILE, "
    "and check with `aws sts get-caller-identity`."
)


@dataclass(frozen=True)
class Environment:
    """The clients that a deployment needs, created on first use."""

    session: boto3.Session
    endpoint_url: str | None = None

    def client(self, service: str) -> Any:
        """Return a new client of any service."""
        return self.session.client(service, endpoint_url=self.endpoint_url, config=RETRIES)  # type: ignore[call-overload]

    @cached_property
    def cloudformation(self) -> CloudFormationClient:
        """The CloudFormation client."""
        client: CloudFormationClient = self.client("cloudformation")
        return client

    @cached_property
    def s3(self) -> S3Client:
        """The S3 client."""
        client: S3Client = self.client("s3")
        return client

    @cached_property
    def dynamodb(self) -> DynamoDBClient:
        """The DynamoDB client."""
        client: DynamoDBClient = self.client("dynamodb")
        return client

    @cached_property
    def account(self) -> str:
        """The account's 12 digits; raise DeploymentError without valid credentials."""
        try:
            return str(self.client("sts").get_caller_identity()["Account"])
        except NoConnectionError as error:
            raise DeploymentError(f"AWS can't be reached: {error}") from error
        except (BotoCoreError, ClientError) as error:
            raise DeploymentError(f"There are no valid AWS credentials: {error}. {SIGN_IN}") from error

    @property
    def pause(self) -> float:
        """Seconds between two polls."""
        return 0.1 if self.endpoint_url else 2.0

    @property
    def region(self) -> str:
        """The region, as in `eu-central-1`."""
        return self.session.region_name

    def api_url(self, outputs: dict[str, str]) -> str:
        """Return the URL of the API's stage, by the outputs of the stack."""
        if self.endpoint_url:  # MiniStack: serves APIs below its own address, for their names do not resolve
            return f"{self.endpoint_url}/_aws/execute-api/{outputs['ApiId']}/prod"
        return outputs["ApiUrl"]
