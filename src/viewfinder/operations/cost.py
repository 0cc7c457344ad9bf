"""What a month on AWS costs, service by service, from a dated table of list prices; docs/cost.md explains the lines."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources
from typing import Any

from viewfinder.domain.errors import ViewfinderError

LABELS = 20
"""Postings of an image: its labels and their categories, as the sample photos have them, rounded up."""

SECONDS = 0.5
"""Billed of the image function per image: a DetectLabels call and what surrounds it (threads share it: rather less)."""

ENGINE_SECONDS = 0.3
"""The same with the engine in the function: 0.14 s of one core (docs/benchmarks), and what surrounds it."""

GIGABYTES = 1.769
STATISTICS_GB_SECONDS = 0.256 * 0.05
API_GB_SECONDS = 1.769 * 0.05
LOG_GIGABYTES = 4e-6
"""Per image: its line, its trace, its metrics, and Lambda's own three lines."""

DERIVED_GIGABYTES = 40e-6
"""Per image: thumbnail and analysis."""

METRICS, ALARMS = 8, 14
MEGABYTES_PER_GIGABYTE = 1000


class UnknownRegionError(ViewfinderError):
    """The table has no prices of a region."""


@dataclass(frozen=True, slots=True)
class Usage:
    """A month: new images, which share of them has a content that is known, their size, and calls of the API."""

    images: int
    reused: float = 0.0
    megabytes: float = 3.0
    api_calls: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """What one service costs, in dollars, and what for."""

    service: str
    purpose: str
    dollars: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """The lines of a month with Amazon Rekognition.

    `saved` is what the images of known content would have cost beside them, `with_engine` the total of the same month
    with Viewfinder's engine as the detector.
    """

    lines: tuple[Line, ...]
    saved: float
    with_engine: float
    date: str

    @property
    def total(self) -> float:
        """Dollars in all."""
        return sum(line.dollars for line in self.lines)

    @property
    def detector_share(self) -> float:
        """The detector's part of the total, 0 to 1."""
        return self.lines[0].dollars / self.total if self.total else 0.0


def estimate(usage: Usage, region: str) -> Estimate:
    """Estimate a month; raise UnknownRegionError."""
    table = json.loads(resources.files("viewfinder.operations").joinpath("prices.json").read_text())
    if region not in table["Regions"]:
        known = ", ".join(table["Regions"])
        raise UnknownRegionError(f"There are no prices of {region} in the table of {table['Date']}; it has {known}.")
    prices = table["Regions"][region]
    calls = round(usage.images * (1 - usage.reused))
    saved = detector_dollars(usage.images, prices) - detector_dollars(calls, prices)
    lines, engine = _lines(usage, calls, SECONDS, prices), _lines(usage, 0, ENGINE_SECONDS, prices)
    return Estimate(tuple(lines), saved, sum(line.dollars for line in engine), table["Date"])


def detector_dollars(calls: int, prices: dict[str, Any]) -> float:
    """Return the price of a month's calls, tier by tier."""
    dollars, start = 0.0, 0
    for end, per_thousand in prices["DetectLabelsPer1000"]:
        inside = max(0, (calls if end is None else min(calls, end)) - start)
        dollars += inside * per_thousand / 1000
        start = end or calls
    return dollars


def _lines(usage: Usage, calls: int, seconds: float, prices: dict[str, Any]) -> list[Line]:
    images, million = usage.images, 1_000_000
    # In a transaction a write counts twice; the two indexes repeat each once; the statistics write again.
    writes = images * (2 * (6 + LABELS) + 2 * (6 + LABELS) + 2 * (1 + LABELS))
    reads = images * 8 + usage.api_calls * 25
    gb_seconds = images * (seconds * GIGABYTES + STATISTICS_GB_SECONDS) + usage.api_calls * API_GB_SECONDS
    stored = images * (usage.megabytes / MEGABYTES_PER_GIGABYTE + DERIVED_GIGABYTES)
    dynamodb = writes * prices["DynamoDbPerMillionWrites"] + reads * prices["DynamoDbPerMillionReads"]
    s3 = images * 3 * prices["S3Per1000Puts"] / 1000 + (images * 3 + usage.api_calls) * prices["S3Per1000Gets"] / 1000
    functions = gb_seconds * prices["LambdaPerGbSecond"]
    requests = (images * 2 + usage.api_calls) * prices["LambdaPerMillionRequests"] / million
    watched = METRICS * prices["MetricPerMonth"] + ALARMS * prices["AlarmPerMonth"]
    return [
        Line("Rekognition", f"{calls:,} DetectLabels calls", detector_dollars(calls, prices)),
        Line("Lambda", f"{gb_seconds:,.0f} GB-seconds on arm64", functions + requests),
        Line("DynamoDB", f"{writes:,} write units, {reads:,} read units", dynamodb / million),
        Line("S3", "requests", s3),
        Line("S3", f"{stored:,.1f} GB for a month", stored * prices["S3PerGbMonth"]),
        Line("SQS", f"{images * 4:,} requests", images * 4 * prices["SqsPerMillionRequests"] / million),
        Line(
            "API Gateway",
            f"{usage.api_calls:,} calls",
            usage.api_calls * prices["ApiGatewayPerMillionRequests"] / million,
        ),
        Line("CloudWatch", "logs", images * LOG_GIGABYTES * prices["LogsPerGb"]),
        Line("CloudWatch", f"{METRICS} metrics, {ALARMS} alarms", watched),
    ]
