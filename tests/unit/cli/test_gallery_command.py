"""`viewfinder gallery`: what it tells the page about the stack."""

from __future__ import annotations

from typing import Any

import pytest
from boto3.session import Session
from typer.testing import CliRunner

from viewfinder.cli._target import Target
from viewfinder.cli.main import app

OUTPUTS = {
    "ApiUrl": "https://api.example/prod/",
    "QueueUrl": "https://queue.example/q",
    "DeadLetterQueueUrl": "https://queue.example/d",
    "ImagesBucketName": "images",
    "DerivedBucketName": "derived",
    "TableName": "catalog",
}


@pytest.mark.parametrize(
    ("parameters", "is_moderated"),
    [({}, False), ({"Features": "LABELS,TEXT"}, False), ({"Features": "LABELS,MODERATION"}, True)],
)
def test_the_page_learns_whether_the_stack_moderates(
    monkeypatch: pytest.MonkeyPatch, parameters: dict[str, str], is_moderated: bool
) -> None:
    served: list[dict[str, Any]] = []
    target = Target("viewfinder", Session("id", "secret", region_name="eu-central-1"), OUTPUTS, parameters)
    monkeypatch.setattr("viewfinder.cli.local.find_target", lambda *_: target)
    monkeypatch.setattr("viewfinder.local.processes.require_free", lambda *_: None)
    monkeypatch.setattr("viewfinder.gallery.app.serve", lambda *_, **options: served.append(options))

    result = CliRunner().invoke(app, ["gallery", "--no-gallery-token"], catch_exceptions=False)

    assert result.exit_code == 0
    assert served == [{"is_moderated": is_moderated}]
