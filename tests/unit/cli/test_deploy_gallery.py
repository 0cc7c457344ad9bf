"""`deploy` with a hosted gallery: its page goes up after the stack, and down before it; both are told."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from typer.testing import CliRunner, Result

from viewfinder.cli._options import template
from viewfinder.cli.main import app
from viewfinder.deployment import checks, destroy, page
from viewfinder.deployment import deploy as deployment
from viewfinder.deployment.checks import Findings
from viewfinder.deployment.deploy import Blueprint
from viewfinder.deployment.environment import Environment
from viewfinder.deployment.stack import Change, Proposal, Stack

HOSTED = {"GalleryUrl": "https://d1.cloudfront.net", "GalleryBucketName": "photos-gallery"}


class FakeStack(Stack):
    """A stack with given outputs; what has a gallery is about to lose its people."""

    done: list[str]
    found: dict[str, str]

    def __init__(self, outputs: dict[str, str]) -> None:
        super().__init__(Environment(boto3.Session("key", "secret", region_name="eu-central-1")), "photos")
        object.__setattr__(self, "found", outputs)
        object.__setattr__(self, "done", [])

    @property
    def status(self) -> str | None:
        return "UPDATE_COMPLETE"

    @property
    def outputs(self) -> dict[str, str]:
        return self.found

    @property
    def parameters(self) -> dict[str, str]:
        return {"Features": "LABELS,TEXT"}

    def propose(self, *_: Any, **__: Any) -> Proposal | None:
        removed = Change("Remove", "GalleryUsers", "AWS::Cognito::UserPool", "", "Delete")
        return Proposal("change", [removed] if self.found else [Change("Add", "Alarm", "AWS::CloudWatch::Alarm", "")])

    def execute(self, *_: Any) -> None:
        self.done.append("executed")

    def discard(self, _: str) -> None:
        self.done.append("discarded")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Any:
    def command(stack: FakeStack, *arguments: str, answer: str = "") -> Result:
        found = Findings("123456789012", "eu-central-1", "Rekognition", None, None, {})
        monkeypatch.setattr("viewfinder.deployment.stack.Stack", lambda *_: stack)
        monkeypatch.setattr("viewfinder.deployment.attach.attached_already", lambda _: None)
        monkeypatch.setattr(checks, "check", lambda *_: found)
        monkeypatch.setattr(checks, "prove", lambda *_: None)
        monkeypatch.setattr(Environment, "api_url", lambda *_: "")
        monkeypatch.setattr(deployment, "_upload", lambda *_: "https://t")
        monkeypatch.setattr(deployment, "draw", lambda *_: Blueprint(template(), {}, {}))
        monkeypatch.setattr(page, "publish", lambda _, outputs, features, __: publish(stack, features))
        monkeypatch.setattr(destroy, "empty_bucket", lambda _, bucket, __: stack.done.append(f"emptied {bucket}"))
        return CliRunner().invoke(app, ["deploy", "--region", "eu-central-1", *arguments], input=answer)

    def publish(stack: FakeStack, features: str) -> bool:
        stack.done.append(f"published with {features}")
        return True

    return command


def test_the_page_is_published_after_the_stack_and_its_address_told(run: Any) -> None:
    stack = FakeStack(HOSTED)
    result = run(stack, "--yes", "--allow-replacement")
    assert stack.done == ["executed", "published with LABELS,TEXT"]
    assert "The gallery is at https://d1.cloudfront.net. Invite people: viewfinder users add MAIL" in result.stdout


def test_a_stack_without_a_gallery_gets_no_page(run: Any) -> None:
    stack = FakeStack({})
    result = run(stack, "--yes")
    assert stack.done == ["executed"]
    assert "users add" not in result.stdout


@pytest.mark.parametrize(
    ("outputs", "answer", "done"),
    [
        (HOSTED, "y\ny\n", ["emptied photos-gallery", "executed"]),
        (HOSTED, "y\nn\n", ["discarded"]),  # its people are asked about by themselves
        (HOSTED, "n\n", ["discarded"]),
        ({}, "y\n", ["executed"]),
    ],
)
def test_the_page_is_taken_down_before_its_bucket_if_that_is_agreed_to(
    run: Any, outputs: dict[str, str], answer: str, done: list[str]
) -> None:
    stack = FakeStack(outputs)
    run(stack, "--parameter", "HostedGallery=Off", answer=answer)
    assert [step for step in stack.done if not step.startswith("published")] == done
