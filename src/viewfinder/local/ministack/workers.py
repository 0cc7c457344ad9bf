"""Share and end the processes of a function as Lambda does; run by the emulator's own interpreter."""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from typing import Any

from viewfinder.local.ministack.guard import replace

WORKERS = max(2, os.cpu_count() or 2)
"""Processes of one function: more than processors make nothing faster, and each takes a second to start and 60 MB."""


def queue_invocations(functions: Any) -> None:
    """Let invocations of a function wait for a free worker.

    The emulator starts a process for each invocation that finds all busy: with 32 clients at once, 32. A waiting
    invocation holds a thread of its own, which nothing else needs.
    """
    execute = functions._execute_function_warm
    workers: defaultdict[str, threading.Semaphore] = defaultdict(lambda: threading.Semaphore(WORKERS))

    def execute_in_turn(function: Any, event: Any, request_id: str) -> Any:
        with workers[(function.get("config") or function)["FunctionName"]]:
            return execute(function, event, request_id)

    replace(functions, "_execute_function_warm", execute_in_turn)


def let_invocations_end(functions: Any, runtime: Any) -> None:
    """Let a busy worker end its invocation when its function changes, or when another worker of it fails.

    The emulator would kill all workers of the function, busy ones too, and the messages in their hands would stay
    hidden for the queue's visibility timeout, six minutes. On AWS neither touches an invocation that runs.
    """
    kill, release, invoke = runtime.kill_workers, runtime.release_worker, runtime.Worker.invoke
    retired = set()

    def kill_idle(workers: Any) -> None:
        with runtime._lock:  # under which a worker is released
            busy = {worker for worker in workers if worker.in_use}
            retired.update(busy)
        kill([worker for worker in workers if worker not in busy])

    def release_and_kill_retired(worker: Any) -> None:
        release(worker)
        if worker in retired:
            retired.discard(worker)
            kill([worker])

    def invoke_or_fail(worker: Any, *arguments: Any, **options: Any) -> Any:
        try:
            return invoke(worker, *arguments, **options)
        except Exception:
            release(worker)  # the emulator ends the workers now, and forgets that it had this one
            raise

    replace(runtime, "kill_workers", kill_idle)
    replace(functions, "release_worker", release_and_kill_retired)
    replace(runtime.Worker, "invoke", invoke_or_fail)
