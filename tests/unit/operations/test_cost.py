"""Rules of the cost estimate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from tests.support.findings import found
from viewfinder.adapters.dynamodb import schema
from viewfinder.domain.feature import FEATURES, read_features
from viewfinder.domain.image import Facts, Image, Status
from viewfinder.domain.label import Label
from viewfinder.operations import cost
from viewfinder.operations.cost import UnknownRegionError, Usage, detector_dollars, estimate

PROJECT = Path(__file__).parents[3]
PRICES = json.loads((PROJECT / "src/viewfinder/operations/prices.json").read_text())


def _dollars(usage: Usage, service: str, region: str = "us-east-1") -> float:
    return sum(line.dollars for line in estimate(usage, region).lines if line.service == service)


def test_nothing_costs_no_more_than_its_alarms_and_metrics() -> None:
    found = estimate(Usage(images=0), "us-east-1")
    assert found.total == pytest.approx(10 * 0.30 + 23 * 0.10)
    assert found.detector_share == 0


@pytest.mark.parametrize(
    ("calls", "dollars"),
    [
        (0, 0),
        (1, 0.001),
        (1_000_000, 1000),
        (1_000_001, 1000.0008),
        (5_000_000, 4200),
        (35_000_000, 22_200),
        (36_000_000, 22_450),
    ],
)
def test_detector_calls_are_paid_tier_by_tier(calls: int, dollars: float) -> None:
    assert detector_dollars(calls, PRICES["Regions"]["us-east-1"]["RekognitionPer1000"]) == pytest.approx(dollars)


def test_vectors_cost_what_is_put_kept_and_searched() -> None:
    usage = Usage(images=100_000, reused=0.5, vectors="bedrock", rankings=10_000)
    gigabytes = 50_000 * (4 * 1024 + 64) / 1e9
    searched = 10_000 * 2.5e-6 + 10_000 * gigabytes / 1000 * 4
    assert _dollars(usage, "Bedrock") == pytest.approx(50_000 * 0.00006 + 10_000 * 10 * 0.0008 / 1000)
    assert _dollars(usage, "S3 Vectors") == pytest.approx(50_000 * 128e-6 * 0.2 + gigabytes * 0.06 + searched)
    assert _dollars(Usage(images=100_000, vectors="engine"), "Bedrock") == 0
    assert _dollars(Usage(images=100_000), "S3 Vectors") == 0


def test_a_known_content_costs_no_detector_call_and_all_the_rest() -> None:
    without, with_reuse = Usage(images=1000), Usage(images=1000, reused=0.4)
    assert _dollars(with_reuse, "Rekognition") == pytest.approx(0.6)
    assert estimate(with_reuse, "us-east-1").saved == pytest.approx(0.4)
    assert _dollars(with_reuse, "DynamoDB") == _dollars(without, "DynamoDB")


def test_an_image_costs_mostly_its_detector_call() -> None:
    assert estimate(Usage(images=1_000_000), "us-east-1").detector_share > 0.75


def test_the_engine_saves_the_detector_and_some_time_of_the_function() -> None:
    usage = Usage(images=1_000_000)
    found = estimate(usage, "us-east-1")
    shorter = 1_000_000 * (0.4 - 0.15) * 1.769 * 0.0000133334
    assert found.with_engine is not None
    assert found.total - found.with_engine == pytest.approx(1000 + shorter)


def test_each_feature_is_a_call_and_all_calls_count_for_the_tiers() -> None:
    usage = Usage(images=600_000, features=read_features("LABELS,TEXT,FACES"))
    found = estimate(usage, "us-east-1")
    assert found.lines[0].purpose == "600,000 calls each of DetectLabels, DetectText, DetectFaces"
    assert found.lines[0].dollars == pytest.approx(1000 + 800 * 0.80)
    # Two calls, and the second stage: 0.1 s of the function, 50 ms of the statistics, and a request of each.
    longer = 600_000 * ((0.8 + 0.1) * 1.769 + 0.05 * 0.256) * 0.0000133334 + 2 * 600_000 * 0.20 / 1_000_000
    assert _dollars(usage, "Lambda") - _dollars(Usage(images=600_000), "Lambda") == pytest.approx(longer)


def test_the_engine_takes_as_long_as_was_measured() -> None:
    results = json.loads((PROJECT / "docs/benchmarks/results.json").read_text())
    measured = results["engine in the function"]["result"]["sizes"]["1,769 MB"]["measured"]
    for feature, row in FEATURES.items():
        seconds = None if row.beside else row.engine_seconds  # what a function's engine can't do is not measured in one
        assert seconds is None or measured[feature] <= seconds <= 3 * measured[feature], feature


def test_the_second_stage_is_a_message_and_a_write_of_the_record_more() -> None:
    one, two = (Usage(images=1_000_000, features=read_features(names)) for names in ("LABELS", "LABELS,TEXT"))
    assert _dollars(two, "SQS") - _dollars(one, "SQS") == pytest.approx(4 * 0.40)
    assert _dollars(two, "DynamoDB") - _dollars(one, "DynamoDB") == pytest.approx(44 * 0.625 + 2 * 0.125)
    moderated = Usage(images=1_000_000, features=read_features("LABELS,MODERATION"))
    assert _dollars(moderated, "SQS") == _dollars(one, "SQS")


def test_the_writes_of_an_image_are_those_of_its_postings() -> None:
    # 20 postings and a record of 6 KB: twice in the transaction, once in each index; 21 counters, twice.
    assert _dollars(Usage(images=1_000_000), "DynamoDB") == pytest.approx(
        152 * 0.625 + 8 * 0.125 + 82 * 0.25 + 28 * 0.20  # and what is stored, below
    )


def test_the_stored_items_of_an_image_are_as_large_as_the_estimate_says() -> None:
    """As DynamoDB counts: names and values, and 100 bytes an item (Developer Guide, "Item sizes and formats")."""
    labels = tuple(
        Label(f"Label {number:02d}", 99.1234, ("Parent One", "Parent Two"), ("Animals and Pets",), ("An Alias",))
        for number in range(20)
    )
    facts = Facts("2026-06-01T12:30:00.000000", "+02:00", "Acme One", "Acme 35 mm")
    image = Image(
        "holiday/2026/IMG_0001.jpg",
        Status.ANALYZED,
        "0055AED6DCD90281E5",
        "2026-01-01T00:00:00.000000Z",
        findings=found(labels),
        etag="0" * 32,
        sha256="0" * 64,
        facts=facts,
        thumbnail="thumbnails/" + "0" * 43,
    )
    items = [schema.image_item(image, shards=4, tombstone_seconds=0), *schema.posting_items(image, shards=4).values()]
    stored = sum(100 + sum(len(name) + _size(value) for name, value in item.items()) for item in items)
    assert stored == pytest.approx(cost.INDEXED_GIGABYTES * 1e9, rel=0.15)


def _size(value: dict[str, Any]) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return len(content.replace(".", "")) // 2 + 1
        case "M":
            return 3 + sum(1 + len(name) + _size(member) for name, member in content.items())
    return 3 + sum(1 + _size(member) for member in content)


def test_regions_differ() -> None:
    usage = Usage(images=1000)
    assert _dollars(usage, "DynamoDB", "eu-west-1") > _dollars(usage, "DynamoDB", "us-east-1")


def test_people_cost_a_search_for_each_face_and_a_place_in_the_collection() -> None:
    lines = estimate(Usage(images=1000, features=read_features("LABELS,PEOPLE")), "us-east-1").lines
    found = {line.purpose: line.dollars for line in lines if line.service == "Rekognition"}
    assert found == {
        "1,000 calls each of DetectLabels, IndexFaces": pytest.approx(2.0),
        "1,000 calls of SearchFaces": pytest.approx(1.0),
        "1,000 faces for a month": pytest.approx(0.01),
    }


def test_the_hosted_gallery_costs_its_users_its_api_and_what_cloudfront_sends() -> None:
    alone, shared = (estimate(Usage(images=0, users=users), "us-east-1") for users in (0, 5))
    added = [
        (line.service, line.purpose, line.dollars) for line in shared.lines if line.purpose not in _purposes(alone)
    ]
    hosted = {(service, purpose): dollars for service, purpose, dollars in added}
    assert hosted[("API Gateway", "10,000 calls of the hosted gallery")] == pytest.approx(0.01)
    assert hosted[("Cognito", "5 users of the month")] == pytest.approx(0.075)
    assert hosted[("CloudFront", "16,000 requests, 0.1 GB")] == pytest.approx(0.016 + 0.08 * 0.085)
    # Its calls are the function's, the table's and the buckets', as those of the REST API.
    as_calls = estimate(Usage(images=0, api_calls=10_000), "us-east-1")
    rest = 10_000 * 3.50 / 1e6
    assert shared.total - (0.01 + 0.075 + 0.016 + 0.08 * 0.085) == pytest.approx(as_calls.total - rest)


def _purposes(found: cost.Estimate) -> set[str]:
    return {line.purpose for line in found.lines}


def test_a_region_without_prices_is_told_with_those_that_have_them() -> None:
    with pytest.raises(UnknownRegionError, match=r"no prices of mars-1.*us-east-1"):
        estimate(Usage(images=1), "mars-1")


def test_the_template_counts_the_detector_at_its_list_price() -> None:
    _, per_thousand = PRICES["Regions"]["us-east-1"]["RekognitionPer1000"][0]
    template = yaml_parse((PROJECT / "infrastructure/template.yaml").read_text())
    assert template["Parameters"]["DetectorPrice"]["Default"] * 1000 == per_thousand


def test_the_estimate_knows_how_much_is_watched() -> None:
    resources = yaml_parse((PROJECT / "infrastructure/template.yaml").read_text())["Resources"]
    alarms = [name for name, resource in resources.items() if resource["Type"] == "AWS::CloudWatch::Alarm"]
    watched = next(line for line in estimate(Usage(images=0), "us-east-1").lines if "alarms" in line.purpose)
    assert watched.purpose == f"10 metrics, {len(alarms)} alarms"


def test_the_estimate_knows_the_memory_of_the_functions() -> None:
    resources = yaml_parse((PROJECT / "infrastructure/template.yaml").read_text())["Resources"]
    memory = [resources[f"{name}Function"]["Properties"]["MemorySize"] for name in ("ImageProcessing", "ApiHandler")]
    gigabyte_seconds = [cost.GIGABYTES * 1000, cost.API_GB_SECONDS / 0.05 * 1000]
    assert gigabyte_seconds == pytest.approx(memory)
