"""The second stage's queue is served when the first stage's has nothing to take."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace
from typing import Any

import pytest

from viewfinder.local.ministack.priority import serve_first_stage_first

FIRST, SECOND = (f"http://localhost:4566/000000000000/viewfinder-{name}" for name in ("images", "second-stage"))


@pytest.fixture
def emulator() -> Any:
    """The parts of the emulator's poller: what is received is told, and hidden for a minute."""
    queues: dict[str, Any] = {FIRST: {"messages": []}, SECOND: {"messages": []}}

    def receive(queue_url: str, size: int) -> list[Any]:
        visible = [message for message in queues[queue_url]["messages"] if message["visible_at"] <= time.time()]
        for message in visible[:size]:
            message["visible_at"] += 60
        return visible[:size]

    sqs = SimpleNamespace(_queues=queues, _queues_lock=threading.RLock(), _receive_messages_for_esm=receive)
    functions = SimpleNamespace(_sqs_esm_concurrency=lambda *_: 5)
    serve_first_stage_first(functions, sqs)
    return SimpleNamespace(queues=sqs, functions=functions)


def message(*, hidden: bool = False) -> dict[str, float]:
    return {"visible_at": time.time() + (60 if hidden else 0)}


def test_the_second_stage_waits_while_the_first_has_a_message(emulator: Any) -> None:
    queues = emulator.queues._queues
    queues[FIRST]["messages"], queues[SECOND]["messages"] = [message()], [message()]
    receive = emulator.queues._receive_messages_for_esm

    assert receive(SECOND, 10) == []
    assert len(receive(FIRST, 10)) == 1
    assert len(receive(SECOND, 10)) == 1


def test_a_message_that_is_in_work_or_delayed_holds_nothing_up(emulator: Any) -> None:
    queues = emulator.queues._queues
    queues[FIRST]["messages"], queues[SECOND]["messages"] = [message(hidden=True)], [message()]

    assert len(emulator.queues._receive_messages_for_esm(SECOND, 10)) == 1


def test_batches_of_the_second_stage_are_small_so_that_the_first_soon_has_its_turn(emulator: Any) -> None:
    for url in (FIRST, SECOND):
        emulator.queues._queues[url]["messages"] = [message() for _ in range(10)]
    assert [len(emulator.queues._receive_messages_for_esm(url, 10)) for url in (FIRST, SECOND)] == [10, 2]
    concurrency = emulator.functions._sqs_esm_concurrency
    arns = [f"arn:aws:sqs:us-east-1:000000000000:viewfinder-{name}" for name in ("images", "second-stage")]

    assert [concurrency({"EventSourceArn": arn}, {}, {}) for arn in arns] == [5, 2]
