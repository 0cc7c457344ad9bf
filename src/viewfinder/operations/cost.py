"""Estimate the cost of a month on AWS by service, from a table of list prices; docs/cost.md explains the lines."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from typing import Any

from viewfinder.domain.errors import ViewfinderError
from viewfinder.domain.feature import FACES_PER_IMAGE, FEATURES, Feature, Stage

LABELS = 20
"""Postings of an image: its labels and their categories, as the sample photos have them, rounded up."""

SECONDS = 0.2
"""Billed of the image function per image, beside the detector; 0.1 of it for the rendition for screens."""

CALL_SECONDS = 0.4
"""Of each call of Rekognition (threads share the function: rather less)."""

SECOND_STAGE_SECONDS = 0.1
"""Billed of the image function once more per image whose features are of two stages."""

SECOND_STAGE_WRITES = 24 + 20
"""Write units of the record with its features of the second stage; a quarter of the images is taken to have words, with
which each posting is written again."""

GIGABYTES = 1.769
STATISTICS_GB_SECONDS = 0.256 * 0.05
API_GB_SECONDS = 1.769 * 0.05
LOG_GIGABYTES = 4e-6
"""Per image: its line, its trace, its metrics, and Lambda's own three lines."""

TABLE_GIGABYTES = 28e-6
"""Per image of 20 labels: record, postings, note and copy in the table, with the 100 bytes that DynamoDB adds to each
item. Each of the two indexes holds the record and the postings once more."""

INDEXED_GIGABYTES = 27e-6

DERIVED_GIGABYTES = 130e-6
"""Per image: analysis, thumbnail and rendition for screens."""

VISITS = 20
"""A month, of a person who uses the hosted gallery."""

VISIT_CALLS = 100
"""Calls of the API in a visit: two pages of 40 pictures each, with a call for each picture's address."""

VISIT_FILES = 60
VISIT_GIGABYTES = 0.8e-3
"""Of the page, where a browser has nothing of it yet, and the API's answers. Pictures come from the buckets."""
VECTOR_BYTES = {"engine": 4 * 1280 + 64, "bedrock": 4 * 1024 + 64}
"""Of a vector in S3 Vectors: float32 values and the key, by what makes it."""

LEAST_PUT_BYTES = 128_000
"""A call of PutVectors counts as this at least, and each image is put by itself."""

TEXT_TOKENS = 10
"""Of a text that images are ranked by."""

METRICS, ALARMS = 10, 23
MEGABYTES_PER_GIGABYTE = 1000


class UnknownRegionError(ViewfinderError):
    """The price table lacks a region."""


@dataclass(frozen=True, slots=True)
class Usage:
    """A month: new images, which share of them has a content that is known, their size, and calls of the API.

    Each feature is a call of its own for each new content.
    """

    images: int
    reused: float = 0.0
    megabytes: float = 3.0
    api_calls: int = 0
    features: tuple[Feature, ...] = (Feature.LABELS,)
    users: int = 0
    """People who use the hosted gallery in the month."""
    vectors: str = ""
    """What makes vectors for similar images: a key of VECTOR_BYTES, or "" for nothing."""
    rankings: int = 0
    """Searches by a vector: *More like this*, and by words."""

    @property
    def gallery_calls(self) -> int:
        """Calls of the hosted gallery's HTTP API, which call the same function."""
        return self.users * VISITS * VISIT_CALLS


@dataclass(frozen=True, slots=True)
class Line:
    """The cost of one item of a service, in dollars."""

    service: str
    purpose: str
    dollars: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """The lines of a month with Amazon Rekognition.

    `saved` is what the images of known content would have cost beside them, `with_engine` the total of the same month
    with Viewfinder's engine as the detector; None if the engine lacks one of the features.
    """

    lines: tuple[Line, ...]
    saved: float
    with_engine: float | None
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
    prices = prices_of(region)
    contents = round(usage.images * (1 - usage.reused))
    saved = _detector(usage.images, usage.features, prices) - _detector(contents, usage.features, prices)
    lines = _lines(usage, contents, CALL_SECONDS * len(usage.features), prices)
    return Estimate(tuple(lines), saved, _with_engine(usage, prices), _table()["Date"])


