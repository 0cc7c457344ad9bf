"""Processing: what an image costs beside the detector, step by step, in our function and in the baseline's.

Both handlers run in this process, on the emulator's buckets and tables, with the environment that Lambda would give
them, and with a detector that answers at once; its time is taken off all the same.
"""

from __future__ import annotations

import importlib.util
import io
import json
import os
import statistics
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks.bench import Bench
from benchmarks.canned_detector import canned_detector
from benchmarks.photos import photo
from benchmarks.stack import Stacks
from benchmarks.steps import Steps, shares, watch
from benchmarks.summaries import Cost, Result, interleaved, measured, summary

PROJECT = Path(__file__).parents[1]
BATCH = 10

Measurement = tuple[dict[str, float], Cost]
"""Milliseconds by step, and the cost of the whole."""


class Context:
    """A minute for each invocation."""

    def get_remaining_time_in_millis(self) -> int:
        """As if the invocation had just begun."""
        return 60_000


@dataclass
class Subject:
    """Both handlers, and the photos that nobody has seen yet."""

    stacks: Stacks
    ours: ModuleType
    baseline: ModuleType
    steps: Steps
    numbers: Iterator[int] = field(default_factory=count)
    taken: list[Measurement] = field(default_factory=list)

    def new(self) -> str:
        """Put a photo of new content, and return its key."""
        number = next(self.numbers)
        return self.put(f"new/{number}.jpg", photo(number))

    def copies(self, how_many: int) -> list[str]:
        """Put one content under several keys."""
        content = photo(0)
        return [self.put(f"copies/{next(self.numbers)}.jpg", content) for _ in range(how_many)]

    def put(self, key: str, content: bytes) -> str:
        """Put an object."""
        self.stacks.client("s3").put_object(Bucket=self.stacks.outputs["ImagesBucketName"], Key=key, Body=content)
        return key

    def handle(self, keys: list[str]) -> None:
        """Have our function answer one batch."""
        self.steps.reset()
        with measured() as cost:
            answer = self.ours.handler({"Records": [message(key) for key in keys]}, Context())
        assert answer == {"batchItemFailures": []}, answer
        self.taken.append((shares(self.steps.milliseconds, cost.wall), cost))

    def handle_each(self, keys: list[str]) -> None:
        """Have our function answer one batch of one after the other."""
        for key in keys:
            self.handle([key])

    def handle_by_baseline(self, key: str) -> None:
        """Have the baseline's function answer one event."""
        self.steps.reset()
        with measured() as cost:
            self.baseline.handler({"Records": [event(key)]}, Context())
        self.taken.append((shares(self.steps.milliseconds, cost.wall), cost))


def run(bench: Bench) -> Result:
    """Measure first images, repeated ones, the baseline's, and batches."""
    rounds = 8 if bench.quick else 40
    with bench.rehearsal() as stacks, subject(stacks) as both:
        detector = statistics.median(detector_times(stacks, rounds))
        taken = measure_ways(both, rounds)
        batches = measure_batches(both, 3 if bench.quick else 12)
    medians = {way: statistics.median(map(beside_detector, measurements)) for way, measurements in taken.items()}
    return {
        "photo": {"megapixels": 1.92, "bytes": len(photo(0))},
        **{way: described(measurements) for way, measurements in taken.items()},
        "batch": batches,
        "engine, milliseconds": round(detector, 1),
        "ratios": {
            "a first image / the baseline's": round(medians["first"] / medians["baseline"], 2),
            "a repeated image / a first one, both without the detector": round(
                medians["repeated"] / medians["first"], 2
            ),
            "a repeated image / a first one with this machine's engine": round(
                medians["repeated"] / (medians["first"] + detector), 2
            ),
            "a repeated image / a first one, processor time": round(
                statistics.median(cost.cpu for _, cost in taken["repeated"])
                / statistics.median(cost.cpu for _, cost in taken["first"]),
                2,
            ),
            "a batch of 10 / 10 of 1": round(batches["one batch of 10"]["median"] / batches["10 of 1"]["median"], 2),
        },
    }


