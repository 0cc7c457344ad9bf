"""The composition root: which clients are built when, how long they wait, and what is refused."""

from __future__ import annotations

import importlib.util
import random
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.fakes import FakeCatalog
from viewfinder.bootstrap import Application
from viewfinder.domain.errors import MisconfiguredError
from viewfinder.domain.feature import Feature
from viewfinder.settings import Settings

RESOURCES: dict[str, Any] = {
    "images_bucket": "images",
    "derived_bucket": "derived",
    "table": "catalog",
    "queue_url": "queue",
}
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
    application: Application = module.application
    return application


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


@pytest.mark.parametrize("name", ["catalogue", "__init__", "_client"])
def test_a_part_that_it_does_not_know_is_refused(name: str) -> None:
    with pytest.raises(TypeError, match=name):
        Application(Settings(**RESOURCES), **{name: FakeCatalog()})  # type: ignore[arg-type]


def test_a_part_that_is_handed_in_is_used() -> None:
    catalog = FakeCatalog()
    assert Application(Settings(**RESOURCES), catalog=catalog).catalog is catalog


@pytest.mark.parametrize(
    ("features", "url", "has_two_stages"),
    [
        ("LABELS,TEXT", "https://sqs/photos-second-stage", True),
        ("LABELS,TEXT", "", False),
        ("LABELS", "https://sqs/photos-second-stage", False),
        ("LABELS,MODERATION", "https://sqs/photos-second-stage", False),
    ],
)
@pytest.mark.usefixtures("_environment")
def test_images_have_two_stages_where_a_feature_and_a_queue_are_of_the_second(
    features: str, url: str, *, has_two_stages: bool
) -> None:
    settings = Settings(**RESOURCES, features=features, second_stage_queue_url=url)
    assert (Application(settings).index_image.second_stage is not None) is has_two_stages


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("LABELS", (Feature.LABELS,)),
        ("TEXT, LABELS", (Feature.LABELS, Feature.TEXT)),
        ("LABELS,TEXT,FACES", (Feature.LABELS, Feature.TEXT, Feature.FACES)),
    ],
)
def test_features_are_read_in_one_order(written: str, read: tuple[Feature, ...]) -> None:
    assert Application(Settings(**RESOURCES, features=written)).features == read


@pytest.mark.parametrize("written", ["TEXT", "", "LABELS,SCENES", "LABELS,LABELS", "labels"])
def test_features_that_there_are_not_are_refused(written: str) -> None:
    with pytest.raises(MisconfiguredError, match="VIEWFINDER_FEATURES"):
        Application(Settings(**RESOURCES, features=written)).features  # noqa: B018


@pytest.mark.usefixtures("_environment")
@pytest.mark.parametrize("kind", ["on-demand", "snap-start"])
def test_starts_from_one_snapshot_do_not_draw_the_same_numbers(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hooks: list[Any] = []
    runtime = SimpleNamespace(register_after_restore=hooks.append)
    monkeypatch.setitem(sys.modules, "snapshot_restore_py", runtime)
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", kind)
    Application().prepare()
    snapshot = random.getstate()

    drawn = set()
    for _ in range(3):
        random.setstate(snapshot)
        for hook in hooks:
            hook()
        drawn.add(random.random())

    assert len(drawn) == {"on-demand": 1, "snap-start": 3}[kind]
