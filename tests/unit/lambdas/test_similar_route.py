"""The routes of similar images: documents as the contract has them, and what a stack without vectors answers."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from openapi_schema_validator import OAS30Validator

from tests.support.contract import CONTRACT
from tests.unit.lambdas.test_api_handler import an_event, error_of, handler, settings_with
from tests.unit.usecases.test_similar import SEARCH, FakeEmbedder, Pipeline, vector_of
from viewfinder.bootstrap import Application
from viewfinder.domain.vector import MODEL, Vector
from viewfinder.rekognition.labels import vector as engines

__all__ = ["handler"]  # the fixture

WITHOUT_WORDS = "images are ranked by words with a model that knows both: `up --clip`, or Embeddings=Bedrock on AWS"


@pytest.fixture
def api(handler: Any) -> Any:
    """Return the handler with three images of a stack that keeps vectors."""
    pipeline = Pipeline()
    pipeline.put(**{"a.jpg": b"Dog", "b.jpg": b"Cat", "c.jpg": b"Boat"})
    handler.application = Application(settings_with("Own", vectors="catalog"), similar=pipeline.similar)
    return handler


def asked_like(api: Any, image_id: str, **query: list[str]) -> dict[str, Any]:
    event = an_event("GET", "/similar/{ImageId+}", image_id) | {"multiValueQueryStringParameters": query}
    response: dict[str, Any] = api.handler(event, None)
    return response


def asked(api: Any, body: Any) -> dict[str, Any]:
    response: dict[str, Any] = api.handler(an_event("POST", "/similar") | {"body": json.dumps(body)}, None)
    return response


def test_similar_images_are_answered_as_the_contract_says(api: Any) -> None:
    of_an_image = json.loads(asked_like(api, "a.jpg")["body"])
    of_a_vector = json.loads(asked(api, {"Vector": str(vector_of(b"Dog")), "Limit": 1})["body"])
    assert [(each["ImageId"], each["Similarity"]) for each in of_an_image["Images"]] == [("b.jpg", 90), ("c.jpg", 80)]
    assert [each["ImageId"] for each in of_a_vector["Images"]] == ["a.jpg"]
    response = CONTRACT["paths"]["/similar"]["post"]["responses"]["200"]
    schema = response["content"]["application/json"]["schema"]
    validator = OAS30Validator({**schema, "components": CONTRACT["components"]})
    assert [error.message for page in (of_an_image, of_a_vector) for error in validator.iter_errors(page)] == []


def test_an_image_that_is_not_there_is_not_found(api: Any) -> None:
    assert error_of(asked_like(api, "d.jpg"))[:2] == (404, "ImageNotFound")


def test_an_image_without_a_vector_says_so(api: Any) -> None:
    api.application.similar.vectors.kept.clear()
    assert error_of(asked_like(api, "a.jpg"))[:2] == (404, "VectorNotFound")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "Vector: is missing"),
        ({"Vector": 7}, "Vector: must be the name of a model, a slash, and signed bytes in base64 (1,280 of "),
        ({"Vector": "efficientnet-lite3/AAAA"}, "Vector: must be the name of a model, a slash, and signed bytes"),
        ({"Vector": str(Vector("other", b"1" * 1280))}, "Vector: is of the model other; vectors here are of "),
        ({"Vector": str(vector_of(b"Dog")), "Limit": 51}, "Limit: must be a whole number from 1 to 50"),
    ],
)
def test_anything_but_a_vector_of_the_engine_is_refused(api: Any, body: Any, message: str) -> None:
    assert error_of(asked(api, body))[2].startswith(message)


def test_a_stack_without_vectors_says_so_and_why(handler: Any) -> None:
    handler.application.__dict__["settings"] = settings_with("Own", vectors="")
    handler.application.__dict__["catalog"] = type("Catalog", (), {"find": lambda *_: None})()
    health = json.loads(handler.handler(an_event("GET", "/health"), None)["body"])
    assert health["Absent"] == {
        "Similar": "similar images need a store of vectors, and Viewfinder's own engine or another model for them",
        "Words": WITHOUT_WORDS,
    }
    for response in (asked_like(handler, "a.jpg"), asked(handler, {})):
        assert error_of(response) == (405, "MethodNotAllowed", health["Absent"]["Similar"])


@pytest.fixture
def wordy(handler: Any) -> Any:
    """Return the handler with three images of a stack whose model knows words."""
    pipeline = Pipeline(FakeEmbedder())
    pipeline.put(**{"a.jpg": b"Dog", "b.jpg": b"Cat", "c.jpg": b"Boat"})
    settings = replace(settings_with("Own", vectors="catalog"), embeddings="http://127.0.0.1:1")
    handler.application = Application(settings, similar=pipeline.similar, search=SEARCH)
    return handler


def ranked(api: Any, **query: str) -> dict[str, Any]:
    given = {name: [value] for name, value in query.items()}
    response: dict[str, Any] = api.handler(
        an_event("GET", "/images") | {"multiValueQueryStringParameters": given}, None
    )
    return response


def test_images_are_ranked_by_words_as_the_contract_says(wordy: Any) -> None:
    page = json.loads(ranked(wordy, like="a dog on a beach", limit="2")["body"])
    assert [(each["ImageId"], each["Similarity"]) for each in page["Images"]] == [("a.jpg", 100), ("b.jpg", 90)]
    response = CONTRACT["paths"]["/images"]["get"]["responses"]["200"]
    validator = OAS30Validator(
        {**response["content"]["application/json"]["schema"], "components": CONTRACT["components"]}
    )
    assert [error.message for error in validator.iter_errors(page)] == []
    filtered = json.loads(ranked(wordy, like="a dog on a beach", prefix="c")["body"])
    assert [each["ImageId"] for each in filtered["Images"]] == ["c.jpg"]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"order": "taken"}, "order: can't be combined with like, which orders the images itself"),
        ({"nextToken": "x"}, "nextToken: can't be combined with like, whose answer is one page"),
    ],
)
def test_what_a_ranking_can_not_do_is_refused(wordy: Any, query: dict[str, str], message: str) -> None:
    assert error_of(ranked(wordy, like="a dog", **query)) == (400, "InvalidParameter", message)


def test_a_text_has_a_limit(wordy: Any) -> None:
    assert error_of(ranked(wordy, like="x" * 251))[2] == "like: must be a text of 1 to 250 characters"


def test_a_stack_without_a_model_of_words_says_so(api: Any) -> None:
    assert error_of(ranked(api, like="a dog")) == (400, "InvalidParameter", f"like: {WITHOUT_WORDS}")


def test_engine_and_pipeline_name_the_same_model() -> None:
    assert engines.MODEL == MODEL
