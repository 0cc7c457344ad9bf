"""A busy table: a throttled writer retries after a pause, up to a deadline."""

from __future__ import annotations

import heapq
import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
from botocore.exceptions import ClientError

from viewfinder.adapters.dynamodb import schema
from viewfinder.adapters.dynamodb.calls import Table
from viewfinder.adapters.dynamodb.counters import DynamoDbCounters
from viewfinder.domain.counting import ImageState
from viewfinder.domain.errors import CatalogUnavailableError, ViewfinderError
from viewfinder.domain.image import Status
from viewfinder.domain.label import Label
from viewfinder.usecases.count_labels import count_labels

STREAM_SHARDS = 8
IMAGES_PER_SECOND = 500
SECONDS = 4
WINDOW = 0.2
"""Shorter than the template's second: more invocations, each with a chance to fail."""

NAMES = [f"label {number}" for number in range(300)]
WEIGHTS = [1 / (rank + 5) for rank in range(len(NAMES))]
TRANSACTION_SECONDS = 0.02


class Turns:
    """Time that passes only while all threads sleep: one runs at a time, and the order is the same in every run."""

    def __init__(self, threads: int) -> None:
        self.now = 0.0
        self._awake = threads
        self._asleep: list[tuple[float, int]] = []
        self._naps = count()
        self._changed = threading.Condition()

    def sleep(self, seconds: float) -> None:
        """Let the others run until so many seconds have passed."""
        with self._changed:
            nap = (self.now + seconds, next(self._naps))
            heapq.heappush(self._asleep, nap)
            self._leave()
            assert self._changed.wait_for(lambda: not self._awake and self._asleep[0] == nap, timeout=60)
            self.now = heapq.heappop(self._asleep)[0]
            self._awake += 1

    def end(self) -> None:
        """Let the others go on without this thread."""
        with self._changed:
            self._leave()

    def _leave(self) -> None:
        self._awake -= 1
        self._changed.notify_all()


@dataclass
class SlowTable:
    """A DynamoDB whose transactions take a while; of two that meet in an item, the later one is cancelled."""

    turns: Turns
    items: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    conflicts: int = 0
    _in_progress: set[tuple[str, str]] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 - as in the SDK
        wanted = [_key(key) for key in RequestItems["catalog"]["Keys"]]
        with self._lock:
            return {"Responses": {"catalog": [self.items[key] for key in wanted if key in self.items]}}

    def get_item(self, **_: Any) -> dict[str, Any]:
        return {"Item": {}}  # the one that says that every label can be completed

    def put_item(self, Item: dict[str, Any], **_: Any) -> dict[str, Any]:  # noqa: N803
        with self._lock:
            self.items[_key(Item)] = Item
        return {}

    def transact_write_items(self, TransactItems: list[dict[str, Any]]) -> None:  # noqa: N803
        writes = {_key(_target(write)): write for write in TransactItems}
        assert len(writes) <= 100
        with self._lock:
            if self._in_progress & writes.keys():
                self.conflicts += 1
                raise _cancelled("TransactionConflict")
            if any(not _holds(write, self.items.get(key)) for key, write in writes.items()):
                raise _cancelled("ConditionalCheckFailed")
            self._in_progress |= writes.keys()
        self.turns.sleep(TRANSACTION_SECONDS)
        with self._lock:
            self.items |= {key: _written(write, self.items.get(key, {})) for key, write in writes.items()}
            self._in_progress -= writes.keys()


def _target(write: dict[str, Any]) -> dict[str, Any]:
    target: dict[str, Any] = write["Put"]["Item"] if "Put" in write else write["Update"]["Key"]
    return target


def _key(attributes: dict[str, Any]) -> tuple[str, str]:
    return attributes["PK"]["S"], attributes["SK"]["S"]


def _holds(write: dict[str, Any], item: dict[str, Any] | None) -> bool:
    """Check the condition of a note; counters have none."""
    if "Put" not in write:
        return True
    read = write["Put"].get("ExpressionAttributeValues")
    return bool(item == read if read is None or item is None else item["Version"] == read[":version"])


def _written(write: dict[str, Any], item: dict[str, Any]) -> dict[str, Any]:
    if "Put" in write:
        return _target(write)
    added = int(write["Update"]["ExpressionAttributeValues"][":Count"]["N"])
    return {**write["Update"]["Key"], "Count": {"N": str(int(item.get("Count", {"N": "0"})["N"]) + added)}}


