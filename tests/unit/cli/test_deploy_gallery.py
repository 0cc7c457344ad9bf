"""`deploy` with a hosted gallery: its page goes up after the stack, and down before it; both are told."""

from __future__ import annotations

from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.support.fake_stack import FakeStack
from viewfinder.cli._options import template
from viewfinder.cli.main import app
from viewfinder.deployment import checks, destroy, page
from viewfinder.deployment import deploy as deployment
from viewfinder.deployment.checks import Findings
from viewfinder.deployment.deploy import Blueprint
from viewfinder.deployment.environment import Environment
from viewfinder.deployment.stack import Change

HOSTED = {"GalleryUrl": "https://d1.cloudfront.net", "GalleryBucketName": "photos-gallery"}


FEATURES = {"Features": "LABELS,TEXT"}
ALARM = Change("Add", "Alarm", "AWS::CloudWatch::Alarm", "")
PEOPLE = Change("Remove", "GalleryUsers", "AWS::Cognito::UserPool", "", "Delete")


def stack_with(outputs: dict[str, str]) -> FakeStack:
    """A stack that is about to lose the people of its gallery, if it has one."""
    return FakeStack([PEOPLE] if outputs else [ALARM], outputs, FEATURES)


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
    stack = stack_with(HOSTED)
    result = run(stack, "--yes", "--allow-replacement")
    assert stack.done == ["executed", "published with LABELS,TEXT"]
    assert "The gallery is at https://d1.cloudfront.net. Invite people: viewfinder users add MAIL" in result.stdout


def test_a_stack_without_a_gallery_gets_no_page(run: Any) -> None:
    stack = stack_with({})
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
    stack = stack_with(outputs)
    run(stack, "--parameter", "HostedGallery=Off", answer=answer)
    assert [step for step in stack.done if not step.startswith("published")] == done
