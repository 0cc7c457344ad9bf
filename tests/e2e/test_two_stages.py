"""Labels first, on the real stack: found by them before any text is read; every process dies between the stages."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import TEMPLATE, RunningStack
from tests.e2e.test_durability import importing, made_photos, recovered
from tests.e2e.test_faults import function_name
from tests.support.catalogs import all_images
from tests.support.detector_proxy import DetectorProxy
from tests.support.waiting import wait_for
from viewfinder.deployment.progress import silent
from viewfinder.local.data_directory import DataDirectory
from viewfinder.local.processes import free_port, kill_stragglers
from viewfinder.local.stack import LocalStack
from viewfinder.local.state import Options
from viewfinder.usecases.differences import find_differences

COUNT = 12


@pytest.fixture
def detector() -> Iterator[DetectorProxy]:
    """A detector that outlives the stack, and so knows every call."""
    with DetectorProxy().running() as proxy:
        yield proxy


@pytest.fixture
def local(tmp_path_factory: pytest.TempPathFactory, detector: DetectorProxy) -> Iterator[LocalStack]:
    """A stack with the default features that asks this detector, and has saved that it does."""
    local = LocalStack(DataDirectory(tmp_path_factory.mktemp("stages")))
    local.up(TEMPLATE, Options(port=free_port(), gallery_port=free_port()), silent)
    stack = RunningStack(local)
    functions, name = stack.client("lambda"), function_name(stack)
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    asks = {"Variables": {**variables, "AWS_ENDPOINT_URL_REKOGNITION": detector.url}}
    functions.update_function_configuration(FunctionName=name, Environment=asks)
    local.down()
    local.up(TEMPLATE, Options(), silent)
    yield local
    local.down()


def test_every_process_dies_between_the_stages_and_nothing_is_lost_or_asked_twice(
    local: LocalStack, detector: DetectorProxy, tmp_path: Path
) -> None:
    folder = made_photos(tmp_path, COUNT)
    contents = {hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()}
    detector.hold("DetectText")
    command = importing(local, folder)
    found = lambda: len(found_by_label(local)) == COUNT and detector.waiting > 0  # noqa: E731
    wait_for(found, seconds=180, what="every image found by its label, while text is asked for")
    application = local.application()
    assert {(image.features, image.pending) for image in all_images(application.records)} == {(("LABELS",), ("TEXT",))}
    assert set(detector.asked) == {("DetectLabels", content) for content in contents}

    kill_stragglers(local.data.path)
    command.kill()
    command.communicate()
    detector.drop()
    local.up(TEMPLATE, Options(), silent)
    recovered(local)

    application = local.application()
    images = list(all_images(application.records))
    assert {(image.features, image.pending) for image in images} == {(("LABELS", "TEXT"), ())}
    assert sorted(image.sha256 for image in images) == sorted(contents)
    operations = ("DetectLabels", "DetectText")
    assert detector.asked == {(operation, content): 1 for operation in operations for content in contents}
    with find_differences(application.stores) as differences:
        assert not differences


def found_by_label(local: LocalStack) -> list[str]:
    """Return the images that the API finds by the label that the detector gives to all."""
    answer = RunningStack(local).call("GET", "/images?label=Cat&limit=100")
    return [image["ImageId"] for image in answer.json()["Images"]]
