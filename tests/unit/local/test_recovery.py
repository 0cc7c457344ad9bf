"""The background of a start: the catalog is read in whole, and made to agree with the buckets."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support import damage
from viewfinder.local import files, recovery
from viewfinder.local.catalog import CatalogFile, DamagedCatalogError
from viewfinder.local.data_directory import DataDirectory, KeyPair
from viewfinder.local.processes import Process
from viewfinder.local.running import Running
from viewfinder.local.state import Ports, Record

MYSELF = Process("engine", os.getpid(), psutil.Process().create_time(), "log")


@pytest.fixture
def running(tmp_path: Path) -> Running:
    data = DataDirectory(tmp_path)
    data.prepare()
    CatalogFile(data).prepare()
    return Running(data, Record(Ports(1, 2, 3), processes=(MYSELF,)), KeyPair("AKIAOPERATOR", "secret"))


def test_where_nothing_is_missing_the_catalog_is_only_read(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "_reconcile", lambda _: pytest.fail("there is nothing to recover"))

    recovery.recover(running)

    assert running.recovery is None


def test_a_recovery_ends_with_its_note(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    files.write(running.data.recovery, {"State": "WAITING"})
    done: list[Any] = []
    monkeypatch.setattr(recovery, "_reconcile", done.append)

    recovery.recover(running)

    assert (done, running.recovery) == ([running], None)


def test_damage_that_the_background_finds_is_a_problem_with_its_remedy(running: Running) -> None:
    damage.every_page(running.data.database)

    with pytest.raises(DamagedCatalogError):
        recovery.recover(running)

    assert (running.recovery or {})["State"] == "DAMAGED"
    assert any("viewfinder up --rebuild --data-dir" in problem for problem in running.problems())


def test_a_recovery_that_failed_is_a_problem(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Running) -> None:
        raise RuntimeError("differences remain")

    files.write(running.data.recovery, {"State": "WAITING"})
    monkeypatch.setattr(recovery, "_reconcile", fail)

    with pytest.raises(RuntimeError):
        recovery.recover(running)

    (problem,) = running.problems()
    assert problem.startswith("The catalog's recovery: differences remain. Try again: viewfinder reconcile --data-dir")
