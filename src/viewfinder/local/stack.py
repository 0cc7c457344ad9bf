"""The local stack: up, down and reset; the template and the packages of AWS, on one machine."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import boto3
from botocore.exceptions import ClientError

from viewfinder.bootstrap import Application
from viewfinder.deployment.deploy import Blueprint, draw
from viewfinder.deployment.environment import Environment
from viewfinder.deployment.packages import this_machine
from viewfinder.deployment.progress import Progress, Report
from viewfinder.deployment.stack import Stack
from viewfinder.local import components, files, processes
from viewfinder.local.catalog import CatalogFile, Found
from viewfinder.local.data_directory import DataDirectory, KeyPair, session
from viewfinder.local.files import DamagedFileError
from viewfinder.local.processes import LocalStackError, NotRunningError
from viewfinder.local.running import Running, parameters_of
from viewfinder.local.start import STANDING, Start, stop
from viewfinder.local.state import LAYOUT, SQLITE, Options, Record, load, with_options
from viewfinder.settings import Settings

WATCH_SECONDS = 0.5


class Up(NamedTuple):
    """What `up` has reached: the stack that runs, and whether anything had to be started."""

    running: Running
    started: bool


@dataclass(frozen=True, slots=True)
class LocalStack:
    """The stack of one data directory. It reads the record from the disk for each call; `running` reads it once."""

    data: DataDirectory

    @property
    def running(self) -> Running:
        """The stack that was started; raises NotRunningError, DamagedFileError."""
        record, keys = self._load(), self.data.operator()
        if record is None or not record.processes or keys is None:
            raise self._not_running()
        if record.layout < LAYOUT:
            raise LocalStackError(
                "An earlier version of Viewfinder started this stack: update it with `viewfinder up`."
            )
        return Running(self.data, record, keys)

    @property
    def last_features(self) -> str:
        """The features of the last start, also of a stopped stack; "" if there is none, or its record is damaged."""
        try:
            record = self._load()
        except DamagedFileError:
            return ""
        return record.features if record else ""

    @property
    def record(self) -> Record:
        """The record of the running stack."""
        return self.running.record

    @property
    def keys(self) -> KeyPair:
        """The operator's key pair of the running stack."""
        return self.running.keys

    @property
    def session(self) -> boto3.Session:
        """The operator's session of the running stack."""
        return self.running.session

    @property
    def settings(self) -> Settings:
        """The settings of the running stack."""
        return self.running.settings

    @property
    def recovery(self) -> dict[str, Any] | None:
        """The progress of the running stack's recovery."""
        return self.running.recovery

    def environment(self) -> dict[str, str]:
        """Return the environment variables for the running stack."""
        return self.running.environment()

    def application(self) -> Application:
        """Return the parts of the pipeline of the running stack."""
        return self.running.application()

    def up(self, template: Path, options: Options, report: Report) -> Up:
        """Start or update the stack by the template and the options.

        After an error it stops everything, unless the error occurred before any change. After a crash
        the stack runs before its catalog is complete; `recovery` says how many images are left.
        """
        with self.data.full_disk_told(), self.data.locked():
            before = self._before(options)
            wanted = with_options(before, options)
            catalog = self._look(before, wanted, options)
            blueprint = draw(template, this_machine(), parameters_of(wanted), report)
            if catalog is Found.GOOD and wanted == before and self._is_up(wanted, blueprint, report):
                return Up(Running(self.data, wanted, self._operator()), started=False)
            if _networks(wanted) != (_networks(before) if before else ()) and any(_networks(wanted)):
                self._try_networks(wanted)
            return Up(self._start(before, wanted, catalog, blueprint, report), started=True)

    def _start(
        self, before: Record | None, wanted: Record, catalog: Found, blueprint: Blueprint, report: Report
    ) -> Running:
        start = Start(self.data, wanted.stopped(), report)
        try:
            stop(self.data, before)
            start.run(blueprint, catalog)
        except BaseException:  # a Ctrl-C, too
            stop(self.data, start.record)
            raise
        return Running(self.data, start.record, self._operator())

    def down(self) -> bool:
        """Stop everything in order; return False if nothing ran. A damaged record is no hindrance."""
        with self.data.locked():
            try:
                record = self._load()
            except DamagedFileError:
                record = None
            return stop(self.data, record)

    def reset(self) -> None:
        """Stop everything and delete the data; raise LocalStackError if there is no stack."""
        self.data.require_stack()
        with self.data.locked():
            processes.kill_stragglers(self.data.path)
            shutil.rmtree(self.data.path)

    def watch(self, mine: Record) -> None:
        """Wait until another command stops the stack; raise ComponentDiedError when a component ends."""
        while self._is_recorded(mine):
            dead = next((process for process in mine.processes if not process.alive), None)
            # Another command that stops the stack ends its processes first, and then says so in the record.
            if dead and not self.data.is_locked and self._is_recorded(mine):
                self.down()
                raise processes.died(dead)
            time.sleep(WATCH_SECONDS)

    def _is_recorded(self, mine: Record) -> bool:
        try:
            record = self._load()
        except DamagedFileError:
            return True  # `down` would have written a whole one
        return record is not None and record.processes == mine.processes

    def _load(self) -> Record | None:
        rebuild = self.data.command("up --rebuild")
        return load(self.data.record, f"Rebuild it, and the catalog from the buckets: {rebuild}")

    def _before(self, options: Options) -> Record | None:
        """Read the record of the last start; where all is to be rebuilt, set one aside that can't be read."""
        try:
            return self._load()
        except DamagedFileError:
            if not options.rebuild:
                raise
            files.set_aside(self.data.record)
            return None

    def _look(self, before: Record | None, wanted: Record, options: Options) -> Found:
        """Look at the catalog's file, unless it isn't used or is to be rebuilt; raise DamagedCatalogError."""
        if options.rebuild or (before and before.layout < LAYOUT):
            return Found.UNWANTED
        return CatalogFile(self.data).look() if wanted.catalog == SQLITE else Found.GOOD

    def _operator(self) -> KeyPair:
        if keys := self.data.operator():
            return keys
        raise self._not_running()

    def _not_running(self) -> NotRunningError:
        return NotRunningError(f"No stack runs in {self.data.path}. Start it with: {self.data.command('up')}")

    def _is_up(self, wanted: Record, blueprint: Blueprint, report: Report) -> bool:
        if not wanted.running or wanted.fingerprint != blueprint.fingerprint:
            return False
        try:
            if self._is_known(wanted):
                return True
        except (DamagedFileError, NotRunningError):  # there are no keys to ask with; an orderly stop loses nothing
            return False
        report(
            Progress("emulator", "FAILED", "it no longer accepts the stack's keys; it restarts from its saved state")
        )
        processes.kill_stragglers(self.data.path)  # an orderly stop would save what is left
        return False

    def _is_known(self, record: Record) -> bool:
        """Return whether the emulator takes our keys, and has the stack."""
        environment = Environment(session(self._operator()), record.endpoint_url)
        try:
            return Stack(environment, components.STACK_NAME).status in STANDING
        except ClientError:
            return False

    def _try_networks(self, wanted: Record) -> None:
        """Raise ComponentDiedError if the engine can't use the user's networks; what runs goes on meanwhile."""
        trial = replace(wanted, ports=replace(wanted.ports, engine=processes.free_port()))
        self.data.logs.mkdir(exist_ok=True)
        component = replace(components.engine(self.data, trial), log=self.data.logs / "trial.log")
        component.log.unlink(missing_ok=True)
        process = processes.start(component, self.data.path)
        try:
            processes.wait_until_healthy(component, process)
        finally:
            process.end()


def _networks(record: Record) -> tuple[str | float | None, ...]:
    """Return what the user gave the engine: detector, classifier, its classes, and when they are labels."""
    custom = (record.detector, record.classifier, record.classes, record.min_probability)
    return (*custom, record.clip, record.vocabulary)
