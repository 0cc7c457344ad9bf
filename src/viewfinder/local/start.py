"""One start of the stack: emulator and engine, deployment, gallery, and background recovery."""

from __future__ import annotations

from dataclasses import dataclass, replace

from viewfinder.adapters.face_collection import ensure_collection
from viewfinder.deployment.deploy import Blueprint, deploy
from viewfinder.deployment.environment import Environment
from viewfinder.deployment.progress import Progress, Report
from viewfinder.deployment.stack import Stack
from viewfinder.domain.feature import Feature, read_features
from viewfinder.local import components, processes
from viewfinder.local.catalog import CatalogFile, Found
from viewfinder.local.data_directory import DataDirectory, session
from viewfinder.local.ministack.environment import ensure_environment, ensure_operator
from viewfinder.local.ministack.saving import resume
from viewfinder.local.processes import Component, ComponentDiedError
from viewfinder.local.repair import Repair
from viewfinder.local.state import Record

STANDING = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"}


@dataclass
class Start:
    """One start. It saves the record with each process, so that `down` finds them even if this process is killed."""

    data: DataDirectory
    record: Record
    report: Report

    def run(self, blueprint: Blueprint, catalog: Found) -> None:
        """Repair the directory, start and deploy; the caller cleans up after an error."""
        self.data.prepare()
        self._save(Repair(self.data, self.report).run(_settle_ports(self.record), catalog))
        self.report(Progress("emulator", "INSTALL_IN_PROGRESS"))
        ensure_environment()
        self._launch_services(rebuilds=catalog is Found.UNWANTED)
        self._deploy(blueprint)
        self._make_collection()
        api = next(package.zip for package in blueprint.packages.values() if package.function == "api_handler")
        self._launch(components.gallery(self.data, self.record, api))
        if self.record.hosted:
            self._launch(components.hosted(self.data, self.record))
        if self.record.webhook:
            self._send_off(components.webhooks(self.data, self.record))
        if self.record.attached:  # it is compared at each start
            self._send_off(components.attached(self.data, self.record))
        elif self.data.recovery.exists() or CatalogFile(self.data).is_large:
            processes.start(components.recovery(self.data, self.record), self.data.path)

    def _launch_services(self, *, rebuilds: bool) -> None:
        """Start engine and emulator; in a rebuild, without a saved state that the emulator dies of."""
        try:
            self._launch(components.engine(self.data, self.record), self._emulator())
        except ComponentDiedError as error:
            if not self.record.fingerprint or self.record.process("emulator").alive:
                raise
            if not rebuilds:
                remedy = f"If that does not end, rebuild the stack: {self.data.command('up --rebuild')}"
                raise ComponentDiedError(f"{error}\n{remedy}") from error
            self._start_over("the emulator does not start on its saved state")

    def _emulator(self) -> Component:
        resume(self.data.state, self.record.ports.emulator)
        return components.emulator(self.data, self.record, ensure_environment())

    def _send_off(self, component: Component) -> None:
        """Start a component that nobody asks anything."""
        component.log.unlink(missing_ok=True)
        process = processes.start(component, self.data.path)
        self._save(replace(self.record, processes=(*self.record.processes, process)))
        self.report(Progress(component.name, "RUNNING"))

    def _launch(self, *several: Component) -> None:
        """Start components side by side, and wait until all are well."""
        for component in several:
            component.log.unlink(missing_ok=True)
            process = processes.start(component, self.data.path)
            self._save(replace(self.record, processes=(*self.record.processes, process)))
        for component in several:
            processes.wait_until_healthy(component, self.record.process(component.name), self._tell_progress)
            self.report(Progress(component.name, "RUNNING"))

    def _tell_progress(self) -> None:
        """Pass on what the emulator says that it does before it answers."""
        if self.data.start_progress.exists():
            self.report(Progress("emulator", "START_IN_PROGRESS", self.data.start_progress.read_text()))

    def _deploy(self, blueprint: Blueprint) -> None:
        root = session(self.data.key_pair())
        stack = Stack(Environment(root, self.record.endpoint_url), components.STACK_NAME)
        if self.record.fingerprint and stack.status is None:
            self._start_over("its saved state has no stack")
        standing = self.record.fingerprint == blueprint.fingerprint and stack.status in STANDING
        changed = ensure_operator(root, self.record.endpoint_url, self.data)
        if not standing:
            changed |= deploy(stack, blueprint, self.report)
        if changed:
            self._restart()
        self._save(replace(self.record, fingerprint=blueprint.fingerprint, outputs=stack.outputs))

    def _make_collection(self) -> None:
        """MiniStack: CloudFormation's collection is made here, in the engine."""
        collection = self.record.outputs.get("PeopleCollection")
        if collection and Feature.PEOPLE in read_features(self.record.features):
            client = session(self.data.key_pair()).client("rekognition", endpoint_url=self.record.rekognition_url)
            ensure_collection(client, collection)

    def _start_over(self, reason: str) -> None:
        """Start the emulator on its objects alone."""
        self._end_emulator()
        self._save(Repair(self.data, self.report).renew_state(self.record, reason))
        self._launch(self._emulator())

    def _restart(self) -> None:
        """The emulator writes its state when it stops in order: only then does a deployment survive a crash."""
        self._end_emulator()
        self._launch(self._emulator())

    def _end_emulator(self) -> None:
        process = self.record.process("emulator")
        process.end()
        self._save(replace(self.record, processes=tuple(each for each in self.record.processes if each != process)))

    def _save(self, record: Record) -> None:
        self.record = record
        record.save(self.data.record)


def stop(data: DataDirectory, record: Record | None) -> bool:
    """End every process of a stack, in order and then whatever they left behind; return False if none ran.

    The processes are found by their mark, too: the record may be what is damaged.
    """
    recorded = reversed(record.processes) if record else ()
    ending = {process.pid: process for process in (*processes.components_of(data.path), *recorded)}
    for process in ending.values():
        process.end()
    processes.kill_stragglers(data.path)
    CatalogFile(data).seal()
    if record:
        record.stopped().save(data.record)
    return bool(ending)


def _settle_ports(record: Record) -> Record:
    """Make sure that every port is free; the engine's, which nobody has to know, may move."""
    processes.require_free(record.ports.emulator, "--port")
    processes.require_free(record.ports.gallery, "--gallery-port")
    if record.hosted:
        processes.require_free(record.ports.hosted, "--hosted-port")
    engine = record.ports.engine
    kept = engine and processes.is_free(engine)
    return replace(record, ports=replace(record.ports, engine=engine if kept else processes.free_port()))