def detector_times(stacks: Stacks, calls: int) -> list[float]:
    """Return the milliseconds of the real engine's answers, which the handlers below don't wait for."""
    client: Any = engine_client(stacks)
    costs = []
    for number in range(calls):
        content = photo(number)
        with measured() as cost:
            client.detect_labels(Image={"Bytes": content}, MaxLabels=40)
        costs.append(cost.wall)
    return costs


def engine_client(stacks: Stacks) -> Any:
    """Return a client of the stack's engine."""
    session: Any = stacks.local.session
    return session.client("rekognition", endpoint_url=stacks.local.record.rekognition_url)


def measure_ways(both: Subject, rounds: int) -> dict[str, list[Measurement]]:
    """Return steps and cost of each image, the three ways in turns; the first three rounds warm up."""
    ways: dict[str, Callable[[], None]] = {
        "first": lambda: both.handle([both.new()]),
        "repeated": lambda: both.handle(both.copies(1)),
        "baseline": lambda: both.handle_by_baseline("photo.jpg"),
    }
    taken: dict[str, list[Measurement]] = {way: [] for way in ways}
    for turn in range(rounds + 3):
        for way, answer in ways.items():
            answer()
            if turn >= 3:
                taken[way].append(both.taken[-1])
    return taken


def measure_batches(both: Subject, rounds: int) -> Result:
    """Compare one invocation with ten images and ten with one each, all of new contents."""
    keys = [both.new() for _ in range(2 * BATCH * (rounds + 1))]
    ways: dict[str, Callable[[int], object]] = {
        "one batch of 10": lambda _: both.handle([keys.pop() for _ in range(BATCH)]),
        "10 of 1": lambda _: both.handle_each([keys.pop() for _ in range(BATCH)]),
    }
    costs = interleaved(ways, rounds, warm_up=1)
    return {name: summary([cost.wall for cost in taken]) for name, taken in costs.items()}


def beside_detector(measurement: Measurement) -> float:
    """Return an image's milliseconds without the detector's."""
    steps, cost = measurement
    return cost.wall - steps.get("detector", 0.0)


def described(taken: list[Measurement]) -> Result:
    """Sum up measurements."""
    names = dict.fromkeys(name for steps, _ in taken for name in steps)
    return {
        "wall without the detector": summary([beside_detector(one) for one in taken]),
        "cpu": summary([cost.cpu for _, cost in taken]),
        "steps": {name: summary([steps.get(name, 0.0) for steps, _ in taken]) for name in names},
    }


@contextmanager
def subject(stacks: Stacks) -> Iterator[Subject]:
    """Load both handlers as Lambda would, with the detector that answers at once."""
    with tempfile.TemporaryDirectory() as folder, stacks.paused():
        answer = engine_client(stacks).detect_labels(Image={"Bytes": photo(0)}, MaxLabels=40)
        with canned_detector(answer, Path(folder)) as url, surroundings(stacks, url), redirect_stdout(io.StringIO()):
            steps = Steps()
            ours = load("bench_ours", PROJECT / "lambdas" / "image_processing" / "handler.py")
            watch(ours.application, steps)
            baseline = load("bench_baseline", PROJECT / "benchmarks" / "baseline" / "analyze" / "handler.py")
            baseline.rekognition.detect_labels = steps.timed("detector", baseline.rekognition.detect_labels)
            baseline.table.put_item = steps.timed("store the item", baseline.table.put_item)
            yield Subject(stacks, ours, baseline, steps)


@contextmanager
def surroundings(stacks: Stacks, detector: str) -> Iterator[None]:
    """Set the environment of a function."""
    before = dict(os.environ)
    os.environ.update(stacks.local.environment())
    os.environ.update(stacks.function_environment("ImageProcessing"))
    os.environ.update(TABLE=stacks.baseline["TableName"], AWS_ENDPOINT_URL_REKOGNITION=detector)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def load(name: str, path: Path) -> ModuleType:
    """Import a handler from its file."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def event(key: str) -> Mapping[str, Any]:
    """Make the part of S3's event that counts."""
    return {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "images"}, "object": {"key": key}}}


def message(key: str) -> Mapping[str, Any]:
    """Make an SQS record."""
    return {
        "messageId": key,
        "receiptHandle": key,
        "attributes": {"ApproximateReceiveCount": "1"},
        "body": json.dumps({"Records": [event(key)]}),
    }
