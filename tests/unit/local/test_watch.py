"""`up` in the foreground watches its processes: one that died is a failure, a stop by another command is none."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from viewfinder.local.data_directory import DataDirectory
from viewfinder.local.processes import ComponentDiedError, Process
from viewfinder.local.stack import LocalStack
from viewfinder.local.state import Ports, Record


@pytest.fixture
def data(tmp_path: Path) -> DataDirectory:
    return DataDirectory(tmp_path / "data")


def record_of(data: DataDirectory, *, started: float | None = None) -> Record:
    """Record a stack of one process: this one, or one that has ended."""
    begun = psutil.Process().create_time() if started is None else started
    record = Record(Ports(4566, 8080, 9000), processes=(Process("engine", os.getpid(), begun, str(data.path / "log")),))
    data.prepare()
    (data.path / "log").touch()
    record.save(data.record)
    return record


def test_a_stack_that_was_stopped_from_elsewhere_is_watched_no_longer(data: DataDirectory) -> None:
    record = record_of(data)
    record.stopped().save(data.record)
    LocalStack(data).watch(record)


def test_a_stack_that_was_removed_from_elsewhere_is_watched_no_longer(data: DataDirectory) -> None:
    record = record_of(data)
    data.record.unlink()
    LocalStack(data).watch(record)
    assert not data.is_locked


def test_a_process_that_ends_while_another_command_stops_the_stack_did_not_die(
    data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = record_of(data, started=1.0)
    looks = []

    def pause(_: float) -> None:
        looks.append(data.is_locked)
        record.stopped().save(data.record)

    monkeypatch.setattr("viewfinder.local.stack.time.sleep", pause)
    with data.locked():
        LocalStack(data).watch(record)
    assert looks == [True]


def test_a_process_that_died_by_itself_is_a_failure_and_the_rest_is_stopped(data: DataDirectory) -> None:
    record = record_of(data, started=1.0)
    with pytest.raises(ComponentDiedError, match="engine has ended"):
        LocalStack(data).watch(record)


def test_another_start_of_the_stack_is_not_this_ones(data: DataDirectory) -> None:
    record = record_of(data)
    replace(record, processes=(replace(record.processes[0], started=5.0),)).save(data.record)
    LocalStack(data).watch(record)
