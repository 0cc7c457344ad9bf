"""Decompression bombs in a live function process: refused for the right reason, the rest of their batch unharmed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.bombs import BOMBS

FUNCTION_MEGABYTES = 1769
"""MemorySize of the image function (infrastructure/template.yaml)."""

FUNCTION = """
import json, sys
from tests.support.bombs import BOMBS
from tests.support.fakes import FakeBucket, FakeCatalog, FakeClock, FakeDerivedStore, FakeDetector
from tests.support.histories import PARAMETERS, load_handler
from tests.support.photos import encoded, marked
from viewfinder.adapters.pictures import Pictures
from viewfinder.bootstrap import Application
from viewfinder.domain.analysis import Detection
from viewfinder.settings import Settings
from viewfinder.usecases.index_image import IndexImage

class Detector(FakeDetector):
    def detect(self, rendition, parameters):
        return Detection((), "1")

class Context:
    def get_remaining_time_in_millis(self):
        return 60_000

def message(key):
    entry = {"eventName": "ObjectCreated:Put", "s3": {"object": {"key": key, "sequencer": "01"}}}
    return {"messageId": key, "receiptHandle": key, "body": json.dumps({"Records": [entry]}),
            "attributes": {"ApproximateReceiveCount": "1"}}

bucket, catalog = FakeBucket(), FakeCatalog()
parts = (bucket, FakeDerivedStore(), Pictures(), Detector(), catalog, catalog, FakeClock(), PARAMETERS)
index = IndexImage(*parts, max_bytes=10**9)
settings = Settings(images_bucket="i", derived_bucket="d", table="t", queue_url="q")
handler = load_handler()
handler.application = Application(settings, index_image=index)
name = sys.argv[1]
bucket.put("bomb", BOMBS[name].make())
for number in range(5):
    bucket.put(f"good-{number}", encoded("PNG", marked((300 + number, 200))))
open("/proc/self/clear_refs", "w").write("5")
answer = handler.handler({"Records": [message(key) for key in sorted(bucket.contents)]}, Context())
peak = int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) // 1024
outcomes = {key: str(image.reason or image.status) for key, image in catalog.images.items()}
print(json.dumps([answer["batchItemFailures"], outcomes, peak]))
"""

pytestmark = pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="reads Linux's account of memory")


def run(name: str) -> Any:
    """Run the image function in a process of its own on a batch of one bomb and five pictures."""
    environment = os.environ | {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(FUNCTION_MEGABYTES), "PYTHONPATH": "src:."}
    child = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FUNCTION, name],
        cwd=Path(__file__).parents[4], env=environment, stdout=subprocess.PIPE, check=True, timeout=120,
    )  # fmt: skip
    return json.loads(child.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_and_its_batch_unharmed(name: str) -> None:
    failures, outcomes, peak = run(name)
    assert failures == []
    assert outcomes.pop("bomb") == (BOMBS[name].reason or "ANALYZED")
    assert set(outcomes.values()) == {"ANALYZED"}
    assert len(outcomes) == 5
    assert peak < 400  # megabytes: of the memory that the function has, less than a quarter
