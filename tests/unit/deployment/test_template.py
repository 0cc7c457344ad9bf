"""The template: read with its short tags, and pointed at uploaded artifacts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from viewfinder.deployment.packages import functions, point_at_artifacts, read_template, to_json
from viewfinder.deployment.progress import TemplateError

TEMPLATE = """
AWSTemplateFormatVersion: 2010-09-09
Resources:
  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub '${AWS::StackName}-images'}}
  EchoFunction: {Type: AWS::Serverless::Function, Properties: {CodeUri: ../lambdas/echo/}}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "template.yaml"
    file.write_text(TEMPLATE)
    return file


def test_functions_are_found_with_their_folders(path: Path) -> None:
    assert functions(read_template(path)) == {"EchoFunction": "echo"}


def test_functions_point_at_their_packages(path: Path) -> None:
    template = read_template(path)

    packaged = point_at_artifacts(template, {"EchoFunction": "s3://b/echo.zip"})

    assert packaged["Resources"]["EchoFunction"]["Properties"]["CodeUri"] == "s3://b/echo.zip"
    assert functions(template) == {"EchoFunction": "echo"}, "the template itself stays as it was"


def test_the_template_is_sent_as_json_with_long_tags_and_dates_as_text(path: Path) -> None:
    sent = json.loads(to_json(read_template(path)))

    assert sent["AWSTemplateFormatVersion"] == "2010-09-09"
    assert sent["Resources"]["Bucket"]["Properties"]["BucketName"] == {"Fn::Sub": "${AWS::StackName}-images"}


@pytest.mark.parametrize("content", ["just a text", "Parameters: {}", "a: [", "a: !Ref"])
def test_what_is_no_template_is_refused(path: Path, content: str) -> None:
    path.write_text(content)

    with pytest.raises(TemplateError, match=r"template\.yaml"):
        read_template(path)
