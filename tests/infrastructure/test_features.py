"""Each row of the table of features has its place everywhere: a feature that is forgotten somewhere fails here."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import botocore.session
import pytest
import yaml

from tests.infrastructure.translation import translate
from tests.support.findings import FINDINGS
from viewfinder.adapters.detector import _EngineClient
from viewfinder.bootstrap import Application
from viewfinder.domain.errors import MisconfiguredError
from viewfinder.domain.feature import (
    FEATURES,
    FURTHER,
    EngineLacksModelError,
    Feature,
    Parameters,
    detector_calls,
    read_features,
)
from viewfinder.local.state import Options, with_options
from viewfinder.operations.cost import Usage, estimate
from viewfinder.rekognition.service import OPERATIONS
from viewfinder.settings import Settings

REPOSITORY = Path(__file__).parents[2]
CONTRACT: dict[str, Any] = yaml.safe_load((REPOSITORY / "infrastructure" / "openapi.yaml").read_text())
IMAGE = CONTRACT["components"]["schemas"]["Image"]["properties"]

each_feature = pytest.mark.parametrize("feature", list(Feature))


def _with(*features: Feature) -> str:
    return ",".join(feature for feature in Feature if feature in {Feature.LABELS, *features})


def _calls(role: dict[str, Any]) -> set[str]:
    """Return the operations of Rekognition that a role may call."""
    return set(re.findall(r'"rekognition:(\w+)"', json.dumps(role)))


def test_the_table_has_a_row_for_each_feature() -> None:
    assert list(FEATURES) == list(Feature)


@each_feature
def test_the_operation_is_rekognitions_with_these_members(feature: Feature) -> None:
    row = FEATURES[feature]
    model = botocore.session.get_session().get_service_model("rekognition").operation_model(row.operation)
    assert model.input_shape
    assert model.output_shape
    assert set(row.request(Parameters(40, 55.0, feature))) < set(model.input_shape.members)
    assert {*row.answers, row.version} - {""} <= set(model.output_shape.members)


@each_feature
def test_the_template_takes_it_and_lets_the_function_call_it_only_then(feature: Feature) -> None:
    role = translate(Features=_with(feature))["Resources"]["ImageProcessingRole"]
    rows = [FEATURES[each] for each in {Feature.LABELS, feature}]
    assert _calls(role) == {operation for row in rows for operation in (row.operation, *row.beside)}
    assert _calls(translate(Features=_with(feature), Detector="Engine")["Resources"]["ImageProcessingRole"]) == set()


@pytest.mark.parametrize("features", [_with(), _with(*FURTHER), *map(_with, FURTHER)])
def test_the_templates_parameter_takes_what_the_function_reads(features: str) -> None:
    pattern = translate()["Parameters"]["Features"]["AllowedPattern"]
    assert re.fullmatch(pattern, features)
    assert ",".join(read_features(features)) == features
    assert not re.fullmatch(pattern, f"{features},LABELS")


@each_feature
def test_the_contract_has_its_name_and_its_findings(feature: Feature) -> None:
    assert feature in IMAGE["Features"]["items"]["enum"]
    assert FEATURES[feature].member in IMAGE


def test_the_contract_names_no_feature_that_there_is_not() -> None:
    assert IMAGE["Features"]["items"]["enum"] == list(Feature)


def test_the_engines_stacks_refuse_what_it_has_no_model_for() -> None:
    lacking = next(feature for feature in Feature if FEATURES[feature].engine_seconds is None)
    with pytest.raises(EngineLacksModelError, match=f"no model for {lacking}; Amazon Rekognition has"):
        with_options(None, Options(features=_with(lacking)))
    settings = Settings(
        images_bucket="", derived_bucket="", table="", queue_url="", detector="Engine", features=_with(lacking)
    )
    with pytest.raises(MisconfiguredError, match=f"no model for {lacking}"):
        _ = Application(settings).features


@each_feature
def test_a_month_has_its_calls_and_their_price(feature: Feature) -> None:
    found = estimate(Usage(images=1000, features=(feature,)), "us-east-1").lines[0]
    assert found.purpose == f"1,000 calls of {FEATURES[feature].operation}"
    assert found.dollars == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("features", "calls"), [("LABELS", 10), ("LABELS,TEXT", 20), ("LABELS,PEOPLE", 30), ("LABELS,TEXT,PEOPLE", 40)]
)
def test_what_contents_take_beforehand_is_a_call_for_each_feature_and_a_search_for_a_face(
    features: str, calls: int
) -> None:
    assert detector_calls(read_features(features), 10) == calls


@each_feature
def test_the_engine_has_the_operation_or_the_table_says_that_it_has_no_model(feature: Feature) -> None:
    row = FEATURES[feature]
    method = re.sub("(?<!^)(?=[A-Z])", "_", row.operation).lower()
    assert (row.operation in OPERATIONS) is (row.engine_seconds is not None)
    assert hasattr(_EngineClient, method) is (row.engine_seconds is not None and not row.beside)
    assert set(row.beside) <= set(OPERATIONS)


def test_a_collection_is_refused_where_the_engine_keeps_none() -> None:
    asked = _with(Feature.PEOPLE)
    assert with_options(None, Options(features=asked)).features == asked
    with pytest.raises(EngineLacksModelError, match="PEOPLE needs a collection"):
        with_options(None, Options(features=asked, in_process=True))
    settings = Settings(images_bucket="", derived_bucket="", table="", queue_url="", detector="Engine", features=asked)
    with pytest.raises(MisconfiguredError, match="PEOPLE needs a collection"):
        _ = Application(settings).features


def test_the_stacks_collection_is_made_and_named_for_the_feature_only() -> None:
    for features, count in ((_with(), 0), (_with(Feature.PEOPLE), 1)):
        resources = translate(Features=features)["Resources"]
        collections = [each for each in resources.values() if each["Type"] == "AWS::Rekognition::Collection"]
        assert len(collections) == count
        for action in ("IndexFaces", "SearchFaces"):
            may = {name: _allowed(each, f"rekognition:{action}") for name, each in resources.items()}
            assert {name: where for name, where in may.items() if where} == (
                {"ImageProcessingRole": [_COLLECTION_ARN]} if count else {}
            )


_COLLECTION_ARN = "arn:aws:rekognition:eu-west-1:123456789012:collection/photos-people"


def _allowed(resource: dict[str, Any], action: str) -> list[Any]:
    """Return the resources for which the policies of a role name an action."""
    policies = resource.get("Properties", {}).get("Policies", [])
    statements = [each for policy in policies for each in policy["PolicyDocument"]["Statement"]]
    return [each["Resource"] for each in statements if action in str(each.get("Action"))]


@each_feature
def test_its_findings_are_stored_and_read_as_they_were(feature: Feature) -> None:
    finding = FINDINGS[feature]
    assert FEATURES[feature].read(finding.to_document()) == finding


@each_feature
def test_the_docs_name_it(feature: Feature) -> None:
    assert f"`{feature}`" in (REPOSITORY / "docs" / "processing.md").read_text()