def _cancelled(reason: str) -> ClientError:
    answer: Any = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": [{"Code": reason}]}
    return ClientError(answer, "TransactWriteItems")


def a_state(shard: int, number: int) -> ImageState:
    chance = random.Random(f"{shard} {number}")
    labels = {name: Label(name, 90.0) for name in set(chance.choices(NAMES, WEIGHTS, k=16))}
    return ImageState(f"{shard}/{number}.jpg", 1, Status.ANALYZED, labels)


@dataclass
class StreamShard:
    """A shard of the table's stream: a function is invoked for the images of the last moments, one batch at a time."""

    number: int
    table: SlowTable
    counted: int = 0
    invocations: int = 0
    failures: int = 0

    def run(self) -> None:
        counters, turns = DynamoDbCounters(self.table, "catalog"), self.table.turns  # type: ignore[arg-type]
        turns.sleep(self.number / STREAM_SHARDS * WINDOW)  # the shards are not in step
        last = int(SECONDS * IMAGES_PER_SECOND / STREAM_SHARDS)
        while self.counted < last:
            turns.sleep(WINDOW)
            arrived = min(last, int(turns.now * IMAGES_PER_SECOND / STREAM_SHARDS))
            batch = [a_state(self.number, number) for number in range(self.counted, min(arrived, self.counted + 100))]
            self.invocations += 1
            try:
                count_labels(batch, counters)
            except ViewfinderError:
                self.failures += 1
            else:
                self.counted += len(batch)
        turns.end()


def test_functions_of_eight_shards_count_500_images_a_second_and_do_not_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    table = SlowTable(Turns(STREAM_SHARDS))
    monkeypatch.setattr("viewfinder.adapters.dynamodb.calls.time.sleep", table.turns.sleep)
    random.seed(7)
    shards = [StreamShard(number, table) for number in range(STREAM_SHARDS)]
    with ThreadPoolExecutor(STREAM_SHARDS) as threads:
        list(threads.map(StreamShard.run, shards))

    invocations, failures = sum(shard.invocations for shard in shards), sum(shard.failures for shard in shards)
    assert table.conflicts > 0
    assert failures / invocations < 0.01
    counts: Counter[str] = Counter()
    for (partition, name), item in table.items.items():
        if partition.startswith("LABELS#"):
            counts[name] += int(item["Count"]["N"])
    states = (a_state(shard.number, number) for shard in shards for number in range(shard.counted))
    assert counts == Counter(name for state in states for name in state.labels)
    assert {key for key in table.items if key[1] == "COUNTED"} == {
        schema.counted_key(a_state(shard.number, number).image_id)
        for shard in shards
        for number in range(shard.counted)
    }


class Reluctant:
    """A table that leaves some of what it is asked for to a later call, so many times."""

    def __init__(self, refusals: int) -> None:
        self.refusals = refusals
        self.asked: list[int] = []

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803
        keys = RequestItems["catalog"]["Keys"]
        self.asked.append(len(keys))
        if self.refusals:
            self.refusals -= 1
            return {"Responses": {}, "UnprocessedKeys": {"catalog": {"Keys": keys[1:]}}}
        return {"Responses": {"catalog": keys}}


def test_what_the_table_leaves_unprocessed_is_asked_for_after_ever_longer_pauses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("viewfinder.adapters.dynamodb.calls.time.sleep", pauses.append)
    monkeypatch.setattr("viewfinder.adapters.dynamodb.calls.random.uniform", lambda _, most: most)
    client: Any = Reluctant(refusals=3)

    found = list(Table(client, "catalog").batch_get([(f"IMAGE#{number}", "IMAGE") for number in range(120)]))

    assert client.asked == [100, 99, 98, 97, 20]
    assert len(found) == 97 + 20
    assert pauses == [0.02, 0.04, 0.08]


def test_a_table_that_stays_busy_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("viewfinder.adapters.dynamodb.calls.time.sleep", lambda _: None)
    reluctant: Any = Reluctant(refusals=100)
    with pytest.raises(CatalogUnavailableError, match="catalog is too busy to be read"):
        list(Table(reluctant, "catalog").batch_get([("IMAGE#a", "IMAGE")] * 50))
