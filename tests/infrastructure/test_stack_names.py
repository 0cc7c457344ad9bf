"""Which names a stack may have: they begin the names of buckets, of which S3 refuses some."""

from __future__ import annotations

import re

import boto3
import pytest

from tests.infrastructure.translation import PROJECT, of_type, translate
from viewfinder.deployment.packages import read_template

LONGEST = 27
"""Characters, in a region whose name has 14 of them: no commercial region has more."""

REGIONS = boto3.Session().get_available_regions("s3")

BUCKET_NAME = re.compile(r"(?!xn--|sthree-)[a-z0-9][a-z0-9-]{1,61}[a-z0-9](?<!-s3alias)(?<!--ol-s3)")
"""Without dots (S3 User Guide, "General purpose bucket naming rules")."""


def _bucket_names(stack: str, region: str) -> list[str]:
    buckets = of_type(translate(AWS_StackName=stack, AWS_Region=region), "AWS::S3::Bucket").values()
    return [bucket["BucketName"] for bucket in buckets]


@pytest.mark.parametrize("region", ["us-east-1", max(REGIONS, key=len)])
def test_the_longest_name_makes_good_names_of_buckets(region: str) -> None:
    names = _bucket_names("a" * LONGEST, region)
    assert [bool(BUCKET_NAME.fullmatch(name)) for name in names] == [True, True]


@pytest.mark.parametrize("stack", ["a" * (LONGEST + 1), "Photos"])
def test_other_names_make_names_that_s3_refuses(stack: str) -> None:
    names = _bucket_names(stack, max(REGIONS, key=len))
    assert not all(BUCKET_NAME.fullmatch(name) for name in names)


def test_the_limit_is_told_where_the_stack_is_named() -> None:
    """CloudFormation itself can't assert it: its Rules see parameters only, and have no pattern or length."""
    template = read_template(PROJECT / "infrastructure" / "template.yaml")
    assert f"{LONGEST} lower-case letters, digits and hyphens" in template["Description"]
