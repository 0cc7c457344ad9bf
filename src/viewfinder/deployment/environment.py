"""Where a stack lives: an AWS account and region, or the emulator; only session and endpoint differ."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from types_boto3_cloudformation.client import CloudFormationClient
    from types_boto3_dynamodb.client import DynamoDBClient
    from types_boto3_s3.client import S3Client

RETRIES = Config(retries={"mode": "standard", "max_attempts": 8})
"""CloudFormation throttles those who follow a stack's events."""


@dataclass(frozen=True)
class Home:
    """The clients that a deployment needs, made when first asked for."""

    session: boto3.Session
    endpoint_url: str | None = None

    @cached_property
    def cloudformation(self) -> CloudFormationClient:
        """The CloudFormation client."""
        return self.session.client("cloudformation", endpoint_url=self.endpoint_url, config=RETRIES)

    @cached_property
    def s3(self) -> S3Client:
        """The S3 client."""
        return self.session.client("s3", endpoint_url=self.endpoint_url, config=RETRIES)

    @cached_property
    def dynamodb(self) -> DynamoDBClient:
        """The DynamoDB client."""
        return self.session.client("dynamodb", endpoint_url=self.endpoint_url, config=RETRIES)

    @cached_property
    def account(self) -> str:
        """The account's 12 digits."""
        return self.session.client("sts", endpoint_url=self.endpoint_url, config=RETRIES).get_caller_identity()[
            "Account"
        ]

    @property
    def pause(self) -> float:
        """Seconds between two looks at something that changes."""
        return 0.1 if self.endpoint_url else 2.0

    @property
    def region(self) -> str:
        """The region, as in `eu-central-1`."""
        return self.session.region_name
