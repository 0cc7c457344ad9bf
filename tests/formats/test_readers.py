"""What earlier releases stored is read by today's code, on both catalogs, with the values that they answered."""

from __future__ import annotations

import importlib.util
import json
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.support import golden
from tests.support.tables import TABLE, create_table
from viewfinder.adapters.dynamodb.counters import DynamoDbCounters
from viewfinder.adapters.dynamodb.stream import image_states
from viewfinder.adapters.s3_events import events_of
from viewfinder.bootstrap import Application
from viewfinder.domain import formats
from viewfinder.domain.analysis import Analysis
from viewfinder.domain.feature import FEATURES, Feature, read_findings
from viewfinder.domain.record_state import RecordState
from viewfinder.settings import Settings
from viewfinder.usecases.count_labels import count_labels

REPOSITORY = Path(__file__).parents[2]
NOW = "2026-01-02T00:00:00.000000Z"

CATALOGS = [
    *((version, "dynamodb") for version in golden.VERSIONS),
    *((version, "sqlite") for version in golden.WITH_SQLITE),
]
on_each_catalog = pytest.mark.parametrize(
    ("upgraded", "place"),
    [pytest.param(place, place, id=" ".join(place)) for place in CATALOGS],
    indirect=["upgraded"],
)

Ask = Callable[..., dict[str, Any]]


class Clock:
    """A day after the golden history."""

    def now(self) -> str:
        return NOW


@pytest.fixture
def aws() -> Iterator[boto3.Session]:
    with mock_aws():
        yield boto3.Session("test", "test", region_name="us-east-1")


@pytest.mark.parametrize("place", CATALOGS, ids=" ".join)
def test_the_state_of_each_record_is_that_of_the_whole_record(
    place: tuple[str, str], aws: boto3.Session, tmp_path: Path
) -> None:
    application = Application(_settings(_catalog(*place, aws, tmp_path)), session=aws)
    with closing(application.catalog_parts):
        states = list(application.records.states())
        images = application.records.find_many([state.image_id for state in states]).values()
    assert len(states) == len([then for then in golden.expected(*place)["Images"].values() if then["Status"] == 200])
    assert set(states) == {RecordState.of(image) for image in images}


@pytest.fixture
def upgraded(request: pytest.FixtureRequest, aws: boto3.Session, tmp_path: Path) -> Iterator[Ask]:
    """Answer calls of the API from what a release stored: version and catalog are the parameter."""
    version, catalog = request.param
    application = Application(_settings(_catalog(version, catalog, aws, tmp_path)), session=aws, clock=Clock())
    patient = replace(application.search, patience=600.0)  # a busy machine shortens no page
    vars(application)["search"] = patient
    module: Any = _handler()
    module.application = application
    with closing(application.catalog_parts):
        yield lambda path, query=None, key="": _answer(module, path, query, key)


def _catalog(version: str, catalog: str, aws: boto3.Session, folder: Path) -> str:
    if catalog == "sqlite":
        return f"sqlite:{golden.restore_database(version, folder / 'catalog.db')}"
    client = aws.client("dynamodb")
    create_table(client)
    golden.load_table(client, TABLE, version)
    count_labels(image_states(golden.stream(version)), DynamoDbCounters(client, TABLE))
    return "dynamodb"


def _settings(catalog: str) -> Settings:
    # Four shards are what the releases' template had.
    return Settings(
        images_bucket="images", derived_bucket="derived", table=TABLE, queue_url="", catalog=catalog, shards=4
    )


def _handler() -> ModuleType:
    file = REPOSITORY / "lambdas" / "api_handler" / "handler.py"
    specification = importlib.util.spec_from_file_location("upgraded_api_handler", file)
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def _answer(module: ModuleType, path: str, query: Mapping[str, list[str]] | None, key: str) -> dict[str, Any]:
    written = urllib.parse.quote(key, safe="/")
    event = {
        "httpMethod": "GET",
        "resource": path,
        "path": path.replace("{ImageId+}", written),
        "pathParameters": {"ImageId": written} if key else None,
        "multiValueQueryStringParameters": query,
        "requestContext": {"requestId": "request"},
    }
    response = module.handler(event, None)
    return {"Status": response["statusCode"], "Body": _without_urls(json.loads(response["body"]))}


def _without_urls(value: Any) -> Any:
    match value:
        case dict():
            return {name: _without_urls(member) for name, member in value.items() if name != "Url"}
        case list():
            return [_without_urls(member) for member in value]
    return value


NEW_SINCE = {"0.1.0": {"Features"}, "0.2.0": set()}
"""Members that today's answers have, and those of a release had not."""


@on_each_catalog
def test_each_image_is_answered_as_by_the_release_that_stored_it(upgraded: Ask, place: tuple[str, str]) -> None:
    for key, then in golden.expected(*place)["Images"].items():
        now = upgraded("/images/{ImageId+}", key=key)
        if then["Status"] == 200:
            new = now["Body"].keys() - then["Body"].keys()
            assert new <= NEW_SINCE[place[0]], key
            now["Body"] = {name: value for name, value in now["Body"].items() if name not in new}
            facts = now["Body"].get("Facts", {})
            assert facts.pop("TakenAtSource", None) == ("EXIF" if "TakenAt" in facts else None)  # new since 0.2.0
            assert now == then, key
        else:
            assert now["Status"] == then["Status"], key


@on_each_catalog
@pytest.mark.parametrize("part", ["Searches", "Others"])
def test_each_call_is_answered_as_by_the_release_that_stored_it(
    upgraded: Ask, place: tuple[str, str], part: str
) -> None:
    for then in golden.expected(*place)[part]:
        now = upgraded(then["Path"], then["Query"])
        assert now == {"Status": then["Status"], "Body": then["Body"]}, (then["Path"], then["Query"])


@pytest.mark.parametrize("version", golden.VERSIONS)
def test_each_analysis_is_read_with_what_the_release_found(version: str) -> None:
    for key, document in golden.analyses(version).items():
        for feature, row in FEATURES.items():
            analysis = Analysis.from_document(document, feature)
            assert analysis.stored_format == 0, key
            assert analysis.findings == read_findings(document).get(feature, ())
            assert (analysis.facts is None) == ("Facts" not in document)
            assert set(analysis.to_document()) <= {*document, formats.MEMBER, row.member, "Facts"}
        assert len(Analysis.from_document(document, Feature.LABELS).findings) == len(document["Labels"])


@pytest.mark.parametrize("version", golden.VERSIONS)
def test_each_message_that_waits_is_understood(version: str) -> None:
    for message in golden.messages(version):
        record = {"body": message["Body"], "attributes": {"ApproximateReceiveCount": "1"}}
        found = [
            (event.image_id, event.sequencer, event.analyzed_since) for event in events_of(record, max_receive_count=8)
        ]
        then = [(event["image_id"], _sequencer(event, message), event["analyzed_since"]) for event in message["Events"]]
        assert found == then


def _sequencer(event: Mapping[str, Any], message: Mapping[str, Any]) -> str:
    """Return the sequencer; from 0.2.0 on that of a restored object, which is no new one, does not count."""
    return "" if "ObjectRestore" in message["Body"] else event["sequencer"]
