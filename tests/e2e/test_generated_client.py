"""A client that a generator makes of the contract has every operation, and works on the real stack."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import PROJECT, RunningStack
from tests.support.contract import CONTRACT, FILE, METHODS
from tests.support.waiting import wait_for
from viewfinder.operations.signing import Signer

GENERATOR = "openapi-python-client==0.29.1"
KEY = "generated/a b+1.jpg"


class Signature(httpx.Auth):
    """Signs each request as its user: a generator can't know how."""

    def __init__(self, stack: RunningStack) -> None:
        self._signer = Signer(stack.local.session)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        signed = self._signer.sign(request.method, str(request.url), request.content)
        request.headers.update(signed.headers)
        yield request


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Generate the client in an environment of the generator's own; its package can be imported."""
    folder = tmp_path_factory.mktemp("generated")
    uvx = Path(sys.executable).parent / "uvx"
    generate = [str(uvx), "--quiet", "--from", GENERATOR, "openapi-python-client", "generate"]
    options = ["--path", str(FILE), "--meta", "none", "--output-path", str(folder / "made")]
    done = subprocess.run([*generate, *options], capture_output=True, text=True, check=False)
    assert (done.returncode, re.findall(r"(?i)warning|unable|error", done.stdout + done.stderr)) == (0, []), done.stdout
    sys.path.insert(0, str(folder))
    yield folder / "made"
    sys.path.remove(str(folder))


def test_every_operation_is_generated(generated: Path) -> None:
    """Also those on one image: a generator drops a path parameter that is not OpenAPI's."""
    made = {file.stem for file in generated.glob("api/*/*.py")} - {"__init__"}
    wanted = {
        re.sub(r"(?<=[a-z])([A-Z])", r"_\1", operation["operationId"]).lower()
        for item in CONTRACT["paths"].values()
        for method, operation in item.items()
        if method in METHODS
    }
    assert (made, len(made)) == (wanted, 28)


def test_search_and_get_work_with_it(generated: Path, stack: RunningStack) -> None:
    photo = (PROJECT / "samples" / "cat.jpg").read_bytes()
    stack.client("s3").put_object(Bucket=stack.bucket, Key=KEY, Body=photo)
    wait_for(lambda: stack.image(KEY).status_code == 200, seconds=60, what="the analysis")
    client = importlib.import_module("made").Client(
        stack.api_url, httpx_args={"auth": Signature(stack)}, raise_on_unexpected_status=True
    )

    def call(operation: str, *arguments: Any, **options: Any) -> Any:
        return importlib.import_module(f"made.api.images.{operation}").sync(*arguments, client=client, **options)

    with client:
        found = call("search_images", label=["cat"], prefix="generated/", min_confidence=50)
        image = call("get_image", KEY)
        missing = call("get_image", "generated/none.jpg")

    assert [summary.image_id for summary in found.images] == [KEY]
    assert (image.image_id, image.status, "Cat" in {label.name for label in image.labels}) == (KEY, "ANALYZED", True)
    assert missing.error.code == "ImageNotFound"
