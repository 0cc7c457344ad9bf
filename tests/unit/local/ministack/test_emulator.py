"""What the emulator's start changes of it: expressions are read once, and invocations wait for a worker."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.waiting import wait_for
from viewfinder.local.ministack import environment
from viewfinder.local.ministack.launcher import remember_expressions
from viewfinder.local.ministack.workers import WORKERS, let_invocations_end, queue_invocations


class Reader:
    """Reads an expression as the emulator does, and counts."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def __call__(self, expression: str, slot: str = "") -> list[str]:
        self.read.append(expression + slot)
        return expression.split()


def test_an_expression_is_read_once_and_another_one_too() -> None:
    tokens, errors = Reader(), Reader()
    module = SimpleNamespace(_tokenize=tokens, _condition_syntax_error=errors)
    remember_expressions(module)
    for _ in range(3):
        assert module._tokenize("PK = :p") == ["PK", "=", ":p"]
        assert module._tokenize("SK = :s") == ["SK", "=", ":s"]
        module._condition_syntax_error("PK = :p", "A")
        module._condition_syntax_error("PK = :p", "B")
    assert tokens.read == ["PK = :p", "SK = :s"]
    assert errors.read == ["PK = :pA", "PK = :pB"]


def test_what_a_caller_does_with_the_tokens_changes_nothing_for_the_next() -> None:
    module = SimpleNamespace(_tokenize=Reader(), _condition_syntax_error=Reader())
    remember_expressions(module)
    module._tokenize("PK = :p").clear()
    assert module._tokenize("PK = :p") == ["PK", "=", ":p"]


def test_an_emulator_without_one_of_these_functions_does_not_start() -> None:
    with pytest.raises(AttributeError, match="_condition_syntax_error"):
        remember_expressions(SimpleNamespace(other=1))


class Functions:
    """The emulator's functions: each invocation stays until it is let go."""

    def __init__(self) -> None:
        self.inside: list[str] = []
        self.go_on = threading.Event()
        self._execute_function_warm = self._execute

    def _execute(self, function: Any, event: str, request_id: str) -> str:
        self.inside.append(function["config"]["FunctionName"])
        self.go_on.wait(10)
        return f"{event} {request_id}"


def test_invocations_wait_for_a_worker_of_their_function_and_all_are_answered() -> None:
    functions = Functions()
    queue_invocations(functions)

    def invoke(name: str, number: int) -> str:
        return str(functions._execute_function_warm({"config": {"FunctionName": name}}, "event", str(number)))

    with ThreadPoolExecutor(20) as pool:
        answers = [pool.submit(invoke, "api", number) for number in range(WORKERS + 5)]
        wait_for(lambda: len(functions.inside) == WORKERS, seconds=10, what="every worker of one function at work")
        other = pool.submit(invoke, "image", 0)
        wait_for(lambda: "image" in functions.inside, seconds=10, what="another function's own workers")
        assert functions.inside.count("api") == WORKERS
        functions.go_on.set()
        assert [answer.result() for answer in answers] == [f"event {number}" for number in range(WORKERS + 5)]
        assert other.result() == "event 0"


def test_an_installed_emulator_is_used_without_a_write(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """So a container's read-only root can hold it."""
    monkeypatch.setattr(environment, "user_cache_path", lambda _: tmp_path)
    monkeypatch.setattr(environment, "_install", lambda folder, _: (folder.mkdir(), (folder / "complete").touch()))
    interpreter = environment.ensure_environment()
    for lock in tmp_path.glob("*.lock"):
        lock.unlink()

    assert environment.ensure_environment() == interpreter
    assert [path.name for path in tmp_path.iterdir()] == [interpreter.parents[1].name]


class Worker:
    """A worker as the emulator knows it; it fails when told so."""

    def __init__(self) -> None:
        self.in_use = True
        self.is_killed = False
        self.fails = False

    def invoke(self, event: str) -> str:
        if self.fails:
            raise RuntimeError("Worker process exited immediately.")
        return event


class Runtime:
    """The emulator's pool of one function's workers."""

    def __init__(self, *workers: Worker) -> None:
        self.workers = list(workers)
        self._lock = threading.Lock()
        self.Worker = type("OwnWorker", (Worker,), {})
        for worker in workers:
            worker.__class__ = self.Worker

    def invalidate(self) -> None:
        doomed, self.workers = self.workers, []
        self.kill_workers(doomed)

    def kill_workers(self, workers: list[Worker]) -> None:
        for worker in workers:
            worker.is_killed = True

    def release_worker(self, worker: Worker | None) -> None:
        if worker is not None:
            with self._lock:
                worker.in_use = False


def test_a_busy_worker_of_a_changed_function_ends_its_invocation_and_then_its_process() -> None:
    busy, idle = Worker(), Worker()
    idle.in_use = False
    runtime = Runtime(busy, idle)
    functions = SimpleNamespace(release_worker=runtime.release_worker)
    let_invocations_end(functions, runtime)

    runtime.invalidate()
    assert (busy.is_killed, idle.is_killed) == (False, True)
    functions.release_worker(busy)
    assert busy.is_killed


def test_a_worker_that_fails_is_killed_and_the_others_are_not() -> None:
    failing, busy = Worker(), Worker()
    failing.fails = True
    runtime = Runtime(failing, busy)
    functions = SimpleNamespace(release_worker=runtime.release_worker)
    let_invocations_end(functions, runtime)

    with pytest.raises(RuntimeError, match="exited"):
        failing.invoke("event")
    runtime.invalidate()
    functions.release_worker(None)
    assert (failing.is_killed, busy.is_killed) == (True, False)
    assert busy.invoke("event") == "event"