def _with_engine(usage: Usage, prices: dict[str, Any]) -> float | None:
    seconds = [FEATURES[feature].engine_seconds for feature in usage.features]
    if None in seconds or any(FEATURES[feature].beside for feature in usage.features):
        return None
    lines = _lines(usage, 0, sum(filter(None, seconds)), prices)
    return sum(line.dollars for line in lines)


def prices_of(region: str) -> dict[str, Any]:
    """Return the list prices of a region; raise UnknownRegionError."""
    table = _table()
    if region not in table["Regions"]:
        known = ", ".join(table["Regions"])
        raise UnknownRegionError(f"There are no prices of {region} in the table of {table['Date']}; it has {known}.")
    prices: dict[str, Any] = table["Regions"][region]
    return prices


def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(resources.files("viewfinder.operations").joinpath("prices.json").read_text())
    return table


def _detector(contents: int, features: Iterable[Feature], prices: dict[str, Any]) -> float:
    """Return the price of a call of each feature for each content; calls of one price list are added up."""
    lists = Counter(FEATURES[feature].price for feature in features)
    return sum(detector_dollars(contents * count, prices[name]) for name, count in lists.items())


def detector_dollars(calls: int, tiers: list[list[Any]]) -> float:
    """Return the price of a month's calls, tier by tier."""
    dollars, start = 0.0, 0
    for end, per_thousand in tiers:
        inside = max(0, (calls if end is None else min(calls, end)) - start)
        dollars += inside * per_thousand / 1000
        start = end or calls
    return dollars


def _lines(usage: Usage, contents: int, detector_seconds: float, prices: dict[str, Any]) -> list[Line]:
    images, million = usage.images, 1_000_000
    calls = usage.api_calls + usage.gallery_calls
    followed = images if any(FEATURES[feature].stage is Stage.SECOND for feature in usage.features) else 0
    messages = images + followed
    # In a transaction a write counts twice; the two indexes repeat each once; the statistics write again, with a note,
    # a folder, and a content's count and copy.
    writes = images * (2 * (6 + LABELS) + 2 * (6 + LABELS) + 2 * (4 + LABELS)) + followed * SECOND_STAGE_WRITES
    reads = images * 8 + followed * 2 + calls * 25
    seconds = images * (SECONDS + detector_seconds) + followed * SECOND_STAGE_SECONDS
    gb_seconds = seconds * GIGABYTES + messages * STATISTICS_GB_SECONDS + calls * API_GB_SECONDS
    stored = images * (usage.megabytes / MEGABYTES_PER_GIGABYTE + DERIVED_GIGABYTES)
    dynamodb = writes * prices["DynamoDbPerMillionWrites"] + reads * prices["DynamoDbPerMillionReads"]
    table = images * TABLE_GIGABYTES
    catalog = table + 2 * images * INDEXED_GIGABYTES
    kept = catalog * prices["DynamoDbPerGbMonth"] + table * prices["DynamoDbRecoveryPerGbMonth"]
    s3 = (
        images * 4 * prices["S3Per1000Puts"] / 1000
        + (images * 3 + followed * 2 + calls) * prices["S3Per1000Gets"] / 1000
    )
    functions = gb_seconds * prices["LambdaPerGbSecond"]
    requests = (messages * 2 + calls) * prices["LambdaPerMillionRequests"] / million
    watched = METRICS * prices["MetricPerMonth"] + ALARMS * prices["AlarmPerMonth"]
    return [
        Line("Rekognition", _calls(usage.features, contents), _detector(contents, usage.features, prices)),
        *_people(usage, contents, prices),
        *_vectors(usage, round(images * (1 - usage.reused)), prices),
        Line("Lambda", f"{gb_seconds:,.0f} GB-seconds on arm64", functions + requests),
        Line("DynamoDB", f"{writes:,} write units, {reads:,} read units", dynamodb / million),
        Line("DynamoDB", f"{catalog:,.1f} GB for a month, and point-in-time recovery of {table:,.1f} GB", kept),
        Line("S3", "requests", s3),
        Line("S3", f"{stored:,.1f} GB for a month", stored * prices["S3PerGbMonth"]),
        Line("SQS", f"{messages * 4:,} requests", messages * 4 * prices["SqsPerMillionRequests"] / million),
        Line(
            "API Gateway",
            f"{usage.api_calls:,} calls",
            usage.api_calls * prices["ApiGatewayPerMillionRequests"] / million,
        ),
        *_hosted(usage, prices),
        Line("CloudWatch", "logs", images * LOG_GIGABYTES * prices["LogsPerGb"]),
        Line("CloudWatch", f"{METRICS} metrics, {ALARMS} alarms", watched),
    ]


