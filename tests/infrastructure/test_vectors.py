"""The stack of similar images: an index of the vectors' size, and what each function may do with it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.infrastructure.translation import translate
from viewfinder.domain.vector import SIZE

TITAN = "arn:aws:bedrock:eu-west-1::foundation-model/amazon.titan-embed-image-v1"
WITH = {"Detector": "Engine", "SimilarImages": "S3Vectors"}


def resources(**parameters: str) -> dict[str, Any]:
    found: dict[str, Any] = translate(**parameters)["Resources"]
    return found


def allowed(role: dict[str, Any]) -> dict[str, Any]:
    statements = [each for policy in role["Properties"]["Policies"] for each in policy["PolicyDocument"]["Statement"]]
    return {str(each["Action"]): each["Resource"] for each in statements if "s3vectors:" in str(each["Action"])}


def test_the_index_has_the_size_of_a_vector_and_the_functions_know_it() -> None:
    found = resources(**WITH)
    index = found["VectorIndex"]["Properties"]
    assert (index["Dimension"], index["DataType"], index["DistanceMetric"]) == (SIZE, "float32", "cosine")
    for name in ("ImageProcessingFunction", "ApiHandlerFunction"):
        variables = found[name]["Properties"]["Environment"]["Variables"]
        assert variables["VIEWFINDER_VECTORS"] == {"Fn::GetAtt": ["VectorIndex", "IndexArn"]}


def test_each_function_may_do_with_the_index_what_it_does() -> None:
    found = resources(**WITH)
    arn = {"Fn::GetAtt": ["VectorIndex", "IndexArn"]}
    assert allowed(found["ImageProcessingRole"]) == {"s3vectors:PutVectors": arn}
    api = {f"s3vectors:{action}Vectors": arn for action in ("Get", "Query", "Delete")}
    assert allowed(found["ApiHandlerRole"]) == api
    assert allowed(found["LabelStatisticsRole"]) == {}


@pytest.mark.parametrize("parameters", [{}, {"Detector": "Engine"}, {"SimilarImages": "S3Vectors"}])
def test_without_the_engine_or_the_wish_there_is_no_index(parameters: dict[str, str]) -> None:
    found = resources(**parameters)
    assert [each for each in found.values() if each["Type"].startswith("AWS::S3Vectors")] == []
    assert allowed(found["ImageProcessingRole"]) | allowed(found["ApiHandlerRole"]) == {}
    variables = found["ApiHandlerFunction"]["Properties"]["Environment"]["Variables"]
    assert "VIEWFINDER_VECTORS" not in variables


def of_bedrock(role: dict[str, Any]) -> list[dict[str, Any]]:
    statements = [each for policy in role["Properties"]["Policies"] for each in policy["PolicyDocument"]["Statement"]]
    return [each for each in statements if "bedrock:" in str(each["Action"])]


@pytest.mark.parametrize("detector", ["Rekognition", "Engine"])
@pytest.mark.parametrize("size", ["256", "1024"])
def test_with_bedrock_both_functions_may_call_one_model_and_keep_its_vectors(detector: str, size: str) -> None:
    found = resources(Detector=detector, Embeddings="Bedrock", EmbeddingSize=size)
    index = found["VectorIndex"]["Properties"]
    assert (str(index["Dimension"]), index["IndexName"]) == (size, f"titan-{size}")
    for name in ("ImageProcessing", "ApiHandler"):
        [statement] = of_bedrock(found[f"{name}Role"])
        assert (statement["Action"], statement["Resource"]) == ("bedrock:InvokeModel", TITAN)
        variables = found[f"{name}Function"]["Properties"]["Environment"]["Variables"]
        assert variables["VIEWFINDER_EMBEDDINGS"] == f"bedrock:{size}"
        assert variables["VIEWFINDER_VECTORS"] == {"Fn::GetAtt": ["VectorIndex", "IndexArn"]}
    assert allowed(found["ImageProcessingRole"]) == {"s3vectors:PutVectors": variables["VIEWFINDER_VECTORS"]}
    assert of_bedrock(found["LabelStatisticsRole"]) == []


@pytest.mark.parametrize("parameters", [{}, WITH])
def test_without_bedrock_nothing_may_call_it(parameters: dict[str, str]) -> None:
    found = resources(**parameters)
    assert of_bedrock(found["ImageProcessingRole"]) + of_bedrock(found["ApiHandlerRole"]) == []
    assert "VIEWFINDER_EMBEDDINGS" not in found["ApiHandlerFunction"]["Properties"]["Environment"]["Variables"]
