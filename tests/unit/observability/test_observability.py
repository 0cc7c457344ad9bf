"""Rules of logs, metrics and spans."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from viewfinder.observability import correlated, logger, measure, publishing_metrics, span, timed, tracing
from viewfinder.observability import logs as metrics
from viewfinder.observability.xray import to_daemon

HEADER = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the logger writes, as documents."""
    written: list[dict[str, Any]] = []

    class Collect(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(json.loads(self.format(record)))

    collector = Collect()
    collector.setFormatter(logger.registered_formatter)
    monkeypatch.setattr(logger._logger, "handlers", [collector])
    return written


@pytest.fixture
def traced(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", HEADER)
    monkeypatch.delenv("AWS_XRAY_DAEMON_ADDRESS", raising=False)
    tracing._new_tracer.cache_clear()
    yield
    tracing._new_tracer.cache_clear()


@pytest.fixture(autouse=True)
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The stack's name, as the template sets it."""
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "my-stack")
    metrics._metrics.cache_clear()
    metrics._metrics().provider.clear_metrics()  # all collections of Powertools are one: tests elsewhere add to it
    yield
    metrics._metrics.cache_clear()


def _published(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]


def test_every_line_of_a_block_has_its_correlation_id(lines: list[dict[str, Any]]) -> None:
    with correlated(correlation_id="message-1"):
        with correlated(image_id="dog.jpg"):
            logger.info("inside")
        logger.info("between")
    logger.info("outside")
    ids = [(line.get("correlation_id"), line.get("image_id")) for line in lines]
    assert ids == [("message-1", "dog.jpg"), ("message-1", None), (None, None)]


def test_threads_do_not_mix_their_correlation_ids(lines: list[dict[str, Any]]) -> None:
    def work(number: int) -> None:
        with correlated(correlation_id=f"message-{number}"):
            for _ in range(20):
                logger.info("step", extra={"number": number})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert len(lines) == 160
    assert {line["correlation_id"] == f"message-{line['number']}" for line in lines} == {True}


def test_metrics_of_an_invocation_are_one_embedded_metric_line(capsys: pytest.CaptureFixture[str]) -> None:
    with publishing_metrics():
        measure("ImagesAnalyzed")
        measure("ImagesAnalyzed")
        measure("LabelsPerImage", 12)
        with timed("DetectorLatency"):
            pass
    (line,) = _published(capsys)
    (definition,) = line["_aws"]["CloudWatchMetrics"]
    assert definition["Namespace"] == "Viewfinder"
    assert (definition["Dimensions"], line["service"]) == ([["service"]], "my-stack")
    assert {entry["Name"]: entry["Unit"] for entry in definition["Metrics"]} == {
        "ImagesAnalyzed": "Count",
        "LabelsPerImage": "Count",
        "DetectorLatency": "Milliseconds",
    }
    assert line["ImagesAnalyzed"] == [1.0, 1.0]
    assert line["LabelsPerImage"] == [12.0]


def test_metrics_are_published_when_the_invocation_fails(capsys: pytest.CaptureFixture[str]) -> None:
    def invocation() -> None:
        with publishing_metrics():
            measure("ImagesFailed")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        invocation()
    assert [line["ImagesFailed"] for line in _published(capsys)] == [[1.0]]


def test_an_invocation_without_metrics_publishes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with publishing_metrics():
        pass
    assert _published(capsys) == []


def test_what_fails_is_not_timed(capsys: pytest.CaptureFixture[str]) -> None:
    with publishing_metrics(), pytest.raises(RuntimeError), timed("DetectorLatency"):
        raise RuntimeError
    assert _published(capsys) == []


def test_no_value_is_lost_between_threads(capsys: pytest.CaptureFixture[str]) -> None:
    with publishing_metrics(), ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: measure("ImagesAnalyzed"), range(90)))
    assert sum(len(line["ImagesAnalyzed"]) for line in _published(capsys)) == 90
    assert metrics._metrics().provider.metric_set == {}


@pytest.mark.usefixtures("traced")
def test_the_steps_of_an_image_are_one_tree_below_the_invocation(lines: list[dict[str, Any]]) -> None:
    with span("image", image_id="dog.jpg"):
        with span("fetch"):
            pass
        with span("detect"), span("inner"):
            pass
    (line,) = lines
    trace = line["trace"]
    assert (trace["name"], trace["type"]) == ("image", "subsegment")
    assert trace["trace_id"] == "1-5759e988-bd862e3fe1be46a994272793"
    assert trace["parent_id"] == "53995c3f42cd8ad8"
    assert trace["annotations"] == {"image_id": "dog.jpg"}
    assert [step["name"] for step in trace["subsegments"]] == ["fetch", "detect"]
    assert [step["name"] for step in trace["subsegments"][1]["subsegments"]] == ["inner"]
    assert trace["start_time"] <= trace["subsegments"][0]["start_time"] <= trace["end_time"]
    assert "fault" not in trace


@pytest.mark.usefixtures("traced")
def test_a_failed_step_is_a_fault_of_all_around_it(lines: list[dict[str, Any]]) -> None:
    with pytest.raises(RuntimeError), span("image"), span("detect"):
        raise RuntimeError
    (line,) = lines
    assert line["trace"]["fault"] is True
    assert line["trace"]["subsegments"][0]["fault"] is True


@pytest.mark.usefixtures("traced")
def test_images_in_threads_have_a_tree_each(lines: list[dict[str, Any]]) -> None:
    def work(number: int) -> None:
        with span("image", image_id=str(number)), span(f"step-{number}"):
            pass

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(40)))
    trees = {line["trace"]["annotations"]["image_id"]: line["trace"]["subsegments"][0]["name"] for line in lines}
    assert trees == {str(number): f"step-{number}" for number in range(40)}


@pytest.mark.parametrize("header", ["", HEADER.replace("Sampled=1", "Sampled=0")])
def test_what_lambda_does_not_sample_is_not_traced(
    header: str, lines: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", header)
    with span("image"):
        pass
    assert lines == []


def test_the_daemon_gets_a_header_and_a_document(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[bytes, tuple[str, int]]] = []

    class Socket:
        def __init__(self, family: int, kind: int) -> None:
            assert (family, kind) == (socket.AF_INET, socket.SOCK_DGRAM)

        def sendto(self, datagram: bytes, address: tuple[str, int]) -> None:
            sent.append((datagram, address))

    monkeypatch.setattr("socket.socket", Socket)
    to_daemon("169.254.79.129:2000")({"name": "image"})
    assert sent == [(b'{"format": "json", "version": 1}\n{"name": "image"}', ("169.254.79.129", 2000))]
