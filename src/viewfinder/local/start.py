"""Start a local stack from rest: processes, deployment, and the restart that puts it on disk."""

from __future__ import annotations

from dataclasses import dataclass, replace

import boto3

from viewfinder.deployment.deploy import Blueprint, deploy
from viewfinder.deployment.home import Home
from viewfinder.deployment.progress import Progress, Report
from viewfinder.deployment.stack import Stack
from viewfinder.local import components, processes
from viewfinder.local.data_directory import DataDirectory
from viewfinder.local.emulator_state import resume
from viewfinder.local.environment import ensure_environment
from viewfinder.local.operator import ensure_operator
from viewfinder.local.processes import Component
from viewfinder.local.record import Record

STANDING = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"}


@dataclass
class Start:
    """One start. The record is saved with each process, so that a `down` finds them whatever happens to us."""

    data: DataDirectory
    record: Record
    session: boto3.Session
    report: Report

    def run(self, blueprint: Blueprint) -> None:
        """Starts and deploys; the caller cleans up after an error."""
        self.data.prepare()
        if not self.record.fingerprint:
            self.data.forget_emulator()  # of a first start that was cut short: a new stack would meet its own buckets
        self.report(Progress("emulator", "INSTALL_IN_PROGRESS"))
        emulator = components.emulator(self.data, self.record, ensure_environment())
        resume(self.data.state, self.record.ports.emulator)
        self._launch(components.engine(self.data, self.record), emulator)
        self._deploy(blueprint, emulator)
        self._launch(components.front_door(self.data, self.record))

    def _launch(self, *several: Component) -> None:
        """Starts components side by side, and waits until all are well."""
        for component in several:
            component.log.unlink(missing_ok=True)
            process = processes.start(component, self.data.path)
            self._save(replace(self.record, processes=(*self.record.processes, process)))
        for component in several:
            processes.wait_until_healthy(component, self.record.process(component.name))
            self.report(Progress(component.name, "RUNNING"))

    def _deploy(self, blueprint: Blueprint, emulator: Component) -> None:
        stack = Stack(Home(self.session, self.record.endpoint_url), components.STACK_NAME)
        standing = self.record.fingerprint == blueprint.fingerprint and stack.status in STANDING
        changed = ensure_operator(self.session, self.record.endpoint_url, self.data)
        if not standing:
            changed |= deploy(stack, blueprint, self.report)
        if changed:
            self._restart(emulator)
        self._save(replace(self.record, fingerprint=blueprint.fingerprint, outputs=stack.outputs))

    def _restart(self, emulator: Component) -> None:
        """The emulator writes its state when it stops in order: only then does a deployment survive a crash."""
        process = self.record.process(emulator.name)
        process.end()
        resume(self.data.state, self.record.ports.emulator)
        self._save(replace(self.record, processes=tuple(each for each in self.record.processes if each != process)))
        self._launch(emulator)

    def _save(self, record: Record) -> None:
        self.record = record
        record.save(self.data.record)


def stop(data: DataDirectory, record: Record | None) -> None:
    """Ends every process of a stack: in order those that still run, and whatever they left behind."""
    at_rest = record.stopped() if record else None
    for process in reversed(record.processes if record else ()):
        process.end()
    processes.kill_stragglers(data.path)
    if at_rest:
        at_rest.save(data.record)
