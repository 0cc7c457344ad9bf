"""The detector's throttles are counted where they happen: inside the client, which tries again by itself."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from boto3.session import Session
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config

from viewfinder.adapters.detector import RekognitionDetector
from viewfinder.domain.errors import DetectorUnavailableError
from viewfinder.domain.feature import Parameters
from viewfinder.observability import publishing_metrics

PARAMETERS = Parameters(max_labels=10, min_confidence=55)
THROTTLED = (400, {"__type": "ThrottlingException", "message": "slow down"})
ANSWERED: tuple[int, dict[str, Any]] = (200, {"Labels": [], "LabelModelVersion": "3.0"})


class _Body(io.BytesIO):
    def stream(self, **_: object) -> list[bytes]:
        return [self.getvalue()]


def _detector(*answers: tuple[int, dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> RekognitionDetector:
    """A detector on a real client, whose answers never cross a socket."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    session = Session("key", "secret", region_name="us-east-1")
    client = session.client("rekognition", config=Config(retries={"mode": "standard", "total_max_attempts": 3}))
    left = list(answers)

    def answer(**_: object) -> AWSResponse:
        status, document = left.pop(0)
        return AWSResponse("https://rekognition", status, HTTPHeaders(), _Body(json.dumps(document).encode()))

    events: Any = client.meta.events  # typed for handlers that return nothing; this one answers
    events.register("before-send.rekognition.DetectLabels", answer)
    return RekognitionDetector(client)


def _throttles(capsys: pytest.CaptureFixture[str]) -> int:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    return sum(len(line.get("DetectorThrottles", [])) for line in lines)


def test_throttles_that_a_retry_made_good_are_counted(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with publishing_metrics():
        _detector(THROTTLED, THROTTLED, ANSWERED, monkeypatch=monkeypatch).detect(b"picture", PARAMETERS)
    assert _throttles(capsys) == 2


def test_throttles_that_no_retry_made_good_are_counted(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    detector = _detector(*[THROTTLED] * 3, monkeypatch=monkeypatch)
    with publishing_metrics(), pytest.raises(DetectorUnavailableError):
        detector.detect(b"picture", PARAMETERS)
    assert _throttles(capsys) == 3


def test_an_answer_is_no_throttle(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with publishing_metrics():
        _detector(ANSWERED, monkeypatch=monkeypatch).detect(b"picture", PARAMETERS)
    assert _throttles(capsys) == 0