def _hosted(usage: Usage, prices: dict[str, Any]) -> list[Line]:
    """Return the lines of the hosted gallery, if there is one: its people, its API, and what CloudFront sends them."""
    if not usage.users:
        return []
    visits = usage.users * VISITS
    requests, gigabytes = visits * (VISIT_CALLS + VISIT_FILES), visits * VISIT_GIGABYTES
    sent = requests * prices["CloudFrontPer10000Requests"] / 10_000 + gigabytes * prices["CloudFrontPerGb"]
    calls = usage.gallery_calls * prices["HttpApiPerMillionRequests"] / 1_000_000
    return [
        Line("API Gateway", f"{usage.gallery_calls:,} calls of the hosted gallery", calls),
        Line("Cognito", f"{usage.users:,} users of the month", usage.users * prices["CognitoPerUser"]),
        Line("CloudFront", f"{requests:,} requests, {gigabytes:,.1f} GB", sent),
    ]


def _people(usage: Usage, contents: int, prices: dict[str, Any]) -> list[Line]:
    """Return the lines of the collection, if there is one: a search for each face, and what is kept of it."""
    if Feature.PEOPLE not in usage.features:
        return []
    faces = round(contents * FACES_PER_IMAGE)
    row = FEATURES[Feature.PEOPLE]
    calls = _detector(contents + faces, (Feature.PEOPLE,), prices) - _detector(contents, (Feature.PEOPLE,), prices)
    kept = faces * prices["RekognitionPer1000FaceMonths"] / 1000
    return [
        Line("Rekognition", f"{faces:,} calls of {row.beside[0]}", calls),
        Line("Rekognition", f"{faces:,} faces for a month", kept),
    ]


def _vectors(usage: Usage, contents: int, prices: dict[str, Any]) -> list[Line]:
    """Return the lines of Bedrock and of the index, if the stack keeps vectors; the index has this month's images."""
    if not usage.vectors:
        return []
    gigabyte, million = 1e9, 1_000_000
    stored = contents * VECTOR_BYTES[usage.vectors] / gigabyte
    put = contents * LEAST_PUT_BYTES / gigabyte
    read = usage.rankings * stored / MEGABYTES_PER_GIGABYTE
    queried = usage.rankings * prices["S3VectorsPerMillionQueries"] / million + read * prices["S3VectorsPerTbQueried"]
    lines = [
        Line("S3 Vectors", f"{contents:,} calls of PutVectors", put * prices["S3VectorsPerGbPut"]),
        Line("S3 Vectors", f"{stored:,.2f} GB for a month", stored * prices["S3VectorsPerGbMonth"]),
        Line("S3 Vectors", f"{usage.rankings:,} calls of QueryVectors", queried),
    ]
    if usage.vectors != "bedrock":
        return lines
    tokens = usage.rankings * TEXT_TOKENS
    texts = tokens * prices["TitanPer1000Tokens"] / 1000
    pictures = contents * prices["TitanPer1000Images"] / 1000
    return [Line("Bedrock", f"{contents:,} pictures and {usage.rankings:,} texts by Titan", pictures + texts), *lines]


def _calls(features: tuple[Feature, ...], contents: int) -> str:
    names = ", ".join(FEATURES[feature].operation for feature in features)
    return f"{contents:,} calls of {names}" if len(features) == 1 else f"{contents:,} calls each of {names}"
