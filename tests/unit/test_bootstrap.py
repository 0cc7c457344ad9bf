"""The composition root: which clients are built when, and how long they wait."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from viewfinder.bootstrap import Application

LAMBDAS = Path(__file__).parents[2] / "lambdas"
CLIENTS = {"dynamodb_client", "s3_client", "signing_client", "sqs_client", "rekognition_client"}


@pytest.fixture
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of a function on AWS."""
    for name in ("IMAGES_BUCKET", "DERIVED_BUCKET", "TABLE", "QUEUE_URL"):
        monkeypatch.setenv(f"VIEWFINDER_{name}", "https://sqs.us-east-1.amazonaws.com/1/queue")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "viewfinder")


def application_of(function: str) -> Application:
    """Load a function's handler as Lambda does during INIT."""
    spec = importlib.util.spec_from_file_location(f"{function}_handler", LAMBDAS / function / "handler.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.application  # type: ignore[no-any-return]


@pytest.mark.usefixtures("_environment")
@pytest.mark.parametrize(
    ("function", "built"),
    [
        ("image_processing", {"dynamodb_client", "s3_client", "sqs_client", "rekognition_client"}),
        ("api_handler", {"dynamodb_client", "signing_client"}),
        ("label_statistics", {"dynamodb_client"}),
    ],
)
def test_a_function_builds_what_every_request_needs_during_its_init(function: str, built: set[str]) -> None:
    assert CLIENTS & vars(application_of(function)).keys() == built


@pytest.mark.usefixtures("_environment")
def test_elsewhere_a_handler_is_imported_without_a_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_LAMBDA_FUNCTION_NAME")
    assert CLIENTS & vars(application_of("api_handler")).keys() == set()


@pytest.mark.usefixtures("_environment")
def test_a_client_gives_up_before_the_function_does() -> None:
    """botocore waits for 60 seconds; the functions live for 60 (images, statistics) and 28 (API)."""
    clients = {name: getattr(Application(), name) for name in CLIENTS - {"signing_client"}}
    assert {name: client.meta.config.read_timeout for name, client in clients.items()} == {
        "dynamodb_client": 5,
        "sqs_client": 5,
        "s3_client": 20,
        "rekognition_client": 15,
    }
