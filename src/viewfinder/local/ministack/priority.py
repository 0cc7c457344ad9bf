"""Serve the second stage's queue when the first stage's is empty; run by the emulator's own interpreter.

On AWS each queue's event source has a concurrency of its own. Here both stages share the machine's processors: work of
the second while images wait for their labels would make these wait longer.
"""

from __future__ import annotations

import time
from typing import Any

from viewfinder.local.ministack.guard import replace

SUFFIX = "-second-stage"
"""Ends the name of the second stage's queue; that of the first ends in the other."""

FIRST_SUFFIX = "-images"

MAX_BATCHES = 2
MAX_MESSAGES = 2
"""Batches of the second stage at once, and messages of each: enough for two processors, and so few that an image which
comes soon finds a free worker of the function, and few calls before its own in the engine."""


def serve_first_stage_first(functions: Any, queues: Any) -> None:
    """Have the poller take no message of a second stage while its first stage has one to take."""
    receive, concurrency = queues._receive_messages_for_esm, functions._sqs_esm_concurrency

    def receive_in_order(queue_url: str, size: int) -> Any:
        if queue_url.endswith(SUFFIX) and _has_work(queues, queue_url.removesuffix(SUFFIX) + FIRST_SUFFIX):
            return []
        return receive(queue_url, min(size, MAX_MESSAGES) if queue_url.endswith(SUFFIX) else size)

    def concurrency_of(mapping: dict[str, Any], *others: Any, **options: Any) -> int:
        usual: int = concurrency(mapping, *others, **options)
        return min(usual, MAX_BATCHES) if mapping.get("EventSourceArn", "").endswith(SUFFIX) else usual

    replace(queues, "_receive_messages_for_esm", receive_in_order)
    replace(functions, "_sqs_esm_concurrency", concurrency_of)


def _has_work(queues: Any, queue_url: str) -> bool:
    """Return whether a queue has messages that may be taken now."""
    now = time.time()
    with queues._queues_lock:
        queue = queues._queues.get(queue_url) or {"messages": []}
        return any(message["visible_at"] <= now for message in queue["messages"])
